//! Signing: the text is laid out once for a [place](place) and once for a [signatory](signatory);
//! after that a token costs one hash over what follows the date, and one HMAC ([layout]).

mod layout;
mod place;
mod signatory;

use std::sync::Arc;

pub(crate) use layout::Layout;
pub(crate) use place::Place;
pub(crate) use signatory::{Signatory, Terms};

use crate::MAX_EXPIRES;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::region;
use crate::style::Conventions;
use crate::target::Target;
use crate::token::Token;

pub(crate) const SERVICE: &str = "rds-db";

/// Signs one token at a given second, without a client, a cache or a clock.
///
/// The region is the target's, or else the one that its host name carries; the environment is
/// not looked at.
///
/// # Errors
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target, `expires` outside
/// 1 to 900, or a time before 1970 or after 9999;
/// [`RegionMissing`](crate::ErrorKind::RegionMissing);
/// [`CredentialsExpired`](crate::ErrorKind::CredentialsExpired) if they end at or before
/// `unix_time`.
///
/// ```
/// use rdsiam::{Conventions, Credentials, Target, sign_at};
/// let credentials = Credentials::new("akid", "secret", None)?;
/// let target = Target::new("prod-instance.us-east-1.rds.amazonaws.com", 3306, "peccy");
/// let token = sign_at(&credentials, &target, 1_724_709_600, 900, Conventions::SDK)?;
/// assert!(token.as_str().contains("X-Amz-Date=20240826T220000Z"));
/// # Ok::<(), rdsiam::Error>(())
/// ```
pub fn sign_at(
    credentials: &Credentials,
    target: &Target<'_>,
    unix_time: i64,
    expires: u32,
    conventions: Conventions,
) -> Result<Token> {
    let endpoint = target.endpoint()?;
    check_expires(expires)?;
    let region = target
        .region
        .or_else(|| region::region_of_host(endpoint.host()))
        .ok_or_else(|| region::missing(conventions.region_variables))?;
    let style = conventions.style;
    let place = Place::new(&endpoint, target.user, style);
    let terms = Terms { service: SERVICE, region, expires, style };
    let signatory = Signatory::new(credentials, terms, unix_time)?;
    Layout::new(&place, Arc::new(signatory)).sign(&place, unix_time, credentials.expires_at())
}

pub(crate) fn check_expires(expires: u32) -> Result<()> {
    if (1..=MAX_EXPIRES).contains(&expires) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "expires is {expires}; the server takes 1 to {MAX_EXPIRES} seconds"
    )))
}

#[cfg(test)]
mod tests;
