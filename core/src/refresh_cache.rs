//! A value that is slow to fetch, kept for any number of callers: credentials, or a profile's region.
//!
//! This is the only place that waits. It decides when the value is fetched, and by whom: one fetch at a
//! time, in the background while the old value can still be used, with a pause after a failure. It does
//! no I/O: whoever gets a [`RefreshRequest`] fetches, and completes the request. No lock is held
//! meanwhile.

mod obtain;
mod worker;

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::clock::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::freshness::{Backoff, Freshness, in_pause};
use crate::per_process::{Inherit, PerProcess};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// After a refused login the source is asked for newer credentials, and not again for this long: most
/// refusals have another cause.
const REFUSED_PAUSE: i64 = 60;

pub use obtain::Awaited;
pub(crate) use obtain::Wait;
pub(crate) use worker::spawn;

/// What a [`RefreshCache`] holds.
pub(crate) trait Refreshable: Clone + Send + 'static {
    fn freshness(&self, fetched_at: i64, min_remaining: i64, now: i64) -> Freshness;

    /// Whether nobody can tell until when this is valid, so that a new one is worth a short wait.
    fn has_no_expiry(&self) -> bool;

    /// Whether to keep this, which is still usable, instead of what was fetched now.
    fn outlives(&self, fetched: &Self) -> bool;
}

/// See the [module](self).
pub(crate) struct RefreshCache<T> {
    shared: PerProcess<Shared<T>>,
    /// After this a fetch that has not ended is replaced by another.
    timeout: Duration,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    ended: Condvar,
    /// Threads that fetch. There is one, unless earlier ones hang.
    threads: AtomicU32,
}

struct State<T> {
    cached: Option<Cached<T>>,
    /// The number of the last fetch that began. Numbers begin with 1.
    begun: u64,
    /// The fetch that runs.
    running: Option<Running>,
    failure: Option<(u64, Error)>,
    backoff: Backoff,
    /// A login was refused: the next fetch asks the source for something newer, and comes first.
    refused: bool,
    refused_pause: Option<(i64, i64)>,
    wakers: Vec<Waker>,
}

#[derive(Clone)]
struct Cached<T> {
    value: T,
    fetched_at: i64,
    /// Of its fetch.
    number: u64,
}

struct Running {
    number: u64,
    since: Instant,
    force: bool,
}

/// Whether a caller who finds no usable value may begin a fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    Never,
    /// Only to replace a stale value, which still serves.
    InBackground,
    /// Unless one has just failed.
    IfDue,
    Now,
}

/// What to do for a value.
pub(crate) enum Lookup<T: Refreshable> {
    /// Use it.
    Ready(T),
    /// Use it. It is stale, and this caller fetches the next one.
    Stale(T, RefreshRequest<T>),
    /// It was fetched just now and expires too soon for this caller. Its source has nothing better.
    TooShort(T),
    /// Wait for the fetch of this number.
    Wait(u64),
    /// Fetch it, and wait for that.
    Fetch(RefreshRequest<T>),
    /// It would have to be fetched, and this caller may not begin that.
    Missing,
}

/// How a fetch ended.
pub(crate) enum Outcome<T> {
    /// With a value.
    Value(T),
    /// With a value that the caller cannot use: it expires too soon.
    TooShort(T),
    /// A later fetch is needed.
    LookAgain,
}

impl<T: Refreshable> RefreshCache<T> {
    pub(crate) fn new(timeout: Duration) -> Self {
        let shared = Shared::new(State::new(None, 0));
        Self { shared: PerProcess::new(shared), timeout }
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What to do for a value that is valid for more than `min_remaining` seconds. Never waits.
    pub(crate) fn look(self: &Arc<Self>, min_remaining: i64, now: i64, begin: Begin) -> Lookup<T> {
        let mut state = self.lock();
        let freshness = match state.freshness(min_remaining, now) {
            _ if state.refused => Freshness::Expired,
            freshness => freshness,
        };
        let running = state.running.as_ref().map(|running| running.number);
        let value = state.cached.as_ref().map(|cached| cached.value.clone());
        let is_due = begin != Begin::Never && state.backoff.allows(now);
        match (freshness, value, running) {
            (Freshness::Fresh, Some(value), _) => Lookup::Ready(value),
            (Freshness::Stale, Some(value), None) if is_due => {
                Lookup::Stale(value, self.begin(&mut state, now, true))
            }
            (Freshness::Stale, Some(value), _) => Lookup::Ready(value),
            (_, _, Some(number)) => Lookup::Wait(number),
            (_, Some(value), None) if state.is_just_fetched(now) => Lookup::TooShort(value),
            _ if begin == Begin::InBackground => Lookup::Missing,
            _ if begin == Begin::Now => Lookup::Fetch(self.begin(&mut state, now, false)),
            _ if is_due => Lookup::Fetch(self.begin(&mut state, now, true)),
            _ => Lookup::Missing,
        }
    }

    /// The value, if there is nothing to do about it.
    pub(crate) fn fresh(&self, min_remaining: i64, now: i64) -> Option<T> {
        let state = self.lock();
        let is_fresh = state.freshness(min_remaining, now) == Freshness::Fresh && !state.refused;
        state.cached.as_ref().filter(|_| is_fresh).map(|cached| cached.value.clone())
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State<T>,
        now: i64,
        in_background: bool,
    ) -> RefreshRequest<T> {
        state.begun += 1;
        let (number, force) = (state.begun, state.refused);
        state.running = Some(Running { number, since: Instant::now(), force });
        let cache = Arc::clone(self);
        RefreshRequest { cache, number, force, in_background, began_at: now, ended: false }
    }

    /// Waits until this fetch has ended or been replaced, or until the deadline.
    ///
    /// `pause` is called after each slice, with no lock held; an error of it ends the waiting.
    pub(crate) fn wait(
        &self,
        number: u64,
        deadline: &mut Deadline,
        slice: Duration,
        pause: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        self.refuse_own_fetch()?;
        loop {
            let Some(left) = deadline.next_wait() else { return Err(overdue(self.timeout)) };
            let state = self.lock();
            if !state.runs(number) {
                return Ok(());
            }
            let waited = self.shared.get().ended.wait_timeout(state, left.min(slice));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            if !self.lock().runs(number) {
                return Ok(());
            }
            pause()?;
        }
    }

    /// Has the waker woken when this fetch ends; false if it has ended.
    pub(crate) fn wake_at_end(&self, number: u64, waker: &Waker) -> bool {
        let mut state = self.lock();
        if !state.runs(number) {
            return false;
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        true
    }

    /// How this fetch, which was waited for, ended for a caller with this demand.
    pub(crate) fn outcome(&self, number: u64, min_remaining: i64, now: i64) -> Result<Outcome<T>> {
        let state = self.lock();
        let freshness = state.freshness(min_remaining, now);
        let failure = state.failure.as_ref().filter(|(failed, _)| *failed >= number);
        match (&state.cached, failure) {
            // The fetch began before a login was refused.
            _ if state.refused => Ok(Outcome::LookAgain),
            (Some(cached), _) if freshness != Freshness::Expired => {
                Ok(Outcome::Value(cached.value.clone()))
            }
            (_, Some((_, error))) => Err(error.clone()),
            (Some(cached), None) if state.is_just_fetched(now) => {
                Ok(Outcome::TooShort(cached.value.clone()))
            }
            // Replaced by another fetch, or fetched before the machine slept.
            _ => Ok(Outcome::LookAgain),
        }
    }

    /// A login was refused: the next caller waits for a fetch that asks the source for something
    /// newer, unless there was one for this reason within the last minute.
    pub(crate) fn refuse(&self, now: i64) {
        let mut state = self.lock();
        // Nothing was fetched that something could be newer than.
        if state.cached.is_none() && state.running.is_none() {
            return;
        }
        if !state.refused_pause.is_some_and(|pause| in_pause(pause, now)) {
            state.refused = true;
            state.refused_pause = Some((now, now.saturating_add(REFUSED_PAUSE)));
        }
    }

    pub(crate) fn is_refreshing(&self) -> bool {
        self.lock().running.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.shared.get().lock();
        state.give_up_overdue(self.timeout);
        state
    }
}

#[cold]
pub(crate) fn overdue(timeout: Duration) -> Error {
    let seconds = timeout.as_secs_f64();
    Error::new(
        ErrorKind::Timeout,
        format!(
            "the AWS credentials did not arrive within {seconds} s; their source hangs. Check the \
             network and the source, or raise the timeout"
        ),
    )
}

impl<T> Shared<T> {
    fn new(state: State<T>) -> Self {
        Self { state: Mutex::new(state), ended: Condvar::new(), threads: AtomicU32::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Inherit for Shared<T> {
    /// The value without the fetch, whose thread stayed behind in the parent.
    fn for_child(&self) -> Self {
        Self::new(match self.state.try_lock() {
            Ok(state) => State {
                refused: state.refused,
                refused_pause: state.refused_pause,
                ..State::new(state.cached.clone(), state.begun)
            },
            // A thread of the parent was amid a change. The value is fetched again.
            Err(_) => State::new(None, 0),
        })
    }
}

impl<T> State<T> {
    fn new(cached: Option<Cached<T>>, begun: u64) -> Self {
        Self {
            cached,
            begun,
            running: None,
            failure: None,
            backoff: Backoff::default(),
            refused: false,
            refused_pause: None,
            wakers: Vec::new(),
        }
    }
}

impl<T: Refreshable> State<T> {
    fn freshness(&self, min_remaining: i64, now: i64) -> Freshness {
        self.cached.as_ref().map_or(Freshness::Expired, |cached| {
            cached.value.freshness(cached.fetched_at, min_remaining, now)
        })
    }

    fn runs(&self, number: u64) -> bool {
        self.running.as_ref().is_some_and(|running| running.number == number)
    }

    /// The next caller replaces a fetch that has not ended in time. If that was to bring something
    /// newer after a refused login, then what there is has to do.
    fn give_up_overdue(&mut self, timeout: Duration) {
        if let Some(overdue) = self.running.take_if(|running| running.since.elapsed() >= timeout) {
            self.refused &= !overdue.force;
        }
    }

    /// Whether the value, which has not expired, is the newest that its source has.
    fn is_just_fetched(&self, now: i64) -> bool {
        let is_new = |cached: &Cached<T>| now.abs_diff(cached.fetched_at) < 2;
        let expired = self.freshness(0, now) == Freshness::Expired;
        !self.refused && !expired && self.cached.as_ref().is_some_and(is_new)
    }

    fn end(&mut self, number: u64, result: Result<T>, now: i64) {
        // A fetch that was given up may still bring a value, but ends nothing.
        let running = self.running.take_if(|running| running.number == number);
        match result {
            Ok(value) => {
                self.store(value, number, now);
                self.backoff.succeeded();
            }
            Err(error) if running.is_some() => {
                self.failure = Some((number, error));
                self.backoff.failed(now, fastrand::f64());
            }
            Err(_) => {}
        }
        // Also after a failure: then what there is has to do.
        self.refused &= !running.is_some_and(|running| running.force);
    }

    fn store(&mut self, value: T, number: u64, now: i64) {
        let known = self
            .cached
            .take()
            .filter(|known| known.value.freshness(known.fetched_at, 0, now) != Freshness::Expired);
        self.cached = match known {
            // A fetch that was given up has returned late.
            Some(newer) if newer.number > number => Some(newer),
            Some(longer) if !self.refused && longer.value.outlives(&value) => {
                Some(Cached { fetched_at: now, ..longer })
            }
            _ => Some(Cached { value, fetched_at: now, number }),
        };
    }
}

/// The duty to fetch a value. A request that is dropped has failed.
pub(crate) struct RefreshRequest<T: Refreshable> {
    cache: Arc<RefreshCache<T>>,
    number: u64,
    force: bool,
    in_background: bool,
    began_at: i64,
    ended: bool,
}

impl<T: Refreshable> RefreshRequest<T> {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the source is to be asked for something newer than what it gave before.
    pub(crate) fn force(&self) -> bool {
        self.force
    }

    /// Whether whoever began it had something else to use, so that nobody learns of a failure.
    pub(crate) fn is_in_background(&self) -> bool {
        self.in_background
    }

    pub(crate) fn end(mut self, result: Result<T>, now: i64) {
        self.finish(result, now);
    }

    /// Ends it with an error, as of the second in which it began.
    pub(crate) fn fail(mut self, error: Error) {
        self.finish(Err(error), self.began_at);
    }

    fn finish(&mut self, result: Result<T>, now: i64) {
        self.ended = true;
        let shared = self.cache.shared.get();
        let mut state = shared.lock();
        state.end(self.number, result, now);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        shared.ended.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<T: Refreshable> Drop for RefreshRequest<T> {
    fn drop(&mut self) {
        if !self.ended {
            let error = Error::provider(
                "the fetch of the AWS credentials was abandoned without a result; their provider \
                 may have panicked. Try again",
                true,
            );
            self.finish(Err(error), self.began_at);
        }
    }
}

#[cfg(all(test, not(rdsiam_shuttle)))]
mod tests;
