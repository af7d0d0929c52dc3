//! Threads that do everything at once to one client, as fast as they can, on the clock of the
//! system. `make sanitize` runs it under ThreadSanitizer; here it shows that no call fails, that no
//! fetch is lost, and that no two threads fetch for one client.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdsiam::{Client, Config, Credentials, CredentialsSource, Handle, Result, Target, binding};

const THREADS: usize = 8;

/// Keys that are new each time, and expire in four seconds; every other call takes a moment.
#[derive(Default)]
struct Source {
    calls: AtomicUsize,
    busy: AtomicBool,
}

struct Shared(Arc<Source>);

impl CredentialsSource for Shared {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let Self(source) = self;
        let number = source.calls.fetch_add(1, SeqCst);
        assert!(!source.busy.swap(true, SeqCst), "two fetches for one client");
        if number.is_multiple_of(2) {
            thread::sleep(Duration::from_millis(1));
        }
        source.busy.store(false, SeqCst);
        let expires_at = SystemTime::now() + Duration::from_secs(4);
        let credentials = Credentials::new(&format!("AKID{number}"), "SECRET", Some("SESSION"))?;
        Ok(credentials.with_expiry(expires_at))
    }
}

/// Its tokens live for three seconds, and are stale after one.
fn client() -> (Client, Arc<Source>) {
    let source = Arc::new(Source::default());
    let second = Duration::from_secs(1);
    let config = Config::new().source(Shared(Arc::clone(&source)));
    let config =
        config.expires(3 * second).refresh_before(2 * second).min_remaining(Duration::ZERO);
    (Client::new(config).unwrap(), source)
}

#[test]
fn everything_at_once() {
    let seconds = std::env::var("RDSIAM_SECONDS").map_or(3, |text| text.parse().unwrap());
    // The credentials of one are often refused; those of the other live until they are stale.
    let clients = [client(), client()];
    let end = Instant::now() + Duration::from_secs(seconds);
    let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app");
    let call = &|random: &mut fastrand::Rng, handles: &mut [Handle; 2]| {
        let [(hot, _), (quiet, _)] = &clients;
        let client = if random.bool() { hot } else { quiet };
        match random.u8(..) {
            0 => hot.invalidate(&target).unwrap(),
            1 => {
                let refused = hot.sign(&target).unwrap();
                hot.login_refused(&target, refused.as_str(), UNIX_EPOCH).unwrap();
            }
            2 => drop(client.stats()),
            3..20 => drop(binding::try_get_lease(client, &target)),
            20..40 => {
                let asked_at = SystemTime::now();
                assert!(client.sign(&target).unwrap().expires_at() > asked_at);
            }
            40..100 => {
                for handle in handles {
                    let asked_at = SystemTime::now();
                    assert!(handle.get().unwrap().expires_at() > asked_at);
                }
            }
            _ => {
                let asked_at = SystemTime::now();
                assert!(client.get(&target).unwrap().expires_at() > asked_at);
            }
        }
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let mut handles = clients.each_ref().map(|(client, _)| client.handle(&target).unwrap());
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(number as u64);
                while Instant::now() < end {
                    call(&mut random, &mut handles);
                }
            });
        }
    });
    for (client, source) in &clients {
        let deadline = Instant::now() + Duration::from_secs(10);
        while client.stats().refreshing > 0 {
            assert!(Instant::now() < deadline, "a fetch was lost");
            thread::sleep(Duration::from_millis(1));
        }
        let stats = client.stats();
        println!("{stats:?}");
        assert_eq!((stats.refresh_failures, stats.entries), (0, 1));
        // Credentials that expire within 15 minutes are asked for twice in one fetch.
        let calls = source.calls.load(SeqCst) as u64;
        assert!(stats.refreshes <= calls && calls <= 2 * stats.refreshes, "{calls}, {stats:?}");
        assert!(stats.hits > 1000 && stats.signatures > 100, "{stats:?}");
    }
    let [(hot, _), (quiet, _)] = &clients;
    assert!(hot.stats().invalidations > 0 && hot.stats().waits > 0);
    assert_eq!(quiet.stats().invalidations, 0);
    assert!(quiet.stats().refreshes > 1, "none in the background");
}

/// More keys than there is room for, by all threads, in one table.
#[test]
fn a_flood_of_keys() {
    const BOUND: u64 = 32;
    let credentials = Credentials::new("AKID", "SECRET", Some("SESSION")).unwrap();
    let config = Config::new().credentials(credentials).max_entries(BOUND as usize);
    let client = Client::new(config).unwrap();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let client = &client;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(number as u64);
                for _ in 0..5000 {
                    let user = format!("app{}", random.u8(..));
                    let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, &user);
                    let token = client.get(&target).unwrap();
                    assert!(token.as_str().contains(&format!("DBUser={user}&")));
                    assert!(client.stats().entries <= BOUND);
                }
            });
        }
    });
    let stats = client.stats();
    println!("{stats:?}");
    assert!(stats.entries <= BOUND && stats.evictions > 1000, "{stats:?}");
    assert_eq!(stats.hits + stats.misses, 5000 * THREADS as u64);
    assert_eq!(stats.signatures, stats.misses, "a hit that signs");
}
