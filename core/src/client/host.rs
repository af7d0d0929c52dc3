//! The same caches for hosts that fetch credentials themselves, because their providers are
//! asynchronous: the client says what to do, and the host comes back with what it fetched.

use std::sync::Arc;
use std::task::Waker;

use super::{Client, CredentialRequest, Lease, Shared};
use crate::clock::Deadline;
use crate::credentials::{CredentialCache, Credentials, Provider};
use crate::error::{Error, Result};
use crate::freshness::Freshness;
use crate::refresh_cache::{Begin, Lookup, Wait};
use crate::target::Target;
use crate::token::Token;

/// What a host has to do for a token.
pub enum Action<T> {
    /// Use this token.
    Serve(T),
    /// Use this token, and fetch credentials for later ones.
    ServeAndFetch(T, CredentialRequest),
    /// Fetch credentials, then ask again.
    Fetch(CredentialRequest),
    /// Another caller fetches. Wait for that, then ask again.
    Wait(PendingFetch),
}

/// A fetch of another caller's.
pub struct PendingFetch {
    cache: Arc<CredentialCache>,
    number: u64,
}

impl PendingFetch {
    /// Blocks until the fetch completes or the timeout passes.
    ///
    /// # Errors
    /// [`Timeout`](crate::ErrorKind::Timeout).
    pub fn wait(&self) -> Result<()> {
        let timeout = self.cache.timeout();
        self.cache.wait(self.number, &mut Deadline::new(timeout), timeout, &mut || Ok(()))
    }

    /// Has the waker woken when it ends; false if it has ended.
    pub fn wake_at_end(&self, waker: &Waker) -> bool {
        self.cache.wake_at_end(self.number, waker)
    }

    /// How it ended: its error, if it failed and nothing usable is cached.
    ///
    /// # Errors
    /// That of the fetch.
    pub fn outcome(&self, client: &Client) -> Result<()> {
        let now = client.0.config.clock.now()?;
        self.cache.outcome(self.number, 0, now).map(drop)
    }
}

impl Client {
    /// What to do for a token from the cache. Never waits. `begin` says whether the caller may begin a
    /// fetch if there is nothing usable.
    pub(crate) fn next_lease(&self, target: &Target<'_>, begin: Begin) -> Result<Action<Lease>> {
        let shared = &self.0;
        shared.check_host_fetches()?;
        let now = shared.config.clock.now()?;
        // Before the token, so that one that is signed after an invalidation is known as older.
        let generation = shared.tokens.generation();
        let stale = match shared.tokens.look(target, now) {
            Some((Freshness::Fresh, token)) => {
                return Ok(Action::Serve(shared.lease(shared.hit(token))));
            }
            Some((Freshness::Stale, token)) => Some(token),
            _ => None,
        };
        target.check()?;
        // With a token that can still be used, a failed fetch is not repeated at once.
        let begin = if stale.is_some() { Begin::IfDue } else { begin };
        // With these credentials: by the next look a login may have been refused.
        let renew = |credentials, stale| {
            let signed = shared.sign_once(&credentials, target, &mut Wait::Never);
            shared.store_better(target, signed, stale, generation).map(|token| shared.lease(token))
        };
        match (shared.look(begin, now), stale) {
            (Lookup::Ready(credentials) | Lookup::TooShort(credentials), stale) => {
                renew(credentials, stale).map(Action::Serve)
            }
            (Lookup::Stale(credentials, request), stale) => {
                let request = shared.request(request);
                renew(credentials, stale).map(|lease| Action::ServeAndFetch(lease, request))
            }
            (Lookup::Fetch(request), Some(stale)) => {
                let lease = shared.lease(shared.hit(stale));
                Ok(Action::ServeAndFetch(lease, shared.request(request)))
            }
            (_, Some(stale)) => Ok(Action::Serve(shared.lease(shared.hit(stale)))),
            (Lookup::Wait(_), None) if begin != Begin::Now => Err(Error::would_block()),
            (lookup, None) => shared.fetch_or_wait(lookup),
        }
    }

    /// What to do for a new token. Never waits.
    pub(crate) fn next_signature(&self, target: &Target<'_>) -> Result<Action<Token>> {
        let shared = &self.0;
        shared.check_host_fetches()?;
        target.check()?;
        let now = shared.config.clock.now()?;
        let sign = |credentials| shared.sign_with(&credentials, target, &mut Wait::Never);
        match shared.look(Begin::Now, now) {
            Lookup::Ready(credentials) | Lookup::TooShort(credentials) => {
                sign(credentials).map(Action::Serve)
            }
            Lookup::Stale(credentials, request) => {
                let request = shared.request(request);
                sign(credentials).map(|token| Action::ServeAndFetch(token, request))
            }
            lookup => shared.fetch_or_wait(lookup),
        }
    }
}

impl Shared {
    /// A client of the default chain shares its credentials, and no host may put its own there.
    fn check_host_fetches(&self) -> Result<()> {
        match self.provider {
            Provider::Host => Ok(()),
            _ => Err(Error::invalid(
                "client fetches its credentials itself; configure it to leave that to the caller",
            )),
        }
    }

    fn look(&self, begin: Begin, now: i64) -> Lookup<Credentials> {
        self.credential_cache().look(self.tokens.margins().min_remaining(), now, begin)
    }

    fn request(
        self: &Arc<Self>,
        request: crate::refresh_cache::RefreshRequest<Credentials>,
    ) -> CredentialRequest {
        CredentialRequest::new(Arc::clone(self), request)
    }

    fn fetch_or_wait<T>(self: &Arc<Self>, lookup: Lookup<Credentials>) -> Result<Action<T>> {
        match lookup {
            Lookup::Fetch(request) => Ok(Action::Fetch(self.request(request))),
            Lookup::Wait(number) => {
                self.counters.waits.add(1);
                Ok(Action::Wait(PendingFetch { cache: self.credential_cache(), number }))
            }
            _ => Err(Error::would_block()),
        }
    }
}
