//! Signing: the text is laid out once for an endpoint, a user and a set of credentials; after
//! that a token costs one hash over what follows the date, and one HMAC.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::MAX_EXPIRES;
use crate::credentials::Credentials;
use crate::encode::{encoded_len, push_encoded};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::region;
use crate::rules::Rule;
use crate::sigv4::{self, ALGORITHM, EMPTY_PAYLOAD, Stamp};
use crate::style::{Conventions, Style};
use crate::target::Target;
use crate::token::Token;

const SERVICE: &str = "rds-db";

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
    let request = Request { endpoint: &endpoint, user: target.user, region, expires };
    Layout::new(&request, credentials, conventions.style).sign(unix_time)
}

pub(crate) fn check_expires(expires: u32) -> Result<()> {
    if (1..=MAX_EXPIRES).contains(&expires) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "expires is {expires}; the server takes 1 to {MAX_EXPIRES} seconds"
    )))
}

/// Everything about a token but its credentials and its time, validated.
pub(crate) struct Request<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) user: &'a str,
    pub(crate) region: &'a str,
    pub(crate) expires: u32,
}

impl Request<'_> {
    fn presign(&self, style: Style) -> Presign<'_> {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        let address = format!("{host}:{port}");
        let signed_host = if style.signs_port(port) { address.clone() } else { host.to_owned() };
        Presign {
            service: SERVICE,
            address,
            signed_host,
            parameters: vec![("Action", "connect"), ("DBUser", self.user)],
            region: self.region,
            expires: self.expires,
        }
    }
}

/// A presigned URL of any service, to be laid out. Parameters stand in the alphabet's order
/// and before `X-Amz-`.
struct Presign<'a> {
    service: &'a str,
    address: String,
    signed_host: String,
    parameters: Vec<(&'a str, &'a str)>,
    region: &'a str,
    expires: u32,
}

/// The token and the canonical request as they stand, with gaps for date, time and signature.
///
/// ```text
/// canonical:  [method  query_head] date [query_mid] date-time [canonical_tail]
/// token:      [address query_head] date [query_mid] date-time [token_tail] signature [token_end]
/// ```
pub(crate) struct Layout {
    credentials: Credentials,
    region: String,
    service: String,
    expires: u32,
    /// `/us-east-1/rds-db/aws4_request`
    scope_tail: String,
    address: String,
    query_head: String,
    query_mid: String,
    canonical_tail: Zeroizing<String>,
    token_tail: Zeroizing<String>,
    token_end: &'static str,
    day: ArcSwapOption<Day>,
}

/// What holds for one UTC day.
struct Day {
    number: i64,
    key: Zeroizing<[u8; 32]>,
    /// The hash of the canonical request as far as the scope's date goes.
    hashed: Sha256,
}

impl Layout {
    pub(crate) fn new(request: &Request<'_>, credentials: &Credentials, style: Style) -> Self {
        Self::of(request.presign(style), credentials, style)
    }

    fn of(presign: Presign<'_>, credentials: &Credentials, style: Style) -> Self {
        let Presign { service, address, signed_host, parameters, region, expires } = presign;
        let mut query_head = String::new();
        for (name, value) in parameters {
            query_head.push_str(name);
            query_head.push('=');
            push_encoded(&mut query_head, value);
            query_head.push('&');
        }
        query_head.push_str("X-Amz-Algorithm=");
        query_head.push_str(ALGORITHM);
        query_head.push_str("&X-Amz-Credential=");
        push_encoded(&mut query_head, credentials.access_key_id());
        query_head.push_str("%2F");

        let scope_tail = format!("/{region}/{service}/aws4_request");
        let mut query_mid = String::new();
        push_encoded(&mut query_mid, &scope_tail);
        query_mid.push_str("&X-Amz-Date=");

        let expiry = format!("&X-Amz-Expires={expires}");
        let session = session_parameter(credentials.session_token());
        let signed = "&X-Amz-SignedHeaders=host";
        let header = format!("\nhost:{signed_host}\n\nhost\n{EMPTY_PAYLOAD}");
        let (token_tail, token_end) = match style {
            Style::Botocore => (joined(&[&expiry, signed, &session, SIGNATURE]), ""),
            Style::Js => (joined(&[&expiry, &session, SIGNATURE]), signed),
        };
        Self {
            credentials: credentials.clone(),
            region: region.to_owned(),
            service: service.to_owned(),
            expires,
            scope_tail,
            address: address + "/?",
            query_head,
            query_mid,
            canonical_tail: joined(&[&expiry, &session, signed, &header]),
            token_tail,
            token_end,
            day: ArcSwapOption::empty(),
        }
    }

    /// Whether this layout is still the one for these credentials and this region.
    pub(crate) fn serves(&self, credentials: &Credentials, region: &str) -> bool {
        let same_keys = || self.credentials.same_keys(credentials) || !Rule::LayoutOfKeys.holds();
        self.region == region && same_keys()
    }

    /// Signs at this second, with the end of the credentials that it was laid out for.
    pub(crate) fn sign(&self, now: i64) -> Result<Token> {
        self.sign_until(now, self.credentials.expires_at())
    }

    /// Signs at this second, with the end of credentials that have the same keys. Credentials
    /// that have ended never sign.
    pub(crate) fn sign_until(&self, now: i64, credentials_end: Option<i64>) -> Result<Token> {
        let ended = |end: &i64| *end <= now && Rule::EndedNeverSign.holds();
        if let Some(end) = credentials_end.filter(ended) {
            return Err(Credentials::expired(self.credentials.access_key_id(), end, now));
        }
        let stamp = Stamp::new(now)?;
        let day = self.day(now, &stamp);
        let string_to_sign = self.string_to_sign(&stamp, &day);
        let signature = sigv4::signature(&day.key, &string_to_sign);

        let expires_at = now.saturating_add(i64::from(self.expires));
        let credentials_end = credentials_end.filter(|_| Rule::EndsWithCredentials.holds());
        let expires_at = credentials_end.map_or(expires_at, |end| expires_at.min(end));
        Ok(Token::new(self.text(&stamp, &signature), now, expires_at))
    }

    fn string_to_sign(&self, stamp: &Stamp, day: &Day) -> String {
        let mut hash = day.hashed.clone();
        hash.update(stamp.as_str());
        hash.update(self.canonical_tail.as_str());
        sigv4::string_to_sign(stamp, &self.scope_tail, hash)
    }

    fn day(&self, now: i64, stamp: &Stamp) -> Arc<Day> {
        let number = sigv4::day_of(now);
        if let Some(day) =
            self.day.load_full().filter(|day| day.number == number || !Rule::KeyOfDay.holds())
        {
            return day;
        }
        let secret = self.credentials.secret_access_key();
        let mut hashed = Sha256::new();
        hashed.update("GET\n/\n");
        hashed.update(&self.query_head);
        hashed.update(stamp.date());
        hashed.update(&self.query_mid);
        let day = Arc::new(Day {
            number,
            key: sigv4::signing_key(secret, now, &self.region, &self.service),
            hashed,
        });
        self.day.store(Some(Arc::clone(&day)));
        day
    }

    fn text(&self, stamp: &Stamp, signature: &str) -> Zeroizing<String> {
        joined(&[
            &self.address,
            &self.query_head,
            stamp.date(),
            &self.query_mid,
            stamp.as_str(),
            &self.token_tail,
            signature,
            self.token_end,
            "\0",
        ])
    }

    /// The canonical request, which the signing itself only ever hashes.
    #[cfg(test)]
    fn canonical_request(&self, stamp: &Stamp) -> String {
        let tail = self.canonical_tail.as_str();
        let (date, date_time) = (stamp.date(), stamp.as_str());
        ["GET\n/\n", &self.query_head, date, &self.query_mid, date_time, tail].concat()
    }
}

const SIGNATURE: &str = "&X-Amz-Signature=";

/// An empty session token counts as none: RDS Proxy refuses the empty parameter (aws-cli#6091).
fn session_parameter(session_token: Option<&str>) -> Zeroizing<String> {
    let Some(session_token) = session_token.filter(|token| !token.is_empty()) else {
        return Zeroizing::default();
    };
    const NAME: &str = "&X-Amz-Security-Token=";
    let mut out = Zeroizing::new(String::with_capacity(NAME.len() + encoded_len(session_token)));
    out.push_str(NAME);
    push_encoded(&mut out, session_token);
    out
}

/// The parts in one buffer of just their size, which never moves and so leaves no copy behind.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut out = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.push_str(part);
    }
    Zeroizing::new(out)
}

#[cfg(test)]
mod tests;
