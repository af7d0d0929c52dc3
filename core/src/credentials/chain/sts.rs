//! Roles, assumed at STS.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::types::Credentials as Assumed;
use aws_types::SdkConfig;
use zeroize::Zeroizing;

use super::http::RecordingHttpClient;
use super::profile::{Role, WebIdentity};
use super::{failure, file};
use crate::credentials::Credentials;
use crate::error::{Error, Result};

pub(super) async fn assume(
    config: &SdkConfig,
    role: &Role,
    with: Credentials,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let signed_with = SharedCredentialsProvider::new(with.into_inner());
    let config = config.to_builder().credentials_provider(signed_with).build();
    let answer = Client::new(&config)
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name(role.session.clone().unwrap_or_else(session_name))
        .set_external_id(role.external_id.clone())
        .set_duration_seconds(role.seconds)
        .send()
        .await
        .map_err(|error| of_role(&role.arn, &failure::of_client(&error, client)))?;
    read(answer.credentials).map_err(|error| of_role(&role.arn, &error))
}

pub(super) async fn with_web_identity(
    config: &SdkConfig,
    identity: WebIdentity,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let WebIdentity { token_file, role, session } = identity;
    let token = file::read_text(&token_file).map_err(|error| {
        Error::provider(format!("the token file {token_file} cannot be read: {error}"), false)
    })?;
    let answer = Client::new(config)
        .assume_role_with_web_identity()
        .role_arn(&role)
        .role_session_name(session.unwrap_or_else(session_name))
        .web_identity_token(token.as_str())
        .send()
        .await
        .map_err(|error| of_role(&role, &failure::of_client(&error, client)))?;
    read(answer.credentials).map_err(|error| of_role(&role, &error))
}

fn read(assumed: Option<Assumed>) -> Result<Credentials> {
    let incomplete = || Error::provider("STS answered without credentials", true);
    let assumed = assumed.ok_or_else(incomplete)?;
    let (secret, session) =
        (Zeroizing::new(assumed.secret_access_key), Zeroizing::new(assumed.session_token));
    // An answer that was cut short can lack its end, which the SDK reads as 1970.
    if secret.is_empty() || assumed.expiration.secs() == 0 {
        return Err(incomplete());
    }
    let expires_at = Some(assumed.expiration.secs());
    Credentials::with_unix_expiry(&assumed.access_key_id, &secret, Some(&session), expires_at)
}

fn of_role(arn: &str, error: &Error) -> Error {
    error.reworded(format!("role {arn}: {error}"))
}

fn session_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("rdsiam-{}", now.as_millis())
}
