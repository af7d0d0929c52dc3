//! The metadata service of an EC2 instance. Not the SDK's client: that knows the second version
//! alone, and boto3 and the JS SDK fall back to the first. Not its provider either: that gives
//! ended keys a new end, in the hope that AWS has prolonged them, and a database does not take a
//! token signed with them.

use std::time::Duration;

use zeroize::Zeroizing;

use super::answer;
use super::http::RecordingHttpClient;
use super::request::{Answer, Failure, Request};
use super::settings::{Found, Settings, says_yes};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::style::{Conventions, Network};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const V1_DISABLED: &str = "AWS_EC2_METADATA_V1_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

const TOKEN: &str = "latest/api/token";
const ROLES: &str = "latest/meta-data/iam/security-credentials/";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TTL: &str = "21600";

/// Seconds that both SDKs give it to connect, and to answer.
const TIMEOUT: u32 = 1;
/// One bad answer is made up for, which the SDKs leave to their next call.
const ATTEMPTS: u32 = 3;

/// Why it is not to be asked, if it is not.
pub(super) fn absent(environment: &Environment, conventions: Conventions) -> Option<String> {
    let value = environment.text(DISABLED).ok().flatten()?;
    says_yes(&value, conventions.network).then(|| format!("{DISABLED} is {value}"))
}

/// What the settings say about it.
pub(super) struct Service {
    /// Ends with a slash.
    base: String,
    timeout: Duration,
    attempts: u32,
    v1_disabled: bool,
}

impl Service {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        let base = match settings.find(ENDPOINT, "ec2_metadata_service_endpoint") {
            Some(Found { value, .. }) if value.contains("://") => value.trim().to_owned(),
            Some(Found { name, .. }) => {
                let text = format!("{name} is not a URL; give http://HOST");
                return Err(Error::provider(text, false));
            }
            None if is_ipv6(settings)? => IPV6.to_owned(),
            None => IPV4.to_owned(),
        };
        let timeout =
            settings.number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")?;
        let attempts = settings
            .number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")?;
        Ok(Self {
            base: format!("{}/", base.trim_end_matches('/')),
            timeout: Duration::from_secs(timeout.unwrap_or(TIMEOUT).into()),
            attempts: attempts.unwrap_or(ATTEMPTS),
            v1_disabled: settings.switch(V1_DISABLED, "ec2_metadata_v1_disabled"),
        })
    }

    pub(super) async fn credentials(&self, client: &RecordingHttpClient) -> Result<Credentials> {
        let token = self.token(client).await?;
        let roles = self.get(ROLES, &token, client).await?;
        let role = String::from_utf8_lossy(&roles.body);
        let role = role.lines().next().unwrap_or_default().trim();
        if !is_role(role) {
            return Err(Error::provider("what it names as the role of the instance is none", true));
        }
        let told = self.get(&format!("{ROLES}{role}"), &token, client).await?;
        answer::credentials(&told.body)
    }

    /// The token of the second version. How long it lives is not asked: it is used at once.
    async fn token(&self, client: &RecordingHttpClient) -> Result<Session> {
        let url = format!("{}{TOKEN}", self.base);
        let mut request = Request::get(&url, self.timeout);
        request.method = "PUT";
        request.headers.push((TTL_HEADER, Zeroizing::new(TTL.to_owned())));
        // A wait is not repeated: a hop limit that keeps the answer away stays as it is.
        let answer = request.send(client, 1).await;
        let refused = match answer {
            Ok(Answer { status: 200, body }) => match token(&body) {
                Some(token) => return Ok(Session::V2(token)),
                None => Error::provider("its session token is no token", true),
            },
            // With both SDKs this is no service of the first version, but a bad request.
            Ok(answer) if answer.status == 400 => return Err(answer.refusal(client)),
            Ok(answer) => answer.refusal(client),
            Err(failure) if failure.nobody_is_there => return Err(nobody()),
            Err(Failure { error, .. }) => error,
        };
        if self.v1_disabled {
            let text = format!("{refused}; and {V1_DISABLED} rules out its first version");
            return Err(refused.reworded(text));
        }
        Ok(Session::V1(refused))
    }

    async fn get(
        &self,
        path: &str,
        session: &Session,
        client: &RecordingHttpClient,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = Request::get(&url, self.timeout);
        if let Session::V2(token) = session {
            request.headers.push((TOKEN_HEADER, token.clone()));
        }
        match request.send(client, self.attempts).await {
            Ok(answer) if answer.status == 200 => Ok(answer),
            Ok(answer) if answer.status == 404 && path == ROLES => {
                Err(Error::new(ErrorKind::CredentialsNotFound, "the instance has no role"))
            }
            Ok(answer) => Err(session.explained(&answer.refusal(client))),
            Err(failure) if failure.nobody_is_there => Err(nobody()),
            Err(Failure { error, .. }) => Err(session.explained(&error)),
        }
    }
}

/// How the service is asked.
enum Session {
    V2(Zeroizing<String>),
    /// Because of this.
    V1(Error),
}

impl Session {
    /// Where the first version fails as well, the second one's failure is what matters.
    fn explained(&self, error: &Error) -> Error {
        match self {
            Self::V2(_) => error.clone(),
            Self::V1(refused) => {
                let text = format!("{error}; it was asked in its first version, since {refused}");
                Error::provider(text, refused.retryable() || error.retryable())
            }
        }
    }
}

fn token(body: &[u8]) -> Option<Zeroizing<String>> {
    let token = std::str::from_utf8(body).ok()?.trim();
    let sendable = !token.is_empty() && token.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    sendable.then(|| Zeroizing::new(token.to_owned()))
}

fn is_ipv6(settings: &Settings<'_>) -> Result<bool> {
    let Some(mode) = settings.find(MODE, "ec2_metadata_service_endpoint_mode") else {
        let older = || settings.switch("AWS_IMDS_USE_IPV6", "imds_use_ipv6");
        return Ok(settings.rules == Network::Botocore && older());
    };
    match mode.value.to_ascii_lowercase().as_str() {
        "ipv4" => Ok(false),
        "ipv6" => Ok(true),
        _ => Err(Error::provider(format!("{} is neither IPv4 nor IPv6", mode.name), false)),
    }
}

/// The characters of a role's name in IAM.
fn is_role(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    !name.is_empty() && name.len() <= 64 && name.chars().all(allowed)
}

/// Most machines are no instances: there, nobody is at the address.
fn nobody() -> Error {
    let text = "nobody answers at its address, so this is no EC2 instance";
    Error::new(ErrorKind::CredentialsNotFound, text)
}
