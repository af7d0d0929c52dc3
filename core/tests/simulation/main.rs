//! Days of a service, simulated: hundreds of callers over many keys, credentials that live from a
//! minute to twelve hours, a provider that fails, hangs or is stale, a clock that is set forward
//! and back, a machine that sleeps in the middle of a refresh, evictions, invalidations. Every
//! token that is handed out is judged as the database would, every call compared with what the
//! rules of the cache say.
//!
//! `model` says the rules once more, from the documentation; `stage` has real threads, which move
//! only as the conductor lets them, so that a day depends on its seed alone. `RDSIAM_SEED` replays
//! one, `RDSIAM_DAYS` says how many there are; `make soak` plays a hundred.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking and prints its seed"
)]

#[path = "../common/aws_sigv4.rs"]
mod aws_sigv4;
mod day;
mod host;
mod model;
mod referee;
mod stage;
#[cfg(feature = "fault-injection")]
mod teeth;
mod world;

use std::fmt;

use day::Day;

/// What the cache did against its rules.
pub(crate) struct Violation(String);

pub(crate) type Checked<T = ()> = Result<T, Violation>;

impl Violation {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Counters by their names.
macro_rules! seen {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What days have shown, so that none can pass in which nothing happened.
        #[derive(Debug, Default, Clone, PartialEq, Eq)]
        pub(crate) struct Seen {
            $($(#[$doc])* pub(crate) $name: u64,)*
        }

        impl Seen {
            fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.wrapping_add(other.$name);)*
            }
        }
    };
}

seen! {
    /// Handed out and judged, each time.
    tokens,
    /// Whose signature was made again; the others had been seen before.
    verified,
    /// Handed out with a refresh due or under way behind them.
    ageing,
    /// Handed out within five seconds of `min_remaining`.
    last_seconds,
    /// Calls that waited for the refresh of another.
    waited,
    refreshes,
    /// Refreshes behind a token, on a thread of the library.
    behind,
    /// Answers of a provider.
    asked,
    /// Questions for newer keys, or after a sleep.
    asked_again,
    provider_failed,
    /// Calls that failed, each for a reason of the provider's.
    refused,
    refused_for_ended,
    would_block,
    /// Answers that took their time.
    hung,
    served_while_hung,
    /// Results that were no longer good when they were looked at again.
    again,
    /// How often the clock was.
    set_back,
    slept_in_refresh,
    invalidated,
    invalidated_in_refresh,
    /// Refreshes that brought less than there was.
    kept_better,
    evicted,
    /// Calls that sign each time.
    signed,
    /// Keys with a fresh token 17 seconds after the last trouble.
    recovered,
    /// All that was handed out and when, whatever the order of threads that ran at once.
    digest,
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// The rules are switched off for a whole process: the tests take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The seeds to play: the one that is to be replayed, or so many new ones.
fn seeds(days: u64) -> Vec<u64> {
    match setting("RDSIAM_SEED") {
        Some(seed) => vec![seed],
        None => (0..setting("RDSIAM_DAYS").unwrap_or(days)).map(|_| fastrand::u64(..)).collect(),
    }
}

/// How much of a day: all of it in `make soak`, and less where everything else is tested too.
fn hours() -> u64 {
    let soak = setting("RDSIAM_DAYS").is_some() || setting("RDSIAM_SEED").is_some();
    setting("RDSIAM_HOURS").unwrap_or(if soak { 24 } else { 6 })
}

#[test]
fn days_without_a_violation() {
    let _turn = turn();
    let mut all = Seen::default();
    for seed in seeds(3) {
        let mut day = Day::new(seed);
        let result = day.run(hours());
        println!("RDSIAM_SEED={seed} {:?}", day.seen);
        if let Err(violation) = result {
            panic!("RDSIAM_SEED={seed}, second {}: {violation}", day.seconds());
        }
        all.add(&day.seen);
    }
    println!("in all: {all:?}");
    assert!(all.tokens > 1000 && all.verified > 500 && all.refreshes > 500, "nothing to judge");
    assert!(all.ageing > 0 && all.behind > 0 && all.waited > 0 && all.hung > 0 && all.signed > 0);
    assert!(all.provider_failed > 0 && all.asked_again > 0 && all.refused > 0);
    assert!(all.invalidated > 0 && all.served_while_hung > 0 && all.would_block > 0);
    // What comes seldom has come in a hundred days.
    if all.tokens > 500_000 {
        assert!(all.set_back > 0 && all.slept_in_refresh > 0 && all.invalidated_in_refresh > 0);
        assert!(all.evicted > 0 && all.recovered > 0 && all.kept_better > 0);
        assert!(all.refused_for_ended > 0 && all.last_seconds > 0);
    }
}

/// Without this, no seed would be worth anything.
#[test]
fn a_seed_replays_its_day() {
    let _turn = turn();
    let seed = seeds(1)[0];
    println!("RDSIAM_SEED={seed}");
    let play = || {
        let mut day = Day::new(seed);
        let result = day.run(2);
        (result.map_err(|violation| violation.to_string()), day.seen)
    };
    assert_eq!(play(), play());
}
