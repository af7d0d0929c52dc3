//! AWS, as far as it matters: which keys there are, until when, and how it answers.

use std::collections::HashMap;

use fastrand::Rng;

/// Keys that nobody rotates, for tokens of another signer, whose credentials the cache does not
/// know.
pub(crate) const LASTING: &str = "AKIDLASTING";

/// What a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Keys that end at this second.
    Keys { id: String, end: i64 },
    /// A failure with a number of its own, so that each error can be traced to it.
    Failure(u64),
}

/// An answer, and how it is given.
pub(crate) struct Plan {
    /// Seconds that pass before it is given.
    pub(crate) hang: i64,
    /// An answer of the moment of the question; none: one of the moment when it is given.
    pub(crate) early: Option<Answer>,
}

#[derive(Default)]
pub(crate) struct World {
    random: Rng,
    /// When each set of keys ends.
    ends: HashMap<String, i64>,
    current: String,
    before: String,
    down_until: i64,
    stale_until: i64,
    slow_until: i64,
    failures: u64,
    well: bool,
}

impl World {
    pub(crate) fn new(seed: u64, now: i64) -> Self {
        let mut world = Self { random: Rng::with_seed(seed), ..Self::default() };
        world.ends.insert(LASTING.to_owned(), i64::MAX);
        world.rotate(now);
        world
    }

    /// One secret for each set of keys, so that a signature shows which ones signed.
    pub(crate) fn secret(id: &str) -> String {
        format!("secret of {id}")
    }

    /// Temporary keys have a session token, every other set here.
    pub(crate) fn session(id: &str) -> Option<String> {
        id.ends_with(['1', '3', '5', '7', '9']).then(|| format!("session/+= of {id}"))
    }

    pub(crate) fn end(&self, id: &str) -> Option<i64> {
        self.ends.get(id).copied()
    }

    /// Lives from a minute to twelve hours.
    fn rotate(&mut self, now: i64) {
        let life = match self.random.u8(..4) {
            0 | 1 => self.random.i64(60..900),
            2 => self.random.i64(900..3600),
            _ => self.random.i64(3600..=43_200),
        };
        let id = format!("AKID{}", self.ends.len());
        self.ends.insert(id.clone(), now + life);
        self.before = std::mem::replace(&mut self.current, id);
    }

    /// What may come over the provider from this moment on.
    pub(crate) fn trouble(&mut self, now: i64) {
        match self.random.u16(..300) {
            0 => self.down_until = now + self.random.i64(1..300),
            1 => self.stale_until = now + self.random.i64(1..1200),
            2 => self.slow_until = now + self.random.i64(1..300),
            // After a clock that was set back, the trouble of the future is over.
            _ => {
                for until in [&mut self.down_until, &mut self.stale_until, &mut self.slow_until] {
                    if *until > now + 1200 {
                        *until = now;
                    }
                }
            }
        }
    }

    /// Ends all trouble, with keys that last.
    pub(crate) fn recover(&mut self, now: i64) {
        self.well = true;
        self.rotate(now);
        self.ends.insert(self.current.clone(), now + 43_200);
    }

    /// How the question that was just asked will be answered.
    pub(crate) fn plan(&mut self, now: i64) -> Plan {
        let hang = match self.random.u8(..16) {
            _ if self.well => 0,
            _ if now < self.slow_until => self.random.i64(1..300),
            0 => self.random.i64(1..30),
            _ => 0,
        };
        let early = self.random.bool().then(|| self.answer(now));
        Plan { hang, early }
    }

    /// What the provider says at this moment.
    pub(crate) fn answer(&mut self, now: i64) -> Answer {
        if !self.well && (now < self.down_until || self.random.u8(..100) == 0) {
            self.failures += 1;
            return Answer::Failure(self.failures);
        }
        // Before they end, as services do; or only when they have.
        let margin = if self.random.bool() { 300 } else { 0 };
        if self.end(&self.current).is_none_or(|end| end - margin <= now) {
            self.rotate(now);
        }
        let stale = !self.well && now < self.stale_until && !self.before.is_empty();
        // A cluster of servers may know different ones.
        let id = if stale && self.random.u8(..4) != 0 { &self.before } else { &self.current };
        Answer::Keys { id: id.clone(), end: self.end(id).unwrap_or_default() }
    }
}
