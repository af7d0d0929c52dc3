//! From the options of JavaScript to a client.

use std::sync::{Arc, Mutex, PoisonError};

use napi_derive::napi;
use rdsiam::{Config, Conventions};

use crate::client::Client;
use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};

/// What a client is made from; what is not there has the core's default.
#[napi(object, object_to_js = false)]
pub(crate) struct Options {
    /// The region for hosts that carry none.
    pub region: Option<String>,
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// Whether JavaScript fetches the credentials itself.
    pub external: Option<bool>,
    /// Seconds.
    pub refresh_before: Option<u32>,
    /// Seconds.
    pub min_remaining: Option<u32>,
    /// Seconds.
    pub expires: Option<u32>,
}

/// Warnings wait here until JavaScript asks for them: the core may warn on any thread, and
/// only JavaScript's own may emit.
#[derive(Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn push(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Without credentials, and not `external`: the default chain.
#[napi]
pub(crate) fn create_client(
    options: Options,
    credentials: Option<&Credentials>,
) -> Outcome<Client> {
    guard("createClient", || {
        let warnings = Warnings::default();
        let mut config = config(options, warnings.clone());
        if let Some(credentials) = credentials {
            config = config.credentials(credentials.inner().clone());
        }
        Ok(Client::new(rdsiam::Client::new(config)?, warnings))
    })
}

fn config(options: Options, warnings: Warnings) -> Config {
    let mut config =
        Config::new().conventions(Conventions::JS).on_warning(move |text| warnings.push(text));
    if let Some(region) = options.region {
        config = config.region(region);
    }
    if let Some(profile) = options.profile {
        config = config.profile(profile);
    }
    if options.external == Some(true) {
        config = config.external();
    }
    if let Some(seconds) = options.refresh_before {
        config = config.refresh_before(seconds);
    }
    if let Some(seconds) = options.min_remaining {
        config = config.min_remaining(seconds);
    }
    if let Some(seconds) = options.expires {
        config = config.expires(seconds);
    }
    config
}
