//! The client of the core. A method whose name begins with `try` never waits; those that may
//! wait run on the pool.

use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;

use crate::config::Warnings;
use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};
use crate::job::Job;
use crate::lease::{Lease, Signed};
use crate::step::{self, Step};
use crate::target::Target;

/// A handle.
#[napi]
pub(crate) struct Client {
    client: rdsiam::Client,
    warnings: Warnings,
}

/// The counters, as numbers: JavaScript's are exact up to 2^53.
#[napi(object, object_from_js = false)]
pub(crate) struct Stats {
    /// Tokens handed out from the cache.
    pub hits: f64,
    /// Calls that found none.
    pub misses: f64,
    /// Signatures made.
    pub signatures: f64,
    /// Refreshes begun.
    pub refreshes: f64,
    /// Refreshes that gave no usable token.
    pub refresh_failures: f64,
    /// Calls that waited for the refresh of another.
    pub waits: f64,
    /// Entries dropped to keep the bound.
    pub evictions: f64,
    /// Entries dropped because a login was refused.
    pub invalidations: f64,
    /// Entries now in the cache.
    pub entries: f64,
}

impl Client {
    pub(crate) fn new(client: rdsiam::Client, warnings: Warnings) -> Self {
        Self { client, warnings }
    }

    pub(crate) fn inner(&self) -> &rdsiam::Client {
        &self.client
    }
}

#[napi]
impl Client {
    /// From the cache, without waiting.
    #[napi]
    pub fn try_get_lease(&self, target: &Target) -> Outcome<Lease> {
        guard("tryGetLease", || self.client.try_get_lease(&target.borrowed()).map(Lease::from))
    }

    /// From the cache.
    #[napi]
    pub fn get_lease(&self, target: &Target) -> AsyncTask<Job<Lease>> {
        let (client, parts) = (self.client.clone(), target.parts());
        Job::on_pool("getLease", move || client.get_lease(&parts.target()).map(Lease::from))
    }

    /// A new token, without waiting.
    #[napi]
    pub fn try_sign(&self, target: &Target) -> Outcome<Signed> {
        guard("trySign", || self.client.try_sign(&target.borrowed()).map(Signed::from))
    }

    /// A new token.
    #[napi]
    pub fn sign(&self, target: &Target) -> AsyncTask<Job<Signed>> {
        let (client, parts) = (self.client.clone(), target.parts());
        Job::on_pool("sign", move || client.sign(&parts.target()).map(Signed::from))
    }

    /// A new token, signed with what a provider function gave.
    #[napi]
    pub fn sign_with(&self, target: &Target, credentials: &Credentials) -> Outcome<Signed> {
        guard("signWith", || {
            self.client.sign_with(&target.borrowed(), credentials.inner()).map(Signed::from)
        })
    }

    /// What to do for a token if JavaScript fetches the credentials. With `may_fetch` false
    /// it is an error if they have to be fetched first.
    #[napi]
    pub fn step(&self, target: &Target, may_fetch: bool) -> Outcome<Step> {
        guard("step", || step::next(self.client.step(&target.borrowed())?, may_fetch))
    }

    /// The region, if no file has to be read for it.
    #[napi]
    pub fn try_region(&self, target: &Target) -> Outcome<String> {
        guard("tryRegion", || self.client.region_at_hand(&target.borrowed()))
    }

    /// The region.
    #[napi]
    pub fn region(&self, target: &Target) -> AsyncTask<Job<String>> {
        let (client, parts) = (self.client.clone(), target.parts());
        Job::on_pool("region", move || client.region(&parts.target()))
    }

    /// Drops a token from the cache.
    #[napi]
    pub fn invalidate(&self, target: &Target) -> Outcome<()> {
        guard("invalidate", || self.client.invalidate(&target.borrowed()))
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

    /// The warnings since the last call.
    #[napi]
    pub fn take_warnings(&self) -> Outcome<Vec<String>> {
        guard("takeWarnings", || Ok(self.warnings.take()))
    }
}
