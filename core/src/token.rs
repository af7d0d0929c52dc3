//! The token: the password of one login.

use std::ffi::CStr;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::secret::SecretString;

/// A token, with the time at which it was signed and the time at which it expires.
///
/// The text is zeroized when the token is dropped and never shown by `Debug`. Give it to the driver as
/// the password, not inside a URL: there it has to be percent-encoded once more, see
/// [`quote`](crate::quote()).
pub struct Token {
    /// The text and one NUL, so that bindings for C can lend it without a copy.
    text: SecretString,
    signed_at: i64,
    expires_at: i64,
}

impl Token {
    /// `text` has to end with a NUL and have no other.
    pub(crate) fn new(text: SecretString, signed_at: i64, expires_at: i64) -> Self {
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

    /// When it was signed: the `X-Amz-Date` in the text, in whole seconds.
    pub fn signed_at(&self) -> SystemTime {
        system_time(self.signed_at)
    }

    /// When the server stops accepting it: the end of its own life, or the expiry of the credentials
    /// that signed it if that is sooner.
    pub fn expires_at(&self) -> SystemTime {
        system_time(self.expires_at)
    }

    pub(crate) fn unix_signed_at(&self) -> i64 {
        self.signed_at
    }

    pub(crate) fn unix_expires_at(&self) -> i64 {
        self.expires_at
    }
}

fn system_time(unix_time: i64) -> SystemTime {
    // Tokens are signed after 1970.
    UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_time).unwrap_or_default())
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
        let token = Token::new("abc\0".to_owned().into(), 1, 901);
        assert_eq!(token.as_str(), "abc");
        assert_eq!(token.as_c_str(), c"abc");
        assert_eq!(
            format!("{token:?}"),
            "Token { text: <3 bytes>, signed_at: 1, expires_at: 901 }"
        );
    }
}
