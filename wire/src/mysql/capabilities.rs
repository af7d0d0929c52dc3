//! What client and server agree on, and what the packets after the login depend on.

use std::ops::{BitAnd, BitOr};

/// A set of capabilities. The upper half are those of MariaDB alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(pub u64);

/// Not set by MariaDB, whose own capabilities follow then.
pub const MYSQL: Capabilities = Capabilities(1);
/// The name of a database comes with the login.
pub const CONNECT_WITH_DB: Capabilities = Capabilities(1 << 3);
/// Packets are compressed after the login.
pub const COMPRESS: Capabilities = Capabilities(1 << 5);
/// The protocol since version 4.1.
pub const PROTOCOL_41: Capabilities = Capabilities(1 << 9);
/// TLS comes before the login.
pub const SSL: Capabilities = Capabilities(1 << 11);
/// The status flags tell of transactions.
pub const TRANSACTIONS: Capabilities = Capabilities(1 << 13);
/// A scramble of 20 bytes.
pub const SECURE_CONNECTION: Capabilities = Capabilities(1 << 15);
/// Several statements in one query.
pub const MULTI_STATEMENTS: Capabilities = Capabilities(1 << 16);
/// Several results of one query.
pub const MULTI_RESULTS: Capabilities = Capabilities(1 << 17);
/// The login names the plugin of its password.
pub const PLUGIN_AUTH: Capabilities = Capabilities(1 << 19);
/// The login has attributes of the client.
pub const CONNECT_ATTRS: Capabilities = Capabilities(1 << 20);
/// The answer to the scramble has a length of any size.
pub const PLUGIN_AUTH_LENENC: Capabilities = Capabilities(1 << 21);
/// Rows end with an OK and not with an EOF.
pub const DEPRECATE_EOF: Capabilities = Capabilities(1 << 24);
/// Packets are compressed after the login, by zstd.
pub const ZSTD: Capabilities = Capabilities(1 << 26);

impl Capabilities {
    /// Whether all of these are among them.
    #[must_use]
    pub fn has(self, others: Self) -> bool {
        self & others == others
    }

    /// With these.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        self | others
    }

    /// Without these.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// With these, or without.
    #[must_use]
    pub fn set(self, others: Self, is_set: bool) -> Self {
        if is_set { self.with(others) } else { self.without(others) }
    }

    /// The lower half, and MariaDB's.
    pub(super) fn halves(self) -> ([u8; 4], [u8; 4]) {
        let [a, b, c, d, e, f, g, h] = self.0.to_le_bytes();
        ([a, b, c, d], [e, f, g, h])
    }

    pub(super) fn of_halves(low: u32, mariadb: u32) -> Self {
        let mariadb = if low & 1 == 0 { u64::from(mariadb) << 32 } else { 0 };
        Self(u64::from(low) | mariadb)
    }
}

impl BitAnd for Capabilities {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Capabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
