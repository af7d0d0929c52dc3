//! What a token is asked for, kept on this side so that its strings cross once.

use std::sync::Arc;

use napi_derive::napi;

use crate::guard::{Outcome, guard};

/// Host, port, user, and perhaps a region.
#[napi]
pub(crate) struct Target(Arc<Parts>);

pub(crate) struct Parts {
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
}

impl Parts {
    pub(crate) fn target(&self) -> rdsiam::Target<'_> {
        rdsiam::Target::new(&self.host, self.port, &self.user).region(self.region.as_deref())
    }
}

impl Target {
    pub(crate) fn parts(&self) -> &Arc<Parts> {
        &self.0
    }
}

/// The types of the arguments have been looked at in JavaScript, and the port's range.
#[napi]
pub(crate) fn create_target(
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
) -> Outcome<Target> {
    guard("createTarget", || {
        let parts = Parts { host, port, user, region };
        parts.target().check()?;
        Ok(Target(Arc::new(parts)))
    })
}
