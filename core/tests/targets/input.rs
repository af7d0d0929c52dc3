//! The bytes of one run, read as the arguments of a call. What is missing is empty or zero, so
//! that every input is a valid one and a shorter one a simpler one.

use std::borrow::Cow;

/// Ends a text. It is in no UTF-8, so a text may have any character.
const END: u8 = 0xff;

pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// Whether a mark is in it, in any case, that only a secret may have: the fuzzer sees what is
    /// compared.
    pub(crate) fn knows(&self, mark: &str) -> bool {
        self.0.windows(mark.len()).any(|part| part.eq_ignore_ascii_case(mark.as_bytes()))
    }

    /// The bytes as far as the next end of a text.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = self.0.iter().position(|byte| *byte == END).unwrap_or(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest.get(1..).unwrap_or_default();
        bytes
    }

    /// The same, made UTF-8.
    pub(crate) fn text(&mut self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// A number: in digits, so that a corpus can be read, or else whatever the characters make.
    pub(crate) fn number(&mut self) -> i64 {
        let text = self.text();
        let folded = |number: i64, byte: u8| number.wrapping_mul(257).wrapping_add(byte.into());
        text.parse().unwrap_or_else(|_| text.bytes().fold(0, folded))
    }
}
