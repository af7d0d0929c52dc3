//! The single flight, the refresh behind a token and the table under a model checker: the same few
//! calls in thousands of chosen orders of their threads. A wake-up that is lost is a deadlock, and
//! the checker says so.
//!
//! Waits have no bound here, pointers are swapped in one step, and the order of memory is
//! sequential: what is left to find is the order of what the code does. `RDSIAM_SEED` replays the
//! orders, `RDSIAM_SCHEDULES` says how many there are of each kind.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking and prints its seed"
)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use rdsiam::{
    Client, Clock, Config, Credentials, CredentialsSource, Error, ManualClock, Result, Step,
    Target, Token,
};
use shuttle::Runner;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::thread;

const NOW: i64 = 1_717_243_200;

fn target() -> Target<'static> {
    Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, "app")
}

/// A provider of one key that nobody may ask twice at a time.
#[derive(Default)]
struct Source {
    calls: AtomicUsize,
    busy: AtomicBool,
    /// The first so many calls fail.
    fails: usize,
    /// Invalidations that have begun, and how many had at the beginning of each call.
    invalidations: AtomicUsize,
    begun_after: Mutex<Vec<usize>>,
}

struct Shared(Arc<Source>);

impl CredentialsSource for Shared {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let Self(source) = self;
        assert!(!source.busy.swap(true, SeqCst), "two refreshes of one key at a time");
        let number = source.calls.fetch_add(1, SeqCst);
        source.begun_after.lock().unwrap().push(source.invalidations.load(SeqCst));
        thread::yield_now();
        source.busy.store(false, SeqCst);
        if number < source.fails {
            return Err(Error::provider(format!("failure {number}"), true));
        }
        Credentials::new(&format!("AKID{number}."), "SECRET", None)
    }
}

fn client(fails: usize) -> (Client, Arc<Source>, ManualClock) {
    let source = Arc::new(Source { fails, ..Source::default() });
    let clock = ManualClock::at(NOW);
    let config =
        Config::new().source(Shared(Arc::clone(&source))).clock(Clock::Manual(clock.clone()));
    (Client::new(config).unwrap(), source, clock)
}

/// Which call of the provider a token comes from.
fn call_of(token: &Token) -> usize {
    let (_, rest) = token.as_str().split_once("AKID").unwrap();
    rest.split_once('.').unwrap().0.parse().unwrap()
}

/// Runs these on threads of their own and waits for them.
fn together<T: Send + 'static>(bodies: Vec<Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    let threads: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn get(client: &Client) -> Box<dyn FnOnce() -> Result<Arc<Token>> + Send> {
    let client = client.clone();
    Box::new(move || client.get(&target()))
}

/// All who miss at once share one refresh, however they meet.
fn one_refresh_for_all() {
    let (client, source, _) = client(0);
    let tokens = together((0..3).map(|_| get(&client)).collect());
    assert_eq!(source.calls.load(SeqCst), 1, "work that was done twice");
    let first = tokens.first().unwrap().as_ref().unwrap();
    assert!(tokens.iter().all(|token| Arc::ptr_eq(token.as_ref().unwrap(), first)));
    assert!(Arc::ptr_eq(&client.get(&target()).unwrap(), first), "a result that was lost");
    assert_eq!(client.stats().refreshing, 0);
}

/// Each caller gets a token or the error of a refresh it took part in; nobody waits for ever.
fn failures_reach_those_who_wait() {
    let (client, source, _) = client(2);
    for result in together((0..3).map(|_| get(&client)).collect()) {
        match result {
            Ok(token) => assert_eq!(call_of(&token), 2),
            Err(error) => assert!(["failure 0", "failure 1"].contains(&error.message())),
        }
    }
    while client.get(&target()).is_err() {}
    assert_eq!(source.calls.load(SeqCst), 3);
}

/// An ageing token is handed out or its successor is, and one refresh runs behind it.
fn one_refresh_behind() {
    let (client, source, clock) = client(0);
    let first = client.get(&target()).unwrap();
    clock.pass(850);
    for token in together((0..3).map(|_| get(&client)).collect()) {
        let token = token.unwrap();
        assert!(Arc::ptr_eq(&token, &first) || call_of(&token) == 1);
    }
    while Arc::ptr_eq(&client.get(&target()).unwrap(), &first) {
        thread::yield_now();
    }
    assert_eq!(source.calls.load(SeqCst), 2, "work that was done twice");
}

/// An invalidated token is not handed out again, nor is one whose making had begun before.
fn invalidated_tokens_stay_away() {
    let (client, source, _) = client(0);
    let first = client.get(&target()).unwrap();
    let invalidate = |client: &Client| -> Box<dyn FnOnce() -> Result<Arc<Token>> + Send> {
        let (client, source, first) = (client.clone(), Arc::clone(&source), Arc::clone(&first));
        Box::new(move || {
            source.invalidations.fetch_add(1, SeqCst);
            client.invalidate(&target())?;
            let next = client.get(&target())?;
            assert!(!Arc::ptr_eq(&next, &first), "an invalidated token");
            Ok(next)
        })
    };
    for result in together(vec![get(&client), invalidate(&client), invalidate(&client)]) {
        result.unwrap();
    }
    let kept = call_of(&client.get(&target()).unwrap());
    let begun_after = source.begun_after.lock().unwrap().get(kept).copied();
    assert_eq!(begun_after, Some(2), "a token from before an invalidation came back");
}

/// Who holds on to a key sees an invalidation as well: what it hands out after one was made after it.
fn a_handle_sees_invalidations() {
    let (client, source, _) = client(0);
    let mut handle = client.handle(&target()).unwrap();
    handle.get().unwrap();
    let invalidated = Arc::new(AtomicBool::new(false));
    let invalidate: Box<dyn FnOnce() + Send> = {
        let (client, source, invalidated) =
            (client.clone(), Arc::clone(&source), Arc::clone(&invalidated));
        Box::new(move || {
            source.invalidations.fetch_add(1, SeqCst);
            client.invalidate(&target()).unwrap();
            invalidated.store(true, SeqCst);
        })
    };
    let hit: Box<dyn FnOnce() + Send> = Box::new(move || {
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

/// Wherever in a refresh an invalidation comes, what had begun before it is not kept.
fn an_invalidation_in_a_refresh_counts() {
    let (client, source, _) = client(0);
    let invalidate: Box<dyn FnOnce() -> Result<Arc<Token>> + Send> = {
        let (client, source) = (client.clone(), Arc::clone(&source));
        Box::new(move || {
            while source.calls.load(SeqCst) == 0 {
                thread::yield_now();
            }
            client.invalidate(&target())?;
            client.get(&target())
        })
    };
    for result in together(vec![get(&client), invalidate]) {
        result.unwrap();
    }
    let kept = call_of(&client.get(&target()).unwrap());
    assert_eq!(kept, 1, "a token from before an invalidation came back");
}

/// A host has one ticket at a time, and one that it loses does not wedge the key.
fn one_ticket_at_a_time() {
    let config = Config::new().external().clock(Clock::Manual(ManualClock::at(NOW)));
    let client = Client::new(config).unwrap();
    let out = Arc::new(AtomicBool::new(false));
    let host = |loses: bool| -> Box<dyn FnOnce() + Send> {
        let (client, out) = (client.clone(), Arc::clone(&out));
        Box::new(move || {
            if let Step::Fetch(ticket) = client.step(&target()).unwrap() {
                assert!(!out.swap(true, SeqCst), "two tickets of one key at a time");
                thread::yield_now();
                out.store(false, SeqCst);
                if loses {
                    drop(ticket);
                } else {
                    ticket.bring(Credentials::new("AKID", "SECRET", None).unwrap()).unwrap();
                }
            }
        })
    };
    together(vec![host(true), host(false), host(true)]);
    assert!(matches!(client.step(&target()).unwrap(), Step::Serve(_) | Step::Fetch(_)));
}

/// However many keys are added at once, the table keeps its bound, and the last of them its entry.
fn the_table_keeps_its_bound() {
    let clock = Clock::Manual(ManualClock::at(NOW));
    let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
    let config = Config::new().credentials(credentials).clock(clock).max_entries(2);
    let client = Client::new(config).unwrap();
    let ask = |user: &'static str| -> Box<dyn FnOnce() -> Result<Arc<Token>> + Send> {
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

const SCENARIOS: [(&str, fn()); 8] = [
    ("a_handle_sees_invalidations", a_handle_sees_invalidations),
    ("one_refresh_for_all", one_refresh_for_all),
    ("failures_reach_those_who_wait", failures_reach_those_who_wait),
    ("one_refresh_behind", one_refresh_behind),
    ("invalidated_tokens_stay_away", invalidated_tokens_stay_away),
    ("an_invalidation_in_a_refresh_counts", an_invalidation_in_a_refresh_counts),
    ("one_ticket_at_a_time", one_ticket_at_a_time),
    ("the_table_keeps_its_bound", the_table_keeps_its_bound),
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

/// The rules are switched off for a whole process: the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn no_order_of_the_threads_breaks_a_rule() {
    let _turn = TURN.lock();
    let seed = setting("RDSIAM_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("RDSIAM_SEED={seed}, twice {} orders each", schedules());
    for (name, scenario) in SCENARIOS {
        println!("{name}");
        explore(scenario, seed, schedules());
    }
}

/// Each rule that only threads at the same moment can miss, switched off in turn.
#[cfg(feature = "fault-injection")]
#[test]
fn every_broken_rule_is_noticed() {
    use rdsiam::rules::Rule;
    use std::panic::catch_unwind;

    let _turn = TURN.lock();
    let seed = setting("RDSIAM_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("RDSIAM_SEED={seed}");
    let mut missed = Vec::new();
    for rule in Rule::OF_THREADS {
        Rule::break_only(Some(rule));
        let notices =
            |scenario: fn()| catch_unwind(|| explore(scenario, seed, schedules())).is_err();
        let by = SCENARIOS.into_iter().find(|(_, scenario)| notices(*scenario));
        Rule::break_only(None);
        println!("{rule:?}: noticed by {:?}", by.map(|(name, _)| name));
        if by.is_none() {
            missed.push(rule);
        }
    }
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
