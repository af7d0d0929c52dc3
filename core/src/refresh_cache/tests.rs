#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::Wake;
use std::thread;

use super::*;
use crate::Config;
use crate::clock::{Clock, ManualClock};
use crate::freshness::of_credentials;

const NOW: i64 = 1_717_243_200;
/// Of the tests that nothing delays.
const SLICE: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

/// A value with a name, under the rules of credentials.
#[derive(Debug, Clone, PartialEq)]
struct Value(u32, Option<i64>);

impl Refreshable for Value {
    fn freshness(&self, fetched_at: i64, min_remaining: i64, now: i64) -> Freshness {
        of_credentials(self.1, fetched_at, min_remaining, now)
    }

    fn has_no_expiry(&self) -> bool {
        self.1.is_none()
    }

    fn outlives(&self, fetched: &Self) -> bool {
        self.1 > fetched.1
    }
}

type Cache = Arc<RefreshCache<Value>>;
type Request = RefreshRequest<Value>;

fn cache(timeout: Duration) -> Cache {
    Arc::new(RefreshCache::new(timeout))
}

/// A value that expires in an hour.
fn lasting(name: u32) -> Value {
    Value(name, Some(NOW + 3600))
}

/// What a lookup came to, without what is in it.
#[derive(Debug, PartialEq)]
enum Seen {
    Ready(u32),
    Stale(u32),
    Wait(u64),
    Fetch,
    Missing,
    TooShort(u32),
}

fn look(cache: &Cache, now: i64, begin: Begin) -> (Seen, Option<Request>) {
    match cache.look(10, now, begin) {
        Lookup::Ready(value) => (Seen::Ready(value.0), None),
        Lookup::Stale(value, request) => (Seen::Stale(value.0), Some(request)),
        Lookup::Wait(number) => (Seen::Wait(number), None),
        Lookup::Fetch(request) => (Seen::Fetch, Some(request)),
        Lookup::TooShort(value) => (Seen::TooShort(value.0), None),
        Lookup::Missing => (Seen::Missing, None),
    }
}

fn seen(cache: &Cache, now: i64, begin: Begin) -> Seen {
    look(cache, now, begin).0
}

/// Begins a fetch, which has to be due.
fn begin(cache: &Cache, now: i64) -> Request {
    look(cache, now, Begin::Now).1.unwrap()
}

fn failure(name: &str) -> Error {
    Error::provider(name, true)
}

/// How a fetch ended, for a caller that needs ten seconds.
fn outcome(cache: &Cache, number: u64, now: i64) -> std::result::Result<Option<u32>, String> {
    match cache.outcome(number, 10, now) {
        Ok(Outcome::Value(value)) => Ok(Some(value.0)),
        Ok(Outcome::TooShort(value)) => Err(format!("{} is too short", value.0)),
        Ok(Outcome::LookAgain) => Ok(None),
        Err(error) => Err(error.message().to_owned()),
    }
}

fn refused(cache: &Cache) -> bool {
    cache.lock().refused
}

#[test]
fn one_fetch_runs_at_a_time_and_the_others_wait_for_it() {
    let cache = cache(LONG);
    assert_eq!(cache.timeout(), LONG);
    for begin in [Begin::Never, Begin::InBackground] {
        assert_eq!(seen(&cache, NOW, begin), Seen::Missing);
    }
    assert!(!cache.is_refreshing());
    let request = begin(&cache, NOW);
    assert!(!request.force() && cache.is_refreshing());
    for begin in [Begin::Never, Begin::InBackground, Begin::IfDue, Begin::Now] {
        assert_eq!(seen(&cache, NOW, begin), Seen::Wait(request.number()));
    }
    assert_eq!(outcome(&cache, request.number(), NOW), Ok(None));
    let number = request.number();
    request.end(Ok(lasting(1)), NOW);
    assert!(!cache.is_refreshing());
    assert_eq!(outcome(&cache, number, NOW), Ok(Some(1)));
    assert_eq!(seen(&cache, NOW + 2700, Begin::Now), Seen::Ready(1));
}

#[test]
fn stale_value_is_served_while_one_fetch_runs() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    let later = NOW + 2701;
    assert_eq!(seen(&cache, later, Begin::Never), Seen::Ready(1));
    let (stale, request) = look(&cache, later, Begin::InBackground);
    assert_eq!(stale, Seen::Stale(1));
    assert_eq!(seen(&cache, later, Begin::Now), Seen::Ready(1));
    request.unwrap().end(Ok(Value(2, Some(later + 3600))), later);
    assert_eq!(seen(&cache, later, Begin::Now), Seen::Ready(2));
}

#[test]
fn failed_background_fetch_is_repeated_after_a_pause() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    let later = NOW + 2701;
    begin(&cache, later).end(Err(failure("down")), later);
    assert_eq!(seen(&cache, later, Begin::Now), Seen::Ready(1));
    assert_eq!(seen(&cache, later + 1, Begin::Now), Seen::Ready(1));
    // One second doubles with each failure, plus the second that has begun.
    begin(&cache, later + 2).end(Err(failure("down")), later + 2);
    assert_eq!(seen(&cache, later + 3, Begin::Now), Seen::Ready(1));
    let request = begin(&cache, later + 5);
    request.end(Ok(Value(2, Some(later + 60))), later + 5);
    // A success ends the pauses, however short the value lives.
    assert_eq!(cache.lock().backoff, Backoff::default());
}

#[test]
fn callers_without_a_value_fetch_at_once_after_a_failure() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Err(failure("one")), NOW);
    assert_eq!(seen(&cache, NOW, Begin::IfDue), Seen::Missing);
    assert_eq!(outcome(&cache, 1, NOW), Err("one".into()));
    // The failure of an earlier fetch says nothing about a later one.
    assert_eq!(outcome(&cache, 2, NOW), Ok(None));
    begin(&cache, NOW).end(Err(failure("two")), NOW);
    assert_eq!(outcome(&cache, 1, NOW), Err("two".into()));
    begin(&cache, NOW).end(Ok(lasting(3)), NOW);
    assert_eq!(outcome(&cache, 1, NOW), Ok(Some(3)));
}

#[test]
fn value_that_expires_too_soon_is_returned_once_it_is_all_there_is() {
    let cache = cache(LONG);
    let request = begin(&cache, NOW);
    request.end(Ok(Value(1, Some(NOW + 10))), NOW);
    for (now, expected) in [
        (NOW, Err("1 is too short".to_owned())),
        (NOW + 1, Err("1 is too short".to_owned())),
        // The machine slept meanwhile.
        (NOW + 2, Ok(None)),
    ] {
        assert_eq!(outcome(&cache, 1, now), expected);
    }
    // The source has just been asked: to ask again at once brings nothing.
    assert_eq!(seen(&cache, NOW + 1, Begin::Now), Seen::TooShort(1));
    assert_eq!(seen(&cache, NOW + 2, Begin::Now), Seen::Fetch);
}

#[test]
fn dropped_request_has_failed() {
    let cache = cache(LONG);
    let request = begin(&cache, NOW);
    drop(request);
    let error = cache.outcome(1, 10, NOW).err().unwrap();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, true));
    assert!(error.message().contains("abandoned"));
    assert!(!cache.is_refreshing());
    // The pause begins with the fetch.
    assert_eq!(seen(&cache, NOW + 1, Begin::IfDue), Seen::Missing);
    let request = begin(&cache, NOW + 1);
    request.fail(failure("of the thread"));
    assert_eq!(outcome(&cache, 2, NOW), Err("of the thread".into()));
}

#[test]
fn after_a_refused_login_one_forced_fetch_comes_first() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    cache.refuse(NOW);
    assert_eq!(seen(&cache, NOW, Begin::Never), Seen::Missing);
    let request = begin(&cache, NOW);
    assert!(request.force());
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Wait(2));
    request.end(Ok(lasting(2)), NOW);
    assert_eq!(outcome(&cache, 2, NOW), Ok(Some(2)));
    // Not again within a minute; a clock that is set back ends that minute.
    cache.refuse(NOW + 59);
    assert!(!refused(&cache));
    cache.refuse(NOW + 60);
    assert!(refused(&cache));
    begin(&cache, NOW + 60).end(Ok(lasting(3)), NOW + 60);
    cache.refuse(NOW);
    assert!(refused(&cache));
}

#[test]
fn fetch_that_began_before_a_refused_login_does_not_satisfy_the_next_caller() {
    let cache = cache(LONG);
    let before = begin(&cache, NOW);
    cache.refuse(NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Wait(1));
    before.end(Ok(lasting(1)), NOW);
    assert_eq!(outcome(&cache, 1, NOW), Ok(None));
    let request = begin(&cache, NOW);
    assert!(request.force());
    request.end(Ok(lasting(2)), NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(2));
}

#[test]
fn cached_value_serves_when_the_forced_fetch_fails() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    cache.refuse(NOW);
    begin(&cache, NOW).end(Err(failure("down")), NOW);
    assert_eq!(outcome(&cache, 2, NOW), Ok(Some(1)));
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(1));
}

#[test]
fn the_longer_value_is_kept_unless_a_login_was_refused() {
    let longer = || Value(1, Some(NOW + 800));
    let shorter = || Value(2, Some(NOW + 700));
    let fetched = |refuse: bool, at: i64| {
        let cache = cache(LONG);
        begin(&cache, NOW - 60).end(Ok(longer()), NOW - 60);
        if refuse {
            cache.refuse(NOW);
        }
        begin(&cache, at).end(Ok(shorter()), at);
        cache.lock().cached.as_ref().map(|cached| (cached.value.0, cached.fetched_at)).unwrap()
    };
    // It counts as fetched now, so that it is not asked for again at once.
    assert_eq!(fetched(false, NOW), (1, NOW));
    assert_eq!(fetched(true, NOW), (2, NOW));
    // One that has expired is not kept. That it is longer then is for the clock's sake only.
    assert_eq!(fetched(false, NOW + 800), (2, NOW + 800));
}

#[test]
fn fetch_that_hangs_is_replaced_after_the_timeout() {
    let cache = cache(Duration::from_millis(40));
    let hung = begin(&cache, NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Wait(1));
    thread::sleep(Duration::from_millis(50));
    assert!(!cache.is_refreshing());
    let second = begin(&cache, NOW);
    assert_eq!(second.number(), 2);
    // The late failure ends nothing; a late value can be used.
    hung.end(Err(failure("late")), NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Wait(2));
    assert!(cache.lock().failure.is_none() && cache.lock().backoff.allows(NOW));
    thread::sleep(Duration::from_millis(50));
    let third = begin(&cache, NOW);
    second.end(Ok(lasting(2)), NOW);
    assert!(cache.is_refreshing());
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(2));
    third.end(Ok(Value(3, Some(NOW + 7200))), NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(3));
}

#[test]
fn late_value_does_not_replace_a_newer_one() {
    let cache = cache(Duration::from_millis(40));
    let hung = begin(&cache, NOW);
    thread::sleep(Duration::from_millis(50));
    begin(&cache, NOW).end(Ok(Value(2, None)), NOW);
    hung.end(Ok(Value(1, None)), NOW + 1);
    assert_eq!(seen(&cache, NOW + 1, Begin::Now), Seen::Ready(2));
    // It counts as fetched when it was.
    assert_eq!(seen(&cache, NOW + 60, Begin::Now), Seen::Stale(2));
}

#[test]
fn forced_fetch_that_hangs_does_not_lock_callers_out_of_usable_values() {
    let cache = cache(Duration::from_millis(40));
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    cache.refuse(NOW);
    let hung = begin(&cache, NOW);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(outcome(&cache, 2, NOW), Ok(Some(1)));
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(1));
    hung.end(Ok(lasting(2)), NOW);
    assert_eq!(seen(&cache, NOW, Begin::Now), Seen::Ready(2));
}

#[test]
fn waiting_ends_with_the_fetch() {
    let cache = cache(LONG);
    let request = begin(&cache, NOW);
    thread::scope(|scope| {
        let (cache, began) = (&cache, Instant::now());
        let waits = || cache.wait(1, &mut Deadline::new(LONG), SLICE, &mut || Ok(()));
        let waiters = [scope.spawn(waits), scope.spawn(waits)];
        thread::sleep(Duration::from_millis(30));
        request.end(Ok(lasting(1)), NOW);
        for waiter in waiters {
            waiter.join().unwrap().unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(5));
    });
    // What has ended is not waited for.
    cache.wait(1, &mut Deadline::new(LONG), SLICE, &mut || Err(failure("waited"))).unwrap();
    cache.wait(7, &mut Deadline::new(LONG), SLICE, &mut || Err(failure("waited"))).unwrap();
}

#[test]
fn waiting_ends_at_the_deadline_of_the_caller() {
    let cache = cache(Duration::from_millis(2500));
    let _request = begin(&cache, NOW);
    let mut deadline = Deadline::new(Duration::from_millis(30));
    let error = cache.wait(1, &mut deadline, SLICE, &mut || Ok(())).unwrap_err();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Timeout, true));
    assert!(error.message().contains("within 2.5 s"), "{error}");
}

#[test]
fn waiting_ends_when_the_fetch_is_overdue() {
    let cache = cache(Duration::from_millis(60));
    let _request = begin(&cache, NOW);
    let began = Instant::now();
    cache.wait(1, &mut Deadline::new(LONG), SLICE, &mut || Ok(())).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn pause_is_called_while_waiting_without_a_lock() {
    let cache = cache(LONG);
    let _request = begin(&cache, NOW);
    let mut pauses = 0;
    let mut pause = || {
        pauses += 1;
        assert!(cache.is_refreshing());
        if pauses < 3 { Ok(()) } else { Err(failure("interrupted")) }
    };
    let began = Instant::now();
    let error = cache.wait(1, &mut Deadline::new(LONG), SLICE, &mut pause).unwrap_err();
    assert_eq!(error.message(), "interrupted");
    // Three slices of 50 ms.
    assert!((140..5000).contains(&began.elapsed().as_millis()));
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (Arc::clone(&bell), bell.into())
}

#[test]
fn each_waker_is_woken_once_at_the_end() {
    let cache = cache(LONG);
    let ((one, first), (two, second)) = (bell(), bell());
    assert!(!cache.wake_at_end(1, &first));
    let request = begin(&cache, NOW);
    for waker in [&first, &first, &second] {
        assert!(cache.wake_at_end(1, waker));
    }
    assert_eq!(cache.lock().wakers.len(), 2);
    request.end(Err(failure("down")), NOW);
    assert_eq!((one.0.load(SeqCst), two.0.load(SeqCst)), (1, 1));
    assert!(!cache.wake_at_end(1, &first) && cache.lock().wakers.is_empty());
    // Of a request that is lost as well.
    let request = begin(&cache, NOW);
    assert!(cache.wake_at_end(2, &first));
    drop(request);
    assert_eq!(one.0.load(SeqCst), 2);
}

#[test]
fn child_of_fork_has_the_value_and_not_the_fetch() {
    let cache = cache(LONG);
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    cache.refuse(NOW);
    let _request = begin(&cache, NOW);
    let child = cache.shared.get().for_child();
    let state = child.lock();
    assert!(state.cached.as_ref().is_some_and(|cached| cached.value == lasting(1)));
    assert!(state.running.is_none() && state.refused);
    assert_eq!((state.begun, state.refused_pause), (2, Some((NOW, NOW + 60))));
    drop(state);
    // A lock that a thread of the parent holds.
    let _held = cache.lock();
    assert!(cache.shared.get().for_child().lock().cached.is_none());
}

/// A fetch that the test ends.
fn on_thread(answers: mpsc::Receiver<Result<Value>>) -> impl Fn(Request) {
    let answers = Arc::new(Mutex::new(answers));
    move |request| {
        let answers = Arc::clone(&answers);
        spawn(request, move |request| {
            let answer = answers.lock().unwrap().recv().unwrap();
            request.end(answer, NOW);
        });
    }
}

fn name(found: Result<std::result::Result<Value, Value>>) -> std::result::Result<u32, ErrorKind> {
    match found {
        Ok(Ok(value)) => Ok(value.0),
        Ok(Err(short)) => Ok(short.0 + 100),
        Err(error) => Err(error.kind()),
    }
}

fn until(deadline: Duration, call: impl FnOnce(&mut Wait<'_>)) {
    call(&mut Wait::by(&Config::new().timeout(deadline), &mut || Ok(())));
}

#[test]
fn obtain_waits_for_what_it_fetches() {
    let time = ManualClock::at(NOW);
    let (cache, clock) = (cache(LONG), Clock::Manual(time.clone()));
    let (answer, answers) = mpsc::channel();
    let start = on_thread(answers);
    let obtain = |wait: &mut Wait<'_>| name(cache.obtain(10, &clock, wait, Some(&start)));
    answer.send(Err(failure("down"))).unwrap();
    until(LONG, |wait| {
        assert_eq!(obtain(wait), Err(ErrorKind::CredentialsProvider));
        assert!(wait.has_waited());
    });
    answer.send(Ok(Value(1, Some(NOW + 5)))).unwrap();
    until(LONG, |wait| assert_eq!(obtain(wait), Ok(101)));
    time.step(2);
    answer.send(Ok(lasting(2))).unwrap();
    until(LONG, |wait| assert_eq!(obtain(wait), Ok(2)));
    until(LONG, |wait| {
        assert_eq!(obtain(wait), Ok(2));
        assert!(!wait.has_waited());
    });
}

#[test]
fn obtain_without_waiting_begins_a_fetch_only_when_it_is_due() {
    let (cache, clock) = (cache(LONG), Clock::Manual(ManualClock::at(NOW)));
    let begun = AtomicUsize::new(0);
    let fail = |request: Request| {
        begun.fetch_add(1, SeqCst);
        request.end(Err(failure("down")), NOW);
    };
    let obtain = |start| name(cache.obtain(10, &clock, &mut Wait::Never, start));
    assert_eq!(obtain(None), Err(ErrorKind::WouldBlock));
    assert_eq!(obtain(Some(&fail)), Err(ErrorKind::WouldBlock));
    assert_eq!(begun.load(SeqCst), 1);
    assert_eq!(obtain(Some(&fail)), Err(ErrorKind::WouldBlock));
    assert_eq!(begun.load(SeqCst), 1);
}

#[test]
fn stale_value_without_an_expiry_is_worth_a_short_wait() {
    let manual = ManualClock::at(NOW);
    let (cache, clock) = (cache(LONG), Clock::Manual(manual.clone()));
    begin(&cache, NOW).end(Ok(Value(1, None)), NOW);
    manual.set(NOW + 60);
    // The new one comes at once.
    let at_once = |request: Request| request.end(Ok(Value(2, None)), NOW + 60);
    let obtain = |wait: &mut Wait<'_>, start: &dyn Fn(Request)| {
        name(cache.obtain(10, &clock, wait, Some(start)))
    };
    until(LONG, |wait| assert_eq!(obtain(wait, &at_once), Ok(2)));
    manual.set(NOW + 120);
    let (answer, answers) = mpsc::channel();
    let later = on_thread(answers);
    let began = Instant::now();
    until(LONG, |wait| {
        assert_eq!(obtain(wait, &later), Ok(2));
        assert!(!wait.has_waited());
    });
    assert!((45..5000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    answer.send(Ok(Value(3, None))).unwrap();
}

#[test]
fn stale_value_with_an_expiry_is_returned_at_once() {
    let manual = ManualClock::at(NOW);
    let (cache, clock) = (cache(LONG), Clock::Manual(manual.clone()));
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    manual.set(NOW + 3000);
    let (answer, answers) = mpsc::channel();
    let later = on_thread(answers);
    let began = Instant::now();
    until(LONG, |wait| assert_eq!(name(cache.obtain(10, &clock, wait, Some(&later))), Ok(1)));
    assert!(began.elapsed() < GRACE_OF_TEST, "{:?}", began.elapsed());
    answer.send(Ok(lasting(2))).unwrap();
}

const GRACE_OF_TEST: Duration = Duration::from_millis(45);

#[test]
fn fetches_that_hang_take_four_threads_at_most() {
    let (cache, clock) = (cache(Duration::from_millis(20)), Clock::Manual(ManualClock::at(NOW)));
    let (answer, answers) = mpsc::channel();
    let start = on_thread(answers);
    let obtain = || {
        let mut found = Err(ErrorKind::Internal);
        until(Duration::from_millis(20), |wait| {
            found = name(cache.obtain(10, &clock, wait, Some(&start)));
        });
        found
    };
    let threads = || cache.shared.get().threads.load(SeqCst);
    while threads() < 4 {
        assert_eq!(obtain(), Err(ErrorKind::Timeout));
    }
    thread::sleep(Duration::from_millis(25));
    let request = begin(&cache, NOW);
    let number = request.number();
    spawn(request, |_| panic!("a fifth thread"));
    assert_eq!(threads(), 4);
    let error = cache.outcome(number, 10, NOW).err().unwrap();
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Timeout, true));
    assert!(error.message().starts_with("4 earlier requests"));
    for number in 1..=4 {
        answer.send(Ok(lasting(number))).unwrap();
    }
    let deadline = Instant::now() + LONG;
    while threads() > 0 {
        assert!(Instant::now() < deadline, "a thread that is not counted off");
        thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(seen(&cache, NOW, Begin::Now), Seen::Ready(_)));
}

#[test]
fn panic_in_a_fetch_is_its_failure() {
    let cache = cache(LONG);
    spawn(begin(&cache, NOW), |_request| panic!("on purpose"));
    cache.wait(1, &mut Deadline::new(LONG), SLICE, &mut || Ok(())).unwrap();
    assert!(outcome(&cache, 1, NOW).unwrap_err().contains("abandoned"));
    let deadline = Instant::now() + LONG;
    while cache.shared.get().threads.load(SeqCst) > 0 {
        assert!(Instant::now() < deadline, "a thread that is not counted off");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn fetch_that_asks_its_own_cache_is_refused_at_once() {
    let (own, other) = (cache(LONG), cache(LONG));
    let (send, results) = mpsc::channel();
    let clock = Clock::Manual(ManualClock::at(NOW));
    let waits_for = {
        let (own, other, clock) = (Arc::clone(&own), Arc::clone(&other), clock.clone());
        move |request: Request| {
            let nobody = |_: Request| panic!("two fetches");
            until(LONG, |wait| {
                send.send(own.obtain(10, &clock, wait, Some(&nobody)).unwrap_err()).unwrap();
            });
            let mut awaited = Awaited::default();
            let wait = &mut Wait::wake(Waker::noop(), &mut awaited);
            let found = own.obtain(10, &clock, wait, Some(&nobody));
            send.send(found.unwrap_err()).unwrap();
            // Another cache may be asked.
            let at_once = |request: Request| request.end(Ok(lasting(7)), NOW);
            until(LONG, |wait| {
                let found = other.obtain(10, &clock, wait, Some(&at_once));
                request.end(found.map(|value| value.unwrap()), NOW);
            });
        }
    };
    spawn(begin(&own, NOW), waits_for);
    for _ in 0..2 {
        let error = results.recv_timeout(LONG).unwrap();
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsProvider, false));
        assert!(error.message().contains("asked for a token of the client that it serves"));
    }
    own.wait(1, &mut Deadline::new(LONG), SLICE, &mut || Ok(())).unwrap();
    assert_eq!(outcome(&own, 1, NOW), Ok(Some(7)));
}

/// A task that polls after each wake gets the error of the fetch that it was woken for, and does not
/// begin the next.
#[test]
fn woken_caller_gets_the_failure() {
    let (cache, clock) = (cache(LONG), Clock::Manual(ManualClock::at(NOW)));
    let (bell, waker) = bell();
    let requests = std::cell::RefCell::new(Vec::new());
    let start = |request: Request| requests.borrow_mut().push(request);
    let mut awaited = Awaited::default();
    let mut wait = Wait::wake(&waker, &mut awaited);
    assert_eq!(name(cache.obtain(10, &clock, &mut wait, Some(&start))), Err(ErrorKind::WouldBlock));
    requests.borrow_mut().pop().unwrap().end(Err(failure("down")), NOW);
    assert_eq!(bell.0.load(SeqCst), 1);
    let found = name(cache.obtain(10, &clock, &mut wait, Some(&start)));
    assert_eq!(found, Err(ErrorKind::CredentialsProvider));
    assert!(requests.borrow().is_empty(), "a second fetch");
}

/// The program's signal handlers run on the program's threads.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_fetch_block_all_signals() {
    fn blocked() -> u64 {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    }
    let (cache, before) = (cache(LONG), blocked());
    let (send, found) = mpsc::channel();
    spawn(begin(&cache, NOW), move |request| {
        send.send((blocked(), thread::current().name().map(str::to_owned))).unwrap();
        request.end(Ok(lasting(1)), NOW);
    });
    let (on_thread, name) = found.recv_timeout(LONG).unwrap();
    for signal in [1, 2, 10, 12, 14, 15, 17] {
        assert_ne!(on_thread & (1 << (signal - 1)), 0, "signal {signal} is not blocked");
    }
    assert_eq!(name.as_deref(), Some("rdsiam-refresh"));
    assert_eq!(blocked(), before);
}

#[test]
fn glance_takes_a_fresh_value_and_begins_nothing() {
    let manual = ManualClock::at(NOW);
    let (cache, clock) = (cache(LONG), Clock::Manual(manual.clone()));
    let nobody = |_: Request| panic!("a fetch");
    let glance = || name(cache.obtain(10, &clock, &mut Wait::Glance, Some(&nobody)));
    assert_eq!(glance(), Err(ErrorKind::WouldBlock));
    begin(&cache, NOW).end(Ok(lasting(1)), NOW);
    assert_eq!(glance(), Ok(1));
    manual.set(NOW + 2701);
    assert_eq!(glance(), Err(ErrorKind::WouldBlock), "stale");
    manual.set(NOW);
    cache.refuse(NOW);
    assert_eq!(glance(), Err(ErrorKind::WouldBlock), "refused");
}

#[test]
fn only_a_fetch_that_no_caller_waits_for_is_in_the_background() {
    let cache = cache(LONG);
    let fetch = |now, begin| look(&cache, now, begin).1.unwrap();
    let request = fetch(NOW, Begin::Now);
    assert!(!request.is_in_background());
    request.end(Err(failure("down")), NOW - 100);
    let request = fetch(NOW, Begin::IfDue);
    assert!(request.is_in_background());
    request.end(Ok(lasting(1)), NOW);
    assert!(fetch(NOW + 2701, Begin::Now).is_in_background());
}
