//! The keys of one client: read without a lock, replaced as a whole when one is added.

use std::sync::Arc;

use hashbrown::HashMap;

use super::entry::{Entry, Key};
use crate::endpoint::Endpoint;
use crate::rules::Rule;
use crate::sync::{ArcSwap, Guard};
use crate::target::Target;

type Map = HashMap<Key, Arc<Entry>>;

/// Copying the map for each new key is cheap beside what a new key costs anyway, and leaves
/// readers nothing to wait for and a forked child nothing that could be locked.
pub(crate) struct Table {
    map: ArcSwap<Map>,
    bound: usize,
}

impl Table {
    pub(crate) fn new(bound: usize) -> Self {
        Self { map: ArcSwap::from_pointee(Map::new()), bound: bound.max(1) }
    }

    /// The entries as they stand, to be looked up without a shared count being touched.
    pub(crate) fn read(&self) -> Guard<Arc<Map>> {
        self.map.load()
    }

    pub(crate) fn find(&self, target: &Target<'_>) -> Option<Arc<Entry>> {
        self.map.load().get(target).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.map.load().len()
    }

    /// How many are being refreshed at this moment.
    pub(crate) fn working(&self) -> usize {
        let process = std::process::id();
        self.map.load().values().filter(|entry| entry.flights.is_working(process)).count()
    }

    /// The entry of a target, made if there is none, and how many were dropped for it.
    pub(crate) fn find_or_add(
        &self,
        target: &Target<'_>,
        endpoint: Endpoint,
        now: i64,
    ) -> (Arc<Entry>, usize) {
        let made = Arc::new(Entry::new(target, endpoint));
        made.note_use(now);
        let mut dropped = 0;
        // Another thread may add the same key first: then the map that this closure sees the
        // last time has it, and its entry is the one.
        let mut found = Arc::clone(&made);
        self.map.rcu(|map| {
            dropped = 0;
            if let Some(entry) = map.get(target).filter(|_| Rule::OneEntry.holds()) {
                found = Arc::clone(entry);
                return Arc::clone(map);
            }
            found = Arc::clone(&made);
            let mut map = Map::clone(map);
            dropped = make_room(&mut map, self.bound);
            map.insert(made.key.clone(), Arc::clone(&made));
            Arc::new(map)
        });
        (found, dropped)
    }
}

/// Drops the keys that were not used for the longest time, an eighth of the bound at once, so
/// that a stream of new keys does not sort the table at each of them. Those that are being
/// refreshed go last: dropped, they could be refreshed a second time meanwhile.
fn make_room(map: &mut Map, bound: usize) -> usize {
    if map.len() < bound || !Rule::Bound.holds() {
        return 0;
    }
    let before = map.len();
    let keep = bound - 1 - (bound / 8).min(bound - 1);
    let process = std::process::id();
    let worth = |entry: &Entry| (entry.flights.is_working(process), entry.used());
    let mut by_use: Vec<((bool, i64), Key)> =
        map.iter().map(|(key, entry)| (worth(entry), key.clone())).collect();
    // Those that are worth the same go in the order of their names, not in that of the map, which
    // differs from run to run.
    by_use.sort();
    if !Rule::LongestUnused.holds() {
        by_use.reverse();
    }
    for (_, key) in by_use.into_iter().take(before.saturating_sub(keep)) {
        map.remove(&key);
    }
    before - map.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(table: &Table, user: &str, now: i64) -> (Arc<Entry>, usize) {
        let target = Target::new("db.example.com", 5432, user);
        table.find_or_add(&target, target.endpoint().unwrap(), now)
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
            }
            assert!(table.find(&Target::new("db.example.com", 5432, "199")).is_some());
            assert!(table.find(&Target::new("db.example.com", 5432, "0")).is_none());
        }
    }
}
