//! The wall clock, and one that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, ErrorKind, Result};

/// IAM database authentication began in 2017: a system clock before that has never been set,
/// and a token signed with it would be refused without a word of explanation.
const NOT_BEFORE: i64 = 1_483_228_800;
/// The end of the year 9999, the last that SigV4's date format can say.
pub(crate) const LAST_SECOND: i64 = 253_402_300_799;

/// Where the time comes from. Tokens are judged by the wall clock of the server, so this is
/// the wall clock and never a monotonic one, which stops while a machine sleeps.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The clock of the system.
    #[default]
    System,
    /// A clock that stands still until it is moved, for tests.
    Manual(ManualClock),
}

/// The hand that moves a [`Clock::Manual`]. Clones move the same clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug, Default)]
struct Hands {
    wall: AtomicI64,
    /// Seconds that have passed, as a monotonic clock counts them.
    passed: AtomicI64,
}

impl ManualClock {
    /// A clock that shows this Unix second.
    pub fn at(unix_time: i64) -> Self {
        let clock = Self::default();
        clock.set(unix_time);
        clock
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: u32) {
        self.0.passed.fetch_add(seconds.into(), Ordering::SeqCst);
        self.step(seconds.into());
    }

    /// Moves the clock by so many seconds, back if negative, without any time passing: as
    /// somebody who sets it does, or a machine that sleeps.
    pub fn step(&self, seconds: i64) {
        self.0.wall.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the clock to this Unix second, without any time passing.
    pub fn set(&self, unix_time: i64) {
        self.0.wall.store(unix_time, Ordering::SeqCst);
    }
}

impl Clock {
    /// The time in whole Unix seconds, rounded down.
    ///
    /// # Errors
    /// [`ErrorKind::Clock`] when the system clock is before 2017 or after the year 9999.
    pub fn now(&self) -> Result<i64> {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => Ok(clock.0.wall.load(Ordering::SeqCst)),
        }
    }

    fn mark(&self) -> Mark {
        match self {
            Self::System => Mark::System(Instant::now()),
            Self::Manual(clock) => {
                Mark::Manual(clock.clone(), clock.0.passed.load(Ordering::SeqCst))
            }
        }
    }
}

/// A moment of the monotonic clock.
enum Mark {
    System(Instant),
    Manual(ManualClock, i64),
}

impl Mark {
    /// Whole seconds since then.
    fn passed(&self) -> i64 {
        match self {
            Self::System(at) => i64::try_from(at.elapsed().as_secs()).unwrap_or(i64::MAX),
            Self::Manual(clock, at) => clock.0.passed.load(Ordering::SeqCst).saturating_sub(*at),
        }
    }
}

/// A moment by both clocks, to notice that the machine slept or that its clock was set: what was
/// fetched before may be of the past.
pub(crate) struct Moment {
    wall: i64,
    monotonic: Mark,
}

impl Moment {
    /// Seconds by which the clocks may differ: they are read one after the other, and the wall
    /// clock in whole seconds.
    const SLACK: u64 = 2;

    pub(crate) fn now(clock: &Clock) -> Result<Self> {
        Ok(Self { wall: clock.now()?, monotonic: clock.mark() })
    }

    pub(crate) fn slept_since(&self, clock: &Clock) -> Result<bool> {
        let expected = self.wall.saturating_add(self.monotonic.passed());
        Ok(clock.now()?.abs_diff(expected) > Self::SLACK)
    }
}

/// A limit on waiting, in time that this process runs. One that is stopped for a while, as a
/// Lambda is between two requests, loses little of it: what it waits for could not come
/// meanwhile either, and both clocks went on.
pub(crate) struct Patience {
    left: Duration,
    looked: Instant,
    stopped: bool,
}

impl Patience {
    /// The longest wait between two looks. One that took more than twice as long was not a wait.
    const SLICE: Duration = Duration::from_secs(1);

    pub(crate) fn new(limit: Duration) -> Self {
        Self { left: limit, looked: Instant::now(), stopped: false }
    }

    /// How long to wait before asking here again; none when the limit is reached.
    pub(crate) fn next_wait(&mut self) -> Option<Duration> {
        self.look();
        (!self.left.is_zero()).then(|| self.left.min(Self::SLICE))
    }

    /// Whether the process seems to have been stopped since the last time this was asked.
    #[cfg_attr(not(feature = "chain"), allow(dead_code, reason = "the chain alone asks"))]
    pub(crate) fn was_stopped(&mut self) -> bool {
        self.look();
        std::mem::take(&mut self.stopped)
    }

    fn look(&mut self) {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.looked);
        self.looked = now;
        self.stopped |= passed > 2 * Self::SLICE;
        self.left = self.left.saturating_sub(passed.min(2 * Self::SLICE));
    }
}

fn system_now() -> Result<i64> {
    let now = unix_seconds(SystemTime::now());
    if (NOT_BEFORE..=LAST_SECOND).contains(&now) { Ok(now) } else { Err(impossible(now)) }
}

#[cold]
fn impossible(now: i64) -> Error {
    Error::new(
        ErrorKind::Clock,
        format!(
            "the system clock shows {}, which cannot be right, so the database would refuse the \
             token; set the clock (for example with NTP) and try again",
            rfc3339(now)
        ),
    )
}

/// Whole seconds since 1970, rounded down, negative before.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -whole - i64::from(before.subsec_nanos() > 0)
        }
    }
}

/// `2024-06-01T12:00:00Z`, for messages; the bare number where the calendar ends.
pub(crate) fn rfc3339(unix_time: i64) -> String {
    match time::OffsetDateTime::from_unix_timestamp(unix_time) {
        Ok(at) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        Err(_) => format!("{unix_time} (Unix seconds)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_on_both_sides_of_1970() {
        assert_eq!(unix_seconds(UNIX_EPOCH + Duration::from_millis(1500)), 1);
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_millis(1500)), -2);
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_secs(2)), -2);
    }

    #[test]
    fn a_clock_that_was_moved_is_noticed() {
        let hand = ManualClock::at(1000);
        let clock = Clock::Manual(hand.clone());
        let moment = Moment::now(&clock).unwrap();
        hand.pass(3600);
        assert!(!moment.slept_since(&clock).unwrap(), "an hour that passed");
        for (step, slept) in [(0, false), (2, false), (1, true), (-6, true)] {
            hand.step(step);
            assert_eq!(moment.slept_since(&clock).unwrap(), slept, "after {step}");
        }
    }

    #[test]
    fn patience_is_used_up_by_waiting_and_hardly_by_being_stopped() {
        let second = Duration::from_secs(1);
        let mut patience = Patience::new(5 * second);
        let after = |patience: &mut Patience, passed: Duration| {
            patience.looked -= passed;
            patience.next_wait().map(|wait| wait.as_secs_f64().round())
        };
        assert_eq!(after(&mut patience, Duration::ZERO), Some(1.0));
        assert_eq!(after(&mut patience, second), Some(1.0));
        assert!(!patience.was_stopped());
        // Two of the four seconds are left.
        assert_eq!(after(&mut patience, 100 * second), Some(1.0));
        assert!(patience.was_stopped() && !patience.was_stopped());
        assert_eq!(after(&mut patience, second), Some(1.0));
        assert_eq!(after(&mut patience, second), None);
        assert_eq!(after(&mut patience, Duration::ZERO), None);
        assert!(!patience.was_stopped());
    }

    #[test]
    fn the_system_clock_is_plausible_here() {
        assert!(Clock::System.now().unwrap() > NOT_BEFORE);
        assert_eq!(impossible(0).kind(), ErrorKind::Clock);
        assert!(impossible(0).message().contains("1970-01-01T00:00:00Z"));
    }
}
