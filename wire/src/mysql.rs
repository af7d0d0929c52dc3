//! MySQL and MariaDB: the packets up to and including a login.

mod ask;
pub mod capabilities;
pub mod client;
mod error;
mod greeting;
mod packet;
mod response;
mod scramble;
pub mod server;

pub use ask::ask;
pub use capabilities::Capabilities;
pub use error::ErrorPacket;
pub use greeting::Greeting;
pub use packet::{LONGEST_PACKET, Packet, ok, receive, send};
pub use response::Response;
pub use scramble::{SCRAMBLE, new_scramble};

/// The plugin that sends the password as it is.
pub const CLEAR: &str = "mysql_clear_password";
/// SHA-1 of the password with a scramble.
pub const NATIVE: &str = "mysql_native_password";
/// SHA-256 of the password with a scramble, and over TLS the password itself.
pub const CACHING_SHA2: &str = "caching_sha2_password";

/// What a packet of a login begins with.
const OK: u8 = 0x00;
const MORE: u8 = 0x01;
const SWITCH: u8 = 0xFE;
const ERROR: u8 = 0xFF;
/// What a server says of a password by `caching_sha2_password`: it is known, or has to be sent whole.
const FAST_SUCCESS: u8 = 3;
const FULL_AUTHENTICATION: u8 = 4;

/// Text up to a NUL, and what comes after it.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((text, rest.get(1..)?))
}

/// A text with its length before it, and the rest.
fn split_measured(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let count = match first {
        0..=250 => return rest.split_at_checked(usize::from(*first)),
        252 => 2,
        253 => 3,
        254 => 8,
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    rest.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests;
