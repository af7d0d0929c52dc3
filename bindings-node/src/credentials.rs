//! Credentials that JavaScript has seen once and then only holds by a handle.

use napi_derive::napi;
use rdsiam::Clock;
use zeroize::Zeroizing;

use crate::guard::{Outcome, guard};

/// A handle. What is in it is wiped when the handle is collected.
#[napi]
pub(crate) struct Credentials(rdsiam::Credentials);

impl Credentials {
    pub(crate) fn inner(&self) -> &rdsiam::Credentials {
        &self.0
    }
}

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
        rdsiam::Credentials::with_expiry(&access_key_id, &secret, session, expires_at)
            .map(Credentials)
    })
}

#[napi]
impl Credentials {
    /// Whether the provider should be asked once more, for newer ones.
    #[napi]
    pub fn wants_newer(&self) -> Outcome<bool> {
        guard("wantsNewer", || Ok(rdsiam::wants_newer(&self.0, Clock::System.now()?)))
    }

    /// The better of these and newer ones.
    #[napi]
    pub fn better_of(&self, newer: &Credentials) -> Outcome<Credentials> {
        guard("betterOf", || Ok(Credentials(rdsiam::better_of(self.0.clone(), newer.0.clone()))))
    }
}
