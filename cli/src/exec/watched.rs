//! The command, as its keeper sees it.

use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

/// A process whose end is noticed.
pub(super) struct Watched {
    pid: Pid,
    /// Stands for this very process, also if its number is given to another.
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
}

impl Watched {
    /// The process has to be there still.
    pub(super) fn new(pid: Pid) -> Self {
        Self {
            pid,
            #[cfg(target_os = "linux")]
            handle: {
                use rustix::process::{PidfdFlags, pidfd_open};
                pidfd_open(pid, PidfdFlags::empty()).ok()
            },
        }
    }

    /// Whether it ends within this time.
    pub(super) fn has_ended(&self, wait: Duration) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let mut watched = [PollFd::new(handle, PollFlags::IN)];
            let wait = Timespec { tv_sec: i64::try_from(wait.as_secs()).unwrap_or(1), tv_nsec: 0 };
            return poll(&mut watched, Some(&wait)).is_ok_and(|ready| ready > 0);
        }
        self.is_gone_within(wait)
    }

    /// Without a handle, as on a kernel before 5.3: it is looked for by its number.
    fn is_gone_within(&self, wait: Duration) -> bool {
        let begin = Instant::now();
        loop {
            if test_kill_process(self.pid).is_err() {
                return true;
            }
            let left = wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(500)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_end_of_a_process_is_noticed_either_way() {
        for with_handle in [true, false] {
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let watched = Watched::new(Pid::from_child(&child));
            let ended = |wait| match with_handle {
                true => watched.has_ended(wait),
                false => watched.is_gone_within(wait),
            };
            assert!(!ended(Duration::ZERO));
            assert!(!ended(Duration::from_secs(1)));
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(ended(Duration::from_secs(5)));
        }
    }
}
