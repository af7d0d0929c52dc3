//! A role of IAM Identity Center, with the login that `aws sso login` left in its cache.

use aws_config::SdkConfig;
use aws_config::sso::SsoTokenProvider;
use aws_credential_types::provider::token::ProvideToken;
use aws_sdk_sso::Client;
use aws_sdk_sso::types::RoleCredentials;
use aws_types::region::Region;
use zeroize::Zeroizing;

use super::failure;
use super::profile::Sso;
use super::wire::Wire;
use crate::credentials::Credentials;
use crate::error::{Error, Result};

pub(super) async fn credentials(config: &SdkConfig, sso: Sso, wire: &Wire) -> Result<Credentials> {
    let login = SsoTokenProvider::builder()
        .configure(config)
        .region(Region::new(sso.region.clone()))
        .start_url(&sso.start_url)
        .session_name(&sso.filed_under)
        .build()
        .await;
    let token = login
        .provide_token()
        .await
        .map_err(|error| log_in_again(&sso, &failure::of_any(&error, wire), false))?;
    // The SDK goes on with an ended login where its renewal was refused, and tells nobody.
    let refused = wire.last().filter(|_| wire.last_status() != Some(200));
    let for_good = matches!(wire.last_status(), Some(401 | 403));
    let answer = Client::new(config)
        .get_role_credentials()
        .role_name(&sso.role_name)
        .access_token(token.token())
        .account_id(&sso.account_id)
        .send()
        .await
        .map_err(|error| {
            let told = failure::of_client(&error, wire);
            match refused {
                Some(renewal) => {
                    let told = told.reworded(format!("{told}; its renewal: {renewal}"));
                    log_in_again(&sso, &told, !for_good)
                }
                None if wire.last_status() == Some(401) => log_in_again(&sso, &told, false),
                None => told,
            }
        })?;
    read(answer.role_credentials)
}

fn read(given: Option<RoleCredentials>) -> Result<Credentials> {
    let incomplete = || Error::provider("SSO answered without credentials", true);
    let given = given.ok_or_else(incomplete)?;
    let secret = given.secret_access_key.map(Zeroizing::new).ok_or_else(incomplete)?;
    let session = given.session_token.map(Zeroizing::new);
    let id = given.access_key_id.ok_or_else(incomplete)?;
    if given.expiration == 0 {
        return Err(incomplete());
    }
    let session = session.as_deref().map(String::as_str);
    Credentials::with_expiry(&id, &secret, session, Some(given.expiration.div_euclid(1000)))
}

#[cold]
fn log_in_again(sso: &Sso, told: &Error, retryable: bool) -> Error {
    let profile = &sso.profile;
    let text =
        format!("the SSO login does not serve, run `aws sso login --profile {profile}`: {told}");
    Error::provider(text, retryable)
}
