//! Signing. The text of a token is prepared once for an [endpoint](endpoint_template) and once for a
//! [signing context](signing_context); after that a token costs one hash over what follows the date, and
//! one HMAC ([template]).

pub(crate) mod encode;
mod endpoint_template;
mod signer;
mod signing_context;
mod sigv4;
mod template;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use endpoint_template::EndpointTemplate;
pub(crate) use signer::Signer;
use signing_context::{SigningContext, SigningScope};
use template::PresignTemplate;

use crate::clock::unix_seconds;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::region;
use crate::style::Conventions;
use crate::target::Target;
use crate::token::Token;

/// Signs one token at a given time, without a client, a cache or a clock.
///
/// The region is the target's, or else the one in its host name; the environment is not read. Times are
/// rounded down to whole seconds.
///
/// # Errors
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target, `expires` outside
/// 1 to 900 seconds (604,800 for DSQL), or a time before 1970 or after 9999;
/// [`RegionMissing`](crate::ErrorKind::RegionMissing);
/// [`CredentialsExpired`](crate::ErrorKind::CredentialsExpired) if they expire at or before `time`.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use rdsiam::{Conventions, Credentials, Target, sign_at};
/// let credentials = Credentials::new("akid", "secret", None)?;
/// let target = Target::new("prod-instance.us-east-1.rds.amazonaws.com", 3306, "peccy");
/// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_724_709_600);
/// let token = sign_at(&credentials, &target, time, Duration::from_secs(900), Conventions::SDK)?;
/// assert!(token.as_str().contains("X-Amz-Date=20240826T220000Z"));
/// # Ok::<(), rdsiam::Error>(())
/// ```
pub fn sign_at(
    credentials: &Credentials,
    target: &Target<'_>,
    time: SystemTime,
    expires: Duration,
    conventions: Conventions,
) -> Result<Token> {
    let expires = u32::try_from(expires.as_secs()).unwrap_or(u32::MAX);
    sign_at_unix(credentials, target, unix_seconds(time), expires, conventions)
}

/// As [`sign_at`], with whole seconds.
pub(crate) fn sign_at_unix(
    credentials: &Credentials,
    target: &Target<'_>,
    unix_time: i64,
    expires: u32,
    conventions: Conventions,
) -> Result<Token> {
    let endpoint = target.endpoint()?;
    endpoint.kind().check_expires(expires)?;
    let region = target
        .region
        .or_else(|| region::region_of_host(endpoint.host()))
        .ok_or_else(|| region::missing(conventions.region_variables))?;
    let style = conventions.style;
    let scope = SigningScope { service: endpoint.kind().service(), region, expires, style };
    let context = Arc::new(SigningContext::new(credentials, scope, unix_time)?);
    let endpoint = EndpointTemplate::new(&endpoint, target.user, style);
    PresignTemplate::new(endpoint, context).sign(credentials, unix_time)
}

#[cfg(test)]
mod tests;
