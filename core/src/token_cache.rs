//! The tokens of a client. Nothing waits here: a token that is missing is signed by the caller.

use std::hash::{Hash, Hasher};
use std::ops::DerefMut;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use hashbrown::DefaultHashBuilder;
use indexmap::{Equivalent, IndexMap};

use crate::freshness::{Freshness, Margins, in_pause};
use crate::per_process::{Inherit, PerProcess};
use crate::sync::{AtomicU64, RwLock};
use crate::target::{Target, TargetBuf};
use crate::token::Token;

/// A map of targets to tokens, with a bound. The identity that signs is not part of the key: a cache
/// belongs to one client, and a client has one provider.
///
/// Its lock is held for as long as it takes to look up or to put in one entry.
pub(crate) struct TokenCache {
    entries: PerProcess<Entries>,
    margins: Margins,
    bound: usize,
    /// Changes when a token is removed before its time: what was signed before is not stored after, and
    /// handles look again.
    generation: AtomicU64,
    added: AtomicU64,
}

struct Entries(RwLock<Table>);

/// Its entries lie side by side, so a million targets that come and go leave no gaps in it.
type Table = IndexMap<Key, Entry, DefaultHashBuilder>;

struct Entry {
    token: Option<Made>,
    /// The last token that was removed after a refused login: others may be refused with it as well.
    refused: Option<Made>,
    /// How many entries had been added to the cache when it was last asked for.
    used: AtomicU64,
    /// A refused login of this key is not tried twice then.
    no_retry: Option<(i64, i64)>,
}

/// A token, and when it was made, which is known more exactly than in the token.
#[derive(Clone)]
struct Made {
    token: Arc<Token>,
    at: SystemTime,
}

impl TokenCache {
    pub(crate) fn new(bound: usize, margins: Margins) -> Self {
        Self {
            entries: PerProcess::new(Entries(RwLock::new(Table::default()))),
            margins,
            bound,
            generation: AtomicU64::new(0),
            added: AtomicU64::new(0),
        }
    }

    pub(crate) fn margins(&self) -> &Margins {
        &self.margins
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The token of a target, and what it is worth now: the path of every call.
    pub(crate) fn look(&self, target: &Target<'_>, now: i64) -> Option<(Freshness, Arc<Token>)> {
        // Not waiting spares the system call that says which process this is.
        let entries = match self.entries.latest().0.try_read() {
            Ok(entries) => entries,
            Err(_) => self.entries.get().0.read().unwrap_or_else(PoisonError::into_inner),
        };
        let entry = entries.get(target)?;
        let Made { token, .. } = entry.token.as_ref()?;
        let freshness = self.freshness(token, now);
        // Only written where it changes, since each write costs the other threads their copy.
        let added = self.added.load(Ordering::Relaxed);
        if freshness == Freshness::Fresh && entry.used.load(Ordering::Relaxed) != added {
            entry.used.store(added, Ordering::Relaxed);
        }
        Some((freshness, Arc::clone(token)))
    }

    pub(crate) fn freshness(&self, token: &Token, now: i64) -> Freshness {
        self.margins.freshness(token.unix_signed_at(), token.unix_expires_at(), now)
    }

    /// Stores a token that was signed in this generation, unless another thread was quicker. Returns the
    /// token to use, and how many entries were removed for it.
    pub(crate) fn store(
        &self,
        target: &Target<'_>,
        token: Token,
        generation: u64,
        at: SystemTime,
    ) -> (Arc<Token>, u64) {
        let mut token = Arc::new(token);
        let removed = self.change(target, |entry| {
            // Under the lock, as is every change of the generation.
            if self.generation() != generation {
                return;
            }
            match &entry.token {
                Some(other) if is_as_good(&other.token, &token) => token = Arc::clone(&other.token),
                _ => entry.token = Some(Made { token: Arc::clone(&token), at }),
            }
        });
        (token, removed)
    }

    /// Removes the token of a target. With `refused`, only if it is this text.
    pub(crate) fn invalidate(&self, target: &Target<'_>, refused: Option<&str>) -> bool {
        let mut entries = self.write();
        let mut entry = entries.get_mut(target);
        let cached = entry.as_ref().and_then(|entry| entry.token.as_ref());
        if cached.zip(refused).is_some_and(|(made, text)| made.token.as_str() != text) {
            return false;
        }
        // Also if none is cached: another thread may be signing one with the same credentials.
        self.generation.fetch_add(1, Ordering::Release);
        let Some(entry) = &mut entry else { return false };
        let removed = entry.token.take();
        let has_removed = removed.is_some();
        entry.refused = removed.or_else(|| entry.refused.take());
        has_removed
    }

    /// When a token was made that is cached, or was until a login with it was refused.
    pub(crate) fn made_at(&self, target: &Target<'_>, token: &str) -> Option<SystemTime> {
        let entries = self.entries.get().0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(target)?;
        let mut known = entry.token.iter().chain(&entry.refused);
        known.find(|made| made.token.as_str() == token).map(|made| made.at)
    }

    /// Whether refused logins of this target are not to be tried twice now.
    pub(crate) fn is_retry_paused(&self, target: &Target<'_>, now: i64) -> bool {
        let entries = self.entries.get().0.read().unwrap_or_else(PoisonError::into_inner);
        let pause = entries.get(target).and_then(|entry| entry.no_retry);
        pause.is_some_and(|pause| in_pause(pause, now))
    }

    pub(crate) fn pause_retries(&self, target: &Target<'_>, until: i64, now: i64) -> u64 {
        self.change(target, |entry| entry.no_retry = Some((now, until)))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.get().0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn write(&self) -> impl DerefMut<Target = Table> + '_ {
        self.entries.get().0.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, target: &Target<'_>, change: impl FnOnce(&mut Entry)) -> u64 {
        let mut entries = self.write();
        if let Some(entry) = entries.get_mut(target) {
            entry.used.store(self.added.load(Ordering::Relaxed), Ordering::Relaxed);
            change(entry);
            return 0;
        }
        let removed = if entries.len() < self.bound { 0 } else { make_room(&mut entries) };
        let added = self.added.fetch_add(1, Ordering::Relaxed) + 1;
        let mut entry =
            Entry { token: None, refused: None, used: AtomicU64::new(added), no_retry: None };
        change(&mut entry);
        entries.insert(Key(target.to_buf()), entry);
        removed
    }
}

/// One that was signed later has the clock of its time: it may have been set back since.
fn is_as_good(other: &Token, token: &Token) -> bool {
    other.unix_expires_at() >= token.unix_expires_at()
        && other.unix_signed_at() <= token.unix_signed_at()
}

/// Removes an eighth of the entries, those that were not used for the longest time. One by one they
/// would cost a search each.
fn make_room(entries: &mut Table) -> u64 {
    let mut used: Vec<u64> = entries.values().map(|e| e.used.load(Ordering::Relaxed)).collect();
    let count = entries.len().div_ceil(8);
    let (_, last, _) = used.select_nth_unstable(count - 1);
    let (last, mut left) = (*last, count);
    entries.retain(|_, entry| {
        let goes = left > 0 && entry.used.load(Ordering::Relaxed) <= last;
        left -= usize::from(goes);
        !goes
    });
    u64::try_from(count - left).unwrap_or(u64::MAX)
}

impl Inherit for Entries {
    /// The tokens are as valid in the child.
    fn for_child(&self) -> Self {
        let copy = |(key, entry): (&Key, &Entry)| {
            let used = AtomicU64::new(entry.used.load(Ordering::Relaxed));
            let (token, refused) = (entry.token.clone(), entry.refused.clone());
            let entry = Entry { token, refused, used, no_retry: entry.no_retry };
            (Key(key.0.clone()), entry)
        };
        // A thread of the parent may have been putting one in: then the child signs them anew.
        let entries = self.0.try_read().map(|entries| entries.iter().map(copy).collect());
        Self(RwLock::new(entries.unwrap_or_default()))
    }
}

struct Key(TargetBuf);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.borrowed().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.borrowed() == other.0.borrowed()
    }
}

impl Eq for Key {}

/// Looking up copies nothing.
impl Equivalent<Key> for Target<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.0.borrowed()
    }
}

#[cfg(all(test, not(rdsiam_shuttle)))]
mod tests;
