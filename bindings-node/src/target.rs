//! What a token is asked for, kept on this side so that its strings cross once.

use std::sync::Arc;

use napi::bindgen_prelude::External;
use napi_derive::napi;
use rdsiam::Kind;

use crate::guard::{Outcome, guard};

/// What JavaScript holds: a class without methods would only take longer to load.
pub(crate) type Target = External<Arc<Parts>>;

/// Host, port, user, and perhaps a region.
pub(crate) struct Parts {
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
    kind: Option<Kind>,
}

impl Parts {
    pub(crate) fn target(&self) -> rdsiam::Target<'_> {
        rdsiam::Target::new(&self.host, self.port, &self.user)
            .region(self.region.as_deref())
            .kind(self.kind)
    }
}

/// The kind: the given one, or what host and user tell.
#[napi]
pub(crate) fn kind_of(target: &Target) -> Outcome<String> {
    guard("kindOf", || Ok(target.target().resolved_kind()?.name().to_owned()))
}

/// The types of the arguments have been looked at in JavaScript, and the port's range.
#[napi]
pub(crate) fn create_target(
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
    kind: Option<String>,
) -> Outcome<Target> {
    guard("createTarget", || {
        let kind = kind.map(|name| name.parse()).transpose()?;
        let parts = Parts { host, port, user, region, kind };
        parts.target().check()?;
        Ok(External::new(Arc::new(parts)))
    })
}
