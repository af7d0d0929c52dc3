//! A token by aws-sigv4's own signer of whole requests: what every test compares ours with.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All that a token is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    /// The name of the kind.
    pub(crate) kind: &'a str,
    /// As it is signed: in lower case, with brackets if it is an IPv6 address.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) region: &'a str,
    pub(crate) access_key_id: &'a str,
    pub(crate) secret_access_key: &'a str,
    pub(crate) session_token: Option<&'a str>,
    pub(crate) unix_time: i64,
    pub(crate) expires: u32,
}

impl Login<'_> {
    /// The token. Its parameters are in an order of their own: compare [`sorted`].
    pub(crate) fn token(&self) -> String {
        let (service, url) = self.service_and_url();
        let mut settings = SigningSettings::default();
        settings.expires_in = Some(Duration::from_secs(self.expires.into()));
        settings.signature_location = SignatureLocation::QueryParams;
        let identity = aws_credential_types::Credentials::new(
            self.access_key_id,
            self.secret_access_key,
            self.session_token.map(str::to_owned),
            None,
            "test",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(service)
            .time(UNIX_EPOCH + Duration::from_secs(self.unix_time.unsigned_abs()))
            .settings(settings)
            .build()
            .unwrap();
        let body = SignableBody::Bytes(&[]);
        let signable = SignableRequest::new("GET", &url, std::iter::empty(), body).unwrap();
        let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
        let mut token = url.strip_prefix("https://").unwrap().to_owned();
        for (name, value) in instructions.params() {
            token.push_str(&format!("&{name}={}", encoded(value)));
        }
        token
    }

    fn service_and_url(&self) -> (&'static str, String) {
        let (host, port, user) = (self.host, self.port, encoded(self.user));
        let lower = encoded(&self.user.to_ascii_lowercase());
        let (service, rest) = match self.kind {
            "rds" => ("rds-db", format!(":{port}/?Action=connect&DBUser={user}")),
            "dsql" => ("dsql", "/?Action=DbConnect".to_owned()),
            "dsql-admin" => ("dsql", "/?Action=DbConnectAdmin".to_owned()),
            // These two are what valkey-glide signs, in this way. Its own tests have no vector: they sign at the time
            // of the run, and look at the beginning of the token alone.
            "elasticache" => ("elasticache", format!("/?Action=connect&User={lower}")),
            "memorydb" => ("memorydb", format!("/?Action=connect&User={lower}")),
            "elasticache-serverless" => {
                let query = "/?Action=connect&ResourceType=ServerlessCache&User=";
                ("elasticache", format!("{query}{lower}"))
            }
            other => panic!("{other}"),
        };
        (service, format!("https://{host}{rest}"))
    }
}

/// The parts of a token, whatever their order.
pub(crate) fn sorted(token: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = token.split(['?', '&']).collect();
    parts.sort_unstable();
    parts
}

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
