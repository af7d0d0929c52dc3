//! A role of IAM Identity Center, with the login that `aws sso login` left in its cache. The
//! SDK's clients are asked, and not its provider: that reads the cache in the home of the process
//! rather than of the caller, while a fork waits, and goes on with a login that has ended if its
//! renewal was refused.

use std::path::PathBuf;

use aws_sdk_sso::types::RoleCredentials;
use aws_types::SdkConfig;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use zeroize::Zeroizing;

use super::cached::{self, Cached};
use super::http::RecordingHttpClient;
use super::profile::Sso;
use super::{failure, now};
use crate::credentials::Credentials;
use crate::error::{Error, Result};

/// Seconds before its end in which the JS SDK renews a login; boto3 begins earlier.
const MARGIN: i64 = 5 * 60;
const TOKEN: [&str; 1] = ["accessToken"];
const END: [&str; 1] = ["expiresAt"];
const REFRESH_TOKEN: [&str; 1] = ["refreshToken"];

/// Where the logins are kept, and how its two services are asked.
pub(super) struct Portal {
    pub(super) home: Option<PathBuf>,
    pub(super) roles: SdkConfig,
    pub(super) logins: SdkConfig,
}

pub(super) async fn credentials(
    sso: Sso,
    portal: &Portal,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let token = login(&sso, portal, client).await.map_err(|error| advised(&sso, &error))?;
    let answer = aws_sdk_sso::Client::new(&portal.roles)
        .get_role_credentials()
        .access_token(token.as_str())
        .account_id(&sso.account_id)
        .role_name(&sso.role_name)
        .send()
        .await;
    let answer = answer.map_err(|error| {
        let error = failure::of_client(&error, client);
        if client.last_status() == Some(401) { advised(&sso, &error) } else { error }
    })?;
    read(answer.role_credentials)
}

/// A login that does not serve: only a person can make a new one, unless it was its renewal that
/// failed and may yet succeed.
fn advised(sso: &Sso, error: &Error) -> Error {
    let Sso { start_url, profile, .. } = sso;
    error.reworded(format!(
        "the SSO login at {start_url} does not serve, run `aws sso login --profile {profile}`: {error}"
    ))
}

/// The token of the login, which is renewed if it has to be.
async fn login(
    sso: &Sso,
    portal: &Portal,
    client: &RecordingHttpClient,
) -> Result<Zeroizing<String>> {
    let folder = portal.home.as_ref().map(|home| home.join(".aws/sso/cache"));
    // In the older form the login is filed under the start URL, and can be renewed as well.
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, sso.filed_under.as_bytes());
    let path = cached::path(folder.as_deref(), hash.as_ref())?;
    let mut login = Cached::load(&path)?;
    let (now, end) = (now(), login.time(&END)?);
    if end.saturating_sub(now) <= MARGIN {
        match renew(&mut login, portal, client).await {
            Ok(()) => login.save(&path),
            Err(error) if end <= now => return Err(error),
            // What is left of it serves.
            Err(_) => {}
        }
    }
    login.wanted(&TOKEN).map(|token| Zeroizing::new(token.to_owned()))
}

async fn renew(login: &mut Cached, portal: &Portal, client: &RecordingHttpClient) -> Result<()> {
    let known = (login.text(&["clientId"]), login.text(&["clientSecret"]));
    let ((Some(id), Some(secret)), Some(refresh)) = (known, login.text(&REFRESH_TOKEN)) else {
        return Err(Error::provider("it has ended, and cannot be renewed", false));
    };
    if login.time(&["registrationExpiresAt"]).is_ok_and(|end| end <= now()) {
        return Err(Error::provider(
            "it has ended, and so has what it could be renewed with",
            false,
        ));
    }
    let told = aws_sdk_ssooidc::Client::new(&portal.logins)
        .create_token()
        .client_id(id)
        .client_secret(secret)
        .grant_type("refresh_token")
        .refresh_token(refresh)
        .send()
        .await
        .map_err(|error| {
            let error = failure::of_client(&error, client);
            error.reworded(format!("its renewal: {error}"))
        })?;
    let Some(token) = told.access_token else {
        return Err(Error::provider("the answer to its renewal is incomplete", true));
    };
    login.put(&TOKEN, token);
    login.put_time(&END, now().saturating_add(told.expires_in.into()));
    if let Some(refresh) = told.refresh_token {
        login.put(&REFRESH_TOKEN, refresh);
    }
    Ok(())
}

/// An answer that was cut short can lack a part.
fn read(role: Option<RoleCredentials>) -> Result<Credentials> {
    let incomplete = || Error::provider("its answer is incomplete", true);
    let role = role.ok_or_else(incomplete)?;
    let (secret, session) =
        (role.secret_access_key.map(Zeroizing::new), role.session_token.map(Zeroizing::new));
    match (role.access_key_id, secret, session, role.expiration / 1000) {
        (Some(id), Some(secret), Some(session), end) if end != 0 => {
            Credentials::with_unix_expiry(&id, &secret, Some(&session), Some(end))
        }
        _ => Err(incomplete()),
    }
}
