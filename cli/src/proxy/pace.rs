//! How many logins begin in a second, for one database. RDS refuses more than 200.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Logins take their turns in the order in which they came.
pub(super) struct Pace {
    interval: Duration,
    /// How far the turns may be behind the clock, so that a few logins at once need not wait.
    burst: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        // A tenth of what a second may have: with it, no second has more than 1.1 times as many.
        let burst = interval * (per_second / 10).max(1);
        Self { interval, burst, next: Mutex::new(None) }
    }

    /// Takes a turn, and returns how long to wait for it. Nothing if that is longer than the limit: then
    /// no turn is taken.
    pub(super) fn turn(&self, now: Instant, limit: Duration) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(self.burst).unwrap_or(now);
        let mine = next.map_or(earliest, |next| next.max(earliest)) + self.interval;
        let wait = mine.saturating_duration_since(now);
        if wait > limit {
            return None;
        }
        *next = Some(mine);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn no_second_has_more_logins_than_rds_takes() {
        let pace = Pace::new(180);
        let start = Instant::now();
        // A thousand at once, and then one each millisecond.
        let mut turns = vec![];
        for after in (0..1000).map(|_| 0).chain(0..1000) {
            let now = start + Duration::from_millis(after);
            turns.push(now + pace.turn(now, Duration::from_secs(60)).unwrap() - start);
        }
        turns.sort();
        for (at, turn) in turns.iter().enumerate() {
            let within = turns[at..].iter().take_while(|other| **other < *turn + SECOND).count();
            assert!(within <= 200, "{within} in the second from {turn:?}");
        }
        assert!(*turns.last().unwrap() < Duration::from_millis(2000 * 1000 / 180 + 1));
    }

    #[test]
    fn a_turn_that_is_too_far_off_is_not_taken() {
        let pace = Pace::new(10);
        let now = Instant::now();
        assert_eq!(pace.turn(now, SECOND), Some(Duration::ZERO));
        for _ in 0..10 {
            assert!(pace.turn(now, SECOND).is_some());
        }
        assert_eq!(pace.turn(now, SECOND), None);
        assert_eq!(pace.turn(now, 2 * SECOND), Some(Duration::from_millis(1100)));
    }

    #[test]
    fn after_a_rest_only_a_burst_is_at_once() {
        let pace = Pace::new(100);
        let later = Instant::now() + 3600 * SECOND;
        let at_once = (0..100).filter(|_| pace.turn(later, SECOND) == Some(Duration::ZERO)).count();
        assert_eq!(at_once, 10);
    }
}
