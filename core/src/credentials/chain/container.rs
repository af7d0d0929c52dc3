//! The endpoint of a container: a task of ECS, or a pod with EKS Pod Identity.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;

use super::failure;
use super::wire::Wire;
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::Result;

const VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// Why there is none, if there is none.
pub(super) fn absent(environment: &Environment) -> Option<String> {
    let [relative, full] = VARIABLES;
    (!VARIABLES.iter().any(|name| environment.is_set(name)))
        .then(|| format!("neither {relative} nor {full} is set"))
}

pub(super) async fn credentials(config: &ProviderConfig, wire: &Wire) -> Result<Credentials> {
    let provider = EcsCredentialsProvider::builder().configure(config).build();
    let found = provider.credentials().await.map_err(|error| failure::of_any(&error, wire))?;
    super::with_an_end(found)
}
