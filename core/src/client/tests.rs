//! The rules of the caches, one after the other, with a clock that the test moves.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::binding;
use crate::clock::{Clock, ManualClock};
use crate::credentials::{Credentials, CredentialsSource};
use crate::event::Event;

const NOW: i64 = 1_717_243_200;
const TARGET: Target<'static> = Target {
    host: "db.abc.us-east-1.rds.amazonaws.com",
    port: 5432,
    user: "app",
    region: None,
    kind: None,
};
const OTHER: Target<'static> = Target { user: "other", ..TARGET };

/// A source that does as the test says.
#[derive(Clone, Default)]
struct Source(Arc<SourceState>);

#[derive(Default)]
struct SourceState {
    calls: AtomicUsize,
    forced: AtomicUsize,
    fails: AtomicBool,
    /// Seconds that its credentials are valid; 0 for no expiry.
    life: AtomicU64,
    /// If there is one, each call waits for a word from the test.
    gate: Mutex<Option<Receiver<()>>>,
    clock: ManualClock,
}

impl Source {
    fn calls(&self) -> usize {
        self.0.calls.load(SeqCst)
    }

    fn gate(&self) -> Sender<()> {
        let (open, gate) = channel();
        *self.0.gate.lock().unwrap() = Some(gate);
        open
    }

    fn life(&self, seconds: u64) {
        self.0.life.store(seconds, SeqCst);
    }

    fn fails(&self, fails: bool) {
        self.0.fails.store(fails, SeqCst);
    }
}

impl CredentialsSource for Source {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        let state = &self.0;
        let number = state.calls.fetch_add(1, SeqCst);
        state.forced.fetch_add(usize::from(force_refresh), SeqCst);
        if let Some(gate) = &*state.gate.lock().unwrap() {
            gate.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        if state.fails.load(SeqCst) {
            return Err(Error::provider("the portal is down", true));
        }
        let now = Clock::Manual(state.clock.clone()).now()?;
        let life = i64::try_from(state.life.load(SeqCst)).unwrap();
        let end = (life > 0).then_some(now + life);
        Credentials::with_unix_expiry(&format!("AKID{number}"), "SECRET", Some("SESSION"), end)
    }
}

/// A client over a source, and the clock of both.
fn client(configure: impl FnOnce(Config) -> Config) -> (Client, Source, ManualClock) {
    let source = Source::default();
    let clock = source.0.clock.clone();
    clock.set(NOW);
    let config = Config::new().source(source.clone()).clock(Clock::Manual(clock.clone()));
    (Client::new(configure(config)).unwrap(), source, clock)
}

fn static_client(expires_at: Option<i64>) -> (Client, ManualClock) {
    let credentials = Credentials::with_unix_expiry("AKID", "SECRET", None, expires_at).unwrap();
    let (client, _, clock) = client(|config| config.credentials(credentials));
    (client, clock)
}

/// Waits for what another thread is about to do.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn signed_at(token: &Token) -> i64 {
    token.unix_signed_at() - NOW
}

/// Which of the source's answers signed it.
fn signed_by(token: &Token) -> usize {
    let number = token.as_str().split("Credential=AKID").nth(1).unwrap();
    number.split('%').next().unwrap().parse().unwrap()
}

#[test]
fn hit_returns_the_same_token_and_asks_no_source() {
    let (client, source, clock) = client(|config| config);
    let first = client.get(&TARGET).unwrap();
    clock.step(839);
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    }
    assert_eq!(source.calls(), 1);
    let stats = client.stats();
    assert_eq!((stats.hits, stats.misses, stats.signatures, stats.entries), (100, 1, 1, 1));
}

#[test]
fn stale_token_is_signed_anew_in_the_call_with_cached_credentials() {
    let (client, source, clock) = client(|config| config);
    source.life(43_200);
    for user in 0..50 {
        client.get(&Target { user: &user.to_string(), ..TARGET }).unwrap();
    }
    clock.step(850);
    let open = source.gate();
    for user in 0..50 {
        let token = client.get(&Target { user: &user.to_string(), ..TARGET }).unwrap();
        assert_eq!(signed_at(&token), 850);
        assert_eq!(signed_at(&client.sign(&TARGET).unwrap()), 850);
    }
    assert_eq!(source.calls(), 1, "50 targets and their signatures need one fetch");
    drop(open);
}

#[test]
fn stale_credentials_serve_while_one_fetch_runs_in_the_background() {
    let (client, source, clock) = client(|config| config);
    source.life(3600);
    client.get(&TARGET).unwrap();
    let open = source.gate();
    clock.step(2701);
    for _ in 0..10 {
        assert_eq!(signed_by(&client.sign(&TARGET).unwrap()), 0);
        client.get(&OTHER).unwrap();
    }
    eventually("a background refresh", || source.calls() == 2);
    assert_eq!(client.stats().refreshing, 1);
    open.send(()).unwrap();
    eventually("newer credentials", || signed_by(&client.sign(&TARGET).unwrap()) == 1);
    assert_eq!((source.calls(), client.stats().waits, client.stats().refreshing), (2, 1, 0));
}

#[test]
fn credentials_without_an_expiry_are_read_again_after_a_minute() {
    let (client, source, clock) = client(|config| config);
    client.sign(&TARGET).unwrap();
    clock.step(59);
    client.sign(&TARGET).unwrap();
    assert_eq!(source.calls(), 1);
    clock.step(1);
    assert_eq!(signed_by(&client.sign(&TARGET).unwrap()), 1, "a rotated key is seen at once");
    // A slow source holds up nobody for long.
    let open = source.gate();
    clock.step(60);
    let began = Instant::now();
    assert_eq!(signed_by(&client.sign(&TARGET).unwrap()), 1);
    assert_eq!(signed_by(&client.sign(&TARGET).unwrap()), 1);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    open.send(()).unwrap();
}

#[test]
fn token_is_replaced_only_by_one_that_lives_longer() {
    let (client, source, clock) = client(|config| config);
    source.life(900);
    let first = client.get(&TARGET).unwrap();
    source.life(20);
    clock.step(845);
    // The credentials have 55 s left, and their source has none that are better.
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    eventually("the refresh", || client.stats().refreshes == 2);
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
}

#[test]
fn failed_background_refresh_keeps_the_token_and_pauses() {
    let (client, source, clock) = client(|config| config);
    source.life(900);
    let first = client.get(&TARGET).unwrap();
    source.fails(true);
    clock.step(845);
    for _ in 0..45 {
        assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
        eventually("the fetch ends", || client.stats().refreshing == 0);
        clock.step(1);
    }
    // After 1, 2, 4, 8 and 16 seconds at most, and half of that at least.
    assert!((4..=8).contains(&(source.calls() - 1)), "{} calls", source.calls());
    let error = client.get(&TARGET).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, true));
    source.fails(false);
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), 890);
}

#[test]
fn all_callers_share_one_fetch_and_its_error() {
    for fails in [false, true] {
        let (client, source, _) = client(|config| config);
        source.fails(fails);
        let open = source.gate();
        let start = Barrier::new(33);
        let results: Vec<_> = thread::scope(|scope| {
            let call = |number: usize| {
                let (client, start) = (&client, &start);
                let user = number.to_string();
                scope.spawn(move || {
                    start.wait();
                    client.get(&Target { user: &user, ..TARGET })
                })
            };
            let callers: Vec<_> = (0..32).map(call).collect();
            start.wait();
            eventually("the fetch", || source.calls() == 1);
            thread::sleep(Duration::from_millis(20));
            open.send(()).unwrap();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        for result in results {
            match result {
                Ok(token) => assert_eq!((fails, signed_at(&token)), (false, 0)),
                // One that came late may have begun a fetch of its own.
                Err(error) => assert_eq!((fails, error.message()), (true, "the portal is down")),
            }
        }
        assert!(fails || source.calls() == 1);
    }
}

#[test]
fn clock_that_steps_back_signs_anew_and_one_that_steps_forward_too() {
    let (client, clock) = static_client(None);
    client.get(&TARGET).unwrap();
    clock.step(-3600);
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), -3600);
    clock.step(7200);
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), 3600);
}

#[test]
fn credentials_that_expire_soon_are_asked_for_once_more_and_the_better_are_used() {
    let (client, source, clock) = client(|config| config);
    source.life(300);
    let token = client.get(&TARGET).unwrap();
    assert_eq!(token.unix_expires_at(), NOW + 300, "a token never outlives its credentials");
    assert_eq!((source.calls(), source.0.forced.load(SeqCst)), (2, 1));
    clock.step(290);
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), 290);
}

#[test]
fn credentials_fetched_before_the_machine_slept_are_fetched_again() {
    let (client, source, clock) = client(|config| config);
    source.life(1000);
    let open = source.gate();
    thread::scope(|scope| {
        let caller = scope.spawn(|| client.get(&TARGET).unwrap());
        eventually("the fetch", || source.calls() == 1);
        open.send(()).unwrap();
        eventually("its end", || client.stats().refreshes == 1);
        // Most likely before the caller has woken.
        clock.step(3600);
        let _ = open.send(());
        let token = caller.join().unwrap();
        assert!(token.unix_expires_at() > token.unix_signed_at() + 10);
    });
}

#[test]
fn credentials_that_expire_within_min_remaining_are_refused_by_get_and_sign_with_sign() {
    for (life, usable) in [(11, true), (10, false), (1, false)] {
        let (client, _) = static_client(Some(NOW + life));
        match client.get(&TARGET) {
            Ok(token) => assert!(usable && token.unix_expires_at() == NOW + life),
            Err(error) => {
                assert_eq!((usable, error.kind()), (false, ErrorKind::CredentialsExpired));
                assert!(error.retryable() && error.message().contains("min_remaining"));
            }
        }
        assert!(client.sign(&TARGET).is_ok(), "as the SDKs sign");

        let (client, source, _) = self::client(|config| config);
        source.life(life.unsigned_abs());
        assert_eq!(client.get(&TARGET).is_ok(), usable);
        assert!(client.sign(&TARGET).is_ok());
    }
    let (client, _) = static_client(Some(NOW));
    for result in [client.get(&TARGET).map(drop), client.sign(&TARGET).map(drop)] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::CredentialsExpired);
    }
}

#[test]
fn expired_credentials_never_sign_and_the_error_names_both_failures() {
    struct Expired(AtomicBool);
    impl CredentialsSource for Expired {
        fn provide(&self, force_refresh: bool) -> Result<Credentials> {
            if force_refresh && self.0.load(SeqCst) {
                return Err(Error::provider("the portal is down", true));
            }
            Credentials::with_unix_expiry("AKID", "SECRET", None, Some(NOW - 5))
        }
    }
    for fails in [false, true] {
        let (client, _, _) = client(|config| config.source(Expired(AtomicBool::new(fails))));
        let error = client.get(&TARGET).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CredentialsExpired);
        assert!(error.message().contains("5 s ago"), "{error}");
        assert_eq!(error.message().contains("portal is down"), fails, "{error}");
    }
}

#[test]
fn keys_differ_by_each_part_and_clients_share_no_tokens() {
    let (one, _) = static_client(None);
    let (two, _) = static_client(None);
    let token = one.get(&TARGET).unwrap();
    for other in [
        Target { port: 5433, ..TARGET },
        Target { user: "App", ..TARGET },
        Target { host: "db.abd.us-east-1.rds.amazonaws.com", ..TARGET },
        TARGET.region(Some("us-east-2")),
    ] {
        assert_ne!(one.get(&other).unwrap().as_str(), token.as_str());
        assert_ne!(one.sign(&other).unwrap().as_str(), one.sign(&TARGET).unwrap().as_str());
    }
    assert_eq!((one.stats().entries, two.stats().entries), (5, 0));
}

#[test]
fn sign_leaves_the_token_cache_alone() {
    let (client, _, clock) = client(|config| config);
    let first = client.sign(&TARGET).unwrap();
    clock.step(1);
    let second = client.sign(&TARGET).unwrap();
    assert_eq!((signed_at(&first), signed_at(&second)), (0, 1));
    let stats = client.stats();
    assert_eq!((stats.entries, stats.hits, stats.misses, stats.signatures), (0, 0, 0, 2));
}

#[test]
fn cache_is_bounded_and_a_used_token_outlives_a_flood_of_others() {
    let (client, _, _) = client(|config| config.max_entries(16));
    client.get(&TARGET).unwrap();
    for user in 0..1000 {
        client.get(&Target { user: &user.to_string(), ..TARGET }).unwrap();
        client.get(&TARGET).unwrap();
        assert!(client.stats().entries <= 16);
    }
    let stats = client.stats();
    assert_eq!((stats.hits, stats.misses), (1000, 1001), "{stats:?}");
    assert_eq!(stats.evictions, 1001 - stats.entries);
}

#[test]
fn margins_are_those_of_the_configuration() {
    let seconds = Duration::from_secs;
    let (client, _, clock) =
        client(|config| config.refresh_before(seconds(300)).min_remaining(seconds(100)));
    client.get(&TARGET).unwrap();
    let lease = binding::try_get_lease(&client, &TARGET).unwrap();
    assert_eq!(lease.fresh, NOW..NOW + 600);
    clock.step(600);
    assert_eq!(signed_at(&client.get(&TARGET).unwrap()), 600);
}

mod handles;
mod hosts;
mod invalidation;
mod waiting;

#[test]
fn region_that_contradicts_the_host_is_obeyed_with_one_event() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let (client, _, _) =
        client(|config| config.on_event(move |event| sink.lock().unwrap().push(event.clone())));
    let target = TARGET.region(Some("eu-west-1"));
    for _ in 0..3 {
        assert!(client.sign(&target).unwrap().as_str().contains("%2Feu-west-1%2F"));
        client.get(&target).unwrap();
        client.get(&TARGET).unwrap();
    }
    let events = events.lock().unwrap();
    let [event @ Event::RegionMismatch(_)] = &events[..] else { panic!("{events:?}") };
    let text = event.to_string();
    assert!(text.contains("eu-west-1") && text.contains("us-east-1"), "{text}");
}

#[test]
fn region_is_the_argument_then_the_host_then_the_client() {
    let (client, _, _) = client(|config| config.region("ap-south-1"));
    let region = |target: Target<'_>| client.region(&target).unwrap();
    assert_eq!(region(TARGET.region(Some("eu-west-1"))), "eu-west-1");
    assert_eq!(region(TARGET), "us-east-1");
    assert_eq!(region(Target { host: "db.example.com", ..TARGET }), "ap-south-1");
}

#[test]
fn debug_shows_no_secret() {
    let (client, _) = static_client(None);
    let token = client.get(&TARGET).unwrap();
    let signature = token.as_str().rsplit_once('=').unwrap().1;
    let shown = format!("{client:?} {token:?} {:?}", client.handle(&TARGET).unwrap());
    assert!(!shown.contains("SECRET") && !shown.contains(signature), "{shown}");
}
