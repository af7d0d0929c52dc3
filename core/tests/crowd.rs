//! Thousands of keys and hundreds of callers at once, on sources that are slow, hang or call back: how
//! often the source is asked, how many threads there are, and who waits.
#![cfg(not(any(rdsiam_shuttle, rdsiam_tsan)))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdsiam::binding::{self, Action, Clock, ManualClock};
use rdsiam::{
    AsyncClient, Client, Config, Credentials, CredentialsSource, Error, ErrorKind, Result, Target,
};

const NOW: i64 = 1_717_243_200;
const LONG: Duration = Duration::from_secs(30);

fn target(user: &str) -> Target<'_> {
    Target::new("db.abc.us-east-1.rds.amazonaws.com", 5432, user)
}

/// A source that answers while its gate is open, with credentials that live for half an hour.
struct Source {
    calls: AtomicUsize,
    is_open: Mutex<bool>,
    changed: Condvar,
    clock: ManualClock,
}

struct Shared(Arc<Source>);

impl CredentialsSource for Shared {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let Self(source) = self;
        source.calls.fetch_add(1, SeqCst);
        let closed = source.is_open.lock().unwrap();
        drop(source.changed.wait_while(closed, |is_open| !*is_open).unwrap());
        let now = Clock::Manual(source.clock.clone()).now()?;
        binding::credentials("AKID", "SECRET", Some("SESSION"), Some(now + 1740))
    }
}

impl Source {
    fn new() -> Arc<Self> {
        let (is_open, changed) = (Mutex::new(true), Condvar::new());
        let clock = ManualClock::at(NOW);
        Arc::new(Self { calls: AtomicUsize::new(0), is_open, changed, clock })
    }

    fn open(&self, is_open: bool) {
        *self.is_open.lock().unwrap() = is_open;
        self.changed.notify_all();
    }

    fn client(self: &Arc<Self>, config: Config) -> Client {
        let config = config.source(Shared(Arc::clone(self)));
        Client::new(binding::with_clock(config, Clock::Manual(self.clock.clone()))).unwrap()
    }
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
/// Threads of the library in this process; the tests take turns, so that they are those of one.
fn fetching() -> usize {
    let names = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "rdsiam-refresh").count()
}

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    #[cfg(target_os = "linux")]
    eventually("the threads of the last test end", || fetching() == 0);
    turn
}

#[test]
fn ten_thousand_keys_that_are_stale_together_ask_once_and_nobody_waits() {
    const KEYS: usize = 10_000;
    const CALLERS: usize = 8;
    let _turn = turn();
    for is_slow in [false, true] {
        let source = Source::new();
        let client = source.client(Config::new().max_entries(KEYS).timeout(LONG));
        let get_all = || {
            thread::scope(|scope| {
                for caller in 0..CALLERS {
                    let client = &client;
                    scope.spawn(move || {
                        for key in (caller..KEYS).step_by(CALLERS) {
                            client.get(&target(&key.to_string())).unwrap();
                        }
                    });
                }
            });
        };
        get_all();
        assert_eq!((source.calls.load(SeqCst), client.stats().entries), (1, KEYS as u64));
        let waits = client.stats().waits;
        // All tokens are stale, and so are the credentials.
        source.clock.step(850);
        // A source that does not answer before all calls have returned.
        source.open(!is_slow);
        get_all();
        let stats = client.stats();
        assert_eq!((stats.waits, stats.hits, stats.misses), (waits, 0, 2 * KEYS as u64));
        if is_slow {
            assert_eq!((source.calls.load(SeqCst), stats.refreshing), (2, 1));
            // The kernel leaves threads out of its list while others end.
            #[cfg(target_os = "linux")]
            eventually("one thread fetches", || fetching() == 1);
            source.open(true);
        }
        eventually("the fetch ends", || client.stats().refreshing == 0);
        assert_eq!((source.calls.load(SeqCst), client.stats().refreshes), (2, 2));
        get_all();
        assert_eq!(client.stats().hits, KEYS as u64);
    }
}

#[test]
fn a_source_that_hangs_costs_no_caller_more_than_its_timeout_and_four_threads_at_most() {
    let _turn = turn();
    let timeout = Duration::from_millis(100);
    let source = Source::new();
    let client = source.client(Config::new().timeout(timeout));
    source.open(false);
    for round in 0..8 {
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let began = Instant::now();
                    let error = client.get(&target("app")).unwrap_err();
                    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Timeout, true));
                    assert!(began.elapsed() < timeout + LONG / 10, "{:?}", began.elapsed());
                });
            }
        });
        #[cfg(target_os = "linux")]
        assert!(fetching() <= 4, "round {round}");
        assert!(source.calls.load(SeqCst) <= 4, "round {round}");
    }
    // It recovers with the first that answers.
    source.open(true);
    eventually("a fetch ends", || client.get(&target("app")).is_ok());
    #[cfg(target_os = "linux")]
    eventually("the threads end", || fetching() == 0);
}

#[test]
fn a_source_that_hangs_once_is_replaced_within_the_timeout() {
    let _turn = turn();
    let timeout = Duration::from_millis(100);
    let source = Source::new();
    let client = source.client(Config::new().timeout(timeout));
    source.open(false);
    assert_eq!(client.get(&target("app")).unwrap_err().kind(), ErrorKind::Timeout);
    // The next call finds it well, though the first one never returns.
    let another = {
        let source = Arc::clone(&source);
        move || {
            eventually("another call", || source.calls.load(SeqCst) >= 2);
            source.open(true);
        }
    };
    let helper = thread::spawn(another);
    let began = Instant::now();
    eventually("a token", || client.get(&target("app")).is_ok());
    assert!(began.elapsed() < LONG / 10);
    helper.join().unwrap();
}

/// Its client is known only after it was made.
#[derive(Default)]
struct CallsBack {
    client: OnceLock<Client>,
    asynchronous: bool,
}

struct SharedCallsBack(Arc<CallsBack>);

impl CredentialsSource for SharedCallsBack {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let client = self.0.client.get().unwrap();
        let token = if self.0.asynchronous {
            block_on(AsyncClient::from(client.clone()).get(&target("other")))
        } else {
            client.get(&target("other"))
        };
        let token = token?;
        Credentials::new("AKID", token.as_str(), None)
    }
}

#[test]
fn a_source_that_asks_its_own_client_is_refused_at_once() {
    let _turn = turn();
    for asynchronous in [false, true] {
        let source = Arc::new(CallsBack { client: OnceLock::new(), asynchronous });
        let config = Config::new().source(SharedCallsBack(Arc::clone(&source))).timeout(LONG);
        let client = Client::new(config).unwrap();
        source.client.set(client.clone()).unwrap();
        let began = Instant::now();
        let error = client.get(&target("app")).unwrap_err();
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, false));
        assert!(error.message().contains("asked for a token of the client"), "{error}");
        assert!(began.elapsed() < LONG / 3);
        assert_eq!(client.stats().refreshing, 0);
    }
}

/// Whoever waits has the error; of what nobody waits for there is an event.
#[test]
fn failure_in_the_background_is_an_event() {
    let _turn = turn();
    let events = Arc::new(Mutex::new(Vec::new()));
    let calls = Arc::new(AtomicUsize::new(0));
    let clock = ManualClock::at(NOW);
    let source = {
        let (calls, clock) = (Arc::clone(&calls), clock.clone());
        Answers(Box::new(move || match calls.fetch_add(1, SeqCst) {
            1 => {
                let now = Clock::Manual(clock.clone()).now()?;
                binding::credentials("AKID", "SECRET", None, Some(now + 3600))
            }
            call => Err(Error::provider(format!("failure {call}"), true)),
        }))
    };
    let config = Config::new().source(source).timeout(LONG).on_event({
        let events = Arc::clone(&events);
        move |event| events.lock().unwrap().push(event.to_string())
    });
    let client = Client::new(binding::with_clock(config, Clock::Manual(clock.clone()))).unwrap();
    assert_eq!(client.get(&target("app")).unwrap_err().message(), "failure 0");
    client.get(&target("app")).unwrap();
    assert!(events.lock().unwrap().is_empty());
    clock.step(3000);
    client.get(&target("app")).unwrap();
    eventually("the fetch ends", || client.stats().refresh_failures == 2);
    eventually("the event", || events.lock().unwrap().len() == 1);
    assert!(events.lock().unwrap()[0].ends_with("failure 2"));
}

type Answer = dyn Fn() -> Result<Credentials> + Send + Sync;

struct Answers(Box<Answer>);

impl CredentialsSource for Answers {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        (self.0)()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Arc::new(Unpark(thread::current())).into();
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    let deadline = Instant::now() + LONG;
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park_timeout(LONG),
        }
        assert!(Instant::now() < deadline, "a task that is not woken");
    }
}

struct Fails(Arc<AtomicUsize>);

impl CredentialsSource for Fails {
    fn provide(&self, _force_refresh: bool) -> Result<Credentials> {
        let call = self.0.fetch_add(1, SeqCst);
        thread::sleep(Duration::from_millis(20));
        Err(Error::provider(format!("failure {call}"), true))
    }
}

#[test]
fn asynchronous_callers_get_the_error_of_the_one_fetch() {
    let _turn = turn();
    let calls = Arc::new(AtomicUsize::new(0));
    let client =
        Client::new(Config::new().source(Fails(Arc::clone(&calls))).timeout(LONG)).unwrap();
    let (client, error) = (AsyncClient::from(client), |error: Error| error.message().to_owned());
    let target = target("app");
    let (get, sign) = block_on(both(client.get(&target), client.sign(&target)));
    assert_eq!(
        (get.map_err(error).unwrap_err(), sign.map_err(error).unwrap_err()),
        both_of("failure 0")
    );
    assert_eq!(calls.load(SeqCst), 1);
    assert_eq!(block_on(client.get(&target)).map_err(error).unwrap_err(), "failure 1");
}

fn both_of(text: &str) -> (String, String) {
    (text.to_owned(), text.to_owned())
}

/// Both results of two futures that are polled in turn.
async fn both<A, B>(one: impl Future<Output = A>, two: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut two) = (pin!(one), pin!(two));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = two.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(two)) => Poll::Ready((one, two)),
            (one, two) => {
                (first, second) = (one, two);
                Poll::Pending
            }
        }
    })
    .await
}

#[test]
fn call_that_waits_begins_no_fetch_for_a_host() {
    let _turn = turn();
    let client = Client::new(binding::host_fetches(Config::new())).unwrap();
    let error = client.get(&target("app")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let stats = client.stats();
    assert_eq!((stats.refreshes, stats.refreshing, stats.refresh_failures), (0, 0, 0));
    assert!(format!("{client:?}").starts_with("Client { config: Config { provider: Host"));
    // A client that fetches for itself asks no host.
    let itself = Source::new().client(Config::new());
    let refused = |error: Option<Error>| error.unwrap().kind() == ErrorKind::InvalidArgument;
    assert!(refused(binding::next_lease(&itself, &target("app")).err()));
    assert!(refused(binding::next_signature(&itself, &target("app")).err()));
}

#[test]
fn host_waits_for_the_request_of_another_and_may_leave_it_at_that() {
    let _turn = turn();
    let client = Client::new(binding::host_fetches(Config::new().timeout(LONG))).unwrap();
    let target = target("app");
    let Ok(Action::Fetch(request)) = binding::next_lease(&client, &target) else { panic!("fetch") };
    let Ok(Action::Wait(pending)) = binding::next_lease(&client, &target) else { panic!("wait") };
    let background = binding::try_next_lease(&client, &target);
    assert_eq!(background.err().map(|error| error.kind()), Some(ErrorKind::WouldBlock));
    let completed = AtomicUsize::new(0);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            pending.wait().unwrap();
            assert_eq!(completed.load(SeqCst), 1, "it did not wait");
        });
        thread::sleep(Duration::from_millis(30));
        completed.store(1, SeqCst);
        let credentials = Credentials::new("AKID", "SECRET", None).unwrap();
        assert!(request.complete(credentials).unwrap().is_none());
        waiter.join().unwrap();
    });
    assert!(matches!(binding::next_lease(&client, &target), Ok(Action::Serve(_))));
}
