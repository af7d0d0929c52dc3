//! Percent-encoding as SigV4 wants it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Appends `text`, encoded byte by byte, to `out`.
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, RESERVED));
}

/// How long `text` becomes, so that a buffer with secrets is made once and never moved.
pub(crate) fn encoded_len(text: &str) -> usize {
    utf8_percent_encode(text, RESERVED).map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_stay_and_all_else_is_encoded() {
        for (text, expected) in [
            ("AZaz09-_.~", "AZaz09-_.~"),
            ("a b+c/d%e", "a%20b%2Bc%2Fd%25e"),
            ("(a)!*'", "%28a%29%21%2A%27"),
            ("é\n", "%C3%A9%0A"),
        ] {
            let mut out = String::new();
            push_encoded(&mut out, text);
            assert_eq!(out, expected);
            assert_eq!(encoded_len(text), expected.len());
        }
    }
}
