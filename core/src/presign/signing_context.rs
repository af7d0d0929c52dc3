//! What all tokens have in common that one set of credentials signs for one region on one day.

use super::encode::{encoded_len, push_encoded};
use super::sigv4::{ALGORITHM, AmzDate, SigningKey, day_of};
use crate::credentials::Credentials;
use crate::error::Result;
use crate::secret::SecretString;
use crate::style::Style;

const SIGNATURE: &str = "&X-Amz-Signature=";
const SIGNED_HEADERS: &str = "&X-Amz-SignedHeaders=host";

/// The key of the day, and the parts of the text around date and signature.
///
/// ```text
/// canonical:  [GET / endpoint query] date-time [canonical_tail endpoint]
/// token:      [endpoint       query] date-time [token_tail] signature [token_end]
/// ```
pub(crate) struct SigningContext {
    pub(super) credentials: Credentials,
    service: String,
    region: String,
    /// Days since 1970.
    day: i64,
    /// A second of that day.
    pub(super) date: AmzDate,
    /// Seconds that a token lives.
    pub(super) expires: u32,
    pub(super) key: SigningKey,
    /// What stands between date and hash in the string to sign:
    /// `\n20240601/us-east-1/rds-db/aws4_request\n`
    pub(super) scope_line: String,
    /// `X-Amz-Algorithm=` to `X-Amz-Date=`
    pub(super) query: String,
    pub(super) canonical_tail: SecretString,
    pub(super) token_tail: SecretString,
    pub(super) token_end: &'static str,
}

/// What a token depends on besides its endpoint, its credentials and its time.
#[derive(Clone, Copy)]
pub(crate) struct SigningScope<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    /// Seconds, validated.
    pub(crate) expires: u32,
    pub(crate) style: Style,
}

impl SigningContext {
    /// For the UTC day of this second.
    pub(crate) fn new(
        credentials: &Credentials,
        scope: SigningScope<'_>,
        now: i64,
    ) -> Result<Self> {
        let SigningScope { service, region, expires, style } = scope;
        let date = AmzDate::new(now)?;
        let scope_text = [date.date(), "/", region, "/", service, "/aws4_request"].concat();
        let mut query = ["X-Amz-Algorithm=", ALGORITHM, "&X-Amz-Credential="].concat();
        push_encoded(&mut query, credentials.access_key_id());
        query.push_str("%2F");
        push_encoded(&mut query, &scope_text);
        query.push_str("&X-Amz-Date=");

        let expiry = format!("&X-Amz-Expires={expires}");
        let session = session_parameter(credentials.session_token());
        let (token_tail, token_end) = match style {
            Style::Botocore => {
                (SecretString::concat(&[&expiry, SIGNED_HEADERS, &session, SIGNATURE]), "")
            }
            Style::Js => (SecretString::concat(&[&expiry, &session, SIGNATURE]), SIGNED_HEADERS),
        };
        Ok(Self {
            credentials: credentials.clone(),
            service: service.to_owned(),
            region: region.to_owned(),
            day: day_of(now),
            date,
            expires,
            key: SigningKey::new(credentials.secret_access_key(), now, region, service)?,
            scope_line: ["\n", &scope_text, "\n"].concat(),
            query,
            canonical_tail: SecretString::concat(&[&expiry, &session, SIGNED_HEADERS, "\nhost:"]),
            token_tail,
            token_end,
        })
    }

    /// Whether it is the one for this service.
    pub(crate) fn is_of(&self, service: &str) -> bool {
        self.service == service
    }

    /// Whether it is the one for these credentials, this region and this second.
    pub(crate) fn is_for(&self, credentials: &Credentials, region: &str, now: i64) -> bool {
        self.day == day_of(now) && self.region == region && self.credentials.same_keys(credentials)
    }
}

/// An empty session token is ignored: RDS Proxy refuses the empty parameter (aws-cli#6091).
fn session_parameter(session_token: Option<&str>) -> SecretString {
    let Some(session_token) = session_token.filter(|token| !token.is_empty()) else {
        return SecretString::default();
    };
    const NAME: &str = "&X-Amz-Security-Token=";
    // Of just the size that it needs, so that it never moves and leaves no copy behind.
    let mut out = String::with_capacity(NAME.len() + encoded_len(session_token));
    out.push_str(NAME);
    push_encoded(&mut out, session_token);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_is_encoded_in_place_and_an_empty_one_is_none() {
        assert_eq!(&*session_parameter(Some("a/+=")), "&X-Amz-Security-Token=a%2F%2B%3D");
        assert!(session_parameter(Some("")).is_empty() && session_parameter(None).is_empty());
    }
}
