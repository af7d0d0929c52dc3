//! The keys of one client, in buckets: read without a lock, and each bucket replaced as a whole
//! when a key is added to it or dropped.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::entry::{Entry, Used};
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
    /// How many keys there are. In a child of `fork` it may be one off, if a thread of the parent was
    /// adding or dropping one.
    count: AtomicU64,
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

/// Those that are worth the least are dropped first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    working: bool,
    used: Used,
    /// Nothing then hangs on the order of the buckets, which differs from run to run.
    number: u64,
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
            count: AtomicU64::new(0),
            added: AtomicU64::new(0),
        }
    }

    /// What this makes of the entry of a target, if there is one; no shared count is touched.
    pub(crate) fn look<T>(
        &self,
        target: &Target<'_>,
        look: impl FnOnce(&Arc<Entry>) -> T,
    ) -> Option<T> {
        self.look_at(self.hasher.hash_one(target), target, look)
    }

    fn look_at<T>(
        &self,
        hash: u64,
        target: &Target<'_>,
        look: impl FnOnce(&Arc<Entry>) -> T,
    ) -> Option<T> {
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
    pub(crate) fn find_or_add<E>(
        &self,
        target: &Target<'_>,
        make: impl FnOnce() -> Result<Entry, E>,
    ) -> Result<(Arc<Entry>, u64), E> {
        let hash = self.hasher.hash_one(target);
        if let Some(entry) = self.look_at(hash, target, Arc::clone) {
            return Ok((entry, 0));
        }
        let made = Arc::new(make()?);
        let number = self.added.fetch_add(1, Ordering::SeqCst);
        let found = self.add(Slot { hash, number, entry: Arc::clone(&made) }, target);
        if !Arc::ptr_eq(&found, &made) {
            return Ok((found, 0));
        }
        // Afterwards: of several that are added at once, the last one sees them all.
        let full = self.count.fetch_add(1, Ordering::SeqCst) >= size(self.bound);
        let dropped = if full && Rule::Bound.holds() { self.make_room(number) } else { 0 };
        Ok((found, dropped))
    }

    /// Another thread may add the same key first: its entry is the one, then.
    fn add(&self, slot: Slot, target: &Target<'_>) -> Arc<Entry> {
        let mut found = Arc::clone(&slot.entry);
        if let Some(bucket) = self.bucket(slot.hash) {
            bucket.rcu(|slots| {
                let there = in_bucket(slots, slot.hash, target);
                if let Some(entry) = there.filter(|_| Rule::OneEntry.holds()) {
                    found = Arc::clone(entry);
                    return Arc::clone(slots);
                }
                found = Arc::clone(&slot.entry);
                Arc::new(slots.iter().chain([&slot]).cloned().collect())
            });
        }
        found
    }

    /// Drops the keys that were not used for the longest time, a quarter of the bound at once, so
    /// that a stream of new keys does not look through the table at each of them. Those that are
    /// being refreshed go last: dropped, they could be refreshed a second time meanwhile. The key
    /// that needs the room stays.
    fn make_room(&self, newest: u64) -> u64 {
        let mut others = self.by_worth();
        others.retain(|(worth, _)| worth.number != newest);
        let drop = (self.bound / 8).max(1).min(others.len());
        if let Some(last) = drop.checked_sub(1) {
            others.select_nth_unstable(last);
        }
        if !Rule::LongestUnused.holds() {
            others.reverse();
        }
        let removed = |(worth, hash): &&(Worth, u64)| self.remove(*hash, worth.number);
        size(others.iter().take(drop).filter(removed).count())
    }

    /// What each key is worth, and its hash.
    fn by_worth(&self) -> Vec<(Worth, u64)> {
        let process = std::process::id();
        let mut all = Vec::with_capacity(self.bound + 1);
        for bucket in &self.buckets {
            for Slot { hash, number, entry } in bucket.load().iter() {
                let working = entry.flights.is_working(process);
                all.push((Worth { working, used: entry.used(), number: *number }, *hash));
            }
        }
        all
    }

    /// True if it was there.
    fn remove(&self, hash: u64, number: u64) -> bool {
        let mut removed = None;
        if let Some(bucket) = self.bucket(hash) {
            bucket.rcu(|slots| {
                removed = slots.iter().find(|slot| slot.number == number).cloned();
                Arc::new(slots.iter().filter(|slot| slot.number != number).cloned().collect())
            });
        }
        if let Some(Slot { entry, .. }) = &removed {
            entry.retire();
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
        removed.is_some()
    }

    /// There is always one.
    fn bucket(&self, hash: u64) -> Option<&ArcSwap<Bucket>> {
        // The number of buckets is a power of two.
        let mask = size(self.buckets.len()) - 1;
        self.buckets.get(usize::try_from(hash & mask).unwrap_or_default())
    }
}

fn in_bucket<'a>(slots: &'a Bucket, hash: u64, target: &Target<'_>) -> Option<&'a Arc<Entry>> {
    let same = |slot: &&Slot| slot.hash == hash && slot.entry.key.target() == *target;
    slots.iter().find(same).map(|slot| &slot.entry)
}

fn size(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::style::Style;
    use crate::token::Token;

    fn add(table: &Table, user: &str, now: i64) -> (Arc<Entry>, u64) {
        let target = Target::new("db.example.com", 5432, user);
        let make = || Ok(Entry::new(&target, target.endpoint()?, None, Style::Botocore));
        let (entry, dropped) = table.find_or_add::<Error>(&target, make).unwrap();
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
                assert_eq!(table.count.load(Ordering::SeqCst), size(table.len()));
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
