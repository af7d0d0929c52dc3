//! The keys of one client, in buckets: read without a lock, and each bucket replaced as a whole
//! when a key is added to it or dropped.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::entry::Entry;
use crate::rules::Rule;
use crate::sync::{ArcSwap, AtomicU64};
use crate::target::Target;

/// Another one in each table, so that nobody can choose names that all fall into one bucket.
#[cfg(not(feature = "model-checking"))]
type Hasher = foldhash::fast::RandomState;
/// The model checker replays what it ran.
#[cfg(feature = "model-checking")]
type Hasher = foldhash::fast::FixedState;

/// Copying a bucket for each new key is cheap beside what a new key costs anyway, and leaves
/// readers nothing to wait for and a forked child nothing that could be locked.
pub(crate) struct Table {
    buckets: Box<[ArcSwap<Bucket>]>,
    hasher: Hasher,
    bound: usize,
    /// How many keys there are, or are about to be. In a child of `fork` it may be more than there
    /// are, if a thread of the parent was adding one: then there is room for one less.
    taken: AtomicU64,
    /// How many have ever been added.
    added: AtomicU64,
}

type Bucket = Vec<Slot>;

#[derive(Clone)]
struct Slot {
    hash: u64,
    /// Which one it was to be added.
    number: u64,
    entry: Arc<Entry>,
}

/// Keys for each bucket, if there are as many as there may be.
const LOAD: usize = 4;
/// Buckets of a table without keys cost a pointer each.
const MOST_BUCKETS: usize = 4096;

impl Table {
    pub(crate) fn new(bound: usize) -> Self {
        let bound = bound.max(1);
        let buckets = bound.div_ceil(LOAD).min(MOST_BUCKETS).next_power_of_two();
        let empty = Arc::new(Bucket::new());
        Self {
            buckets: (0..buckets).map(|_| ArcSwap::new(Arc::clone(&empty))).collect(),
            hasher: Hasher::default(),
            bound,
            taken: AtomicU64::new(0),
            added: AtomicU64::new(0),
        }
    }

    /// What this makes of the entry of a target, if there is one; no shared count is touched.
    pub(crate) fn look<T>(
        &self,
        target: &Target<'_>,
        look: impl FnOnce(&Arc<Entry>) -> T,
    ) -> Option<T> {
        let hash = self.hasher.hash_one(target);
        let bucket = self.bucket(hash)?.load();
        in_bucket(&bucket, hash, target).map(look)
    }

    pub(crate) fn find(&self, target: &Target<'_>) -> Option<Arc<Entry>> {
        self.look(target, Arc::clone)
    }

    pub(crate) fn len(&self) -> usize {
        self.buckets.iter().map(|bucket| bucket.load().len()).sum()
    }

    /// How many are being refreshed at this moment.
    pub(crate) fn working(&self) -> usize {
        let process = std::process::id();
        let working = |slot: &&Slot| slot.entry.flights.is_working(process);
        self.buckets.iter().map(|bucket| bucket.load().iter().filter(working).count()).sum()
    }

    /// The entry of a target, added if there is none, and how many were dropped for it.
    pub(crate) fn find_or_add(
        &self,
        target: &Target<'_>,
        make: impl FnOnce() -> Entry,
    ) -> (Arc<Entry>, u64) {
        if let Some(entry) = self.find(target) {
            return (entry, 0);
        }
        let full = self.taken.fetch_add(1, Ordering::SeqCst) >= number(self.bound);
        let dropped = if full && Rule::Bound.holds() { self.make_room() } else { 0 };
        let made = Arc::new(make());
        let found = self.add(target, &made);
        if !Arc::ptr_eq(&found, &made) {
            self.taken.fetch_sub(1, Ordering::SeqCst);
        }
        (found, dropped)
    }

    /// Another thread may add the same key first: its entry is the one, then.
    fn add(&self, target: &Target<'_>, made: &Arc<Entry>) -> Arc<Entry> {
        let hash = self.hasher.hash_one(target);
        let number = self.added.fetch_add(1, Ordering::SeqCst);
        let mut found = Arc::clone(made);
        if let Some(bucket) = self.bucket(hash) {
            bucket.rcu(|slots| {
                let there = in_bucket(slots, hash, target).filter(|_| Rule::OneEntry.holds());
                if let Some(entry) = there {
                    found = Arc::clone(entry);
                    return Arc::clone(slots);
                }
                found = Arc::clone(made);
                let slot = Slot { hash, number, entry: Arc::clone(made) };
                Arc::new(slots.iter().cloned().chain([slot]).collect())
            });
        }
        found
    }

    /// Drops the keys that were not used for the longest time, an eighth of the bound at once, so
    /// that a stream of new keys does not look through the table at each of them. Those that are
    /// being refreshed go last: dropped, they could be refreshed a second time meanwhile.
    fn make_room(&self) -> u64 {
        let process = std::process::id();
        // By number those that are worth the same: nothing then hangs on the order of the buckets,
        // which differs from run to run.
        let worth =
            |slot: &Slot| (slot.entry.flights.is_working(process), slot.entry.used(), slot.number);
        let mut slots: Vec<_> = self
            .buckets
            .iter()
            .flat_map(|bucket| {
                bucket.load().iter().map(|slot| (worth(slot), slot.clone())).collect::<Vec<_>>()
            })
            .collect();
        let drop = (self.bound / 8).max(1).min(slots.len());
        if let Some(last) = drop.checked_sub(1) {
            slots.select_nth_unstable_by_key(last, |(worth, _)| *worth);
        }
        if !Rule::LongestUnused.holds() {
            slots.reverse();
        }
        slots.iter().take(drop).map(|(_, slot)| u64::from(self.remove(slot))).sum()
    }

    /// True if it was there.
    fn remove(&self, slot: &Slot) -> bool {
        let mut removed = false;
        if let Some(bucket) = self.bucket(slot.hash) {
            bucket.rcu(|slots| {
                let others = slots.iter().filter(|other| !Arc::ptr_eq(&other.entry, &slot.entry));
                let left: Bucket = others.cloned().collect();
                removed = left.len() < slots.len();
                Arc::new(left)
            });
        }
        if removed {
            slot.entry.retire();
            self.taken.fetch_sub(1, Ordering::SeqCst);
        }
        removed
    }

    /// There is always one.
    fn bucket(&self, hash: u64) -> Option<&ArcSwap<Bucket>> {
        // The number of buckets is a power of two.
        let mask = number(self.buckets.len()) - 1;
        self.buckets.get(usize::try_from(hash & mask).unwrap_or_default())
    }
}

fn in_bucket<'a>(slots: &'a Bucket, hash: u64, target: &Target<'_>) -> Option<&'a Arc<Entry>> {
    let same = |slot: &&Slot| slot.hash == hash && slot.entry.key.target() == *target;
    slots.iter().find(same).map(|slot| &slot.entry)
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Style;
    use crate::token::Token;

    fn add(table: &Table, user: &str, now: i64) -> (Arc<Entry>, u64) {
        let target = Target::new("db.example.com", 5432, user);
        let make = || Entry::new(&target, target.endpoint().unwrap(), None, Style::Botocore);
        let (entry, dropped) = table.find_or_add(&target, make);
        entry.note_use(now);
        (entry, dropped)
    }

    #[test]
    fn a_key_is_added_once_and_found_by_its_parts() {
        let table = Table::new(8);
        let (first, _) = add(&table, "app", 0);
        let (second, _) = add(&table, "app", 0);
        assert!(Arc::ptr_eq(&first, &second));
        let target = Target::new("db.example.com", 5432, "app");
        assert!(Arc::ptr_eq(&first, &table.find(&target).unwrap()));
        for other in [
            Target::new("db.example.com", 5433, "app"),
            Target::new("db.example.com", 5432, "App"),
            Target::new("db.example.org", 5432, "app"),
            target.region(Some("us-east-1")),
        ] {
            assert!(table.find(&other).is_none());
        }
    }

    #[test]
    fn a_key_that_is_being_refreshed_is_not_dropped_while_there_are_others() {
        let table = Table::new(8);
        let (busy, _) = add(&table, "busy", 0);
        let work = busy.flights.current().begin_if_due(0);
        for user in 0..50 {
            add(&table, &user.to_string(), 1000 + user * 100);
        }
        assert!(table.find(&Target::new("db.example.com", 5432, "busy")).is_some());
        drop(work);
        for user in 50..100 {
            add(&table, &user.to_string(), 10_000 + user * 100);
        }
        assert!(table.find(&Target::new("db.example.com", 5432, "busy")).is_none());
    }

    #[test]
    fn the_bound_holds_and_the_longest_unused_go_first() {
        for bound in [1, 2, 7, 64] {
            let table = Table::new(bound);
            for user in 0..200 {
                add(&table, &user.to_string(), user * 100);
                assert!(table.len() <= bound, "{} entries, {bound} allowed", table.len());
                assert_eq!(table.taken.load(Ordering::SeqCst), number(table.len()));
            }
            assert!(table.find(&Target::new("db.example.com", 5432, "199")).is_some());
            assert!(table.find(&Target::new("db.example.com", 5432, "0")).is_none());
        }
    }

    #[test]
    fn one_that_was_dropped_keeps_nothing() {
        let table = Table::new(1);
        let (first, _) = add(&table, "first", 0);
        let token = Arc::new(Token::new("t\0".to_owned().into(), 0, 900));
        let epoch = first.epoch();
        first.keep(&token, epoch);
        assert_eq!(add(&table, "second", 100).1, 1);
        assert!(first.token.load().is_none());
        first.keep(&token, epoch);
        assert!(first.token.load().is_none(), "of a refresh that was under way");
    }
}
