//! The credentials of a client. Clients of the default chain with the same settings share them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Credentials, Search};
use crate::environment::Origin;
use crate::freshness::{self, Freshness};
use crate::per_process::{Inherit, PerProcess};
use crate::refresh_cache::{RefreshCache, Refreshable};
use crate::style::Conventions;
use crate::sync::Mutex;

pub(crate) type CredentialCache = RefreshCache<Credentials>;

impl Refreshable for Credentials {
    fn freshness(&self, fetched_at: i64, min_remaining: i64, now: i64) -> Freshness {
        freshness::of_credentials(self.unix_expiry(), fetched_at, min_remaining, now)
    }

    fn has_no_expiry(&self) -> bool {
        self.expires_at().is_none()
    }

    fn outlives(&self, fetched: &Self) -> bool {
        matches!((self.unix_expiry(), fetched.unix_expiry()), (Some(old), Some(new)) if old > new)
    }
}

/// The caches of the process that some client still holds.
static SHARED: PerProcess<Registry> = PerProcess::of_no_process(Registry(Mutex::new(Vec::new())));

struct Registry(Mutex<Vec<(Identity, Weak<CredentialCache>)>>);

impl Inherit for Registry {
    fn for_child(&self) -> Self {
        Self(Mutex::new(self.0.try_lock().map_or_else(|_| Vec::new(), |known| known.clone())))
    }
}

/// All that decides whose credentials the default chain finds, and how.
#[derive(Clone, PartialEq)]
pub(crate) struct Identity {
    profile: Option<String>,
    region: Option<String>,
    conventions: Conventions,
    timeout: Duration,
    /// A digest, because there are secrets among the variables.
    environment: [u8; 32],
    /// Each given environment is a tenant of its own: a `credential_process` may read any variable.
    origin: Origin,
}

impl Identity {
    pub(crate) fn now(search: &Search, timeout: Duration) -> Self {
        Self {
            profile: search.profile.clone(),
            region: search.region.clone(),
            conventions: search.conventions,
            timeout,
            environment: digest(search.environment.variables().into_iter()),
            origin: search.environment.origin(),
        }
    }
}

/// The cache of this identity, made if no client has it.
pub(crate) fn shared(identity: &Identity) -> Arc<CredentialCache> {
    let mut known = SHARED.get().0.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|(_, cache)| cache.strong_count() > 0);
    let found = known.iter().find(|(other, _)| other == identity);
    if let Some(cache) = found.and_then(|(_, cache)| cache.upgrade()) {
        return cache;
    }
    let cache = Arc::new(CredentialCache::new(identity.timeout));
    known.push((identity.clone(), Arc::downgrade(&cache)));
    cache
}

/// Of the variables that bear on the default chain. Others change from call to call, in a Lambda for
/// example, and nothing follows from that.
fn digest(environment: impl Iterator<Item = (OsString, OsString)>) -> [u8; 32] {
    let bears_on_it = |(name, _): &(OsString, OsString)| {
        let name = name.to_string_lossy().to_ascii_uppercase();
        name.starts_with("AWS_")
            || name.ends_with("_PROXY")
            || matches!(
                &*name,
                "HOME" | "USERPROFILE" | "SSL_CERT_FILE" | "SSL_CERT_DIR" | "NODE_EXTRA_CA_CERTS"
            )
    };
    let variables: BTreeMap<_, _> = environment.filter(bears_on_it).collect();
    let mut digest = Sha256::new();
    for text in variables.iter().flat_map(|(name, value)| [name, value]) {
        digest.update(text.as_encoded_bytes());
        digest.update([0]);
    }
    digest.finalize().into()
}

#[cfg(all(test, not(rdsiam_shuttle)))]
mod tests;
