//! What a server begins with.

use std::io;

use super::capabilities::{
    COMPRESS, CONNECT_ATTRS, CONNECT_WITH_DB, Capabilities, PLUGIN_AUTH, PLUGIN_AUTH_LENENC,
    PROTOCOL_41, SECURE_CONNECTION, SSL, ZSTD,
};
use super::{SCRAMBLE, split_text};
use crate::malformed;

/// Version 10 of the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The server's version, such as `8.0.36`.
    pub version: Vec<u8>,
    /// The number by which queries of this session are cancelled.
    pub connection_id: u32,
    /// What the password is mixed with.
    pub scramble: [u8; SCRAMBLE],
    /// What the server can do.
    pub capabilities: Capabilities,
    /// The character set, by its number.
    pub charset: u8,
    /// Status flags.
    pub status: u16,
    /// The plugin that the server thinks the user has.
    pub plugin: Vec<u8>,
}

impl Greeting {
    /// Of the body of a packet.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(body: &[u8]) -> io::Result<Self> {
        Self::read(body).ok_or_else(|| malformed("it does not speak the protocol of MySQL"))
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (10, rest) = body.split_first().map(|(version, rest)| (*version, rest))? else {
            return None;
        };
        let (version, rest) = split_text(rest)?;
        let (connection_id, rest) = rest.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (head, rest) = rest.split_first_chunk::<8>()?;
        let [_, low0, low1, charset, status0, status1, high0, high1] = *head;
        let (_length, rest) = rest.split_first()?;
        let (_reserved, rest) = rest.split_first_chunk::<6>()?;
        let (mariadb, rest) = rest.split_first_chunk::<4>()?;
        // Shorter for a server without the plugins of 4.1 and later.
        let (second, rest) = rest.split_at(rest.len().min(12));
        // A NUL ends the scramble, and a NUL that some servers forget the name of the plugin.
        let plugin = rest.get(1..).unwrap_or_default();
        let plugin = split_text(plugin).map_or(plugin, |(plugin, _)| plugin);
        let mut scramble = [0; SCRAMBLE];
        for (to, from) in scramble.iter_mut().zip(first.iter().chain(second)) {
            *to = *from;
        }
        Some(Self {
            version: version.to_vec(),
            connection_id: u32::from_le_bytes(*connection_id),
            scramble,
            capabilities: Capabilities::of_halves(
                u32::from_le_bytes([low0, low1, high0, high1]),
                u32::from_le_bytes(*mariadb),
            ),
            charset,
            status: u16::from_le_bytes([status0, status1]),
            plugin: plugin.to_vec(),
        })
    }

    /// As the body of a packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let ([low0, low1, high0, high1], mariadb) = self.capabilities.halves();
        let [status0, status1] = self.status.to_le_bytes();
        let (first, second) = self.scramble.split_at(8);
        let length = u8::try_from(SCRAMBLE.saturating_add(1)).unwrap_or(u8::MAX);
        [
            &[10],
            self.version.as_slice(),
            &[0],
            &self.connection_id.to_le_bytes(),
            first,
            &[0, low0, low1, self.charset, status0, status1, high0, high1, length],
            &[0; 6],
            &mariadb,
            second,
            &[0],
            &self.plugin,
            &[0],
        ]
        .concat()
    }

    /// What a server between this one and a client says: all that passes untouched after a login, and of
    /// the login itself what is handled on the way.
    #[must_use]
    pub fn relayed(&self, has_tls: bool, plugin: &str, scramble: [u8; SCRAMBLE]) -> Self {
        let capabilities = self
            .capabilities
            .without(COMPRESS | ZSTD)
            .with(CONNECT_WITH_DB | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH)
            .with(PLUGIN_AUTH_LENENC | CONNECT_ATTRS)
            .set(SSL, has_tls);
        Self { capabilities, plugin: plugin.as_bytes().to_vec(), scramble, ..self.clone() }
    }
}
