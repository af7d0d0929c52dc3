//! Counters.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Tokens that came from the cache.
    pub hits: u64,
    /// Calls to the cache that had to sign.
    pub misses: u64,
    /// Signatures made.
    pub signatures: u64,
    /// Fetches of credentials that ended. Clients that share credentials count those they began.
    pub refreshes: u64,
    /// Fetches of credentials that run now.
    pub refreshing: u64,
    /// Fetches of credentials that failed.
    pub refresh_failures: u64,
    /// Calls that waited for credentials.
    pub waits: u64,
    /// Entries removed to keep the bound.
    pub evictions: u64,
    /// Tokens removed because a login was refused.
    pub invalidations: u64,
    /// Entries now in the cache.
    pub entries: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
    pub(crate) signatures: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) refresh_failures: Counter,
    pub(crate) waits: Counter,
    pub(crate) evictions: Counter,
    pub(crate) invalidations: Counter,
}

#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
