//! What goes wrong on request.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::verify::Reason;

/// What RDS takes, in new logins a second.
const RATE_OF_RDS: u32 = 200;
/// Longer than any token lives.
const EXPIRED_AGE: i64 = 900;

/// One of them, as on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Expired,
    Throttled(u32),
    WrongRegion(Option<String>),
    Skew(i64),
    CredentialsExpire(i64),
    Refuse(u32),
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let wrong = || {
            format!(
                "{text} is no fault: expired, throttled[=LOGINS_A_SECOND], wrong-region[=REGION], \
                 skew=SECONDS, credentials-expire=SECONDS, refuse[=LOGINS]"
            )
        };
        let count = |default| match value {
            None => Ok(default),
            Some(value) => value.parse().map_err(|_| wrong()),
        };
        let seconds = || value.and_then(|value| value.parse::<i32>().ok()).ok_or_else(wrong);
        Ok(match name {
            "expired" if value.is_none() => Self::Expired,
            "throttled" => Self::Throttled(count(RATE_OF_RDS)?),
            "wrong-region" => Self::WrongRegion(value.map(str::to_owned)),
            "skew" => Self::Skew(seconds()?.into()),
            "credentials-expire" => Self::CredentialsExpire(seconds()?.max(0).into()),
            "refuse" => Self::Refuse(count(1)?),
            _ => return Err(wrong()),
        })
    }
}

/// Those that are on.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    /// When logins of the last second came.
    logins: VecDeque<Instant>,
}

impl Faults {
    /// These, and no others.
    pub(crate) fn set(&self, faults: Vec<Fault>) {
        let mut state = self.lock();
        state.faults = faults;
        state.logins.clear();
    }

    pub(crate) fn skew(&self) -> i64 {
        self.find(|fault| match fault {
            Fault::Skew(seconds) => Some(*seconds),
            _ => None,
        })
        .unwrap_or(0)
    }

    /// How much older tokens look.
    pub(crate) fn token_age(&self) -> i64 {
        let found = self.find(|fault| (*fault == Fault::Expired).then_some(EXPIRED_AGE));
        found.unwrap_or(0)
    }

    pub(crate) fn region(&self, right: &str) -> String {
        let other = if right == "eu-central-1" { "us-west-2" } else { "eu-central-1" };
        self.find(|fault| match fault {
            Fault::WrongRegion(region) => Some(region.clone().unwrap_or_else(|| other.to_owned())),
            _ => None,
        })
        .unwrap_or_else(|| right.to_owned())
    }

    pub(crate) fn life_of_credentials(&self) -> Option<i64> {
        self.find(|fault| match fault {
            Fault::CredentialsExpire(seconds) => Some(*seconds),
            _ => None,
        })
    }

    /// Counts a login.
    pub(crate) fn check_rate(&self) -> Result<(), Reason> {
        let most = self.find(|fault| match fault {
            Fault::Throttled(most) => Some(*most),
            _ => None,
        });
        let Some(most) = most else { return Ok(()) };
        let mut state = self.lock();
        let now = Instant::now();
        state.logins.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        if state.logins.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(Reason::Throttled { most });
        }
        state.logins.push_back(now);
        Ok(())
    }

    /// Refuses as often as was asked for.
    pub(crate) fn check_refusals(&self) -> Result<(), Reason> {
        for fault in &mut self.lock().faults {
            if let Fault::Refuse(left @ 1..) = fault {
                *left -= 1;
                return Err(Reason::Requested);
            }
        }
        Ok(())
    }

    fn find<T>(&self, of: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.lock().faults.iter().find_map(of)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_or_the_error_lists_them() {
        for (text, fault) in [
            ("expired", Fault::Expired),
            ("throttled", Fault::Throttled(200)),
            ("throttled=3", Fault::Throttled(3)),
            ("wrong-region", Fault::WrongRegion(None)),
            ("wrong-region=eu-west-1", Fault::WrongRegion(Some("eu-west-1".into()))),
            ("skew=-600", Fault::Skew(-600)),
            ("credentials-expire=20", Fault::CredentialsExpire(20)),
            ("refuse", Fault::Refuse(1)),
            ("refuse=2", Fault::Refuse(2)),
        ] {
            assert_eq!(text.parse(), Ok(fault));
        }
        for text in ["", "expire", "expired=1", "throttled=x", "skew", "skew=1h", "refuse=-1"] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.contains("credentials-expire=SECONDS"), "{error}");
        }
    }

    #[test]
    fn a_refusal_comes_as_often_as_asked_and_others_stay() {
        let faults = Faults::default();
        assert_eq!(faults.check_refusals(), Ok(()));
        faults.set(vec![Fault::Refuse(2), Fault::Skew(5)]);
        assert_eq!(faults.check_refusals(), Err(Reason::Requested));
        assert_eq!(faults.check_refusals(), Err(Reason::Requested));
        assert_eq!(faults.check_refusals(), Ok(()));
        assert_eq!((faults.skew(), faults.token_age()), (5, 0));
    }

    #[test]
    fn more_logins_than_that_in_a_second_are_refused() {
        let faults = Faults::default();
        faults.set(vec![Fault::Throttled(3)]);
        let allowed = (0..10).filter(|_| faults.check_rate().is_ok()).count();
        assert_eq!(allowed, 3);
        faults.set(vec![]);
        assert!((0..1000).all(|_| faults.check_rate().is_ok()));
    }

    #[test]
    fn the_wrong_region_is_never_the_right_one() {
        let faults = Faults::default();
        faults.set(vec![Fault::WrongRegion(None)]);
        for region in ["us-east-1", "eu-central-1", "us-west-2"] {
            assert_ne!(faults.region(region), region);
        }
    }
}
