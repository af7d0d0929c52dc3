//! When a token or credentials may be used, and when to replace them. Pure functions of the time.

use std::ops::Range;

/// What something with an expiry is worth at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use it.
    Fresh,
    /// Use it, and replace it.
    Stale,
    /// Replace it first.
    Expired,
}

/// Credentials with less than this left would cut a token short, so newer ones are fetched. The rule
/// of the JS SDK since 2026 (smithy-typescript, #8047), and of botocore.
const FULL_LIFE: i64 = 900;
/// Credentials without an expiry may come from a file that somebody replaces.
pub(crate) const REREAD_AFTER: i64 = 60;

/// Whether the source should be asked for newer credentials: less than 15 minutes are left.
pub(crate) fn wants_newer(expires_at: Option<i64>, now: i64) -> bool {
    expires_at.is_some_and(|at| at.saturating_sub(now) < FULL_LIFE)
}

/// Of credentials that were fetched at `fetched_at`, for a token that has to be valid for more than
/// `min_remaining` seconds.
pub(crate) fn of_credentials(
    expires_at: Option<i64>,
    fetched_at: i64,
    min_remaining: i64,
    now: i64,
) -> Freshness {
    // A source that only has credentials of a short life is not asked at each call.
    let half_of_life = expires_at.map(|at| at.saturating_sub(fetched_at) / 2);
    let pause = half_of_life.map_or(REREAD_AFTER, |half| half.min(REREAD_AFTER));
    let just_fetched = (0..pause).contains(&now.saturating_sub(fetched_at));
    match expires_at {
        Some(at) if at.saturating_sub(now) <= min_remaining => Freshness::Expired,
        _ if just_fetched => Freshness::Fresh,
        Some(_) if !wants_newer(expires_at, now) => Freshness::Fresh,
        _ => Freshness::Stale,
    }
}

/// The two margins before the expiry of a token, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Margins {
    refresh_before: i64,
    min_remaining: i64,
}

impl Margins {
    /// A margin is at most half of the life of a token, so that the other half can be used.
    pub(crate) fn new(refresh_before: u32, min_remaining: u32, expires: u32) -> Self {
        let capped = |margin: u32| i64::from(margin.min(expires / 2));
        Self { refresh_before: capped(refresh_before), min_remaining: capped(min_remaining) }
    }

    pub(crate) fn min_remaining(&self) -> i64 {
        self.min_remaining
    }

    /// A token that is signed in the future counts as expired: the clock was set back, and the server,
    /// whose clock is right, may not accept it.
    pub(crate) fn freshness(&self, signed_at: i64, expires_at: i64, now: i64) -> Freshness {
        if self.fresh_range(signed_at, expires_at).contains(&now) {
            Freshness::Fresh
        } else if now >= signed_at && self.is_enough(expires_at, now) {
            Freshness::Stale
        } else {
            Freshness::Expired
        }
    }

    /// The seconds in which a token is [`Freshness::Fresh`].
    pub(crate) fn fresh_range(&self, signed_at: i64, expires_at: i64) -> Range<i64> {
        signed_at..expires_at.saturating_sub(self.refresh_before.max(self.min_remaining))
    }

    /// Whether what expires then is valid long enough for a login. Clocks are read in whole seconds,
    /// so one more is needed.
    pub(crate) fn is_enough(&self, expires_at: i64, now: i64) -> bool {
        expires_at.saturating_sub(now) > self.min_remaining
    }
}

const FIRST_PAUSE: f64 = 1.0;
const LONGEST_PAUSE: f64 = 16.0;

/// When a background refresh may be tried again after a failure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Backoff {
    failures: u32,
    /// The seconds of the wall clock in which nothing is tried.
    pause: Option<(i64, i64)>,
}

impl Backoff {
    /// `jitter`, from 0 to 1, spreads processes that failed together.
    pub(crate) fn failed(&mut self, now: i64, jitter: f64) {
        let doubled = FIRST_PAUSE * 2_f64.powi(self.failures.min(8).cast_signed());
        // One more, because the current second may be nearly over.
        let seconds = (doubled.min(LONGEST_PAUSE) * (0.5 + jitter / 2.0)).ceil() + 1.0;
        self.failures = self.failures.saturating_add(1);
        self.pause = Some((now, now.saturating_add(seconds as i64)));
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn allows(&self, now: i64) -> bool {
        !self.pause.is_some_and(|pause| in_pause(pause, now))
    }
}

/// A clock that was set back ends a pause rather than prolong it.
pub(crate) fn in_pause((since, until): (i64, i64), now: i64) -> bool {
    (since..until).contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Freshness::{Expired, Fresh, Stale};

    #[test]
    fn freshness_of_a_token_changes_at_its_margins() {
        let margins = Margins::new(60, 10, 900);
        for (now, freshness) in [
            (999, Expired),
            (1000, Fresh),
            (1839, Fresh),
            (1840, Stale),
            (1889, Stale),
            (1890, Expired),
            (5000, Expired),
        ] {
            assert_eq!(margins.freshness(1000, 1900, now), freshness, "at {now}");
        }
    }

    #[test]
    fn margins_are_capped_at_half_of_the_life() {
        for (given, capped) in [(59, 30), (60, 30), (30, 30), (29, 29), (0, 0)] {
            assert_eq!(Margins::new(given, given, 60), Margins::new(capped, capped, 900));
        }
        let none = Margins::new(0, 0, 1);
        assert_eq!((none.freshness(5, 6, 5), none.freshness(5, 6, 6)), (Fresh, Expired));
    }

    #[test]
    fn a_large_min_remaining_wins_over_a_small_refresh_before() {
        let margins = Margins::new(0, 10, 900);
        assert_eq!(margins.freshness(0, 900, 895), Expired);
        assert_eq!(margins.fresh_range(0, 900), 0..890);
    }

    #[test]
    fn credentials_are_stale_in_their_last_15_minutes_or_after_a_minute_without_an_expiry() {
        let now = 10_000;
        for (left, age, min_remaining, freshness) in [
            (Some(900), 3600, 10, Fresh),
            (Some(899), 3600, 10, Stale),
            (Some(899), 59, 10, Fresh),
            (Some(899), 60, 10, Stale),
            (Some(11), 3600, 10, Stale),
            // Its life was 41 s.
            (Some(22), 19, 10, Fresh),
            (Some(21), 20, 10, Stale),
            (Some(10), 0, 10, Expired),
            (Some(10), 4, 0, Fresh),
            (Some(0), 0, 0, Expired),
            (None, 59, 10, Fresh),
            (None, 60, 10, Stale),
            // The clock was set back.
            (None, -1, 10, Stale),
            (Some(3600), -1, 10, Fresh),
        ] {
            let expires_at = left.map(|left| now + left);
            let found = of_credentials(expires_at, now - age, min_remaining, now);
            assert_eq!(found, freshness, "{left:?} left, fetched {age} s ago");
        }
        assert!(wants_newer(Some(899), 0) && !wants_newer(Some(900), 0) && !wants_newer(None, 0));
    }

    #[test]
    fn pauses_double_up_to_a_bound_with_jitter_and_end_with_a_success() {
        let mut backoff = Backoff::default();
        assert!(backoff.allows(100));
        let mut pauses = Vec::new();
        for _ in 0..7 {
            backoff.failed(100, 1.0);
            pauses.push((100..200).find(|now| backoff.allows(*now)).unwrap() - 100);
        }
        assert_eq!(pauses, [2, 3, 5, 9, 17, 17, 17]);
        backoff.failed(100, 0.0);
        assert!(!backoff.allows(108) && backoff.allows(109));
        assert!(backoff.allows(99), "a clock that was set back ends the pause");
        backoff.succeeded();
        assert!(backoff.allows(100));
    }
}
