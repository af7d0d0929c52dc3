//! More keys than there is room for.

use super::*;

#[test]
fn the_cache_is_bounded() {
    let (client, _, clock) = client(|config| config.max_entries(16));
    for user in 0..100 {
        client.get(&Target { user: &user.to_string(), ..TARGET }).unwrap();
        clock.step(1);
    }
    let stats = client.stats();
    assert!(stats.entries <= 16 && stats.evictions == 100 - stats.entries, "{stats:?}");
}

#[test]
fn a_key_that_is_used_again_outlives_a_flood_of_others() {
    let (client, _, _) = client(|config| config.max_entries(16));
    client.get(&TARGET).unwrap();
    for user in 0..1000 {
        client.get(&Target { user: &user.to_string(), ..TARGET }).unwrap();
        client.get(&TARGET).unwrap();
    }
    let stats = client.stats();
    assert_eq!((stats.hits, stats.misses), (1000, 1001), "{stats:?}");
}
