//! One key of the cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::flight::Flights;
use crate::endpoint::Endpoint;
use crate::rules::Rule;
use crate::signer::{Layout, Place};
use crate::style::Style;
use crate::sync::{ArcSwapOption, AtomicU64};
use crate::target::Target;
use crate::token::Token;

/// When a key was last used. Those that are less are dropped first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Used(i64);

impl Used {
    /// Only the span of 16 seconds is kept, because noting each use would make all threads write the
    /// same line of memory; and whether there was a hit in it.
    fn at(now: i64, hit: bool) -> Self {
        Self((now >> 4 << 1) + i64::from(hit))
    }
}

/// Of an entry's token: the same as before means the same token as before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(u64);

pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) endpoint: Endpoint,
    pub(crate) place: Place,
    /// The region to sign for, unless only the environment or the profile can tell.
    pub(crate) region: Option<Box<str>>,
    /// The current token. Replaced whole, read without a lock.
    pub(crate) token: ArcSwapOption<Token>,
    pub(crate) layout: ArcSwapOption<Layout>,
    pub(crate) flights: Flights<Arc<Token>>,
    /// Whether the caller was told that region and host contradict each other.
    pub(crate) warned: AtomicBool,
    /// Changes after the token has.
    version: AtomicU64,
    used: AtomicI64,
    /// How often it was invalidated: what was under way meanwhile is not kept.
    epoch: AtomicU64,
}

impl Entry {
    pub(crate) fn new(
        target: &Target<'_>,
        endpoint: Endpoint,
        region: Option<Box<str>>,
        style: Style,
    ) -> Self {
        Self {
            region,
            key: Key::from(target),
            place: Place::new(&endpoint, target.user, style),
            endpoint,
            token: ArcSwapOption::empty(),
            layout: ArcSwapOption::empty(),
            flights: Flights::new(),
            warned: AtomicBool::new(false),
            version: AtomicU64::new(0),
            used: AtomicI64::new(0),
            epoch: AtomicU64::new(0),
        }
    }

    /// Somebody asked for the key.
    pub(crate) fn note_use(&self, now: i64) {
        self.note(Used::at(now, false));
    }

    /// Somebody got a token that was there already: what is used again is kept rather than what was
    /// used once, however lately.
    pub(crate) fn note_hit(&self, now: i64) {
        self.note(Used::at(now, true));
    }

    fn note(&self, now: Used) {
        let before = self.used();
        // A use that is no hit takes nothing from a hit in the same span.
        if now != before && now.0 | 1 != before.0 {
            self.used.store(now.0, Ordering::Relaxed);
        }
    }

    pub(crate) fn used(&self) -> Used {
        Used(self.used.load(Ordering::Relaxed))
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Drops the token; true if there was one.
    pub(crate) fn invalidate(&self) -> bool {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if !Rule::Invalidate.holds() {
            return false;
        }
        let dropped = self.token.swap(None).is_some();
        self.changed();
        dropped
    }

    pub(crate) fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Keeps a token whose making began in this epoch, unless the key was invalidated since.
    pub(crate) fn keep(&self, token: &Arc<Token>, epoch: u64) {
        let invalidated = || self.epoch() != epoch && Rule::Epoch.holds();
        if invalidated() {
            return;
        }
        self.token.store(Some(Arc::clone(token)));
        if invalidated() && Rule::KeepTwice.holds() {
            self.token.compare_and_swap(&Some(Arc::clone(token)), None);
        }
        self.changed();
    }

    /// The table has dropped it: whoever still has it at hand is to find nothing in it, now and
    /// later, and to look into the table again.
    pub(crate) fn retire(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.token.store(None);
        self.changed();
    }
}

/// A target, owned. The identity that signs is not in it: a table belongs to one client, and a
/// client has one provider.
pub(crate) struct Key {
    host: Box<str>,
    port: u16,
    user: Box<str>,
    region: Option<Box<str>>,
}

impl Key {
    pub(crate) fn target(&self) -> Target<'_> {
        Target::new(&self.host, self.port, &self.user).region(self.region.as_deref())
    }
}

impl From<&Target<'_>> for Key {
    fn from(target: &Target<'_>) -> Self {
        Self {
            host: target.host.into(),
            port: target.port,
            user: target.user.into(),
            region: target.region.map(Into::into),
        }
    }
}
