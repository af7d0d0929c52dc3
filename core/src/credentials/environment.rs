//! Credentials in the environment: read at each use, with no file, network or thread.

use std::env::{VarError, var};

use zeroize::Zeroizing;

use super::Credentials;
use crate::error::{Error, ErrorKind, Result};

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
/// The older name is still in use (botocore takes it as well).
const SESSION: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];

/// What the environment holds: nothing, or credentials. An empty variable counts as not set.
///
/// # Errors
/// [`ErrorKind::CredentialsNotFound`] for one half of a key without the other, which is a
/// mistake rather than a reason to look elsewhere.
pub(crate) fn read() -> Result<Option<Credentials>> {
    match (value(KEY)?, value(SECRET)?) {
        (None, None) => Ok(None),
        (Some(key), Some(secret)) => {
            let session = match value(SESSION[0])? {
                Some(session) => Some(session),
                None => value(SESSION[1])?,
            };
            let session = session.as_deref().map(String::as_str);
            Credentials::new(&key, &secret, session).map(Some)
        }
        (Some(_), None) => Err(half(KEY, SECRET)),
        (None, Some(_)) => Err(half(SECRET, KEY)),
    }
}

/// Whether AWS_PROFILE names a profile.
pub(crate) fn names_profile() -> bool {
    std::env::var_os("AWS_PROFILE").is_some_and(|name| !name.is_empty())
}

fn value(name: &str) -> Result<Option<Zeroizing<String>>> {
    match var(name) {
        Ok(value) => Ok(Some(Zeroizing::new(value)).filter(|value| !value.trim().is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::invalid(format!("the environment variable {name} is not UTF-8")))
        }
    }
}

#[cold]
fn half(there: &str, missing: &str) -> Error {
    Error::new(
        ErrorKind::CredentialsNotFound,
        format!("the environment has {there} but not {missing}; set both, or unset both"),
    )
}
