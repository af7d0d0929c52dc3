//! Handles.

use super::*;

#[test]
fn handle_returns_the_tokens_of_its_client() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    let mut handle = client.handle(&TARGET).unwrap();
    assert_eq!(source.calls(), 0);
    let same = |handle: &mut Handle| {
        let token = Arc::clone(handle.get().unwrap());
        Arc::ptr_eq(&token, handle.get().unwrap())
            && Arc::ptr_eq(&token, &client.get(&TARGET).unwrap())
    };
    assert!(same(&mut handle) && same(&mut handle.clone()));
    clock.step(845);
    assert_eq!(signed_at(handle.get().unwrap()), 845);
    clock.step(-900);
    assert_eq!(signed_at(handle.get().unwrap()), -55);
    assert!(same(&mut handle));
    drop(handle);
    let stats = client.stats();
    assert_eq!((stats.hits, stats.misses), (8, 3), "{stats:?}");
    assert!(client.handle(&Target { port: 0, ..TARGET }).is_err());
}

#[test]
fn handle_notices_an_invalidation() {
    let (client, _) = static_client(None);
    let mut handle = client.handle(&TARGET).unwrap();
    let token = Arc::clone(handle.get().unwrap());
    client.invalidate_token(&TARGET, "another token").unwrap();
    assert!(Arc::ptr_eq(&token, handle.get().unwrap()));
    client.invalidate_token(&TARGET, token.as_str()).unwrap();
    assert!(!Arc::ptr_eq(&token, handle.get().unwrap()));
}
