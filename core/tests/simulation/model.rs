//! What a client may and has to do, worked out here once more and from the rules alone: what each call
//! returns, when the source is asked, and what becomes of its answers.

use super::world::{Answer, Keys};

const LIFE: i64 = 900;
/// Keys with less than this left are replaced in the background.
const FULL_LIFE: i64 = 900;
const MIN_REMAINING: i64 = 10;
pub(crate) const REFRESH_BEFORE: i64 = 60;
/// So long after a fetch nobody asks again, and after a refused login nobody asks by force again.
const MINUTE: i64 = 60;

/// What a token or a set of keys is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Fresh,
    Stale,
    Expired,
}

/// A token: which keys signed it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) end: i64,
}

impl Signed {
    pub(crate) fn new(keys: &Keys, now: i64) -> Self {
        let end = keys.end.unwrap_or(i64::MAX).min(now + LIFE);
        Self { id: keys.id.clone(), at: now, end }
    }

    pub(crate) fn worth(&self, now: i64) -> Worth {
        match self.end - now {
            left if now < self.at || left <= MIN_REMAINING => Worth::Expired,
            left if left <= REFRESH_BEFORE => Worth::Stale,
            _ => Worth::Fresh,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The source's, by its number.
    OfSource(u64),
    /// The keys have expired, or will too soon.
    Expired,
    /// A host has lost its request.
    Abandoned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Get,
    Sign,
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It waits, as a task that is woken.
    Task,
    /// It fails rather than wait, and begins what is due.
    Try,
    /// It takes what is fresh, and begins nothing.
    Glance,
}

/// What a call comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The cached token.
    Hit(Signed),
    /// A new one. A call to the cache stores it.
    New(Signed),
    Fails(Failure),
    /// Nothing, before a fetch has ended.
    Waits,
}

/// Whether a call begins a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    No,
    /// It depends on how long the pause is, which chance decides.
    Perhaps,
    Yes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) expect: Expect,
    pub(crate) begins: Begins,
    /// Signatures that the call makes.
    pub(crate) signatures: u64,
}

/// One fetch, from its first question to its end.
#[derive(Debug)]
pub(crate) struct Fetch {
    began: i64,
    pub(crate) force: bool,
    /// What the first question brought, while the second is out.
    first: Option<Keys>,
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The source is asked once more, for newer keys.
    Ask,
    End(Result<Keys, Failure>),
}

impl Fetch {
    /// At most two questions, the second only if the first was not forced and brought less than 15
    /// minutes.
    pub(crate) fn next(&mut self, answer: &Answer, now: i64) -> Next {
        let ends = |keys: &Keys| keys.end.unwrap_or(i64::MAX);
        let best = match (self.first.take(), answer) {
            (None, Err(number)) => return Next::End(Err(Failure::OfSource(*number))),
            (None, Ok(keys)) if !self.force && ends(keys) - now < FULL_LIFE => {
                self.first = Some(keys.clone());
                return Next::Ask;
            }
            (None, Ok(keys)) => keys.clone(),
            (Some(first), Err(_)) => first,
            (Some(first), Ok(keys)) if ends(keys) >= ends(&first) => keys.clone(),
            (Some(first), Ok(_)) => first,
        };
        Next::End(if ends(&best) > now { Ok(best) } else { Err(Failure::Expired) })
    }
}

/// What follows from fetches that failed, one after the other.
#[derive(Debug, Default)]
struct Pause {
    failures: u32,
    since: i64,
}

impl Pause {
    /// 1, 2, 4, 8 and then 16 seconds at the longest, half of that at the least, and one more
    /// because the second in which it began may have been nearly over.
    fn allows(&self, now: i64) -> Begins {
        let longest = 1 << self.failures.saturating_sub(1).min(4);
        let passed = now - self.since;
        if self.failures == 0 || passed < 0 || passed > longest {
            Begins::Yes
        } else if passed > (longest + 1) / 2 {
            Begins::Perhaps
        } else {
            Begins::No
        }
    }
}

/// One key of a client.
#[derive(Debug, Default)]
pub(crate) struct Key {
    pub(crate) held: Option<Signed>,
    /// Whether the cache may have dropped it.
    pub(crate) perhaps_dropped: bool,
    /// Whether it has an entry, and how many were added before it was last used.
    pub(crate) used: Option<u64>,
    pub(crate) no_retry: Option<i64>,
}

/// The credentials of one client.
#[derive(Debug, Default)]
pub(crate) struct Model {
    cached: Option<(Keys, i64)>,
    pub(crate) fetch: Option<Fetch>,
    pub(crate) refused: bool,
    refused_at: Option<i64>,
    pause: Pause,
    /// How the last fetch ended, for those who waited for it.
    failed: Option<Failure>,
}

fn within_a_minute(since: i64, now: i64) -> bool {
    (since..since + MINUTE).contains(&now)
}

impl Model {
    /// What the cached keys are worth for a call.
    fn worth(&self, now: i64) -> Worth {
        let Some((keys, fetched_at)) = &self.cached else { return Worth::Expired };
        let left = keys.end.map(|end| end - now);
        // Of a short life, it is half of that instead of a minute.
        let half = keys.end.map_or(MINUTE, |end| (end - fetched_at) / 2);
        match left {
            Some(left) if left <= MIN_REMAINING => Worth::Expired,
            _ if (*fetched_at..fetched_at + half.min(MINUTE)).contains(&now) => Worth::Fresh,
            Some(left) if left >= FULL_LIFE => Worth::Fresh,
            _ => Worth::Stale,
        }
    }

    /// The cached keys, if the next call may sign with them.
    fn usable(&self, now: i64) -> Option<&Keys> {
        let (keys, _) = self.cached.as_ref()?;
        (!self.refused && self.worth(now) != Worth::Expired).then_some(keys)
    }

    /// The keys that were fetched just now, if they expire too soon for the cache.
    fn too_short(&self, now: i64) -> Option<&Keys> {
        let (keys, fetched_at) = self.cached.as_ref()?;
        let is_new = now.abs_diff(*fetched_at) < 2 && keys.end.is_none_or(|end| end > now);
        (is_new && !self.refused).then_some(keys)
    }

    /// Whether a call begins a fetch that it does not wait for.
    fn in_background(&self, now: i64) -> Begins {
        let needed = self.refused || self.worth(now) != Worth::Fresh;
        if needed && self.fetch.is_none() { self.pause.allows(now) } else { Begins::No }
    }

    /// What a call does. One that has waited comes again after the fetch.
    pub(crate) fn plan(
        &self,
        call: Call,
        held: Option<&Signed>,
        way: Way,
        has_waited: bool,
        now: i64,
    ) -> Plan {
        let plan = |expect, begins, signatures| Plan { expect, begins, signatures };
        let signed = self.usable(now).map(|keys| Signed::new(keys, now));
        let signed = signed.filter(|_| way != Way::Glance || self.worth(now) == Worth::Fresh);
        let held = held.filter(|_| call == Call::Get);
        match held.map(|held| (held.worth(now), held.clone())) {
            Some((Worth::Fresh, held)) => return plan(Expect::Hit(held), Begins::No, 0),
            Some((Worth::Stale, _)) if way == Way::Glance => {
                return plan(Expect::Waits, Begins::No, 0);
            }
            // Signed in vain with keys that expire even sooner.
            Some((Worth::Stale, held))
                if signed.is_none() && self.fetch.is_none() && self.too_short(now).is_some() =>
            {
                return plan(Expect::Hit(held), Begins::No, 1);
            }
            // Nobody waits for what may be later.
            Some((Worth::Stale, held)) => {
                let signatures = u64::from(signed.is_some());
                let better = signed.filter(|signed| signed.end > held.end);
                let expect = better.map_or(Expect::Hit(held), Expect::New);
                return plan(expect, self.in_background(now), signatures);
            }
            _ => {}
        }
        if let Some(signed) = signed {
            let begins = if has_waited { Begins::No } else { self.in_background(now) };
            return plan(Expect::New(signed), begins, 1);
        }
        if way == Way::Glance {
            return plan(Expect::Waits, Begins::No, 0);
        }
        if let Some(failure) = self.failed.as_ref().filter(|_| has_waited && !self.refused) {
            return plan(Expect::Fails(failure.clone()), Begins::No, 0);
        }
        match (&self.fetch, self.too_short(now)) {
            (Some(_), _) => plan(Expect::Waits, Begins::No, 0),
            (None, Some(keys)) => {
                let expect = match call {
                    Call::Get => Expect::Fails(Failure::Expired),
                    Call::Sign => Expect::New(Signed::new(keys, now)),
                };
                plan(expect, Begins::No, 1)
            }
            (None, None) if way == Way::Try => plan(Expect::Waits, self.pause.allows(now), 0),
            (None, None) => plan(Expect::Waits, Begins::Yes, 0),
        }
    }

    pub(crate) fn begin(&mut self, now: i64) {
        self.fetch = Some(Fetch { began: now, force: self.refused, first: None });
    }

    pub(crate) fn end(&mut self, result: Result<Keys, Failure>, now: i64) {
        let Some(fetch) = self.fetch.take() else { return };
        self.failed = result.as_ref().err().cloned();
        match result {
            Ok(keys) => {
                let longer = |(known, _): &(Keys, i64)| {
                    let left = known.end.unwrap_or(i64::MAX) - now;
                    let ends = known.end.zip(keys.end);
                    left > 0 && ends.is_some_and(|(known, new)| known > new)
                };
                let known = self.cached.take().filter(|known| !self.refused && longer(known));
                self.cached = Some((known.map_or(keys, |(known, _)| known), now));
                self.pause = Pause::default();
            }
            Err(failure) => {
                // Nobody looks at the clock for a request that is lost.
                let since = if failure == Failure::Abandoned { fetch.began } else { now };
                self.pause = Pause { failures: self.pause.failures + 1, since };
            }
        }
        self.refused &= !fetch.force;
    }

    /// A login was refused.
    pub(crate) fn refuse(&mut self, now: i64) {
        if self.cached.is_none() && self.fetch.is_none() {
            return;
        }
        if !self.refused_at.is_some_and(|at| within_a_minute(at, now)) {
            self.refused = true;
            self.refused_at = Some(now);
        }
    }
}

impl Key {
    pub(crate) fn is_retry_paused(&self, now: i64) -> bool {
        self.no_retry.is_some_and(|at| within_a_minute(at, now))
    }
}
