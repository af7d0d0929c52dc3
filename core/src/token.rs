//! The token: the password of one login.

use std::ffi::CStr;
use std::fmt;

use crate::MAX_EXPIRES;
use crate::error::{Error, Result};
use crate::explain::explain_at;
use crate::wiped::Wiped;

/// Something else that signs tokens, whose tokens a client is to keep: see
/// [`Config::tokens`](crate::Config::tokens).
///
/// Called as a [`CredentialsSource`](crate::CredentialsSource) is.
pub trait TokenSource: Send + Sync {
    /// Makes a new token, best read with [`Token::signed_elsewhere`].
    ///
    /// # Errors
    /// Whatever the caller of the token should see, best made with [`Error::provider`].
    fn make(&self) -> Result<Token>;
}

/// A token, with the second it was signed in and the second it ends.
///
/// The text is wiped when the token is dropped and never shown by `Debug`. Hand it to the
/// driver as the password, not inside a URL: there it would have to be percent-encoded again.
pub struct Token {
    /// The text and one NUL, so that faces for C can lend it without a copy.
    text: Wiped,
    signed_at: i64,
    expires_at: i64,
}

impl Token {
    /// `text` has to end with a NUL and have no other; its buffer is taken over as it is.
    pub(crate) fn new(text: Wiped, signed_at: i64, expires_at: i64) -> Self {
        Self { text, signed_at, expires_at }
    }

    /// A token that something else signed. Its times are those that it tells; a text that tells
    /// none counts as signed `now` and good for 15 minutes.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for an empty text or one with a NUL.
    pub fn signed_elsewhere(text: &str, now: i64) -> Result<Self> {
        if text.is_empty() || text.contains('\0') {
            return Err(Error::invalid("the token is empty or has an interior NUL"));
        }
        let told = explain_at(text, now);
        let signed_at = told.signed_at.unwrap_or(now);
        let life = i64::from(MAX_EXPIRES);
        let expires_at = told.expires_at.unwrap_or_else(|| signed_at.saturating_add(life));
        Ok(Self::new(Wiped::joined(&[text, "\0"]), signed_at, expires_at))
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
    fn a_foreign_token_has_the_times_that_it_tells() {
        let text = "h:1/?X-Amz-Date=20240601T120000Z&X-Amz-Expires=300";
        let token = Token::signed_elsewhere(text, 5).unwrap();
        assert_eq!((token.signed_at(), token.expires_at()), (1_717_243_200, 1_717_243_500));
        assert_eq!(token.as_str(), text);
        let token = Token::signed_elsewhere("of a test double", 5).unwrap();
        assert_eq!((token.signed_at(), token.expires_at()), (5, 905));
        assert!(Token::signed_elsewhere("", 5).is_err());
        assert!(Token::signed_elsewhere("a\0b", 5).is_err());
    }

    #[test]
    fn the_nul_is_for_c_only_and_debug_hides_the_text() {
        let token = Token::new("abc\0".to_owned().into(), 1, 901);
        assert_eq!(token.as_str(), "abc");
        assert_eq!(token.as_c_str(), c"abc");
        assert_eq!(
            format!("{token:?}"),
            "Token { text: <3 bytes>, signed_at: 1, expires_at: 901 }"
        );
    }
}
