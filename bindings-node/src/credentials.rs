//! Credentials, whose secrets JavaScript hands over once.

use napi::bindgen_prelude::External;
use napi_derive::napi;
use rdsiam::binding;
use zeroize::Zeroizing;

use crate::guard::{Outcome, guard};

/// Zeroized when it is collected.
pub(crate) type Credentials = External<rdsiam::Credentials>;

/// `expires_at` in Unix seconds.
#[napi]
pub(crate) fn create_credentials(
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expires_at: Option<i64>,
) -> Outcome<Credentials> {
    let secret = Zeroizing::new(secret_access_key);
    let session = session_token.map(Zeroizing::new);
    guard("createCredentials", || {
        let session = session.as_deref().map(String::as_str);
        binding::credentials(&access_key_id, &secret, session, expires_at).map(External::new)
    })
}
