//! Single flight: one thread does the work, the others wait for its result.
//!
//! The lock here is held for a few instructions and never while a provider runs. It is tagged
//! with the process, since a child of `fork` may find it locked by a thread that it does not
//! have: see [`Flights`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::policy::Backoff;
use crate::clock::Patience;
use crate::error::{Error, ErrorKind, Result};
use crate::rules::Rule;
use crate::sync::thread::{self, ThreadId};
use crate::sync::{ArcSwapOption, Condvar, Mutex, MutexGuard};

/// How long a caller waits for another caller's work. Beyond the bound on resolving
/// credentials; what takes longer is a provider of the host that hangs.
const PATIENCE: Duration = Duration::from_secs(15);

/// The current [`Flight`] of this process, if there ever was one.
pub(crate) struct Flights<T> {
    current: ArcSwapOption<Flight<T>>,
    /// Most keys of most tables never have one, and those who look at all keys want to know that
    /// without a look at the pointer.
    any: AtomicBool,
}

impl<T: Clone> Flights<T> {
    pub(crate) fn new() -> Self {
        Self { current: ArcSwapOption::empty(), any: AtomicBool::new(false) }
    }

    /// The flight to take part in. A child of `fork` gets one of its own, because the thread
    /// that was working, or that held the lock, stayed behind in the parent.
    pub(crate) fn current(&self) -> Arc<Flight<T>> {
        let process = std::process::id();
        let flight = self.current.load_full();
        if let Some(flight) = flight.as_ref().filter(|flight| flight.process == process) {
            return Arc::clone(flight);
        }
        let fresh = Arc::new(Flight::new(process));
        self.current.compare_and_swap(&flight, Some(Arc::clone(&fresh)));
        self.any.store(true, Ordering::Relaxed);
        // Another thread may have been faster; nobody takes one away.
        self.current.load_full().unwrap_or(fresh)
    }

    /// Whether somebody works at this moment in this process, which is the caller's. To ask the
    /// system for its number at each entry of a table would be dearer than the looks.
    pub(crate) fn is_working(&self, process: u32) -> bool {
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let flight = self.current.load();
        flight.as_ref().is_some_and(|flight| {
            flight.process == process && flight.at_work.load(Ordering::Relaxed)
        })
    }
}

pub(crate) struct Flight<T> {
    process: u32,
    /// Whether there is a worker, for those who look at many and need not know it to the instant.
    at_work: AtomicBool,
    state: Mutex<State<T>>,
    landed: Condvar,
}

struct State<T> {
    /// Who is working, on which number. Nobody knows who while the work is on its way to another
    /// thread, or to a host that fetches by itself.
    working: Option<(Option<ThreadId>, u64)>,
    /// How many have begun.
    begun: u64,
    /// How many wait. To wake nobody is dear as well.
    waiting: usize,
    /// The last result, and its number.
    last: Option<(u64, Result<T>)>,
    backoff: Backoff,
}

/// What a caller is to do.
pub(crate) enum Part<T: Clone> {
    /// Do the work, and say how it ended.
    Work(Work<T>),
    /// Wait for the work of another.
    Wait(Wait<T>),
}

impl<T: Clone> Flight<T> {
    fn new(process: u32) -> Self {
        let backoff = Backoff::default();
        let state = State { working: None, begun: 0, waiting: 0, last: None, backoff };
        Self {
            process,
            at_work: AtomicBool::new(false),
            state: Mutex::new(state),
            landed: Condvar::new(),
        }
    }

    /// Begins the work, or joins the one that runs.
    pub(crate) fn join(self: &Arc<Self>, now: i64) -> Part<T> {
        let mut state = self.lock();
        match state.working.filter(|_| Rule::SingleFlight.holds()) {
            Some((worker, number)) => Part::Wait(Wait { flight: Arc::clone(self), worker, number }),
            None => Part::Work(self.begin(&mut state, now)),
        }
    }

    /// Begins the work if nobody does it and no pause after a failure forbids it.
    pub(crate) fn begin_if_due(self: &Arc<Self>, now: i64) -> Option<Work<T>> {
        let mut state = self.lock();
        let due = state.working.is_none() && (state.backoff.allows(now) || !Rule::Backoff.holds());
        due.then(|| self.begin(&mut state, now))
    }

    fn begin(self: &Arc<Self>, state: &mut State<T>, now: i64) -> Work<T> {
        state.begun += 1;
        self.at_work.store(true, Ordering::Relaxed);
        state.working = Some((Some(thread::current().id()), state.begun));
        Work { flight: Arc::clone(self), number: state.begun, began_at: now, landed: false }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The duty to work. Dropped without a result, for example by a panic of the provider, it
/// lands with an error, so that nobody waits for ever.
pub(crate) struct Work<T: Clone> {
    flight: Arc<Flight<T>>,
    number: u64,
    began_at: i64,
    landed: bool,
}

impl<T: Clone> Work<T> {
    /// To be called before the work goes to where this thread does not wait for it: if this
    /// thread asks again meanwhile, it is a caller like any other.
    pub(crate) fn hand_over(&self) {
        self.set_worker(None);
    }

    /// To be called by the thread that got the work.
    pub(crate) fn take_over(&self) {
        self.set_worker(Some(thread::current().id()));
    }

    fn set_worker(&self, worker: Option<ThreadId>) {
        self.flight.lock().working = Some((worker, self.number));
    }

    /// Hands the result to all who wait. `helped` says whether the next refresh may come as
    /// soon as it is wanted; if not, there is a pause first.
    pub(crate) fn land(mut self, result: Result<T>, helped: bool, now: i64) {
        self.finish(result, helped, now);
    }

    fn finish(&mut self, result: Result<T>, helped: bool, now: i64) {
        self.landed = true;
        let mut state = self.flight.lock();
        if helped && Rule::BackoffEnds.holds() {
            state.backoff.succeeded();
        } else {
            state.backoff.failed(now, fastrand::f64());
        }
        state.working = None;
        state.last = Some((self.number, result));
        self.flight.at_work.store(false, Ordering::Relaxed);
        let waiting = state.waiting;
        drop(state);
        if waiting == 0 {
            return;
        }
        if Rule::WakeAll.holds() {
            self.flight.landed.notify_all();
        } else {
            self.flight.landed.notify_one();
        }
    }
}

impl<T: Clone> Drop for Work<T> {
    fn drop(&mut self) {
        if !self.landed {
            let error = Error::new(
                ErrorKind::Internal,
                "the refresh ended without a result; a provider of credentials may have panicked",
            );
            self.finish(Err(error), false, self.began_at);
        }
    }
}

/// The place of one who waits.
pub(crate) struct Wait<T> {
    flight: Arc<Flight<T>>,
    worker: Option<ThreadId>,
    number: u64,
}

impl<T: Clone> Wait<T> {
    /// Waits for the result, but not for ever.
    pub(crate) fn result(self) -> Result<T> {
        self.result_within(PATIENCE)
    }

    fn result_within(self, limit: Duration) -> Result<T> {
        if self.worker == Some(thread::current().id()) {
            return Err(Error::new(
                ErrorKind::Internal,
                "the provider of the credentials asked for the very token that it was called \
                 for; give it credentials from elsewhere",
            ));
        }
        let mut patience = Patience::new(limit);
        let mut state = self.flight.lock();
        state.waiting += 1;
        let result = loop {
            match &state.last {
                Some((number, result)) if *number >= self.number => break result.clone(),
                _ => {}
            }
            let Some(wait) = patience.next_wait() else { break Err(overdue(limit)) };
            state = self
                .flight
                .landed
                .wait_timeout(state, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        };
        state.waiting -= 1;
        result
    }
}

#[cold]
fn overdue(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "another caller's refresh of this token has not ended within {} s; the provider of \
             the credentials hangs",
            limit.as_secs()
        ),
    )
}

#[cfg(all(test, not(feature = "model-checking")))]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_work_that_hangs_gives_up_and_the_work_goes_on() {
        let flights = Flights::<u8>::new();
        let Part::Work(work) = flights.current().join(0) else { panic!("nobody works yet") };
        work.hand_over();
        let wait = || match flights.current().join(0) {
            Part::Wait(wait) => wait,
            Part::Work(_) => panic!("two work"),
        };
        let error = wait().result_within(Duration::from_millis(20)).unwrap_err();
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Timeout, true));
        let late = wait();
        work.land(Ok(7), true, 0);
        assert_eq!(late.result().unwrap(), 7, "it had landed before it was waited for");
    }
}
