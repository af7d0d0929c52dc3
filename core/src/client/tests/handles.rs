//! One login's place in the cache.

use super::*;

#[test]
fn a_handle_gives_what_its_client_gives() {
    let (client, source, clock) = client(|config| config);
    let mut handle = client.handle(&TARGET).unwrap();
    assert_eq!(source.calls(), 0);
    let same = |handle: &mut Handle| {
        let token = Arc::clone(handle.get().unwrap());
        Arc::ptr_eq(&token, handle.get().unwrap())
            && Arc::ptr_eq(&token, &client.get(&TARGET).unwrap())
    };
    assert!(same(&mut handle) && same(&mut handle.clone()));
    let stats = client.stats();
    assert_eq!((stats.hits, stats.misses), (5, 1), "{stats:?}");

    client.invalidate(&TARGET).unwrap();
    assert!(same(&mut handle) && source.calls() == 2);
    // Ageing: the old one, and a new one behind it.
    clock.step(845);
    let old = Arc::clone(handle.get().unwrap());
    eventually("a refresh behind", || client.stats().refreshes == 3);
    assert!(same(&mut handle) && !Arc::ptr_eq(&old, handle.get().unwrap()));
    // Set back: from the future.
    clock.step(-900);
    assert!(same(&mut handle) && source.calls() == 4);
    source.0.fails.store(true, Ordering::SeqCst);
    clock.step(1000);
    assert_eq!(handle.get().unwrap_err().kind(), ErrorKind::CredentialsProvider);
    source.0.fails.store(false, Ordering::SeqCst);
    assert!(same(&mut handle));
    assert!(client.handle(&Target { port: 0, ..TARGET }).is_err());
}

#[test]
fn a_handle_signs_what_its_client_signs_also_when_its_key_was_dropped() {
    let credentials = Credentials::new("AKID", "SECRET", Some("SESSION")).unwrap();
    let (client, _, clock) = client(|config| config.credentials(credentials).max_entries(1));
    let handle = client.handle(&TARGET).unwrap();
    for _ in 0..3 {
        let token = handle.try_sign().unwrap();
        assert_eq!(token.as_str(), client.sign(&TARGET).unwrap().as_str());
        client.sign(&Target { user: "other", ..TARGET }).unwrap();
        clock.step(50_000);
    }
    assert_eq!(client.stats().signatures, 9);
    let waiting = self::client(|config| config).0.handle(&TARGET).unwrap();
    assert_eq!(waiting.try_sign().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_handle_whose_key_was_dropped_comes_back_to_it() {
    let (client, source, _) = client(|config| config.max_entries(1));
    let mut handle = client.handle(&TARGET).unwrap();
    for round in 1..4 {
        let token = Arc::clone(handle.get().unwrap());
        assert_eq!(source.calls(), 2 * round - 1, "a dropped token was handed out");
        assert!(Arc::ptr_eq(&token, &client.get(&TARGET).unwrap()));
        client.get(&Target { user: "other", ..TARGET }).unwrap();
    }
    // What it has is of the key that it came back to.
    handle.get().unwrap();
    client.invalidate(&TARGET).unwrap();
    handle.get().unwrap();
    assert_eq!(source.calls(), 8);
}
