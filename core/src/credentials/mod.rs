//! Credentials, the sources they come from, and the rules about their life.

#[cfg(feature = "chain")]
pub(crate) mod chain;
pub(crate) mod environment;
pub(crate) mod provider;
mod resolve;
#[cfg(feature = "chain")]
mod source;

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

pub(crate) use provider::{Provider, Search};
#[cfg(feature = "chain")]
pub(crate) use resolve::BOUND;
pub(crate) use resolve::resolve;
pub use resolve::{better_of, wants_newer};
#[cfg(feature = "chain")]
pub(crate) use source::Source;

use crate::clock::{rfc3339, unix_seconds};
use crate::error::{Error, ErrorKind, Result};

/// A place of the caller's own that credentials come from.
///
/// Called from any thread, several at a time if several tokens are made at a time, and never
/// while a lock of this library is held. It may block; callers of the same token wait for it.
pub trait CredentialsSource: Send + Sync {
    /// Gives credentials. `force_refresh` is true when those of the call before end in less
    /// than 15 minutes: newer ones are wanted, but what there is will do.
    ///
    /// # Errors
    /// Whatever the caller of the token should see, best made with [`Error::provider`].
    fn provide(&self, force_refresh: bool) -> Result<Credentials>;
}

/// An access key, its secret, perhaps a session token, and perhaps the second they end.
///
/// Wiped when dropped. `Debug` shows the access key id alone, which is no secret.
#[derive(Clone)]
pub struct Credentials(aws_credential_types::Credentials);

impl Credentials {
    /// Credentials that do not end, or of which nobody knows when. An empty session token
    /// counts as none.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an empty access key id or secret, or an interior NUL.
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Self> {
        Self::with_expiry(access_key_id, secret_access_key, session_token, None)
    }

    /// Credentials that end at this Unix second.
    ///
    /// # Errors
    /// As [`Credentials::new`], and for an end before 1970.
    pub fn with_expiry(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
        expires_at: Option<i64>,
    ) -> Result<Self> {
        check("access_key_id", access_key_id)?;
        check("secret_access_key", secret_access_key)?;
        let session_token = session_token.filter(|token| !token.is_empty());
        if let Some(token) = session_token {
            check("session_token", token)?;
        }
        let expires_after = match expires_at {
            None => None,
            Some(second) => Some(end(second)?),
        };
        Ok(Self(aws_credential_types::Credentials::new(
            access_key_id,
            secret_access_key,
            session_token.map(str::to_owned),
            expires_after,
            "rdsiam",
        )))
    }

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        self.0.access_key_id()
    }

    pub(crate) fn secret_access_key(&self) -> &str {
        self.0.secret_access_key()
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.0.session_token()
    }

    /// The Unix second they end, rounded down, if they do.
    pub fn expires_at(&self) -> Option<i64> {
        self.0.expiry().map(unix_seconds)
    }

    /// The seconds they are still good for; none if nobody knows an end.
    pub(crate) fn remaining(&self, now: i64) -> Option<i64> {
        self.expires_at().map(|end| end.saturating_sub(now))
    }

    /// For the clients of the AWS SDK.
    #[cfg(feature = "chain")]
    pub(crate) fn into_inner(self) -> aws_credential_types::Credentials {
        self.0
    }

    pub(crate) fn same_keys(&self, other: &Self) -> bool {
        // Clones share what they are made of, and a session token is long.
        self.access_key_id().as_ptr() == other.access_key_id().as_ptr() || self.equal_keys(other)
    }

    fn equal_keys(&self, other: &Self) -> bool {
        self.access_key_id() == other.access_key_id()
            && self.secret_access_key() == other.secret_access_key()
            && self.session_token() == other.session_token()
    }

    #[cold]
    pub(crate) fn expired(access_key_id: &str, end: i64, now: i64) -> Error {
        Error::new(
            ErrorKind::CredentialsExpired,
            format!(
                "the AWS credentials {} expired at {}, {} s ago, and the database would refuse any \
                 token signed with them; renew them (for example log in to SSO again, or let the \
                 role be assumed anew) or check the clock of this machine",
                shown(access_key_id),
                rfc3339(end),
                now.saturating_sub(end)
            ),
        )
    }
}

/// An access key id for a message. It is no secret, but a provider may have put anything there.
fn shown(access_key_id: &str) -> &str {
    let known = access_key_id.len() <= 128
        && access_key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if known { access_key_id } else { "(of an odd access key id)" }
}

fn check(name: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::invalid(format!(
            "{name} is empty; give both parts of the key, or leave both out to use the default \
             credential chain"
        )));
    }
    if value.contains('\0') {
        return Err(Error::invalid(format!("{name} has an interior NUL")));
    }
    Ok(())
}

fn end(expires_at: i64) -> Result<std::time::SystemTime> {
    u64::try_from(expires_at)
        .ok()
        .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        .ok_or_else(|| {
            Error::invalid("expires_at of the credentials is not a time; give Unix seconds")
        })
}

/// Takes over what the AWS SDK for Rust resolved.
impl From<aws_credential_types::Credentials> for Credentials {
    fn from(credentials: aws_credential_types::Credentials) -> Self {
        Self(credentials)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let credentials = Credentials::with_expiry("AKID", "SECRET", Some("SESSION"), Some(9));
        let shown = format!("{:?}", credentials.unwrap());
        assert_eq!(shown, "Credentials { access_key_id: \"AKID\", expires_at: Some(9), .. }");
    }

    #[test]
    fn halves_of_a_key_are_refused_by_name() {
        for (id, secret, word) in
            [("", "s", "access_key_id"), ("a", "", "secret_access_key"), ("a\0", "s", "NUL")]
        {
            let error = Credentials::new(id, secret, None).unwrap_err();
            assert!(error.message().contains(word), "{error}");
        }
        assert!(Credentials::with_expiry("a", "s", None, Some(-1)).is_err());
        assert_eq!(Credentials::new("a", "s", Some("")).unwrap().session_token(), None);
    }
}
