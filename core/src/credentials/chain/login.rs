//! The session that `aws login` left in its cache. It is renewed with the session's own key and
//! written back, as the AWS CLI and the SDKs do. Not the SDK's provider (`credentials-login` of
//! `aws-config`): that asks the sign-in service of another region than the session's, reads the
//! environment of the process, panics at a cache that lacks a field, and is 280 KB.

use std::path::PathBuf;
use std::time::Duration;

use aws_smithy_json::serialize::JsonValueWriter;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::cached::{self, Cached};
use super::http::RecordingHttpClient;
use super::network::Variant;
use super::profile::Login;
use super::request::{Failure, Request};
use super::settings::Settings;
use super::{dpop, failure, now};
use crate::credentials::Credentials;
use crate::error::{Error, Result};

/// Seconds before the end in which both SDKs renew.
const MARGIN: i64 = 5 * 60;
const TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPTS: u32 = 3;
/// Of a session, if the service does not say.
const LIFE: i64 = 15 * 60;

/// Where the session is kept and renewed.
pub(super) struct SignIn {
    pub(super) folder: Option<PathBuf>,
    /// Configured in place of the service's own.
    pub(super) endpoint: Option<String>,
    /// For a session and a profile that name none.
    pub(super) region: String,
    pub(super) variant: Variant,
}

pub(super) fn cache_folder(settings: &Settings<'_>) -> Option<PathBuf> {
    let home = cached::home(settings);
    match settings.variable("AWS_LOGIN_CACHE_DIRECTORY") {
        Some(folder) => match (folder.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(PathBuf::from(folder)),
        },
        None => home.map(|home| home.join(".aws/login/cache")),
    }
}

pub(super) async fn credentials(
    login: Login,
    service: &SignIn,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let found = find(&login, service, client).await;
    found.map_err(|error| {
        let advice = format!("run `aws login --profile {}`", login.profile);
        error.reworded(format!("the login session does not serve, {advice}: {error}"))
    })
}

async fn find(
    login: &Login,
    service: &SignIn,
    client: &RecordingHttpClient,
) -> Result<Credentials> {
    let hash = Sha256::digest(login.session_arn.as_bytes());
    let path = cached::path(service.folder.as_deref(), &hash)?;
    let mut session = Cached::load(&path)?;
    let now = now();
    let end = session.time(&END)?;
    if end.saturating_sub(now) <= MARGIN {
        match renew(&mut session, login, service, client).await {
            Ok(()) => session.save(&path),
            // What is left of it serves, unless the service says that it is over.
            Err(error) if end <= now || !error.retryable() => return Err(error),
            Err(_) => {}
        }
    }
    let [id, secret, token] = KEYS.map(|name| session.wanted(&["accessToken", name]));
    Credentials::with_unix_expiry(id?, secret?, Some(token?), Some(session.time(&END)?))
}

const END: [&str; 2] = ["accessToken", "expiresAt"];
const KEYS: [&str; 3] = ["accessKeyId", "secretAccessKey", "sessionToken"];

async fn renew(
    session: &mut Cached,
    login: &Login,
    service: &SignIn,
    client: &RecordingHttpClient,
) -> Result<()> {
    let region = session.text(&["signInRegion"]).or(login.region.as_deref());
    let url = url(service, region.unwrap_or(&service.region))?;
    let odd_key = || Error::provider("the dpopKey in its cache is not a P-256 key", false);
    let proof = dpop::proof(session.wanted(&["dpopKey"])?, &url, now()).ok_or_else(odd_key)?;
    let mut request = Request::get(&url, TIMEOUT);
    request.method = "POST";
    request.body = question(session)?;
    request.headers = vec![
        ("content-type", Zeroizing::new("application/json".to_owned())),
        ("dpop", Zeroizing::new(proof)),
    ];
    let answer = request.send(client, ATTEMPTS).await.map_err(Failure::into_error)?;
    let told = Cached::parse(&answer.body);
    if answer.status == 200 {
        let incomplete = || Error::provider("the answer to its renewal is incomplete", true);
        return told.and_then(|told| take(session, &told)).ok_or_else(incomplete);
    }
    let refusal = answer.refusal(client);
    let Some(told) = told else { return Err(refusal) };
    let text = |name| failure::shortened(told.text(&[name]).unwrap_or_default()).into_owned();
    Err(refusal.reworded(format!("{}: {} ({refusal})", text("error"), text("message"))))
}

fn question(session: &Cached) -> Result<Zeroizing<String>> {
    let mut body = Zeroizing::new(String::with_capacity(4096));
    let mut writer = JsonValueWriter::new(&mut body).start_object();
    writer.key("clientId").string(session.wanted(&["clientId"])?);
    writer.key("grantType").string("refresh_token");
    writer.key("refreshToken").string(session.wanted(&["refreshToken"])?);
    writer.finish();
    Ok(body)
}

/// Puts what the service gave in the place of what it gave before.
fn take(session: &mut Cached, told: &Cached) -> Option<()> {
    let refresh = told.text(&["refreshToken"])?;
    let [id, secret, token] = KEYS.map(|name| told.text(&["accessToken", name]));
    let keys = [id?, secret?, token?];
    let life = told.number(&["expiresIn"]).unwrap_or(LIFE);
    for (name, value) in KEYS.iter().zip(keys) {
        session.put(&["accessToken", name], value.to_owned());
    }
    session.put_time(&END, now().saturating_add(life));
    session.put(&["refreshToken"], refresh.to_owned());
    Some(())
}

/// A partition, by the beginning of its regions: the name of its sign-in service, and the ends of
/// its names for FIPS and for both families of addresses.
const PARTITIONS: [(&str, &str, &str, &str); 7] = [
    ("cn-", "signin.amazonaws.cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "signin.amazonaws-us-gov.com", "amazonaws.com", "api.aws"),
    ("eusc-", "signin.amazonaws-eusc.eu", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "signin.c2shome.ic.gov", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "signin.sc2shome.sgov.gov", "sc2s.sgov.gov", "api.aws.scloud"),
    ("us-isof-", "signin.csphome.hci.ic.gov", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eu-isoe-", "signin.csphome.adc-e.uk", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
];
const COMMERCIAL: (&str, &str, &str, &str) =
    ("", "signin.aws.amazon.com", "amazonaws.com", "api.aws");

fn url(service: &SignIn, region: &str) -> Result<String> {
    let Variant { fips, dual_stack } = service.variant;
    if let Some(endpoint) = &service.endpoint {
        if fips {
            let text = "FIPS endpoints are asked for, and an endpoint is configured: drop one";
            return Err(Error::provider(text, false));
        }
        return Ok(format!("{}/v1/token", endpoint.trim_end_matches('/')));
    }
    crate::region::check(region)
        .map_err(|error| Error::provider(format!("the region of the session: {error}"), false))?;
    let known = PARTITIONS.iter().find(|(start, ..)| region.starts_with(start));
    let (start, name, plain, both) = *known.unwrap_or(&COMMERCIAL);
    let host = match (fips, dual_stack) {
        (false, false) => format!("{region}.{name}"),
        (true, false) if region == "us-gov-west-1" => "signin-fips.amazonaws-us-gov.com".to_owned(),
        (true, false) if start == "us-gov-" => format!("{region}.signin-fips.amazonaws-us-gov.com"),
        (true, false) => format!("signin-fips.{region}.{plain}"),
        (true, true) => format!("signin-fips.{region}.{both}"),
        (false, true) => format!("signin.{region}.{both}"),
    };
    Ok(format!("https://{host}/v1/token"))
}
