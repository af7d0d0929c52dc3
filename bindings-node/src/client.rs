//! The client of the core. No method waits.

use std::time::{Duration, UNIX_EPOCH};

use napi_derive::napi;
use rdsiam::binding::{self, ManualClock};

use crate::config::Events;
use crate::guard::{Outcome, guard};
use crate::pending::{Tried, Wanted, attempt};
use crate::request::{Next, next_lease, next_token};
use crate::target::Target;

/// A client of the core.
#[napi]
pub(crate) struct Client {
    client: rdsiam::Client,
    events: Events,
    clock: Option<ManualClock>,
}

/// The counters, as numbers: JavaScript's are exact up to 2^53.
#[napi(object, object_from_js = false)]
pub(crate) struct Stats {
    /// Tokens returned from the cache.
    pub hits: f64,
    /// Calls that found none.
    pub misses: f64,
    /// Signatures made.
    pub signatures: f64,
    /// Fetches of credentials.
    pub refreshes: f64,
    /// Fetches that failed.
    pub refresh_failures: f64,
    /// Calls that waited for the fetch of another.
    pub waits: f64,
    /// Entries removed to keep the bound.
    pub evictions: f64,
    /// Tokens removed because a login was refused.
    pub invalidations: f64,
    /// Entries now in the cache.
    pub entries: f64,
}

/// Something that happened beside a call.
#[napi(object, object_from_js = false)]
pub(crate) struct Happened {
    /// Whether credentials could not be fetched; else the region contradicts the host.
    pub refresh_failed: bool,
    /// The code of the failure.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
}

impl Client {
    pub(crate) fn new(client: rdsiam::Client, events: Events, clock: Option<ManualClock>) -> Self {
        Self { client, events, clock }
    }

    pub(crate) fn inner(&self) -> &rdsiam::Client {
        &self.client
    }
}

#[napi]
impl Client {
    /// Looks at a target, and at whether its tokens may live as long as those of this client.
    #[napi]
    pub fn check(&self, target: &Target) -> Outcome<()> {
        guard("check", || self.client.check(&target.target()))
    }

    /// A lease from the cache.
    #[napi]
    pub fn lease(&self, target: &Target) -> Tried {
        attempt("lease", &self.client, target, Wanted::Lease)
    }

    /// A new token.
    #[napi]
    pub fn sign(&self, target: &Target) -> Tried {
        attempt("sign", &self.client, target, Wanted::Token)
    }

    /// The region.
    #[napi]
    pub fn region(&self, target: &Target) -> Tried {
        attempt("region", &self.client, target, Wanted::Region)
    }

    /// What to do for a lease if JavaScript fetches the credentials. Without `may_fetch` it is an error
    /// if they have to be fetched first.
    #[napi]
    pub fn next_lease(&self, target: &Target, may_fetch: bool) -> Outcome<Next> {
        let next = if may_fetch { binding::next_lease } else { binding::try_next_lease };
        guard("nextLease", || next(&self.client, &target.target()).map(next_lease))
    }

    /// What to do for a new token if JavaScript fetches the credentials.
    #[napi]
    pub fn next_token(&self, target: &Target) -> Outcome<Next> {
        let target = target.target();
        guard("nextToken", || binding::next_signature(&self.client, &target).map(next_token))
    }

    /// Removes a token from the cache; with a text, only if it is that token.
    #[napi]
    pub fn invalidate(&self, target: &Target, token: Option<String>) -> Outcome<()> {
        let target = target.target();
        guard("invalidate", || match token {
            None => self.client.invalidate(&target),
            Some(token) => self.client.invalidate_token(&target, &token),
        })
    }

    /// Whether to log in again after this token was refused. `began` in milliseconds.
    #[napi]
    pub fn login_refused(&self, target: &Target, token: String, began: f64) -> Outcome<bool> {
        let began = UNIX_EPOCH + Duration::from_millis(began.max(0.0) as u64);
        let target = target.target();
        guard("loginRefused", || self.client.login_refused(&target, &token, began))
    }

    /// Sets the clock of a client that was made with a time. In Unix seconds.
    #[napi]
    pub fn set_time(&self, time: i64) -> Outcome<()> {
        guard("setTime", || {
            if let Some(clock) = &self.clock {
                clock.set(time);
            }
            Ok(())
        })
    }

    /// The counters.
    #[napi]
    pub fn stats(&self) -> Outcome<Stats> {
        guard("stats", || {
            let stats = self.client.stats();
            Ok(Stats {
                hits: stats.hits as f64,
                misses: stats.misses as f64,
                signatures: stats.signatures as f64,
                refreshes: stats.refreshes as f64,
                refresh_failures: stats.refresh_failures as f64,
                waits: stats.waits as f64,
                evictions: stats.evictions as f64,
                invalidations: stats.invalidations as f64,
                entries: stats.entries as f64,
            })
        })
    }

    /// What has happened since the last call.
    #[napi]
    pub fn take_events(&self) -> Outcome<Vec<Happened>> {
        guard("takeEvents", || Ok(self.events.take()))
    }
}
