//! Credentials, the sources they come from, and the cache that holds them.

mod cache;
#[cfg(feature = "chain")]
pub(crate) mod chain;
pub(crate) mod environment;
#[cfg(feature = "chain")]
mod provide;
pub(crate) mod provider;
#[cfg(feature = "chain")]
mod source;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use cache::{CredentialCache, Identity, shared};
#[cfg(feature = "chain")]
pub(crate) use provide::{NoProvider, Sdk};
pub(crate) use provider::{Provider, Search};
#[cfg(feature = "chain")]
pub(crate) use source::Source;

use crate::clock::{rfc3339, unix_seconds};
use crate::error::{Error, ErrorKind, Result};

/// A source of credentials of the caller's own, such as a vault.
///
/// Called on a thread of the library, one call at a time for each client, and never while a lock of
/// the library is held. It may block. Callers wait for it with the client's
/// [timeout](crate::Config::timeout); a call that has not returned by then is replaced by another.
pub trait CredentialsSource: Send + Sync {
    /// Returns credentials. With `force_refresh`, newer ones than before are wanted: those of the last
    /// call expire within 15 minutes, or a login with them was refused. If there are none, the same
    /// ones again are no error.
    ///
    /// # Errors
    /// What the caller of the token should see, best made with [`Error::provider`].
    fn provide(&self, force_refresh: bool) -> Result<Credentials>;
}

/// An access key, its secret, perhaps a session token, and perhaps an expiry.
///
/// Zeroized when dropped. `Debug` shows the access key id alone, which is not secret.
#[derive(Clone)]
pub struct Credentials(aws_credential_types::Credentials);

impl Credentials {
    /// Credentials without a known expiry. An empty session token is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for an empty access key id or secret, or an interior NUL.
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Self> {
        Self::with_unix_expiry(access_key_id, secret_access_key, session_token, None)
    }

    /// The same credentials with an expiry, as STS and SSO return it.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        *self.0.expiry_mut() = Some(expires_at);
        self
    }

    /// As [`Credentials::new`], with the expiry in Unix seconds.
    pub(crate) fn with_unix_expiry(
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

    /// When they expire, if that is known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.expiry()
    }

    /// The same in Unix seconds, rounded down.
    pub(crate) fn unix_expiry(&self) -> Option<i64> {
        self.0.expiry().map(unix_seconds)
    }

    /// An error if they have expired: no server accepts a token that they sign.
    pub(crate) fn check_expiry(&self, now: i64) -> Result<()> {
        match self.unix_expiry() {
            Some(at) if at <= now => Err(Self::expired(self.access_key_id(), at, now)),
            _ => Ok(()),
        }
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

fn end(expires_at: i64) -> Result<SystemTime> {
    u64::try_from(expires_at)
        .ok()
        .and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        .ok_or_else(|| {
            Error::invalid("expires_at of the credentials is not a time; give it in Unix seconds")
        })
}

/// Converts the SDK's credentials.
impl From<aws_credential_types::Credentials> for Credentials {
    fn from(credentials: aws_credential_types::Credentials) -> Self {
        Self(credentials)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id())
            .field("expires_at", &self.unix_expiry())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let credentials = Credentials::with_unix_expiry("AKID", "SECRET", Some("SESSION"), Some(9));
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
        assert!(Credentials::with_unix_expiry("a", "s", None, Some(-1)).is_err());
        assert_eq!(Credentials::new("a", "s", Some("")).unwrap().session_token(), None);
    }
}
