//! From the options of JavaScript to a client.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use napi_derive::napi;
use rdsiam::binding::{self, Clock, ManualClock};
use rdsiam::{Config, Conventions, Error, ErrorKind, Event, Result};

use crate::client::{Client, Happened};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::guard::{Outcome, guard};

/// What a client is made from; what is missing has the core's default.
#[napi(object, object_to_js = false)]
pub(crate) struct Options {
    /// The region for hosts that carry none.
    pub region: Option<String>,
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// Whether JavaScript fetches the credentials itself.
    pub host_fetches: Option<bool>,
    /// Seconds.
    pub refresh_before: Option<u32>,
    /// Seconds.
    pub min_remaining: Option<u32>,
    /// Seconds.
    pub expires: Option<u32>,
    /// Seconds.
    pub timeout: Option<f64>,
    /// The time, in Unix seconds, if JavaScript has a clock of its own.
    pub time: Option<i64>,
}

/// Events wait here until JavaScript takes them: the core may emit one on any thread.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<Happened>>>);

/// Nobody may ever take them.
const MOST_EVENTS: usize = 16;

impl Events {
    fn push(&self, event: &Event) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < MOST_EVENTS {
            events.push(Happened::from(event));
        }
    }

    pub(crate) fn take(&self) -> Vec<Happened> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<&Event> for Happened {
    fn from(event: &Event) -> Self {
        let failure = match event {
            Event::RefreshFailed(error) => Some(error),
            _ => None,
        };
        Self {
            refresh_failed: failure.is_some(),
            code: failure.map(|error| error.code().to_owned()),
            message: failure.map_or_else(|| event.to_string(), ToString::to_string),
        }
    }
}

/// Without credentials, and not `host_fetches`: the default chain.
#[napi]
pub(crate) fn create_client(
    options: Options,
    environment: &Environment,
    credentials: Option<&Credentials>,
) -> Outcome<Client> {
    guard("createClient", || {
        let events = Events::default();
        let clock = options.time.map(ManualClock::at);
        let mut config =
            config(options, events.clone())?.environment(rdsiam::Environment::clone(environment));
        if let Some(clock) = &clock {
            config = binding::with_clock(config, Clock::Manual(clock.clone()));
        }
        if let Some(credentials) = credentials {
            config = config.credentials(rdsiam::Credentials::clone(credentials));
        }
        Ok(Client::new(rdsiam::Client::new(config)?, events, clock))
    })
}

fn config(options: Options, events: Events) -> Result<Config> {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let mut config =
        Config::new().conventions(Conventions::JS).on_event(move |event| events.push(event));
    if let Some(region) = options.region {
        config = config.region(region);
    }
    if let Some(profile) = options.profile {
        config = config.profile(profile);
    }
    if options.host_fetches == Some(true) {
        config = binding::host_fetches(config);
    }
    if let Some(margin) = options.refresh_before {
        config = config.refresh_before(seconds(margin));
    }
    if let Some(margin) = options.min_remaining {
        config = config.min_remaining(seconds(margin));
    }
    if let Some(life) = options.expires {
        config = config.expires(seconds(life));
    }
    if let Some(timeout) = options.timeout {
        let timeout = Duration::try_from_secs_f64(timeout);
        config = config.timeout(timeout.map_err(|_| bad_timeout())?);
    }
    Ok(config)
}

#[cold]
fn bad_timeout() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "timeout is not between 0 and an hour; give seconds, for example 10",
    )
}
