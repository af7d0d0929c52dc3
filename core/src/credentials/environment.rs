//! Credentials in the environment: read at each use, with no file, network or thread.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::Credentials;
#[cfg(feature = "chain")]
use super::Search;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::style::{Conventions, HalfAKey};

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
/// Written by tools that export temporary credentials; botocore and the JS SDK read it.
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// Why there are none.
#[cfg(feature = "chain")]
pub(crate) const NOT_SET: &str = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set";

/// What the environment holds: nothing, or credentials. An empty variable counts as not set.
///
/// # Errors
/// [`ErrorKind::CredentialsNotFound`] for one half of a key without the other, where the SDK
/// takes that for a mistake rather than for a reason to look elsewhere.
pub(crate) fn read(
    environment: &Environment,
    conventions: Conventions,
) -> Result<Option<Credentials>> {
    let secret = |name: &str| Ok::<_, Error>(environment.text(name)?.map(Zeroizing::new));
    match (secret(KEY)?, secret(SECRET)?) {
        (None, None) => Ok(None),
        (Some(key), Some(secret_key)) => {
            let mut session = None;
            for name in conventions.session_variables {
                session = secret(name)?;
                if session.is_some() {
                    break;
                }
            }
            let session = session.as_deref().map(String::as_str);
            let expires_at = expiration(environment)?;
            Credentials::with_unix_expiry(&key, &secret_key, session, expires_at).map(Some)
        }
        (Some(_), None) if conventions.half_a_key == HalfAKey::PassedOver => Ok(None),
        (None, Some(_)) if conventions.half_a_key != HalfAKey::Refused => Ok(None),
        (Some(_), None) => Err(half(KEY, SECRET)),
        (None, Some(_)) => Err(half(SECRET, KEY)),
    }
}

/// Whether a variable names a profile.
pub(crate) fn names_profile(environment: &Environment, conventions: Conventions) -> bool {
    conventions.profile_variables.iter().any(|name| environment.is_set(name))
}

/// Why the environment did not serve.
#[cfg(feature = "chain")]
pub(crate) fn reason(search: &Search) -> &'static str {
    let Search { profile, conventions, environment, .. } = search;
    if profile.is_some() {
        "does not count, since a profile is named"
    } else if conventions.aws_profile_hides_keys && names_profile(environment, *conventions) {
        "does not count, since AWS_PROFILE names a profile"
    } else {
        NOT_SET
    }
}

fn expiration(environment: &Environment) -> Result<Option<i64>> {
    let Some(text) = environment.text(EXPIRATION)? else { return Ok(None) };
    let time = OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| {
        Error::invalid(format!(
            "the environment variable {EXPIRATION} is not an ISO 8601 time such as \
             2026-01-31T12:00:00Z; set it to the end of the credentials, or unset it"
        ))
    })?;
    Ok(Some(time.unix_timestamp()))
}

#[cold]
fn half(there: &str, missing: &str) -> Error {
    Error::new(
        ErrorKind::CredentialsNotFound,
        format!("the environment has {there} but not {missing}; set both, or unset both"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_the_session_token_is_that_of_the_sdk() {
        let (old, new) = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN");
        for (conventions, set, expected) in [
            (Conventions::BOTOCORE, [(old, "OLD"), (new, "NEW")], Some("OLD")),
            (Conventions::BOTOCORE, [(old, "OLD"), (new, "")], Some("OLD")),
            (Conventions::BOTOCORE, [(old, ""), (new, "NEW")], Some("NEW")),
            (Conventions::SDK, [(old, "OLD"), (new, "NEW")], Some("NEW")),
            (Conventions::SDK, [(old, "OLD"), (new, "")], Some("OLD")),
            (Conventions::JS, [(old, "OLD"), (new, "NEW")], Some("NEW")),
            (Conventions::JS, [(old, "OLD"), (new, "")], None),
        ] {
            let variables = [(KEY, "AKID"), (SECRET, "SECRET")].into_iter().chain(set);
            let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let read = read(&Environment::given(variables.collect()), conventions).unwrap();
            assert_eq!(read.unwrap().session_token(), expected, "{conventions:?} {set:?}");
        }
    }
}
