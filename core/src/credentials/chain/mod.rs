//! The default chain of the AWS SDKs behind the environment: profile, web identity, container,
//! EC2. Which source it is, is found out from the environment and the files alone; only then is
//! that source asked, by the clients of the AWS SDK, on a runtime that lives as long as the call.
//!
//! | file | what |
//! |---|---|
//! | `select` | which source serves, and why the others do not |
//! | `profile` | what the shared config and credentials files say |
//! | `ask` | asks the source that was selected |
//! | `sts`, `sso`, `login`, `container`, `instance`, `process` | one source each |
//! | `cached`, `dpop` | the documents of logins, and the proof that one is renewed with |
//! | `answer` | credentials in JSON, as processes and EC2 write them |
//! | `secret_bytes` | what files and processes are read into |
//! | `not_honoured` | settings that nothing here reads, for messages |
//! | `settings` | variables of the environment and lines of the profile |
//! | `network`, `proxy`, `trust` | what those say about requests |
//! | `http`, `request` | the HTTP client, which remembers what it was asked; one plain request |
//! | `file` | files that may block |
//! | `bounded` | the runtime, and the bound in time |
//! | `failure` | from errors of the SDK to ours |

mod answer;
mod ask;
pub(super) mod bounded;
mod cached;
mod container;
mod dpop;
mod failure;
mod file;
mod http;
mod instance;
mod login;
mod network;
mod not_honoured;
mod process;
mod profile;
mod proxy;
mod request;
mod secret_bytes;
mod select;
mod settings;
mod sso;
mod sts;
mod trust;

use std::time::SystemTime;

use super::Credentials;
use super::provider::Search;
use crate::clock::{Deadline, unix_seconds};
use crate::error::{Error, Result};
use crate::region;
use ask::Context;
use http::RecordingHttpClient;
use network::Network;
use profile::{Base, Profiles};
use select::Selection;
use settings::Settings;

/// Credentials from the first source that is configured, within the bound.
pub(crate) fn credentials(search: &Search, deadline: &mut Deadline) -> Result<Credentials> {
    let found = find(search, deadline);
    // A request that was under way when the process was stopped is past its time limit when it
    // goes on, which the SDK may take for a source that is not there at all.
    if found.is_err() && deadline.was_stopped() {
        return find(search, deadline);
    }
    found
}

fn find(search: &Search, deadline: &mut Deadline) -> Result<Credentials> {
    let Selection { plan, attempts, profiles } = select::select(search)?;
    if let (Base::Keys(credentials), true) = (&plan.base, plan.roles.is_empty()) {
        return Ok(credentials.clone());
    }
    let label = plan.label.clone();
    let region = sts_region(search, &profiles)?;
    let Search { conventions, environment, .. } = search.clone();
    let network = Network::read(&Settings::new(&profiles, &environment, conventions.network));
    let client = RecordingHttpClient::new(network);
    let context = Context { client: client.clone(), region, profiles, conventions, environment };
    bounded::run(deadline, context.ask(plan), || client.last()).map_err(|error| {
        let error = attempts.failed(&label, &error);
        error.reworded(format!("{error}{}", client.network().remark()))
    })
}

/// The region of the profile in the shared config file, if it has one.
pub(crate) fn profile_region(search: &Search) -> Result<Option<String>> {
    let profiles = Profiles::load(search)?;
    let Some(region) = profiles.region() else { return Ok(None) };
    region::check(region)
        .map_err(|error| Error::invalid(format!("the region of the AWS profile: {error}")))?;
    Ok(Some(region.to_owned()))
}

fn sts_region(search: &Search, profiles: &Profiles) -> Result<Option<String>> {
    Ok(match &search.region {
        Some(region) => Some(region.clone()),
        None => region::from_environment(&search.environment, search.conventions.region_variables)?
            .or_else(|| profiles.region().map(str::to_owned)),
    })
}

fn now() -> i64 {
    unix_seconds(SystemTime::now())
}

#[cfg(test)]
mod tests;
