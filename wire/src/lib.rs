//! Logins by the protocols of PostgreSQL and MySQL, on either side of a connection.
//!
//! | module | what it has |
//! |---|---|
//! | [`mysql`] | the packets of a login, as a client and as a server |
//! | [`postgres`] | the messages of a login, as a client and as a server |
//! | [`tls`] | a client that verifies the name, and a server |
//! | [`relay()`] | bytes in both directions, once a login is done |
//!
//! Messages are cut out of buffers without I/O, and with a bound on their length: what a peer announces
//! is never allocated before it has arrived. Nothing here knows tokens, accounts or configuration.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod mysql;
pub mod postgres;
pub mod relay;
mod stream;
pub mod tls;

use std::io;

pub use relay::relay;
pub use stream::{BoxedStream, Stream};

/// Why a server refused a login, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE, or the number of MySQL.
    pub code: String,
    /// The message.
    pub text: String,
}

/// The peer did not keep to the protocol.
fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
