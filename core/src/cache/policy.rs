//! When a cached token may be handed out, and when to try for a new one. No state, no clock.

use std::ops::Range;

use crate::rules::Rule;
use crate::token::Token;

/// The two margins before the end of a token, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Margins {
    refresh_before: i64,
    min_remaining: i64,
}

/// What a token is worth at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Hand it out.
    Fresh,
    /// Hand it out, and have a new one made behind it.
    Ageing,
    /// Make a new one first. Also a token from the future: the clock was set back, and the
    /// server, which has the right time, may not take it.
    Spent,
}

impl Margins {
    /// A margin as long as the whole life of a token would leave no time to use it: it is cut
    /// to half that life.
    pub(crate) fn new(refresh_before: u32, min_remaining: u32, expires: u32) -> Self {
        let cut = |margin: u32| i64::from(if margin >= expires { expires / 2 } else { margin });
        Self { refresh_before: cut(refresh_before), min_remaining: cut(min_remaining) }
    }

    pub(crate) fn standing(&self, token: &Token, now: i64) -> Standing {
        let remaining = token.expires_at().saturating_sub(now);
        let from_the_future = now < token.signed_at() && Rule::NoFuture.holds();
        if from_the_future || remaining <= self.min_remaining() {
            Standing::Spent
        } else if remaining <= self.refresh_before && Rule::RefreshBehind.holds() {
            Standing::Ageing
        } else {
            Standing::Fresh
        }
    }

    /// The seconds in which the token is [`Standing::Fresh`].
    pub(crate) fn fresh(&self, token: &Token) -> Range<i64> {
        let margin = self.refresh_before.max(self.min_remaining);
        token.signed_at()..token.expires_at().saturating_sub(margin)
    }

    /// Whether a token just made will do for a login, seeing how soon it ends.
    pub(crate) fn long_enough(&self, token: &Token, now: i64) -> bool {
        token.expires_at().saturating_sub(now) >= self.min_remaining()
    }

    pub(crate) fn min_remaining(&self) -> i64 {
        if Rule::MinRemaining.holds() { self.min_remaining } else { 0 }
    }
}

const FIRST_PAUSE: f64 = 1.0;
const LONGEST_PAUSE: f64 = 16.0;

/// When a refresh behind a good token may be tried again after one that did not help.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Backoff {
    failures: u32,
    /// The seconds of the wall clock in which nothing is tried.
    pause: Option<(i64, i64)>,
}

impl Backoff {
    /// `jitter` from 0 to 1 spreads those who failed together.
    pub(crate) fn failed(&mut self, now: i64, jitter: f64) {
        let longest =
            (FIRST_PAUSE * 2_f64.powi(self.failures.min(8).cast_signed())).min(LONGEST_PAUSE);
        // One more, because `now` may be nearly over.
        let seconds = (longest * (0.5 + jitter / 2.0)).ceil() + 1.0;
        self.failures = self.failures.saturating_add(1);
        self.pause = Some((now, now.saturating_add(seconds as i64)));
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Whether to try now. A clock that was set back ends the pause rather than lengthen it.
    pub(crate) fn allows(&self, now: i64) -> bool {
        self.pause.is_none_or(|(since, until)| now < since || now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(signed_at: i64, expires_at: i64) -> Token {
        Token::new("t\0".to_owned().into(), signed_at, expires_at)
    }

    #[test]
    fn the_three_standings_change_at_their_seconds() {
        let margins = Margins::new(60, 10, 900);
        let token = token(1000, 1900);
        for (now, standing) in [
            (999, Standing::Spent),
            (1000, Standing::Fresh),
            (1839, Standing::Fresh),
            (1840, Standing::Ageing),
            (1889, Standing::Ageing),
            (1890, Standing::Spent),
            (5000, Standing::Spent),
        ] {
            assert_eq!(margins.standing(&token, now), standing, "at {now}");
            assert_eq!(margins.fresh(&token).contains(&now), standing == Standing::Fresh);
        }
    }

    #[test]
    fn margins_as_long_as_a_life_are_cut_and_none_at_all_is_allowed() {
        assert_eq!(Margins::new(60, 10, 30), Margins { refresh_before: 15, min_remaining: 10 });
        assert_eq!(
            Margins::new(900, 900, 900),
            Margins { refresh_before: 450, min_remaining: 450 }
        );
        let none = Margins::new(0, 0, 1);
        assert_eq!(none.standing(&token(5, 6), 5), Standing::Fresh);
        assert_eq!(none.standing(&token(5, 6), 6), Standing::Spent);
    }

    #[test]
    fn a_large_min_remaining_wins_over_a_small_refresh_before() {
        let margins = Margins::new(0, 10, 900);
        assert_eq!(margins.standing(&token(0, 900), 895), Standing::Spent);
        assert_eq!(margins.fresh(&token(0, 900)), 0..890);
    }

    #[test]
    fn pauses_double_up_to_a_bound_with_jitter_and_end_with_success() {
        let mut backoff = Backoff::default();
        assert!(backoff.allows(100));
        let mut longest = Vec::new();
        for _ in 0..7 {
            backoff.failed(100, 1.0);
            longest.push((100..200).find(|now| backoff.allows(*now)).unwrap() - 100);
        }
        assert_eq!(longest, [2, 3, 5, 9, 17, 17, 17]);
        backoff.failed(100, 0.0);
        assert!(!backoff.allows(108) && backoff.allows(109));
        assert!(backoff.allows(99), "a clock set back ends the pause");
        backoff.succeeded();
        assert!(backoff.allows(100));
    }
}
