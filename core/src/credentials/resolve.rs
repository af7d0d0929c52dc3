//! The rules about the life of credentials, for every source alike.

use std::time::Duration;

use super::{Credentials, Provider};
use crate::clock::{Clock, Patience};
use crate::error::{Error, Result};
use crate::rules::Rule;

/// A token lives 15 minutes: credentials with less than that would cut it short.
const ENOUGH: i64 = 900;

/// How long the default chain may take in all, with its retries and with the second time that
/// it is asked.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

/// Whether these credentials end so soon that the provider should be asked for newer ones:
/// in less than 15 minutes. The rule of the JS SDK since 2026 (smithy-typescript, #8047).
pub fn wants_newer(credentials: &Credentials, now: i64) -> bool {
    credentials.remaining(now).is_some_and(|seconds| seconds < ENOUGH)
}

/// Of two sets of credentials, the one that lives longer; the newer one if they are equal.
pub fn better_of(old: Credentials, new: Credentials) -> Credentials {
    if !Rule::BetterOfTwo.holds() {
        return new;
    }
    match (old.expires_at(), new.expires_at()) {
        (Some(old_end), Some(new_end)) if old_end > new_end => old,
        (None, Some(_)) => old,
        _ => new,
    }
}

/// Fetches credentials that have not ended, asking once more for newer ones where that could
/// give a token its full life.
pub(crate) fn resolve(provider: &Provider, clock: &Clock) -> Result<Credentials> {
    let mut patience = Patience::new(BOUND);
    let first = provider.fetch(false, &mut patience)?;
    if !wants_newer(&first, clock.now()?) || !Rule::AskForNewer.holds() {
        return Ok(first);
    }
    let best = match provider.fetch(true, &mut patience) {
        Ok(second) => better_of(first, second),
        Err(error) => match ended(&first, clock.now()?) {
            Some(expired) => return Err(both(&expired, &error)),
            None => first,
        },
    };
    match ended(&best, clock.now()?) {
        Some(expired) => Err(expired),
        None => Ok(best),
    }
}

fn ended(credentials: &Credentials, now: i64) -> Option<Error> {
    let ended = |end: &i64| *end <= now && Rule::EndedNeverSign.holds();
    let end = credentials.expires_at().filter(ended)?;
    Some(Credentials::expired(credentials.access_key_id(), end, now))
}

fn both(expired: &Error, error: &Error) -> Error {
    Error::new(
        expired.kind(),
        format!("{expired}. The provider was asked for newer ones and failed: {error}"),
    )
    .caused_by(error.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::clock::ManualClock;
    use crate::credentials::CredentialsSource;
    use std::sync::{Arc, Mutex};

    const NOW: i64 = 1_717_243_200;

    fn ending_in(seconds: i64) -> Credentials {
        Credentials::with_expiry(&format!("in{seconds}"), "s", None, Some(NOW + seconds)).unwrap()
    }

    /// Gives one answer after the other and remembers what it was asked.
    #[derive(Default)]
    struct Script {
        answers: Mutex<Vec<Result<Credentials>>>,
        asked: Mutex<Vec<bool>>,
    }

    impl CredentialsSource for Script {
        fn provide(&self, force_refresh: bool) -> Result<Credentials> {
            self.asked.lock().unwrap().push(force_refresh);
            self.answers.lock().unwrap().remove(0)
        }
    }

    fn run(answers: Vec<Result<Credentials>>) -> (Result<Credentials>, Vec<bool>) {
        let script = Arc::new(Script { answers: Mutex::new(answers), ..Script::default() });
        let clock = Clock::Manual(ManualClock::at(NOW));
        let result = resolve(&Provider::Source(script.clone()), &clock);
        let asked = script.asked.lock().unwrap().clone();
        (result, asked)
    }

    fn failed() -> Result<Credentials> {
        Err(Error::provider("the portal is down", true))
    }

    #[test]
    fn fifteen_minutes_are_enough_and_no_second_call_is_made() {
        for good in [ending_in(900), Credentials::new("a", "s", None).unwrap()] {
            let (result, asked) = run(vec![Ok(good)]);
            assert!(result.is_ok());
            assert_eq!(asked, [false]);
        }
    }

    #[test]
    fn with_less_the_provider_is_asked_once_more_and_the_better_serve() {
        for (first, second, best) in [(899, 3600, "in3600"), (600, 300, "in600")] {
            let (result, asked) = run(vec![Ok(ending_in(first)), Ok(ending_in(second))]);
            assert_eq!(result.unwrap().access_key_id(), best);
            assert_eq!(asked, [false, true]);
        }
    }

    #[test]
    fn a_failed_second_call_leaves_the_first_credentials() {
        let (result, _) = run(vec![Ok(ending_in(60)), failed()]);
        assert_eq!(result.unwrap().access_key_id(), "in60");
    }

    #[test]
    fn ended_credentials_never_come_out() {
        let (result, _) = run(vec![Ok(ending_in(0)), Ok(ending_in(-5))]);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::CredentialsExpired);
        let (result, _) = run(vec![Ok(ending_in(-5)), failed()]);
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CredentialsExpired);
        for part in ["5 s ago", "portal is down"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}
