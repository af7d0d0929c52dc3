//! The end: no new connections, queries in flight are answered, and then everything is closed.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::activity::Activity;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Serving,
    /// Connections that have been quiet for a second are closed.
    Draining,
    /// Every connection is closed as soon as its queries are answered.
    Closing,
    /// Everything is closed.
    Over,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Both sides have closed.
    Closed,
    /// A connection broke.
    Broken,
    /// By the proxy's end, when nothing was in flight.
    Idle,
    /// By the proxy's end, in the middle.
    Cut,
}

/// What a connection knows of the end.
#[derive(Clone)]
pub(super) struct Drain(watch::Receiver<Phase>);

/// How long a connection has to be quiet while others may still go on.
const QUIET: Duration = Duration::from_secs(1);
/// How often a connection is looked at while the proxy ends.
const LOOK: Duration = Duration::from_millis(50);
/// For answers that are still to come when the time of draining is over.
const LAST: Duration = Duration::from_secs(5);
/// For sessions to be cut. Logins that are under way end with the program.
const CUT: Duration = Duration::from_secs(1);

impl Drain {
    /// The end, and what learns of it.
    pub(super) fn new() -> (watch::Sender<Phase>, Self) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (sender, Self(receiver))
    }

    pub(super) fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Returns when the proxy begins to end.
    pub(super) async fn begins(&mut self) {
        let _ = self.0.wait_for(|phase| *phase != Phase::Serving).await;
    }

    /// Waits for a session, or until the proxy's end closes it.
    pub(super) async fn unless_stopped(
        &self,
        activity: &Activity<'_>,
        session: impl Future<Output = io::Result<()>>,
    ) -> Stopped {
        tokio::select! {
            result = session => if result.is_ok() { Stopped::Closed } else { Stopped::Broken },
            stopped = self.may_close(activity) => stopped,
        }
    }

    async fn may_close(&self, activity: &Activity<'_>) -> Stopped {
        let mut phase = self.0.clone();
        let _ = phase.wait_for(|phase| *phase != Phase::Serving).await;
        loop {
            let quiet = match *phase.borrow() {
                Phase::Serving | Phase::Draining => QUIET,
                Phase::Closing => Duration::ZERO,
                Phase::Over => return Stopped::Cut,
            };
            if activity.is_idle(quiet) {
                return Stopped::Idle;
            }
            sleep(LOOK).await;
        }
    }
}

/// Goes through the phases until all is closed, which `closed` tells, or had its time.
pub(super) async fn drain(
    phase: &watch::Sender<Phase>,
    time: Duration,
    closed: impl Future<Output = ()>,
) {
    let begin = Instant::now();
    let phases = async {
        phase.send_replace(Phase::Draining);
        sleep_until(begin + time).await;
        phase.send_replace(Phase::Closing);
        sleep_until(begin + time + LAST).await;
        phase.send_replace(Phase::Over);
        sleep(CUT).await;
    };
    tokio::select! {
        () = closed => {}
        () = phases => {}
    }
}
