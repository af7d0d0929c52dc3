#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::thread;

use super::*;
use crate::secret::SecretString;

const NOW: i64 = 1_717_243_200;

fn cache(bound: usize) -> TokenCache {
    TokenCache::new(bound, Margins::new(60, 10, 900))
}

fn target(user: &str) -> Target<'_> {
    Target::new("db.example.com", 5432, user)
}

fn token(text: &str) -> Token {
    token_at(text, NOW)
}

fn token_at(text: &str, signed_at: i64) -> Token {
    Token::new(SecretString::from(format!("{text}\0")), signed_at, signed_at + 900)
}

/// Stores a token that has the name of its user.
fn store(cache: &TokenCache, user: &str) -> u64 {
    cache.store(&target(user), token(user), cache.generation(), SystemTime::UNIX_EPOCH).1
}

/// Without using it.
fn token_of(cache: &TokenCache, target: &Target<'_>) -> Option<Arc<Token>> {
    cache.look(target, NOW - 1).map(|(_, token)| token)
}

fn users(cache: &TokenCache) -> Vec<String> {
    let entries = cache.entries.get().0.read().unwrap();
    let mut users: Vec<_> = entries.keys().map(|key| key.0.borrowed().user.to_owned()).collect();
    users.sort();
    users
}

#[test]
fn only_a_fresh_token_is_a_hit() {
    let cache = cache(8);
    assert!(cache.look(&target("app"), NOW).is_none());
    assert_eq!(store(&cache, "app"), 0);
    for (now, hit) in [(NOW - 1, false), (NOW, true), (NOW + 839, true), (NOW + 840, false)] {
        let found = cache.look(&target("app"), now).map(|(freshness, _)| freshness);
        assert_eq!(found == Some(Freshness::Fresh), hit, "at {now}");
    }
    assert_eq!(token_of(&cache, &target("app")).unwrap().as_str(), "app");
    let found = cache.freshness(&token("app"), NOW + 840);
    assert_eq!((found, cache.margins().min_remaining()), (Freshness::Stale, 10));
}

#[test]
fn each_part_of_the_target_is_part_of_the_key() {
    let cache = cache(8);
    store(&cache, "app");
    let app = target("app");
    for other in [
        Target { host: "db.example.org", ..app },
        Target { port: 5433, ..app },
        Target { user: "ap", ..app },
        Target { region: Some("eu-central-1"), ..app },
    ] {
        assert!(token_of(&cache, &other).is_none(), "{other:?}");
    }
    let mut entries = cache.write();
    let key = |target: &Target<'_>| Key(target.to_buf());
    assert!(entries.contains_key(&key(&app)) && !entries.contains_key(&key(&target("ap"))));
    entries.clear();
}

#[test]
fn token_that_was_signed_before_an_invalidation_is_not_stored_after_it() {
    let cache = cache(8);
    let before = cache.generation();
    store(&cache, "app");
    assert!(cache.invalidate(&target("app"), None));
    assert_ne!(cache.generation(), before);
    cache.store(&target("app"), token("old"), before, SystemTime::UNIX_EPOCH);
    cache.store(&target("another"), token("old"), before, SystemTime::UNIX_EPOCH);
    assert!(
        token_of(&cache, &target("app")).is_none()
            && token_of(&cache, &target("another")).is_none()
    );
    store(&cache, "app");
    assert!(token_of(&cache, &target("app")).is_some());
}

#[test]
fn of_two_threads_that_store_a_token_the_first_wins_unless_the_clock_was_set() {
    let cache = cache(8);
    for (number, (signed_at, kept)) in
        [(NOW, "0"), (NOW, "0"), (NOW - 10, "2"), (NOW + 1, "3"), (NOW + 1, "3")]
            .into_iter()
            .enumerate()
    {
        let token = token_at(&number.to_string(), signed_at);
        let (token, _) =
            cache.store(&target("app"), token, cache.generation(), SystemTime::UNIX_EPOCH);
        assert_eq!(token.as_str(), kept);
        assert!(Arc::ptr_eq(&token, &token_of(&cache, &target("app")).unwrap()));
    }
    // Signed before an invalidation: to be used, but not stored.
    let before = cache.generation();
    cache.invalidate(&target("app"), None);
    let (token, _) = cache.store(&target("app"), token("old"), before, SystemTime::UNIX_EPOCH);
    assert_eq!(token.as_str(), "old");
}

#[test]
fn refused_token_is_removed_unless_a_newer_one_is_cached() {
    let cache = cache(8);
    for (cached, refused, removed, is_new_generation) in [
        (Some("new"), Some("old"), false, false),
        (Some("old"), Some("old"), true, true),
        (Some("old"), None, true, true),
        // Another thread may be signing with the same credentials.
        (None, Some("old"), false, true),
        (None, None, false, true),
    ] {
        let before = cache.generation();
        if let Some(text) = cached {
            cache.store(&target("app"), token(text), before, SystemTime::UNIX_EPOCH);
        }
        assert_eq!(cache.invalidate(&target("app"), refused), removed, "{cached:?} {refused:?}");
        assert_eq!(cache.generation() != before, is_new_generation, "{cached:?} {refused:?}");
        assert_eq!(token_of(&cache, &target("app")).is_some(), cached == Some("new"));
        cache.invalidate(&target("app"), None);
    }
    let before = cache.generation();
    assert!(!cache.invalidate(&target("never seen"), Some("old")));
    assert_ne!(cache.generation(), before);
}

#[test]
fn full_cache_drops_an_eighth_of_its_entries_those_unused_for_longest() {
    let cache = cache(16);
    let names: Vec<String> = (10..26).map(|number| format!("user{number}")).collect();
    for name in &names {
        assert_eq!(store(&cache, name), 0);
    }
    assert_eq!(cache.len(), 16);
    // These count as used now, whether they are hits or signed anew.
    assert!(cache.look(&target("user10"), NOW).is_some());
    store(&cache, "user11");
    assert_eq!(store(&cache, "one more"), 2);
    let mut left = names.clone();
    left.retain(|name| !["user12", "user13"].contains(&name.as_str()));
    left.insert(0, "one more".into());
    assert_eq!(users(&cache), left);
    assert_eq!(store(&cache, "another"), 0);
    assert_eq!((cache.len(), store(&cache, "and another")), (16, 2));
}

#[test]
fn cache_of_any_size_keeps_its_bound_and_the_newest_entry() {
    for bound in 1..20 {
        let cache = cache(bound);
        let mut removed = 0;
        for number in 0..100 {
            let user = number.to_string();
            removed += store(&cache, &user);
            assert!(cache.len() <= bound && token_of(&cache, &target(&user)).is_some());
        }
        assert_eq!(removed + cache.len() as u64, 100);
    }
}

#[test]
fn entries_of_the_same_age_go_only_until_there_is_room() {
    let cache = cache(8);
    for number in 0..8 {
        store(&cache, &number.to_string());
    }
    for number in 0..8 {
        cache.look(&target(&number.to_string()), NOW);
    }
    assert_eq!((store(&cache, "one more"), cache.len()), (1, 8));
}

#[test]
fn retries_of_one_target_are_paused() {
    let cache = cache(2);
    store(&cache, "app");
    store(&cache, "another");
    assert!(!cache.is_retry_paused(&target("app"), NOW));
    assert_eq!(cache.pause_retries(&target("app"), NOW + 60, NOW), 0);
    // It has a place even without a token.
    assert_eq!(cache.pause_retries(&target("third"), NOW + 60, NOW), 1);
    let paused = |user, now| cache.is_retry_paused(&target(user), now);
    assert!(paused("third", NOW) && paused("third", NOW + 59) && !paused("third", NOW + 60));
    assert!(!paused("third", NOW - 1), "a clock that was set back ends the pause");
    assert!(!paused("never seen", NOW) && token_of(&cache, &target("third")).is_none());
}

#[test]
fn child_of_fork_has_the_tokens() {
    let cache = cache(8);
    store(&cache, "app");
    cache.pause_retries(&target("app"), NOW + 60, NOW);
    let child = cache.entries.get().for_child();
    let entries = child.0.read().unwrap();
    let entry = entries.get(&target("app")).unwrap();
    assert_eq!(entry.token.as_ref().unwrap().token.as_str(), "app");
    assert_eq!((entry.used.load(Ordering::Relaxed), entry.no_retry), (1, Some((NOW, NOW + 60))));
    // A thread of the parent holds the lock: the child begins without tokens, and does not wait.
    thread::scope(|scope| {
        let _writing = cache.write();
        let child = scope.spawn(|| cache.entries.get().for_child().0.read().unwrap().len());
        assert_eq!(child.join().unwrap(), 0);
    });
}

#[test]
fn time_of_making_is_known_of_the_cached_and_of_the_last_refused_token() {
    let cache = cache(8);
    let app = target("app");
    let at = |millis| SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    cache.store(&app, token("one"), cache.generation(), at(1));
    assert_eq!(cache.made_at(&app, "one"), Some(at(1)));
    assert_eq!((cache.made_at(&app, "two"), cache.made_at(&target("b"), "one")), (None, None));
    assert!(cache.invalidate(&app, Some("one")) && !cache.invalidate(&app, Some("one")));
    assert_eq!(cache.made_at(&app, "one"), Some(at(1)));
    cache.store(&app, token("two"), cache.generation(), at(2));
    assert_eq!(cache.made_at(&app, "one"), Some(at(1)));
    assert!(cache.invalidate(&app, None));
    assert_eq!((cache.made_at(&app, "one"), cache.made_at(&app, "two")), (None, Some(at(2))));
}
