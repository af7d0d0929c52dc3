//! PostgreSQL: the messages up to and including a login.

pub mod client;
mod decoder;
mod error;
pub mod scram;
pub mod server;
mod startup;

pub use decoder::{Decoder, Message, receive};
pub use error::ErrorResponse;
pub use startup::{CancelKey, Opening, Startup};

/// The longest first packet of a client, as in PostgreSQL.
pub const LONGEST_STARTUP: usize = 10_000;
/// The longest message of a server that is read during a login.
pub const LONGEST_MESSAGE: usize = 1 << 20;
/// The most messages of a login: a server that is none could go on for ever.
const MOST_MESSAGES: usize = 1000;

/// A message with its type and length.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len().saturating_add(4)).unwrap_or(u32::MAX);
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

/// Text up to a NUL, and what comes after it.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((text, rest.get(1..)?))
}

/// The number that a body begins with, and the rest.
fn split_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests;
