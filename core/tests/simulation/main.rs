//! Days of a service, simulated: clients with hundreds of keys, credentials that live from a minute to
//! twelve hours or have no expiry, sources that fail, hang or are stale, a clock that is set forward
//! and back, a machine that sleeps in the middle of a fetch, evictions, refused logins. Every token
//! that is returned is judged as the database would, every call and every question to a source is
//! compared with what the rules say.
//!
//! `model` says the rules once more, from the documentation. Calls are tasks that the conductor polls,
//! and the threads on which the library fetches wait in their sources, so that a day depends on its
//! seed alone. `RDSIAM_SEED` replays one, `RDSIAM_DAYS` says how many there are; `make soak` plays a
//! hundred.
#![cfg(not(any(rdsiam_shuttle, rdsiam_tsan)))]
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
mod model;
mod service;
mod stage;
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
    /// Returned and judged, each time.
    tokens,
    /// Whose signature was made again; the others had been seen before.
    verified,
    /// Returned with less than a minute left.
    stale,
    /// Returned within five seconds of `min_remaining`.
    last_seconds,
    /// Calls that waited for a fetch.
    waited,
    fetches,
    /// Fetches that no call waited for at first.
    in_background,
    /// Questions for newer keys within a fetch.
    asked_again,
    fetch_failed,
    /// Calls that failed, each for a reason of the source's.
    failed,
    /// Of these, calls that found only keys that expire too soon.
    too_short,
    would_block,
    /// Answers that took their time.
    hung,
    /// Calls meanwhile.
    while_hung,
    /// How often the clock was.
    set_back,
    slept_in_fetch,
    /// Logins.
    refused,
    refused_in_fetch,
    /// Of these, those that were worth another try.
    retried,
    evicted,
    /// Calls that sign each time.
    signed,
    /// Clients with a fresh token 17 seconds after the last trouble.
    recovered,
    /// All that was returned and when.
    digest,
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
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
    assert!(all.tokens > 1000 && all.verified > 500 && all.fetches > 500, "nothing to judge");
    assert!(all.stale > 0 && all.in_background > 0 && all.waited > 0 && all.hung > 0);
    assert!(all.fetch_failed > 0 && all.asked_again > 0 && all.signed > 0);
    assert!(all.refused > 0 && all.while_hung > 0 && all.would_block > 0 && all.recovered > 0);
    // What comes seldom has come in a hundred days.
    if all.tokens > 500_000 {
        assert!(all.set_back > 0 && all.slept_in_fetch > 0 && all.refused_in_fetch > 0);
        assert!(all.evicted > 0 && all.too_short > 0 && all.retried > 0 && all.last_seconds > 0);
        assert!(all.failed > 0);
    }
}

/// Without this, no seed would be worth anything. Of a day without evictions: which of the keys go that
/// are as old as each other depends on the hasher, which is seeded anew in each process.
#[test]
fn a_seed_replays_its_day() {
    let seed = seeds(1)[0] | 1;
    println!("RDSIAM_SEED={seed}");
    let play = || {
        let mut day = Day::new(seed);
        let result = day.run(2);
        (result.map_err(|violation| violation.to_string()), day.seen)
    };
    assert_eq!(play(), play());
}
