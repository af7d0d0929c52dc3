//! What a token is asked for, kept on this side so that its strings cross once.

use std::sync::Arc;

use napi_derive::napi;

use crate::guard::{Outcome, guard};

/// Host, port, user, and perhaps a region. Looked at by the core, at each use.
#[napi]
pub(crate) struct Target(Arc<Parts>);

pub(crate) struct Parts {
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
}

impl Parts {
    pub(crate) fn new(host: String, port: u16, user: String, region: Option<String>) -> Self {
        Self { host, port, user, region }
    }

    pub(crate) fn target(&self) -> rdsiam::Target<'_> {
        rdsiam::Target::new(&self.host, self.port, &self.user).region(self.region.as_deref())
    }
}

impl Target {
    pub(crate) fn borrowed(&self) -> rdsiam::Target<'_> {
        self.0.target()
    }

    /// For work on another thread.
    pub(crate) fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.0)
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
    guard("createTarget", || Ok(Target(Arc::new(Parts::new(host, port, user, region)))))
}
