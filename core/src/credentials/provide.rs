//! A provider of the AWS SDK for Rust as a source.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;

use super::chain::bounded;
use super::{Credentials, CredentialsSource};
use crate::clock::Deadline;
use crate::error::{Error, ErrorKind, Result};

/// Runs an asynchronous provider to its end, on a runtime that lives as long as the call.
pub(crate) struct Sdk {
    pub(crate) provider: Arc<dyn ProvideCredentials>,
    pub(crate) timeout: Duration,
}

impl CredentialsSource for Sdk {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let work = async {
            let found = self.provider.provide_credentials().await;
            found.map(Credentials::from).map_err(|error| {
                let what = format!("the AWS SDK's provider failed: {error}");
                Error::provider_caused_by(what, true, error)
            })
        };
        bounded::run(&mut Deadline::new(self.timeout), work, || None)
    }
}

/// The credentials of an `SdkConfig` that was made without a provider.
pub(crate) struct NoProvider;

impl CredentialsSource for NoProvider {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        Err(Error::new(
            ErrorKind::CredentialsNotFound,
            "the SdkConfig has no credentials provider; give it one, or use Config::new() for the \
             default chain",
        ))
    }
}
