//! The rules that keep a login from being refused, by name. They hold. Only a build with the
//! feature `fault-injection` can switch one off, to prove that the simulation would notice.

#[cfg(feature = "fault-injection")]
use std::sync::atomic::{AtomicU8, Ordering};

/// A rule, asked about at the one place where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[cfg_attr(
    not(feature = "fault-injection"),
    expect(unreachable_pub, reason = "public only in the build for tests")
)]
pub enum Rule {
    /// What is handed out is good for at least `min_remaining`.
    MinRemaining = 1,
    /// An ageing token gets a refresh behind it.
    RefreshBehind,
    /// A token from the future is not handed out.
    NoFuture,
    /// A token ends with its credentials.
    EndsWithCredentials,
    /// Credentials that have ended never sign.
    EndedNeverSign,
    /// A layout is for one set of keys.
    LayoutOfKeys,
    /// A signing key is for one day.
    KeyOfDay,
    /// One refresh of a key at a time.
    SingleFlight,
    /// After a refresh behind that did not help there is a pause.
    Backoff,
    /// A success ends the pauses.
    BackoffEnds,
    /// Credentials with less than 15 minutes make the provider be asked once more.
    AskForNewer,
    /// Of two answers the one that lives longer is used.
    BetterOfTwo,
    /// The table keeps its bound.
    Bound,
    /// The keys that were not used for the longest time are dropped first.
    LongestUnused,
    /// What was fetched before the machine slept is fetched again.
    NoticeSleep,
    /// An invalidated token is gone.
    Invalidate,
    /// What was under way at an invalidation is not kept.
    Epoch,
    /// A token is not replaced by one that ends sooner.
    KeepBetter,
    /// Who did a refresh or waited for it looks once more whether its token is still good.
    LookOnReturn,
    /// A good token is handed out without waiting for its refresh.
    NeverWait,
    /// A landing wakes all who wait for it.
    WakeAll,
    /// Who begins a refresh looks once more whether one has just landed.
    LookAgain,
    /// Who keeps a token looks once more whether it was invalidated meanwhile.
    KeepTwice,
    /// Two who add the same key get the same entry.
    OneEntry,
}

#[cfg(not(feature = "fault-injection"))]
impl Rule {
    #[inline(always)]
    pub(crate) const fn holds(self) -> bool {
        true
    }
}

#[cfg(feature = "fault-injection")]
static BROKEN: AtomicU8 = AtomicU8::new(0);

#[cfg(feature = "fault-injection")]
impl Rule {
    /// Those that need threads at the same moment to be missed: for the model checker.
    pub const OF_THREADS: [Self; 7] = [
        Self::WakeAll,
        Self::LookAgain,
        Self::KeepTwice,
        Self::OneEntry,
        Self::SingleFlight,
        Self::Invalidate,
        Self::Epoch,
    ];

    /// Those that a day shows: for the simulation.
    pub const OF_A_DAY: [Self; 20] = [
        Self::MinRemaining,
        Self::RefreshBehind,
        Self::NoFuture,
        Self::EndsWithCredentials,
        Self::EndedNeverSign,
        Self::LayoutOfKeys,
        Self::KeyOfDay,
        Self::SingleFlight,
        Self::Backoff,
        Self::BackoffEnds,
        Self::AskForNewer,
        Self::BetterOfTwo,
        Self::Bound,
        Self::LongestUnused,
        Self::NoticeSleep,
        Self::Invalidate,
        Self::Epoch,
        Self::KeepBetter,
        Self::LookOnReturn,
        Self::NeverWait,
    ];

    /// Switches this rule off for the whole process, and the one before on again; none: all on.
    pub fn break_only(rule: Option<Self>) {
        BROKEN.store(rule.map_or(0, |rule| rule as u8), Ordering::SeqCst);
    }

    pub(crate) fn holds(self) -> bool {
        BROKEN.load(Ordering::SeqCst) != self as u8
    }
}
