//! The fetch of credentials, the background refresh and the token cache under a model checker: the same
//! few calls in thousands of chosen orders of their threads. A wake-up that is lost is a deadlock, and
//! the checker says so.
//!
//! Waits have no deadline here and the order of memory is sequential: what is left to find is the
//! order of what the code does. `RDSIAM_SEED` replays the orders, `RDSIAM_SCHEDULES` says how many
//! there are of each kind. `make model` builds it with `--cfg rdsiam_shuttle`; without that there is
//! nothing in this file.
//!
//! Each of these changes was made by hand and noticed: a lookup that begins a second fetch; a lookup or an
//! outcome that ignores the refused login; a refused login without a pause, or one that no fetch ends; a
//! fetch that notifies no caller or wakes no waker; waiting, or leaving a waker, without a look under
//! the lock; a dropped request that does not end; a task that forgets what it waits for; a token that is
//! stored after an invalidation, or with credentials from before it; a new generation only if a token
//! was removed; a bound that is one too large; a handle that ignores the generation, or reads it after
//! the token; a host's call that looks for credentials twice.
#![cfg(rdsiam_shuttle)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking and prints its seed"
)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use rdsiam::binding::{self, Action, Clock, ManualClock};
use rdsiam::{
    AsyncClient, Client, Config, Credentials, CredentialsSource, Error, Result, Target, Token,
};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Runner, future, thread};

const NOW: i64 = 1_717_243_200;

fn target() -> Target<'static> {
    Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app")
}

/// A source that nobody may ask twice at a time.
#[derive(Default)]
struct Source {
    calls: AtomicUsize,
    busy: AtomicBool,
    /// The first so many calls fail.
    fails: usize,
    /// The numbers of the calls that were forced.
    forced: Mutex<Vec<usize>>,
}

struct Shared(Arc<Source>);

impl CredentialsSource for Shared {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        let Self(source) = self;
        assert!(!source.busy.swap(true, SeqCst), "two fetches at a time");
        let number = source.calls.fetch_add(1, SeqCst);
        if force_refresh {
            source.forced.lock().unwrap().push(number);
        }
        thread::yield_now();
        source.busy.store(false, SeqCst);
        if number < source.fails {
            return Err(Error::provider(format!("failure {number}"), true));
        }
        let expires_at = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + 3600);
        Ok(Credentials::new(&format!("AKID{number}."), "SECRET", None)?.with_expiry(expires_at))
    }
}

/// Nothing is overdue in the time that an order takes.
fn patient(config: Config, clock: &ManualClock) -> Client {
    let config = config.timeout(Duration::from_secs(3600));
    Client::new(binding::with_clock(config, Clock::Manual(clock.clone()))).unwrap()
}

fn client(fails: usize) -> (Client, Arc<Source>, ManualClock) {
    let source = Arc::new(Source { fails, ..Source::default() });
    let clock = ManualClock::at(NOW);
    (patient(Config::new().source(Shared(Arc::clone(&source))), &clock), source, clock)
}

/// Which call of the source a token comes from.
fn call_of(token: &Token) -> usize {
    let (_, rest) = token.as_str().split_once("AKID").unwrap();
    rest.split_once('.').unwrap().0.parse().unwrap()
}

type Body<T> = Box<dyn FnOnce() -> T + Send>;

/// Runs these on threads of their own and waits for them.
fn together<T: Send + 'static>(bodies: Vec<Body<T>>) -> Vec<T> {
    let threads: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn get(client: &Client) -> Body<Result<Arc<Token>>> {
    let client = client.clone();
    Box::new(move || client.get(&target()))
}

fn sign(client: &Client) -> Body<Result<Arc<Token>>> {
    let client = client.clone();
    Box::new(move || client.sign(&target()).map(Arc::new))
}

/// The fetch in the background ends in every order: if not, this is a deadlock.
fn settle(client: &Client) {
    while client.stats().refreshing > 0 {
        thread::yield_now();
    }
}

/// All who need credentials at once share one fetch, whichever key they ask for.
fn one_fetch_for_all() {
    let (client, source, _) = client(0);
    let another: Body<_> = {
        let client = client.clone();
        Box::new(move || {
            client.get(&Target::new("db.example.com", 1, "b").region(Some("us-east-1")))
        })
    };
    for token in together(vec![get(&client), another, sign(&client), get(&client)]) {
        assert_eq!(call_of(&token.unwrap()), 0);
    }
    assert_eq!(source.calls.load(SeqCst), 1, "work that was done twice");
    let stats = client.stats();
    assert_eq!((stats.refreshing, stats.entries, stats.refreshes), (0, 2, 1));
}

/// Each caller gets a token or the error of a fetch that it waited for; nobody waits for ever.
fn failures_reach_those_who_wait() {
    let (client, source, _) = client(2);
    for result in together(vec![get(&client), sign(&client), get(&client)]) {
        match result {
            Ok(token) => assert_eq!(call_of(&token), 2),
            Err(error) => assert!(["failure 0", "failure 1"].contains(&error.message())),
        }
    }
    while client.get(&target()).is_err() {}
    assert_eq!(source.calls.load(SeqCst), 3);
}

/// Stale credentials sign while one fetch runs in the background.
fn one_background_fetch() {
    let (client, source, clock) = client(0);
    client.get(&target()).unwrap();
    clock.step(3000);
    for token in together(vec![get(&client), sign(&client), get(&client)]) {
        assert_ne!(call_of(&token.unwrap()), 1);
    }
    settle(&client);
    // With less than 15 minutes left the source is asked for newer ones in the same fetch.
    assert_eq!((source.calls.load(SeqCst), client.stats().refreshes), (3, 2));
    assert_eq!(client.stats().waits, 1, "a call waited behind stale credentials");
}

/// After an invalidation no token is returned to the caller, or kept, that was signed with the
/// credentials from before.
fn signed_before_an_invalidation_is_not_kept() {
    let (client, source, _) = client(0);
    let refused = client.sign(&target()).unwrap();
    let invalidate: Body<_> = {
        let client = client.clone();
        Box::new(move || {
            client.invalidate_token(&target(), refused.as_str())?;
            let next = client.get(&target())?;
            assert_eq!(call_of(&next), 1, "signed with the refused credentials");
            Ok(next)
        })
    };
    for result in together(vec![get(&client), invalidate]) {
        result.unwrap();
    }
    assert_eq!(call_of(&client.get(&target()).unwrap()), 1, "kept with the refused credentials");
    assert_eq!((source.calls.load(SeqCst), &*source.forced.lock().unwrap()), (2, &vec![1]));
}

/// The same of a cached token, by the call that removes whichever there is.
fn invalidated_tokens_stay_away() {
    let (client, source, _) = client(0);
    let first = client.get(&target()).unwrap();
    let invalidate = |client: &Client| -> Body<Result<Arc<Token>>> {
        let (client, first) = (client.clone(), Arc::clone(&first));
        Box::new(move || {
            client.invalidate(&target())?;
            let next = client.get(&target())?;
            assert!(!Arc::ptr_eq(&next, &first), "an invalidated token");
            assert!(call_of(&next) > 0, "signed with the refused credentials");
            Ok(next)
        })
    };
    for result in together(vec![get(&client), invalidate(&client), invalidate(&client)]) {
        result.unwrap();
    }
    assert_eq!(call_of(&client.get(&target()).unwrap()), 1);
    assert_eq!((source.calls.load(SeqCst), &*source.forced.lock().unwrap()), (2, &vec![1]));
}

/// A fetch that began before a refused login does not satisfy the next caller.
fn an_invalidation_in_a_fetch_counts() {
    let (client, source, _) = client(0);
    let invalidate: Body<Result<Arc<Token>>> = {
        let (client, source) = (client.clone(), Arc::clone(&source));
        Box::new(move || {
            while source.calls.load(SeqCst) == 0 {
                thread::yield_now();
            }
            client.invalidate(&target())?;
            let next = client.get(&target())?;
            assert_eq!(call_of(&next), 1, "fetched before the invalidation");
            Ok(next)
        })
    };
    for result in together(vec![get(&client), invalidate]) {
        result.unwrap();
    }
    assert_eq!(call_of(&client.get(&target()).unwrap()), 1, "kept from before an invalidation");
    assert_eq!(&*source.forced.lock().unwrap(), &vec![1]);
}

/// Many who are refused at once cost one forced fetch.
fn refused_logins_share_one_forced_fetch() {
    let (client, source, clock) = client(0);
    let first = client.get(&target()).unwrap();
    clock.step(30);
    let log_in = || -> Body<Result<Arc<Token>>> {
        let (client, first) = (client.clone(), Arc::clone(&first));
        let began = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + 30);
        Box::new(move || {
            assert!(client.login_refused(&target(), first.as_str(), began)?);
            client.get(&target())
        })
    };
    for token in together(vec![log_in(), log_in(), log_in()]) {
        assert_eq!(call_of(&token.unwrap()), 1);
    }
    assert_eq!((source.calls.load(SeqCst), &*source.forced.lock().unwrap()), (2, &vec![1]));
}

/// Who holds on to a key sees an invalidation as well: what it returns after one was made after it.
fn a_handle_sees_invalidations() {
    let (client, _, _) = client(0);
    client.get(&target()).unwrap();
    let mut handle = client.handle(&target()).unwrap();
    let invalidated = Arc::new(AtomicBool::new(false));
    let invalidate: Body<()> = {
        let (client, invalidated) = (client.clone(), Arc::clone(&invalidated));
        Box::new(move || {
            client.invalidate(&target()).unwrap();
            invalidated.store(true, SeqCst);
        })
    };
    let hit: Body<()> = Box::new(move || {
        for _ in 0..3 {
            let after = invalidated.load(SeqCst);
            let call = call_of(handle.get().unwrap());
            assert!(!after || call > 0, "an invalidated token");
        }
    });
    together(vec![invalidate, hit, {
        let client = client.clone();
        Box::new(move || drop(client.get(&target()).unwrap()))
    }]);
}

/// A task is woken when the fetch ends, however it ends, and does not begin another after a failure.
fn tasks_are_woken() {
    for fails in [0, 10] {
        let (client, source, _) = client(fails);
        let asynchronous = |client: &Client| -> Body<Result<Arc<Token>>> {
            let client = AsyncClient::from(client.clone());
            Box::new(move || future::block_on(client.get(&target())))
        };
        for result in together(vec![asynchronous(&client), asynchronous(&client), get(&client)]) {
            assert_eq!(result.is_err(), fails > 0, "a failed fetch was repeated");
        }
        let calls = source.calls.load(SeqCst);
        assert!(if fails > 0 { calls <= 3 } else { calls == 1 }, "{calls} calls");
    }
}

/// A host has one request at a time, and one that it drops does not wedge the client.
fn one_request_at_a_time() {
    let client = patient(binding::host_fetches(Config::new()), &ManualClock::at(NOW));
    let out = Arc::new(AtomicBool::new(false));
    let host = |drops: bool| -> Body<()> {
        let (client, out) = (client.clone(), Arc::clone(&out));
        Box::new(move || match binding::next_lease(&client, &target()).unwrap() {
            Action::Fetch(request) => {
                assert!(!out.swap(true, SeqCst), "two requests at a time");
                thread::yield_now();
                out.store(false, SeqCst);
                if drops {
                    drop(request);
                } else {
                    let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
                    assert!(request.complete(credentials).unwrap().is_none());
                }
            }
            Action::Wait(pending) => {
                pending.wait().unwrap();
                if let Err(error) = pending.outcome(&client) {
                    assert!(error.message().contains("abandoned"));
                }
            }
            Action::Serve(_) | Action::ServeAndFetch(..) => {}
        })
    };
    together(vec![host(true), host(false), host(true)]);
    let next = binding::next_lease(&client, &target()).unwrap();
    assert!(matches!(next, Action::Serve(_) | Action::Fetch(_)));
}

/// Whatever happens between two steps of a host's call, it is told what to do.
fn a_host_is_never_told_that_it_would_block() {
    let client = patient(binding::host_fetches(Config::new()), &ManualClock::at(NOW));
    let complete = |client: &Client| {
        let Action::Fetch(request) = binding::next_signature(client, &target()).unwrap() else {
            return;
        };
        let expires_at = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + 3600);
        let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
        assert!(request.complete(credentials.with_expiry(expires_at)).unwrap().is_none());
    };
    complete(&client);
    let step: fn(&Client) = |client| match binding::next_lease(client, &target()).unwrap() {
        Action::Serve(_) | Action::ServeAndFetch(..) => {}
        Action::Fetch(request) => drop(request),
        Action::Wait(pending) => pending.wait().unwrap(),
    };
    let sign: fn(&Client) = |client| match binding::next_signature(client, &target()).unwrap() {
        Action::Serve(_) | Action::ServeAndFetch(..) => {}
        Action::Fetch(request) => drop(request),
        Action::Wait(pending) => pending.wait().unwrap(),
    };
    let refuse: fn(&Client) = |client| client.invalidate(&target()).unwrap();
    let body = |call: fn(&Client)| -> Body<()> {
        let client = client.clone();
        Box::new(move || call(&client))
    };
    together(vec![body(step), body(refuse), body(sign)]);
}

/// However many keys are added at once, the cache keeps its bound.
fn the_cache_keeps_its_bound() {
    let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
    let config = Config::new().credentials(credentials).max_entries(2);
    let client = patient(config, &ManualClock::at(NOW));
    let ask = |user: &'static str| -> Body<Result<Arc<Token>>> {
        let client = client.clone();
        Box::new(move || {
            client.get(&Target::new("db.us-east-1.example.com", 1, user).region(Some("us-east-1")))
        })
    };
    for token in together(vec![ask("one"), ask("two"), ask("three")]) {
        token.unwrap();
    }
    let stats = client.stats();
    assert!(stats.entries <= 2 && stats.entries + stats.evictions == 3, "{stats:?}");
}

const SCENARIOS: [(&str, fn()); 12] = [
    ("one_fetch_for_all", one_fetch_for_all),
    ("failures_reach_those_who_wait", failures_reach_those_who_wait),
    ("one_background_fetch", one_background_fetch),
    ("signed_before_an_invalidation_is_not_kept", signed_before_an_invalidation_is_not_kept),
    ("invalidated_tokens_stay_away", invalidated_tokens_stay_away),
    ("an_invalidation_in_a_fetch_counts", an_invalidation_in_a_fetch_counts),
    ("refused_logins_share_one_forced_fetch", refused_logins_share_one_forced_fetch),
    ("a_handle_sees_invalidations", a_handle_sees_invalidations),
    ("tasks_are_woken", tasks_are_woken),
    ("one_request_at_a_time", one_request_at_a_time),
    ("a_host_is_never_told_that_it_would_block", a_host_is_never_told_that_it_would_block),
    ("the_cache_keeps_its_bound", the_cache_keeps_its_bound),
];

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

fn schedules() -> usize {
    usize::try_from(setting("RDSIAM_SCHEDULES").unwrap_or(300)).unwrap()
}

/// Half of the orders by chance alone, half with few changes of the thread at chosen places.
fn explore(scenario: fn(), seed: u64, schedules: usize) {
    let chance = RandomScheduler::new_from_seed(seed, schedules);
    Runner::new(chance, shuttle::Config::new()).run(scenario);
    let few_changes = PctScheduler::new_from_seed(seed, 3, schedules);
    Runner::new(few_changes, shuttle::Config::new()).run(scenario);
}

#[test]
fn no_order_of_the_threads_breaks_a_rule() {
    let seed = setting("RDSIAM_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("RDSIAM_SEED={seed}, twice {} orders each", schedules());
    for (name, scenario) in SCENARIOS {
        println!("{name}");
        explore(scenario, seed, schedules());
    }
}
