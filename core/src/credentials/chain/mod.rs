//! The default chain of the AWS SDKs behind the environment: profile, web identity, container,
//! EC2. Which source it is, is found out from the environment and the files alone; only then is
//! that source asked, by the clients of the AWS SDK, on a runtime that lives as long as the call.
//!
//! | file | what |
//! |---|---|
//! | `select` | which source serves, and why the others do not |
//! | `profile` | what the shared config and credentials files say |
//! | `ask` | asks the source that was selected |
//! | `sts`, `sso`, `container`, `instance`, `process` | one source each |
//! | `answer` | credentials in JSON, as processes and EC2 write them |
//! | `secret_bytes` | what files and processes are read into |
//! | `not_honoured` | settings that nothing here reads, for messages |
//! | `wire` | the HTTP client, which remembers what it was asked |
//! | `bounded` | the runtime, and the bound in time |
//! | `failure` | from errors of the SDK to ours |

mod answer;
mod ask;
pub(super) mod bounded;
mod container;
mod failure;
mod instance;
mod not_honoured;
mod process;
mod profile;
mod secret_bytes;
mod select;
mod sso;
mod sts;
mod wire;

use std::time::UNIX_EPOCH;

use super::Credentials;
use super::provider::Search;
use crate::clock::Deadline;
use crate::error::{Error, Result};
use crate::region;
use ask::Context;
use profile::{Base, Profiles};
use select::Selection;
use wire::Wire;

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
    let wire = Wire::default();
    let label = plan.label.clone();
    let region = sts_region(search, &profiles)?;
    let Search { conventions, environment, .. } = search.clone();
    let context = Context { wire: wire.clone(), region, profiles, conventions, environment };
    bounded::run(deadline, context.ask(plan), || wire.last())
        .map_err(|error| attempts.failed(&label, &error))
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

/// Takes over what a provider of the SDK gave. An answer that was cut short can lack its end,
/// which the SDK reads as 1970.
fn with_an_end(found: aws_credential_types::Credentials) -> Result<Credentials> {
    if found.expiry() == Some(UNIX_EPOCH) {
        return Err(Error::provider("its answer has no readable end of the credentials", true));
    }
    Ok(found.into())
}

#[cfg(test)]
mod tests;
