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

/// The most messages of a login: a server that is none could go on for ever.
const MOST: usize = 1000;

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says what it says, whatever it is told.
    struct Babbler {
        says: Vec<u8>,
        at: usize,
    }

    impl Read for Babbler {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let rest = &self.says[self.at..];
            let length = rest.len().min(buffer.len());
            buffer[..length].copy_from_slice(&rest[..length]);
            self.at += length;
            Ok(length)
        }
    }

    impl Write for Babbler {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            Ok(buffer.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn of(says: &[u8]) -> Babbler {
        Babbler { says: says.to_vec(), at: 0 }
    }

    #[test]
    fn no_bytes_of_a_server_make_it_panic() {
        let mut state: u64 = 42;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u8::try_from(state >> 56).unwrap()
        };
        for _ in 0..20_000 {
            // Few values, and plausible lengths, so that it gets past the first message.
            let mut says = Vec::new();
            for _ in 0..usize::from(random() % 12) {
                let kind =
                    [b'R', b'E', b'D', b'Z', b'S', 0, 0xFE, 0xFF, 10][usize::from(random() % 9)];
                let body: Vec<u8> = (0..random() % 24).map(|_| random() % 4).collect();
                let length = u32::try_from(body.len()).unwrap();
                if random() % 2 == 0 {
                    says.push(kind);
                    says.extend((length + 4).to_be_bytes());
                } else {
                    says.extend(&(length + 1).to_le_bytes()[..3]);
                    says.extend([0, kind]);
                }
                says.extend(body);
            }
            let _ = postgres::ask_for_tls(&mut of(&says));
            let _ = postgres::log_in(&mut of(&says), "app", "app", "token");
            let _ = mysql::ask_for_tls(&mut of(&says));
            let _ = mysql::log_in(&mut of(&says), "app", Some("app"), "token");
        }
    }

    #[test]
    fn a_server_that_goes_on_for_ever_is_left() {
        let notice = [b'N', 0, 0, 0, 4].repeat(100_000);
        assert!(postgres::log_in(&mut of(&notice), "app", "app", "token").is_err());
        // A login, and then rows without an end.
        let mut rows = vec![1, 0, 0, 2, 0, 5, 0, 0, 1, 0xFE, 0, 0, 0, 0];
        rows.extend([2, 0, 0, 1, 1, b'x'].repeat(100_000));
        assert!(mysql::log_in(&mut of(&rows), "app", None, "token").is_err());
    }

    #[test]
    fn a_length_of_gigabytes_is_not_believed() {
        let says = [b'R', 0x7F, 0xFF, 0xFF, 0xFF];
        let error = postgres::log_in(&mut of(&says), "app", "app", "token").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
