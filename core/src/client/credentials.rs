//! The credentials that a client signs with.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Shared;
use super::request::CredentialRequest;
use crate::clock::Deadline;
use crate::credentials::{CredentialCache, Credentials, Identity, Provider, shared};
use crate::error::Result;
use crate::per_process::{Inherit, PerProcess};
use crate::refresh_cache::{RefreshRequest, Wait, spawn};
use crate::sync::Mutex;
use crate::target::Target;

/// Where a client keeps credentials that have to be fetched.
pub(super) struct Caches {
    /// Of a source of its own.
    own: Arc<CredentialCache>,
    /// Of the default chain: the one for the environment of the last call.
    chain: PerProcess<LastChain>,
}

struct LastChain(Mutex<Option<(Identity, Arc<CredentialCache>)>>);

impl Inherit for LastChain {
    fn for_child(&self) -> Self {
        Self(Mutex::new(self.0.try_lock().map_or_else(|_| None, |last| last.clone())))
    }
}

impl Caches {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            own: Arc::new(CredentialCache::new(timeout)),
            chain: PerProcess::new(LastChain(Mutex::new(None))),
        }
    }
}

impl Shared {
    pub(super) fn credential_cache(&self) -> Arc<CredentialCache> {
        let Provider::Default(search) = &self.provider else {
            return Arc::clone(&self.credentials.own);
        };
        let identity = Identity::now(search, self.config.timeout);
        let mut last =
            self.credentials.chain.get().0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, cache)) if *known == identity => Arc::clone(cache),
            _ => {
                let cache = shared(&identity);
                *last = Some((identity, Arc::clone(&cache)));
                cache
            }
        }
    }

    /// Credentials to sign for a target with, which is checked before anything is fetched for it.
    pub(crate) fn credentials(
        self: &Arc<Self>,
        target: &Target<'_>,
        wait: &mut Wait<'_>,
    ) -> Result<Cow<'_, Credentials>> {
        if let Some(credentials) = self.provider.immediate()? {
            return Ok(credentials);
        }
        target.check()?;
        let start = |request| self.fetch_on_thread(request);
        let start: Option<&dyn Fn(_)> = match self.provider {
            Provider::Host => None,
            _ => Some(&start),
        };
        let cache = self.credential_cache();
        let min_remaining = self.tokens.margins().min_remaining();
        let found = cache.obtain(min_remaining, &self.config.clock, wait, start);
        self.counters.waits.add(u64::from(wait.has_waited()));
        // Those that expire too soon for the cache may still sign.
        found.map(|found| Cow::Owned(found.unwrap_or_else(|short| short)))
    }

    fn fetch_on_thread(self: &Arc<Self>, request: RefreshRequest<Credentials>) {
        let client = Arc::clone(self);
        let provider = self.provider.snapshot();
        spawn(request, move |request| {
            let mut deadline = Deadline::new(client.fetch_timeout());
            CredentialRequest::new(client, request)
                .drive(|force_refresh| provider.fetch(force_refresh, &mut deadline));
        });
    }

    /// A little less than callers wait, so that they get the error of the fetch, which says more than
    /// theirs.
    fn fetch_timeout(&self) -> Duration {
        self.config.timeout - (self.config.timeout / 20).min(Duration::from_millis(500))
    }

    pub(crate) fn is_fetched(&self) -> bool {
        self.provider.is_fetched()
    }

    pub(super) fn is_refreshing(&self) -> bool {
        match &self.provider {
            Provider::Static(_) => false,
            _ => self.credential_cache().is_refreshing(),
        }
    }
}
