//! What a token says about itself.

use napi_derive::napi;

use crate::guard::{Outcome, guard};

/// As the core tells it. Times in Unix seconds.
#[napi(object, object_from_js = false, use_nullable = true)]
pub(crate) struct Explanation {
    /// What it is a token for.
    pub kind: Option<String>,
    /// The host that is signed.
    pub host: Option<String>,
    /// The port that is signed.
    pub port: Option<u16>,
    /// The database user.
    pub user: Option<String>,
    /// The region in the credential scope.
    pub region: Option<String>,
    /// Which access key signed.
    pub access_key_id: Option<String>,
    /// Whether temporary credentials signed.
    pub has_session_token: bool,
    /// When it was signed.
    pub signed_at: Option<i64>,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// Seconds left.
    pub remaining_seconds: Option<i64>,
    /// Bytes in the token.
    pub length: u32,
    /// What looks wrong.
    pub problems: Vec<String>,
    /// All of it, in lines for a person.
    pub text: String,
}

/// Takes any text.
#[napi]
pub(crate) fn explain(token: String) -> Outcome<Explanation> {
    guard("explain", || {
        let told = rdsiam::explain(&token)?;
        Ok(Explanation {
            text: told.to_string(),
            kind: told.kind.map(|kind| kind.name().to_owned()),
            host: told.host,
            port: told.port,
            user: told.user,
            region: told.region,
            access_key_id: told.access_key_id,
            has_session_token: told.has_session_token,
            signed_at: told.signed_at,
            expires_at: told.expires_at,
            remaining_seconds: told.remaining_seconds,
            length: u32::try_from(told.length).unwrap_or(u32::MAX),
            problems: told.problems,
        })
    })
}
