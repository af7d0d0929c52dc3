//! The counters.

use std::sync::atomic::{AtomicU64, Ordering};

use super::lines::Lines;

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Tokens handed out from the cache.
    pub hits: u64,
    /// Calls to the cache that found no token to hand out.
    pub misses: u64,
    /// Signatures made.
    pub signatures: u64,
    /// Refreshes that ended, in a call or behind one.
    pub refreshes: u64,
    /// Refreshes under way now. One that stays is a provider that hangs.
    pub refreshing: u64,
    /// Refreshes that gave no usable token.
    pub refresh_failures: u64,
    /// Calls that waited for the refresh of another.
    pub waits: u64,
    /// Entries dropped to keep the bound.
    pub evictions: u64,
    /// Entries dropped because a login was refused.
    pub invalidations: u64,
    /// Entries now in the cache.
    pub entries: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) hits: Lines,
    pub(crate) misses: AtomicU64,
    pub(crate) signatures: AtomicU64,
    pub(crate) refreshes: AtomicU64,
    pub(crate) refresh_failures: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) invalidations: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, entries: usize, refreshing: usize) -> Stats {
        Stats {
            hits: self.hits.sum(),
            misses: get(&self.misses),
            signatures: get(&self.signatures),
            refreshes: get(&self.refreshes),
            refreshing: number(refreshing),
            refresh_failures: get(&self.refresh_failures),
            waits: get(&self.waits),
            evictions: get(&self.evictions),
            invalidations: get(&self.invalidations),
            entries: number(entries),
        }
    }
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
