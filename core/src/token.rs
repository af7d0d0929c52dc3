//! The token: the password of one login.

use std::ffi::CStr;
use std::fmt;

use zeroize::Zeroizing;

/// A token, with the second it was signed in and the second it ends.
///
/// The text is wiped when the token is dropped and never shown by `Debug`. Hand it to the
/// driver as the password, not inside a URL: there it would have to be percent-encoded again.
pub struct Token {
    /// The text and one NUL, so that faces for C can lend it without a copy.
    text: Zeroizing<String>,
    signed_at: i64,
    expires_at: i64,
}

impl Token {
    /// `text` has to end with a NUL and have no other; its buffer is taken over as it is.
    pub(crate) fn new(text: Zeroizing<String>, signed_at: i64, expires_at: i64) -> Self {
        Self { text, signed_at, expires_at }
    }

    /// The text, `host:port/?Action=connect&...`.
    pub fn as_str(&self) -> &str {
        self.text.strip_suffix('\0').unwrap_or(&self.text)
    }

    /// The text with its NUL, for an interface of C.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_with_nul(self.text.as_bytes()).unwrap_or(c"")
    }

    /// When it was signed, in Unix seconds: the `X-Amz-Date` in the text.
    pub fn signed_at(&self) -> i64 {
        self.signed_at
    }

    /// When the server stops taking it, in Unix seconds: its own life or that of the
    /// credentials that signed it, whichever ends first.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("text", &format_args!("<{} bytes>", self.as_str().len()))
            .field("signed_at", &self.signed_at)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nul_is_for_c_only_and_debug_hides_the_text() {
        let token = Token::new(Zeroizing::new("abc\0".to_owned()), 1, 901);
        assert_eq!(token.as_str(), "abc");
        assert_eq!(token.as_c_str(), c"abc");
        assert_eq!(
            format!("{token:?}"),
            "Token { text: <3 bytes>, signed_at: 1, expires_at: 901 }"
        );
    }
}
