//! Threads that do everything at once to one client, as fast as they can, on the clock of the
//! system. `make sanitize` runs it under ThreadSanitizer; here it shows that nobody is refused, that
//! no refresh is lost, and that a provider is not asked by two for one key.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use rdsiam::{Client, Config, Credentials, CredentialsSource, Result, Target};

const THREADS: usize = 8;

/// Keys that are new each time; every other call takes a moment.
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
        assert!(!source.busy.swap(true, SeqCst), "two refreshes of the one key");
        if number.is_multiple_of(2) {
            thread::sleep(Duration::from_millis(1));
        }
        source.busy.store(false, SeqCst);
        Credentials::new(&format!("AKID{number}"), "SECRET", Some("SESSION"))
    }
}

/// Its tokens live for three seconds, and age in the last two of them.
fn client() -> (Client, Arc<Source>) {
    let source = Arc::new(Source::default());
    let config = Config::new().source(Shared(Arc::clone(&source)));
    let config = config.expires(3).refresh_before(2).min_remaining(0);
    (Client::new(config).unwrap(), source)
}

#[test]
fn everything_at_once() {
    let seconds = std::env::var("RDSIAM_SECONDS").map_or(3, |text| text.parse().unwrap());
    // The tokens of one are often invalidated; those of the other live until they age.
    let clients = [client(), client()];
    let end = Instant::now() + Duration::from_secs(seconds);
    let target = Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app");
    let call = &|random: &mut fastrand::Rng| {
        let [(hot, _), (quiet, _)] = &clients;
        let client = if random.bool() { hot } else { quiet };
        match random.u8(..) {
            0 => hot.invalidate(&target).unwrap(),
            1 => drop(client.stats()),
            2..20 => drop(client.try_get_lease(&target)),
            _ => {
                let asked_at = client.now().unwrap();
                assert!(client.get(&target).unwrap().expires_at() > asked_at);
            }
        }
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(number as u64);
                while Instant::now() < end {
                    call(&mut random);
                }
            });
        }
    });
    for (client, source) in &clients {
        let deadline = Instant::now() + Duration::from_secs(10);
        while client.stats().refreshing > 0 {
            assert!(Instant::now() < deadline, "a refresh was lost");
            thread::sleep(Duration::from_millis(1));
        }
        let stats = client.stats();
        println!("{stats:?}");
        assert_eq!((stats.refresh_failures, stats.entries), (0, 1));
        assert_eq!(stats.refreshes, source.calls.load(SeqCst) as u64, "work that was done twice");
        assert!(stats.hits > 1000, "{stats:?}");
    }
    let [(hot, _), (quiet, _)] = &clients;
    assert!(hot.stats().invalidations > 0 && hot.stats().waits > 0);
    assert!(quiet.stats().refreshes > 1, "none behind a token that aged");
}
