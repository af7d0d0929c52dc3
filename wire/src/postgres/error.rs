//! ErrorResponse: what a server says when it refuses.

use crate::Refusal;

use super::{message, split_text};

/// What a client is told when a login fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse<'a> {
    /// SQLSTATE.
    pub code: &'a str,
    /// One sentence.
    pub message: &'a str,
    /// What to do.
    pub hint: Option<&'a str>,
}

impl ErrorResponse<'_> {
    /// As a message, with the severity FATAL: the connection is closed afterwards.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let fields = [
            (b'S', Some("FATAL")),
            (b'V', Some("FATAL")),
            (b'C', Some(self.code)),
            (b'M', Some(self.message)),
            (b'H', self.hint),
        ];
        for (field, text) in fields {
            let Some(text) = text else { continue };
            body.push(field);
            body.extend(text.bytes().filter(|byte| *byte != 0));
            body.push(0);
        }
        body.push(0);
        message(b'E', &body)
    }
}

impl Refusal {
    /// The code and the text of an ErrorResponse.
    #[must_use]
    pub fn of_postgres(mut body: &[u8]) -> Self {
        let mut refusal = Self { code: String::new(), text: String::new() };
        while let Some((field, rest)) = body.split_first() {
            let Some((text, rest)) = split_text(rest) else { break };
            let text = || String::from_utf8_lossy(text).into_owned();
            match field {
                b'C' => refusal.code = text(),
                b'M' => refusal.text = text(),
                _ => {}
            }
            body = rest;
        }
        refusal
    }
}
