//! The rules of the cache, one after the other, with a clock that the test moves.

mod handles;
mod room;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::credentials::CredentialsSource;
use crate::error::ErrorKind;

const NOW: i64 = 1_717_243_200;
const TARGET: Target<'static> =
    Target { host: "db.abc.us-east-1.rds.amazonaws.com", port: 5432, user: "app", region: None };

/// A source that the test holds in its hand.
#[derive(Clone, Default)]
struct Source(Arc<SourceState>);

#[derive(Default)]
struct SourceState {
    calls: AtomicUsize,
    fails: AtomicBool,
    /// Seconds that what it gives is good for; 0 for no end.
    life: AtomicU64,
    /// If there is one, each call waits for a word from the test.
    gate: Mutex<Option<Receiver<()>>>,
    clock: ManualClock,
}

impl Source {
    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn gate(&self) -> Sender<()> {
        let (open, gate) = channel();
        *self.0.gate.lock().unwrap() = Some(gate);
        open
    }
}

impl CredentialsSource for Source {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let state = &self.0;
        state.calls.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = &*state.gate.lock().unwrap() {
            gate.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        if state.fails.load(Ordering::SeqCst) {
            return Err(Error::provider("the portal is down", true));
        }
        let now = Clock::Manual(state.clock.clone()).now()?;
        let life = i64::try_from(state.life.load(Ordering::SeqCst)).unwrap();
        let end = (life > 0).then_some(now + life);
        Credentials::with_expiry("AKID", "SECRET", Some("SESSION"), end)
    }
}

/// A client that asks the source, and the clock of both.
fn client(configure: impl FnOnce(Config) -> Config) -> (Client, Source, ManualClock) {
    let source = Source::default();
    let clock = source.0.clock.clone();
    clock.set(NOW);
    let config = Config::new().source(source.clone()).clock(Clock::Manual(clock.clone()));
    (Client::new(configure(config)).unwrap(), source, clock)
}

fn static_client(expires_at: Option<i64>) -> (Client, ManualClock) {
    let credentials = Credentials::with_expiry("AKID", "SECRET", None, expires_at).unwrap();
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

#[test]
fn a_hit_gives_the_same_token_and_asks_nobody() {
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
fn a_hit_is_not_held_up_by_a_refresh() {
    let (client, source, clock) = client(|config| config);
    let first = client.get(&TARGET).unwrap();
    let open = source.gate();
    clock.step(850);
    for _ in 0..10 {
        assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    }
    eventually("one refresh behind", || source.calls() == 2);
    let other = Target { user: "other", ..TARGET };
    thread::scope(|scope| {
        // A miss of another key is held up by its own provider call only, not by this one.
        scope.spawn(|| client.get(&other).unwrap());
        assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
        open.send(()).unwrap();
        open.send(()).unwrap();
    });
    eventually("the new token", || !Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    assert_eq!(source.calls(), 3);
}

#[test]
fn who_began_a_refresh_behind_may_come_to_wait_for_it() {
    let (client, source, clock) = client(|config| config);
    let first = client.get(&TARGET).unwrap();
    let open = source.gate();
    clock.step(850);
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    eventually("a refresh behind", || source.calls() == 2);
    clock.step(100);
    open.send(()).unwrap();
    open.send(()).unwrap();
    // The same thread, and the token that it could have been given has ended meanwhile.
    assert_eq!(client.get(&TARGET).unwrap().signed_at(), NOW + 950);
    assert_eq!(source.calls(), 3, "what was fetched before the sleep is fetched again");
}

#[test]
fn without_io_an_ageing_token_is_replaced_in_the_call() {
    let (client, clock) = static_client(None);
    let first = client.get(&TARGET).unwrap();
    clock.step(840);
    let second = client.get(&TARGET).unwrap();
    assert_eq!(second.signed_at(), first.signed_at() + 840);
}

#[test]
fn a_failed_refresh_behind_keeps_the_token_and_pauses() {
    let (client, source, clock) = client(|config| config);
    let first = client.get(&TARGET).unwrap();
    source.0.fails.store(true, Ordering::SeqCst);
    clock.step(845);
    let mut calls = Vec::new();
    for _ in 0..45 {
        assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
        let entry = client.0.table.find(&TARGET).unwrap();
        eventually("nobody works", || !entry.flights.is_working(std::process::id()));
        calls.push(source.calls());
        clock.step(1);
    }
    // 1, 2, 4, 8 and 16 seconds at the most, half of that at the least: not one for each call.
    assert!((4..=8).contains(&(source.calls() - 1)), "{calls:?}");
    let error = client.get(&TARGET).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, true));
    source.0.fails.store(false, Ordering::SeqCst);
    assert_eq!(client.get(&TARGET).unwrap().signed_at(), NOW + 890);
}

#[test]
fn all_who_wait_share_one_refresh_and_its_error() {
    for fails in [false, true] {
        let (client, source, _) = client(|config| config);
        source.0.fails.store(fails, Ordering::SeqCst);
        let open = source.gate();
        let start = Barrier::new(33);
        let results: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..32)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        client.get(&TARGET)
                    })
                })
                .collect();
            start.wait();
            eventually("31 wait", || client.stats().waits == 31);
            open.send(()).unwrap();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!(source.calls(), 1);
        for result in results {
            match result {
                Ok(token) => assert_eq!((fails, token.signed_at()), (false, NOW)),
                Err(error) => assert_eq!((fails, error.message()), (true, "the portal is down")),
            }
        }
    }
}

#[test]
fn a_clock_set_back_signs_anew_and_one_set_forward_too() {
    let (client, clock) = static_client(None);
    client.get(&TARGET).unwrap();
    clock.step(-3600);
    assert_eq!(client.get(&TARGET).unwrap().signed_at(), NOW - 3600);
    clock.step(7200);
    assert_eq!(client.get(&TARGET).unwrap().signed_at(), NOW + 3600);
}

#[test]
fn a_token_never_outlives_its_credentials() {
    let (client, source, clock) = client(|config| config);
    source.0.life.store(300, Ordering::SeqCst);
    let token = client.get(&TARGET).unwrap();
    assert_eq!(token.expires_at(), NOW + 300);
    assert_eq!(source.calls(), 2, "less than 15 minutes: asked once more");
    clock.step(290);
    assert_eq!(client.get(&TARGET).unwrap().signed_at(), NOW + 290);
}

#[test]
fn credentials_that_end_within_min_remaining_are_of_no_use() {
    for (life, usable) in [(10, true), (9, false), (1, false)] {
        let (client, _) = static_client(Some(NOW + life));
        match client.get(&TARGET) {
            Ok(token) => assert!(usable && token.expires_at() == NOW + life),
            Err(error) => {
                assert_eq!((usable, error.kind()), (false, ErrorKind::CredentialsExpired));
                assert!(error.retryable() && error.message().contains("min_remaining"));
            }
        }
        assert!(client.sign(&TARGET).is_ok(), "sign gives what there is, as the peers do");
    }
    let (client, _) = static_client(Some(NOW));
    for result in [client.get(&TARGET).map(drop), client.sign(&TARGET).map(drop)] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::CredentialsExpired);
    }
}

#[test]
fn stale_credentials_do_not_replace_a_better_token() {
    let (client, source, clock) = client(|config| config);
    source.0.life.store(900, Ordering::SeqCst);
    let first = client.get(&TARGET).unwrap();
    clock.step(845);
    source.0.life.store(20, Ordering::SeqCst);
    client.get(&TARGET).unwrap();
    eventually("a refresh that brought less", || client.stats().refreshes == 2);
    eventually("it landed", || client.stats().signatures == 2);
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
}

#[test]
fn keys_differ_by_each_part_and_clients_share_nothing() {
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
    }
    assert_eq!(one.stats().entries, 5);
    assert_eq!(two.stats().entries, 0);
}

#[test]
fn invalidate_drops_one_key() {
    let (client, source, _) = client(|config| config);
    let other = Target { user: "other", ..TARGET };
    let kept = client.get(&other).unwrap();
    let dropped = client.get(&TARGET).unwrap();
    client.invalidate(&TARGET).unwrap();
    client.invalidate(&TARGET).unwrap();
    assert!(!Arc::ptr_eq(&dropped, &client.get(&TARGET).unwrap()));
    assert!(Arc::ptr_eq(&kept, &client.get(&other).unwrap()));
    assert_eq!((client.stats().invalidations, source.calls()), (1, 3));
    assert!(client.invalidate(&Target { host: "a b", ..TARGET }).is_err());
    client.invalidate(&Target { user: "never seen", ..TARGET }).unwrap();
}

#[test]
fn what_was_under_way_at_an_invalidate_is_not_kept() {
    let (client, source, _) = client(|config| config);
    let open = source.gate();
    thread::scope(|scope| {
        scope.spawn(|| client.get(&TARGET).unwrap());
        eventually("the call", || source.calls() == 1);
        client.invalidate(&TARGET).unwrap();
        open.send(()).unwrap();
    });
    open.send(()).unwrap();
    client.get(&TARGET).unwrap();
    assert_eq!(source.calls(), 2);
}

#[test]
fn tokens_of_another_signer_are_kept_by_the_same_rules() {
    struct Elsewhere(Source);
    impl crate::TokenSource for Elsewhere {
        fn make(&self) -> Result<Token> {
            self.0.provide(false)?;
            let now = Clock::Manual(self.0.0.clock.clone()).now()?;
            Token::signed_elsewhere("a token", now)
        }
    }
    let source = Source::default();
    let (client, _, clock) = client(|config| {
        source.0.clock.set(NOW);
        let clock = Clock::Manual(source.0.clock.clone());
        config.tokens(Elsewhere(source.clone())).clock(clock)
    });
    drop(clock);
    let first = client.get(&TARGET).unwrap();
    assert_eq!((first.as_str(), first.expires_at()), ("a token", NOW + 900));
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    source.0.clock.step(850);
    assert!(Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    eventually("a refresh behind", || !Arc::ptr_eq(&first, &client.get(&TARGET).unwrap()));
    assert_eq!(source.calls(), 2);
    let refused = client.try_get_lease(&Target { user: "other", ..TARGET }).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WouldBlock);
    assert_eq!(client.sign(&TARGET).unwrap().signed_at(), NOW + 850);
}

#[test]
fn a_token_that_is_spent_when_it_comes_is_fetched_once_more() {
    /// Signs the first as long ago as this, and all others now.
    struct Late(AtomicUsize, i64);
    impl crate::TokenSource for Late {
        fn make(&self) -> Result<Token> {
            let ago = if self.0.fetch_add(1, Ordering::SeqCst) == 0 { self.1 } else { 0 };
            Token::signed_elsewhere("a token", NOW - ago)
        }
    }
    for (ago, signed_at) in [(889, NOW - 889), (890, NOW), (-1, NOW), (0, NOW)] {
        let (client, _, _) = client(|config| config.tokens(Late(AtomicUsize::new(0), ago)));
        assert_eq!(client.get(&TARGET).unwrap().signed_at(), signed_at, "{ago} s ago");
    }
}

#[test]
fn margins_are_those_of_the_configuration() {
    let (client, source, clock) = client(|config| config.refresh_before(300).min_remaining(100));
    let lease = client.get_lease(&TARGET).unwrap();
    assert_eq!(lease.fresh, NOW..NOW + 600);
    clock.step(799);
    assert!(Arc::ptr_eq(&lease.token, &client.get(&TARGET).unwrap()));
    eventually("a refresh behind", || source.calls() == 2);
}

#[test]
fn a_call_that_may_not_wait_says_so_and_serves_what_is_there() {
    let (client, source, clock) = client(|config| config);
    let refused = |result: Result<()>| result.unwrap_err().kind() == ErrorKind::WouldBlock;
    assert!(refused(client.try_get_lease(&TARGET).map(drop)));
    assert!(refused(client.try_sign(&TARGET).map(drop)));
    assert_eq!(source.calls(), 0);
    let token = client.get(&TARGET).unwrap();
    assert!(Arc::ptr_eq(&token, &client.try_get_lease(&TARGET).unwrap().token));
    clock.step(850);
    assert!(Arc::ptr_eq(&token, &client.try_get_lease(&TARGET).unwrap().token));
    eventually("a refresh behind", || source.calls() == 2);
    let (client, _) = static_client(None);
    assert!(client.try_get_lease(&TARGET).is_ok() && client.try_sign(&TARGET).is_ok());
}

#[test]
fn a_provider_that_panics_fails_its_callers_and_wedges_nothing() {
    struct Panics(AtomicUsize);
    impl CredentialsSource for Panics {
        fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
            if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
                panic!("on purpose");
            }
            Credentials::new("AKID", "SECRET", None)
        }
    }
    let client = Client::new(Config::new().source(Panics(AtomicUsize::new(0)))).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.get(&TARGET)));
    assert!(caught.is_err());
    assert!(client.get(&TARGET).is_ok());
}

#[test]
fn a_provider_that_asks_for_its_own_token_gets_an_error_not_a_deadlock() {
    struct Circle(Mutex<Option<Client>>);
    impl CredentialsSource for Arc<Circle> {
        fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
            let client = self.0.lock().unwrap().clone().unwrap();
            client.get(&TARGET)?;
            Credentials::new("AKID", "SECRET", None)
        }
    }
    let circle = Arc::new(Circle(Mutex::new(None)));
    let client = Client::new(Config::new().source(circle.clone())).unwrap();
    *circle.0.lock().unwrap() = Some(client.clone());
    assert_eq!(client.get(&TARGET).unwrap_err().kind(), ErrorKind::Internal);
    *circle.0.lock().unwrap() = None;
}

#[test]
fn sign_gives_a_new_token_each_time_and_asks_a_source_each_time() {
    let (client, source, clock) = client(|config| config);
    let first = client.sign(&TARGET).unwrap();
    clock.step(1);
    let second = client.sign(&TARGET).unwrap();
    assert_eq!(second.signed_at(), first.signed_at() + 1);
    assert_eq!(source.calls(), 2);
}

#[test]
fn kept_credentials_serve_for_a_minute_and_then_while_fifteen_are_left() {
    let kept = |expires_at| Kept {
        credentials: Credentials::with_expiry("AKID", "SECRET", None, expires_at).unwrap(),
        fetched_at: NOW,
    };
    let ends = kept(Some(NOW + 1000));
    assert!(ends.serves(NOW) && ends.serves(NOW + 100) && !ends.serves(NOW + 101));
    assert!(!ends.serves(NOW - 1), "a clock set back");
    let soon = kept(Some(NOW + 30));
    assert!(soon.serves(NOW + 29) && !soon.serves(NOW + 30));
    assert!(kept(Some(NOW + 600)).serves(NOW + 59) && !kept(Some(NOW + 600)).serves(NOW + 60));
    let endless = kept(None);
    assert!(endless.serves(NOW) && endless.serves(NOW + 59));
    assert!(!endless.serves(NOW + 60) && !endless.serves(NOW - 1));
}

#[test]
fn steps_let_a_host_fetch_by_itself() {
    let (client, _, clock) = client(Config::external);
    let good = || Credentials::with_expiry("AKID", "SECRET", None, None).unwrap();
    let Ok(Step::Fetch(ticket)) = client.step(&TARGET) else { panic!("a ticket") };
    assert!(matches!(client.step(&TARGET), Ok(Step::Wait)));
    let lease = ticket.bring(good()).unwrap();
    let Ok(Step::Serve(again)) = client.step(&TARGET) else { panic!("the token") };
    assert!(Arc::ptr_eq(&lease.token, &again.token));

    clock.step(850);
    let Ok(Step::ServeAndFetch(_, ticket)) = client.step(&TARGET) else { panic!("both") };
    assert!(matches!(client.step(&TARGET), Ok(Step::Serve(_))));
    ticket.fail(Error::provider("no", true));
    assert!(matches!(client.step(&TARGET), Ok(Step::Serve(_))), "in the pause");

    clock.step(50);
    let Ok(Step::Fetch(ticket)) = client.step(&TARGET) else { panic!("a ticket") };
    drop(ticket);
    let Ok(Step::Fetch(ticket)) = client.step(&TARGET) else { panic!("one that was dropped") };
    let ended = Credentials::with_expiry("AKID", "SECRET", None, Some(NOW)).unwrap();
    assert_eq!(ticket.bring(ended).unwrap_err().kind(), ErrorKind::CredentialsExpired);
    assert_eq!(client.get(&TARGET).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_region_that_contradicts_the_host_is_obeyed_with_one_warning() {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&warnings);
    let (client, _, _) =
        client(|config| config.on_warning(move |text| sink.lock().unwrap().push(text.to_owned())));
    let target = TARGET.region(Some("eu-west-1"));
    for _ in 0..3 {
        assert!(client.sign(&target).unwrap().as_str().contains("%2Feu-west-1%2F"));
        client.get(&target).unwrap();
        client.get(&TARGET).unwrap();
    }
    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("eu-west-1") && warnings[0].contains("us-east-1"));
}

#[test]
fn the_region_is_the_argument_then_the_host_then_the_client() {
    let (client, _, _) = client(|config| config.region("ap-south-1"));
    let region = |target: Target<'_>| client.region_at_hand(&target).unwrap();
    assert_eq!(region(TARGET.region(Some("eu-west-1"))), "eu-west-1");
    assert_eq!(region(TARGET), "us-east-1");
    assert_eq!(region(Target { host: "db.example.com", ..TARGET }), "ap-south-1");
}

#[test]
fn debug_shows_no_secret() {
    let (client, _) = static_client(None);
    let token = client.get(&TARGET).unwrap();
    let signature = token.as_str().rsplit_once('=').unwrap().1;
    let shown = format!("{client:?} {token:?} {:?}", client.get_lease(&TARGET).unwrap());
    assert!(!shown.contains("SECRET") && !shown.contains(signature), "{shown}");
}
