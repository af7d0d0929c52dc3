//! What a token is for, from the options.

use std::sync::atomic::{AtomicBool, Ordering};

use rdsiam::{Client, Config, Target};

use crate::arguments::{AwsOptions, Login};
use crate::failure::Result;
use crate::output;

/// A client with the profile and the region of the options.
pub(crate) fn client(aws: &AwsOptions) -> Result<Client> {
    Ok(Client::new(config(aws))?)
}

pub(crate) fn config(aws: &AwsOptions) -> Config {
    let warned = AtomicBool::new(false);
    let mut config = Config::new().on_event(move |event| {
        if !warned.swap(true, Ordering::Relaxed) {
            output::note(&format!("rdsiam: warning: {event}"));
        }
    });
    if let Some(profile) = &aws.profile {
        config = config.profile(profile);
    }
    if let Some(region) = &aws.region {
        config = config.region(region);
    }
    config
}

/// The target of the options. Their region is that of the database, and wins over the host name's.
pub(crate) fn target<'a>(login: &'a Login, aws: &'a AwsOptions) -> Target<'a> {
    Target::new(&login.hostname, login.port, &login.username)
        .region(aws.region.as_deref())
        .kind(login.kind.of(&login.username))
}
