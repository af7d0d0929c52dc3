//! AWS, as far as it matters: which keys there are, until when, and how a source answers.

use std::collections::HashMap;

use fastrand::Rng;

/// An access key, and when it expires, if anybody can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) end: Option<i64>,
}

impl Keys {
    /// One secret for each, so that a signature shows which ones signed.
    pub(crate) fn secret(id: &str) -> String {
        format!("secret of {id}")
    }

    /// Every other set has a session token.
    pub(crate) fn session(id: &str) -> Option<String> {
        id.ends_with(['1', '3', '5', '7', '9']).then(|| format!("session/+= of {id}"))
    }
}

/// What a source says: keys, or a failure with a number of its own, so that each error can be traced to it.
pub(crate) type Answer = Result<Keys, u64>;

/// An answer, and how it is given.
pub(crate) struct Plan {
    /// Seconds that pass before it is given.
    pub(crate) hang: i64,
    /// An answer of the moment of the question; none: one of the moment when it is given.
    pub(crate) early: Option<Answer>,
}

/// One source.
#[derive(Default)]
pub(crate) struct World {
    random: Rng,
    name: String,
    /// Whether its keys have no expiry, as those in a file.
    lasting: bool,
    /// All there ever were.
    ends: HashMap<String, Option<i64>>,
    current: String,
    before: String,
    down_until: i64,
    stale_until: i64,
    slow_until: i64,
    failures: u64,
    well: bool,
}

impl World {
    pub(crate) fn new(name: String, lasting: bool, seed: u64, now: i64) -> Self {
        let random = Rng::with_seed(seed);
        let mut world = Self { random, name, lasting, ..Self::default() };
        world.rotate(now);
        world
    }

    pub(crate) fn end(&self, id: &str) -> Option<Option<i64>> {
        self.ends.get(id).copied()
    }

    /// Lives from a minute to twelve hours.
    fn rotate(&mut self, now: i64) {
        let life = match self.random.u8(..4) {
            0 | 1 => self.random.i64(60..900),
            2 => self.random.i64(900..3600),
            _ => self.random.i64(3600..=43_200),
        };
        let id = format!("AKID{}{}", self.name, self.ends.len());
        self.ends.insert(id.clone(), (!self.lasting).then_some(now + life));
        self.before = std::mem::replace(&mut self.current, id);
    }

    /// What may come over the source from this moment on.
    pub(crate) fn trouble(&mut self, now: i64) {
        match self.random.u16(..300) {
            0 => self.down_until = now + self.random.i64(1..300),
            1 => self.stale_until = now + self.random.i64(1..1200),
            2 => self.slow_until = now + self.random.i64(1..300),
            3 if self.lasting => self.rotate(now),
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
        if !self.lasting {
            self.ends.insert(self.current.clone(), Some(now + 43_200));
        }
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

    /// What the source says at this moment.
    pub(crate) fn answer(&mut self, now: i64) -> Answer {
        if !self.well && (now < self.down_until || self.random.u8(..50) == 0) {
            self.failures += 1;
            return Err(self.failures);
        }
        // Before they end, as services do; or only when they have.
        let margin = if self.random.bool() { 300 } else { 0 };
        let ends = |end: i64| end - margin <= now;
        if self.end(&self.current).flatten().is_some_and(ends) {
            self.rotate(now);
        }
        let stale = !self.well && now < self.stale_until && !self.before.is_empty();
        // A cluster of servers may know different ones.
        let id = if stale && self.random.u8(..4) != 0 { &self.before } else { &self.current };
        Ok(Keys { id: id.clone(), end: self.end(id).flatten() })
    }
}
