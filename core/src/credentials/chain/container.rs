//! The endpoint of a container: a task of ECS, or a pod with EKS Pod Identity. Not the SDK's
//! provider: that reads a token file while a fork waits, and the environment of the process
//! rather than the caller's.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use zeroize::Zeroizing;

use super::http::RecordingHttpClient;
use super::request::{Failure, Request};
use super::settings::Settings;
use super::{answer, file};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::{Error, Result};

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

const ECS: &str = "169.254.170.2";
/// Where plain HTTP may go: nobody else on the network can be there.
const ADDRESSES: [IpAddr; 3] = [
    IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];
/// As with boto3.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 3;

/// Why there is none, if there is none.
pub(super) fn absent(environment: &Environment) -> Option<String> {
    let names = [RELATIVE, FULL];
    (!names.iter().any(|name| environment.is_set(name)))
        .then(|| format!("neither {RELATIVE} nor {FULL} is set"))
}

/// What the environment says about the endpoint.
pub(super) struct Endpoint {
    url: String,
    token_file: Option<String>,
    token: Option<Zeroizing<String>>,
}

impl Endpoint {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        let url = match (settings.variable(RELATIVE), settings.variable(FULL)) {
            (Some(path), _) => format!("http://{ECS}{path}"),
            (None, full) => full.unwrap_or_default(),
        };
        check(&url)?;
        Ok(Self {
            url,
            token_file: settings.variable(TOKEN_FILE),
            token: settings.variable(TOKEN).map(Zeroizing::new),
        })
    }

    pub(super) async fn credentials(self, client: &RecordingHttpClient) -> Result<Credentials> {
        let mut request = Request::get(&self.url, TIMEOUT);
        // No SDK asks a proxy for this but the one for Rust, and no proxy could know the answer.
        request.direct = true;
        request.headers.push(("accept", Zeroizing::new("application/json".to_owned())));
        if let Some(token) = self.authorization()? {
            request.headers.push(("authorization", token));
        }
        let answer = request.send(client, ATTEMPTS).await.map_err(Failure::into_error)?;
        if answer.status != 200 {
            return Err(answer.refusal(client));
        }
        answer::credentials(&answer.body)
    }

    /// The file is read at each fetch: its content changes.
    fn authorization(&self) -> Result<Option<Zeroizing<String>>> {
        let (token, name) = match &self.token_file {
            Some(path) => {
                let token = file::read_text(path).map_err(|error| {
                    let text = format!("the file {path} of {TOKEN_FILE} cannot be read: {error}");
                    Error::provider(text, false)
                })?;
                (Some(token), TOKEN_FILE)
            }
            None => (self.token.clone(), TOKEN),
        };
        if token.as_ref().is_some_and(|token| token.contains(['\r', '\n'])) {
            let text = format!("the token of {name} has a line break in it");
            return Err(Error::provider(text, false));
        }
        Ok(token)
    }
}

/// Plain HTTP is for this machine and for the addresses of AWS alone: a token goes there.
fn check(url: &str) -> Result<()> {
    let wrong = |what: &str| Error::provider(format!("{FULL} {what}"), false);
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("is not a URL"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let allowed = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || ADDRESSES.contains(&address),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    };
    match scheme {
        "https" => Ok(()),
        "http" if allowed => Ok(()),
        "http" => Err(wrong(
            "names a host that plain HTTP may not be spoken with; use https, or an address of \
             this machine",
        )),
        _ => Err(wrong("is not an http or https URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_the_machine() {
        for url in [
            "http://169.254.170.2/v2/credentials/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://127.3.2.1:80/x",
            "http://[::1]:8080",
            "http://localhost?x",
            "https://credentials.example/x",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in [
            "http://credentials.example/x",
            "http://169.254.169.254/x",
            "http://127.0.0.1.example/x",
            "http://localhost@credentials.example/x",
            "ftp://127.0.0.1/x",
            "127.0.0.1/x",
            "",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
