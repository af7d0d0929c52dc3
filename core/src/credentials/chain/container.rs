//! The endpoint of a container: a task of ECS, or a pod with EKS Pod Identity.

use std::env::var_os;
use std::time::UNIX_EPOCH;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;

use super::failure;
use super::wire::Wire;
use crate::credentials::Credentials;
use crate::error::{Error, Result};

const VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// Why there is none, if there is none.
pub(super) fn absent() -> Option<String> {
    let set = |name: &&str| var_os(name).is_some_and(|value| !value.is_empty());
    let [relative, full] = VARIABLES;
    (!VARIABLES.iter().any(set)).then(|| format!("neither {relative} nor {full} is set"))
}

pub(super) async fn credentials(config: &ProviderConfig, wire: &Wire) -> Result<Credentials> {
    let provider = EcsCredentialsProvider::builder().configure(config).build();
    let credentials =
        provider.credentials().await.map_err(|error| failure::of_any(&error, wire))?;
    // An answer that was cut short can lack its end, which the SDK reads as 1970.
    if credentials.expiry() == Some(UNIX_EPOCH) {
        return Err(Error::provider("its answer has no readable end of the credentials", true));
    }
    Ok(credentials.into())
}
