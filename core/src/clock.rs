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

/// Moves a [`Clock::Manual`]. Clones move the same clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this Unix second.
    pub fn at(unix_time: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix_time)))
    }

    /// Sets the clock to this Unix second.
    pub fn set(&self, unix_time: i64) {
        self.0.store(unix_time, Ordering::SeqCst);
    }

    /// Moves the clock by so many seconds, back if negative.
    pub fn step(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
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
            Self::Manual(clock) => Ok(clock.0.load(Ordering::SeqCst)),
        }
    }

    /// The time as exactly as it is known, to tell what came first.
    pub(crate) fn exact(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Manual(clock) => whole_seconds(clock.0.load(Ordering::SeqCst)),
        }
    }

    /// A time of the caller's, as exactly as this clock knows its own.
    pub(crate) fn as_exact(&self, time: SystemTime) -> SystemTime {
        match self {
            Self::System => time,
            Self::Manual(_) => whole_seconds(unix_seconds(time)),
        }
    }
}

fn whole_seconds(unix_time: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_time).unwrap_or_default())
}

/// A limit on waiting, in time that this process runs. A process that is stopped for a while, as a
/// Lambda is between two requests, loses little of it: what it waits for could not come
/// meanwhile either, and all clocks went on.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    #[cfg(feature = "chain")]
    limit: Duration,
    left: Duration,
    looked: Instant,
    stopped: bool,
}

impl Deadline {
    /// The longest wait between two looks. One that took more than twice as long was not a wait.
    const SLICE: Duration = Duration::from_secs(1);

    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            #[cfg(feature = "chain")]
            limit,
            left: limit,
            looked: Instant::now(),
            stopped: false,
        }
    }

    #[cfg(feature = "chain")]
    pub(crate) fn limit(&self) -> Duration {
        self.limit
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
    fn a_deadline_is_used_up_by_waiting_and_hardly_by_being_stopped() {
        let second = Duration::from_secs(1);
        let mut deadline = Deadline::new(5 * second);
        let after = |deadline: &mut Deadline, passed: Duration| {
            deadline.looked -= passed;
            deadline.next_wait().map(|wait| wait.as_secs_f64().round())
        };
        assert_eq!(after(&mut deadline, Duration::ZERO), Some(1.0));
        assert_eq!(after(&mut deadline, second), Some(1.0));
        assert!(!deadline.was_stopped());
        // Two of the four seconds are left.
        assert_eq!(after(&mut deadline, 100 * second), Some(1.0));
        assert!(deadline.was_stopped() && !deadline.was_stopped());
        assert_eq!(after(&mut deadline, second), Some(1.0));
        assert_eq!(after(&mut deadline, second), None);
        assert_eq!(after(&mut deadline, Duration::ZERO), None);
        assert!(!deadline.was_stopped());
    }

    #[test]
    fn the_system_clock_is_plausible_here() {
        assert!(Clock::System.now().unwrap() > NOT_BEFORE);
        assert_eq!(impossible(0).kind(), ErrorKind::Clock);
        assert!(impossible(0).message().contains("1970-01-01T00:00:00Z"));
    }
}
