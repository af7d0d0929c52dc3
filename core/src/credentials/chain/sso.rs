//! A role of IAM Identity Center, with the login that `aws sso login` left in its cache.

use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_types::region::Region;

use super::failure;
use super::http::RecordingHttpClient;
use super::profile::Sso;
use crate::credentials::Credentials;
use crate::error::{Error, Result};

pub(super) async fn credentials(
    config: &ProviderConfig,
    sso: Sso,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let provider = SsoCredentialsProvider::builder()
        .configure(config)
        .account_id(&sso.account_id)
        .role_name(&sso.role_name)
        .region(Region::new(sso.region.clone()))
        .start_url(&sso.start_url)
        // In the older form the login is filed under the start URL, and can be renewed as well.
        .session_name(&sso.filed_under)
        .build();
    match provider.provide_credentials().await {
        // An answer that was cut short can lack its end, which the SDK reads as 1970.
        Ok(found) => super::with_an_end(found),
        Err(error) => Err(explained(&sso, &failure::of_any(&error, client), client)),
    }
}

/// What to do about a login that has ended. The SDK goes on with it where its renewal was
/// refused, and tells nobody.
fn explained(sso: &Sso, told: &Error, client: &RecordingHttpClient) -> Error {
    let renewal = client.failed_before();
    let login_refused = client.last_status() == Some(401);
    if renewal.is_none() && !login_refused && client.last().is_some() {
        return told.clone();
    }
    let profile = &sso.profile;
    let advice = format!("the SSO login does not serve, run `aws sso login --profile {profile}`");
    match renewal {
        Some((renewal, may_pass)) => {
            Error::provider(format!("{advice}: {told}; its renewal: {renewal}"), may_pass)
        }
        None => Error::provider(format!("{advice}: {told}"), false),
    }
}
