//! As much of the two protocols as a login takes, apart from sockets and TLS.

pub(crate) mod mysql;
pub(crate) mod postgres;

use std::io::{self, Read, Write};

/// Anything that bytes go both ways through.
pub(crate) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// What a server says when it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// SQLSTATE, or the number of MySQL.
    pub(crate) code: String,
    pub(crate) text: String,
}

/// How a login went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Logged in; the connections that are open, and the most that may be.
    In {
        used: Option<u64>,
        most: Option<u64>,
    },
    Refused(Refusal),
    /// The server asks for something else than a token; the name of that.
    OtherMethod(String),
}

/// The longest message that is read: a server that is none could announce gigabytes.
const LONGEST: usize = 1 << 20;

fn read_exactly(stream: &mut impl Stream, length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it speaks another protocol"));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Text up to a NUL, and what comes after it.
fn text_of(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, rest) = bytes.split_at(end);
    (String::from_utf8_lossy(text).into_owned(), rest.get(1..).unwrap_or_default())
}
