//! The calls that want a value: take it, wait for it, or be told later.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::worker::address;
use super::{Begin, Lookup, Outcome, RefreshCache, RefreshRequest, Refreshable};
use crate::clock::{Clock, Deadline};
use crate::config::Config;
use crate::error::{Error, Result};

/// Whether a call may wait.
pub(crate) enum Wait<'a> {
    /// It takes what is fresh, and otherwise fails with
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) and begins nothing.
    Glance,
    /// It takes what can be used, begins a fetch if one is due, and otherwise fails so.
    Never,
    /// The same, and the waker is woken when trying again makes sense.
    Wake(Waking<'a>),
    /// It may.
    Until(Waiting<'a>),
}

pub(crate) struct Waking<'a> {
    waker: &'a Waker,
    awaited: &'a mut Awaited,
}

/// The fetch that a call waits for between one try and the next, so that it gets the error of this
/// fetch and does not begin another.
#[derive(Debug, Default)]
pub struct Awaited(Option<Fetch>);

#[derive(Debug)]
struct Fetch {
    /// The cache, by its address: a call may need credentials and then a region.
    cache: usize,
    number: u64,
}

pub(crate) struct Waiting<'a> {
    timeout: Duration,
    /// From the first wait on. Most calls do not wait and need no clock for it.
    deadline: Option<Deadline>,
    /// Called after each slice; an error of it ends the waiting.
    pause: &'a mut dyn FnMut() -> Result<()>,
    slice: Duration,
}

impl<'a> Wait<'a> {
    pub(crate) fn wake(waker: &'a Waker, awaited: &'a mut Awaited) -> Self {
        Self::Wake(Waking { waker, awaited })
    }

    /// As long as the configuration says.
    pub(crate) fn by(config: &Config, pause: &'a mut dyn FnMut() -> Result<()>) -> Self {
        let (timeout, slice) = (config.timeout, config.slice);
        Self::Until(Waiting { timeout, deadline: None, pause, slice })
    }

    pub(crate) fn has_waited(&self) -> bool {
        matches!(self, Self::Until(waiting) if waiting.deadline.is_some())
    }
}

/// How long a call waits for a new value while it could use the old one. A file is read again well
/// within it, so that a key that was replaced there is seen at once.
const GRACE: Duration = Duration::from_millis(50);

impl<T: Refreshable> RefreshCache<T> {
    /// A value that is valid for more than `min_remaining` seconds; or as an `Err` inside, the one value
    /// of a source that has none which lives that long. `start` begins a fetch; without it another caller
    /// has to.
    pub(crate) fn obtain(
        self: &Arc<Self>,
        min_remaining: i64,
        clock: &Clock,
        wait: &mut Wait<'_>,
        start: Option<&dyn Fn(RefreshRequest<T>)>,
    ) -> Result<std::result::Result<T, T>> {
        if matches!(wait, Wait::Glance) {
            let fresh = self.fresh(min_remaining, clock.now()?);
            return fresh.map(Ok).ok_or_else(Error::would_block);
        }
        loop {
            let begin = match (start, &wait) {
                (None, _) => Begin::Never,
                // The caller has something else to use.
                (Some(_), Wait::Never) => Begin::IfDue,
                (Some(_), _) => Begin::Now,
            };
            let lookup = match self.take_awaited(wait) {
                Some(number) => Lookup::Wait(number),
                None => self.look(min_remaining, clock.now()?, begin),
            };
            let number = match (lookup, start) {
                (Lookup::Ready(value), _) => return Ok(Ok(value)),
                (Lookup::TooShort(value), _) => return Ok(Err(value)),
                (Lookup::Stale(value, request), Some(start)) => {
                    let number = request.number();
                    start(request);
                    if value.has_no_expiry() && matches!(wait, Wait::Until(_)) {
                        let _ = self.wait(number, &mut Deadline::new(GRACE), GRACE, &mut || Ok(()));
                    }
                    let newest = self.outcome(number, min_remaining, clock.now()?);
                    return Ok(Ok(match newest {
                        Ok(Outcome::Value(newest)) => newest,
                        _ => value,
                    }));
                }
                (Lookup::Wait(number), _) => number,
                (Lookup::Fetch(request), Some(start)) => {
                    let number = request.number();
                    start(request);
                    number
                }
                _ => return Err(Error::would_block()),
            };
            self.wait_for_end(number, wait)?;
            match self.outcome(number, min_remaining, clock.now()?)? {
                Outcome::Value(value) => return Ok(Ok(value)),
                Outcome::TooShort(value) => return Ok(Err(value)),
                Outcome::LookAgain => {}
            }
        }
    }

    /// The fetch that this call waited for in an earlier try.
    fn take_awaited(&self, wait: &mut Wait<'_>) -> Option<u64> {
        let Wait::Wake(waking) = wait else { return None };
        let fetch = waking.awaited.0.take_if(|fetch| fetch.cache == address(self));
        fetch.map(|fetch| fetch.number)
    }

    fn wait_for_end(&self, number: u64, wait: &mut Wait<'_>) -> Result<()> {
        match wait {
            Wait::Glance | Wait::Never => Err(Error::would_block()),
            Wait::Wake(waking) => {
                self.refuse_own_fetch()?;
                if !self.wake_at_end(number, waking.waker) {
                    return Ok(());
                }
                waking.awaited.0 = Some(Fetch { cache: address(self), number });
                Err(Error::would_block())
            }
            Wait::Until(waiting) => {
                let deadline =
                    waiting.deadline.get_or_insert_with(|| Deadline::new(waiting.timeout));
                self.wait(number, deadline, waiting.slice, waiting.pause)
            }
        }
    }
}
