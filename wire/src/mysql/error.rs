//! ERR: what a server says when it refuses.

use crate::Refusal;

/// What a client is told when something fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPacket<'a> {
    /// The number, such as 1045.
    pub code: u16,
    /// SQLSTATE, of five characters.
    pub state: &'a str,
    /// One sentence.
    pub message: &'a str,
}

impl ErrorPacket<'_> {
    /// The body of a packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let code = self.code.to_le_bytes();
        [&[super::ERROR], &code[..], b"#", self.state.as_bytes(), self.message.as_bytes()].concat()
    }

    /// The body of a packet in place of a greeting, which has no SQLSTATE.
    #[must_use]
    pub fn encode_as_greeting(&self) -> Vec<u8> {
        [&[super::ERROR], &self.code.to_le_bytes()[..], self.message.as_bytes()].concat()
    }
}

impl Refusal {
    /// The number and the text of an ERR packet.
    #[must_use]
    pub fn of_mysql(body: &[u8]) -> Self {
        let code = body.get(1..).and_then(<[u8]>::first_chunk::<2>).copied().unwrap_or_default();
        let rest = body.get(3..).unwrap_or_default();
        // With a SQLSTATE before it, but not in a greeting.
        let text = match rest.split_first() {
            Some((b'#', after)) => after.get(5..).unwrap_or_default(),
            _ => rest,
        };
        Self {
            code: u16::from_le_bytes(code).to_string(),
            text: String::from_utf8_lossy(text).into_owned(),
        }
    }
}
