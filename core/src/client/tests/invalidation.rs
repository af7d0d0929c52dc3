//! After a refused login.

use super::*;

fn began(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs((NOW + seconds).unsigned_abs())
}

#[test]
fn invalidate_removes_one_token_and_asks_for_newer_credentials_once_a_minute() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    let kept = client.get(&OTHER).unwrap();
    let removed = client.get(&TARGET).unwrap();
    client.invalidate(&TARGET).unwrap();
    client.invalidate(&TARGET).unwrap();
    let next = client.get(&TARGET).unwrap();
    assert_eq!((signed_by(&removed), signed_by(&next)), (0, 1));
    assert!(Arc::ptr_eq(&kept, &client.get(&OTHER).unwrap()));
    assert_eq!((source.calls(), source.0.forced.load(SeqCst)), (2, 1));
    assert_eq!(client.stats().invalidations, 1);
    for (after, calls) in [(30, 2), (30, 3), (0, 3)] {
        clock.step(after);
        client.invalidate(&TARGET).unwrap();
        client.get(&TARGET).unwrap();
        assert_eq!(source.calls(), calls, "{after} s later");
    }
    assert!(client.invalidate(&Target { host: "a b", ..TARGET }).is_err());
    client.invalidate(&Target { user: "never seen", ..TARGET }).unwrap();
}

#[test]
fn only_the_refused_token_is_removed() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    let old = client.get(&TARGET).unwrap();
    clock.step(850);
    let new = client.get(&TARGET).unwrap();
    client.invalidate_token(&TARGET, old.as_str()).unwrap();
    assert!(Arc::ptr_eq(&new, &client.get(&TARGET).unwrap()));
    assert!(client.login_refused(&TARGET, old.as_str(), began(850)).unwrap());
    assert!(Arc::ptr_eq(&new, &client.get(&TARGET).unwrap()));
    client.invalidate_token(&TARGET, new.as_str()).unwrap();
    assert!(!Arc::ptr_eq(&new, &client.get(&TARGET).unwrap()));
    assert_eq!((source.calls(), client.stats().invalidations), (2, 1));
}

#[test]
fn fetch_that_began_before_an_invalidation_does_not_satisfy_the_next_call() {
    let (client, source, _) = client(|config| config);
    let open = source.gate();
    thread::scope(|scope| {
        let early = scope.spawn(|| client.get(&TARGET).unwrap());
        eventually("the fetch", || source.calls() == 1);
        client.invalidate(&TARGET).unwrap();
        let late = scope.spawn(|| client.get(&TARGET).unwrap());
        thread::sleep(Duration::from_millis(20));
        open.send(()).unwrap();
        eventually("another fetch", || source.calls() == 2);
        open.send(()).unwrap();
        assert_eq!(signed_by(&late.join().unwrap()), 1);
        early.join().unwrap();
    });
    assert_eq!(signed_by(&client.get(&TARGET).unwrap()), 1);
}

#[test]
fn failed_fetch_after_a_refused_login_leaves_the_credentials_in_use() {
    let (client, source, _) = client(|config| config);
    source.life(43_200);
    client.get(&TARGET).unwrap();
    source.fails(true);
    client.invalidate(&TARGET).unwrap();
    assert_eq!(signed_by(&client.get(&TARGET).unwrap()), 0);
    assert_eq!(client.stats().refresh_failures, 1);
}

#[test]
fn refused_login_is_tried_again_only_with_an_old_token() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    let old = client.get(&TARGET).unwrap();
    clock.step(100);
    assert!(client.login_refused(&TARGET, old.as_str(), began(100)).unwrap());
    let fresh = client.get(&TARGET).unwrap();
    assert_eq!(signed_at(&fresh), 100);
    assert!(!client.login_refused(&TARGET, fresh.as_str(), began(100)).unwrap());
    // The database refuses this user, whatever the token.
    for minute in 0..3 {
        let next = client.get(&TARGET).unwrap();
        clock.step(10);
        assert!(!client.login_refused(&TARGET, next.as_str(), began(110 + 10 * minute)).unwrap());
    }
    let other = client.get(&OTHER).unwrap();
    clock.step(10);
    assert!(client.login_refused(&OTHER, other.as_str(), began(140)).unwrap());
    let next = client.get(&TARGET).unwrap();
    clock.step(61);
    assert!(client.login_refused(&TARGET, next.as_str(), began(201)).unwrap());
}

#[test]
fn refused_logins_cost_one_attempt_more_than_there_are() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    client.get(&TARGET).unwrap();
    clock.step(5);
    let mut attempts = 0;
    for login in 0..100 {
        let login_began = began(5 + login / 10);
        loop {
            let token = client.get(&TARGET).unwrap();
            attempts += 1;
            if !client.login_refused(&TARGET, token.as_str(), login_began).unwrap() {
                break;
            }
        }
        clock.set(NOW + 5 + (login + 1) / 10);
    }
    assert!((100..=101).contains(&attempts), "{attempts}");
    assert_eq!(source.calls(), 2);
}

#[test]
fn token_of_the_same_second_is_old_if_it_was_cached_before_the_login_began() {
    let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
    let client = Client::new(Config::new().credentials(credentials)).unwrap();
    let token = client.get(&TARGET).unwrap();
    let began = SystemTime::now();
    // All who are refused with it may try again, although the first one has removed it.
    for _ in 0..3 {
        assert!(client.login_refused(&TARGET, token.as_str(), began).unwrap());
    }
    let began = SystemTime::now();
    let fresh = client.get(&TARGET).unwrap();
    assert!(!client.login_refused(&TARGET, fresh.as_str(), began).unwrap());
}
