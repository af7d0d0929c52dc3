//! The metadata service of an EC2 instance, in its second version, over the SDK's client for it.
//! Not the SDK's provider: that gives ended keys a new end, in the hope that AWS has prolonged
//! them, and a database does not take a token signed with them.

use std::error::Error as StdError;
use std::io;

use aws_config::imds::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;

use super::wire::Wire;
use super::{answer, failure};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// Why it is not to be asked, if it is not.
pub(super) fn absent(environment: &Environment) -> Option<String> {
    let disabled = environment.text(DISABLED).ok().flatten();
    let disabled = disabled.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    disabled.then(|| format!("{DISABLED} is true"))
}

pub(super) async fn credentials(config: &ProviderConfig, wire: &Wire) -> Result<Credentials> {
    let client = Client::builder().configure(config).build();
    let roles = client.get(ROLES).await.map_err(|error| of_roles(&error, wire))?;
    let role = roles.as_ref().lines().next().unwrap_or_default().trim();
    if !is_role(role) {
        return Err(Error::provider("what it names as the role of the instance is none", true));
    }
    let told = client
        .get(format!("{ROLES}{role}"))
        .await
        .map_err(|error| failure::of_any(&error, wire))?;
    answer::credentials(told.as_ref().as_bytes())
}

/// The characters of a role's name in IAM.
fn is_role(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    !name.is_empty() && name.len() <= 64 && name.chars().all(allowed)
}

/// Most machines are no instances: there, nobody is at the address.
fn of_roles(error: &ImdsError, wire: &Wire) -> Error {
    let nobody = |what: &str| Error::new(ErrorKind::CredentialsNotFound, what);
    match error {
        ImdsError::ErrorResponse(answer) if answer.response().status().as_u16() == 404 => {
            nobody("the instance has no role")
        }
        _ if nobody_is_there(error) => {
            nobody("nobody answers at its address, so this is no EC2 instance")
        }
        _ => failure::of_any(error, wire),
    }
}

fn nobody_is_there(error: &(dyn StdError + 'static)) -> bool {
    failure::causes(error).any(|cause| match cause.downcast_ref::<io::Error>() {
        Some(error) => matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
        ),
        // The type of the SDK's error is private; the emulator's tests hold this to its text.
        None => cause.to_string().starts_with("HTTP connect timeout"),
    })
}
