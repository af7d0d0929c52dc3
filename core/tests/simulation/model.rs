//! What the cache may and has to do for one key, worked out here once more and from the rules
//! alone: which token it has, whether it may ask the provider, and what a refresh gives.

use super::world::Answer;

pub(crate) const LIFE: i64 = 900;
pub(crate) const MIN_REMAINING: i64 = 10;
pub(crate) const REFRESH_BEFORE: i64 = 60;

/// A token, by its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) signed_at: i64,
    pub(crate) expires_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Fresh,
    Ageing,
    Spent,
}

impl Times {
    pub(crate) fn worth(self, now: i64) -> Worth {
        let left = self.expires_at - now;
        match now < self.signed_at || left <= MIN_REMAINING {
            true => Worth::Spent,
            false if left <= REFRESH_BEFORE => Worth::Ageing,
            false => Worth::Fresh,
        }
    }
}

/// How a client comes by its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It asks a provider and signs.
    Source,
    /// Its host brings the credentials with a ticket.
    External,
    /// Another signer makes them.
    Tokens,
}

/// How a refresh ends, as each of its callers sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Token(Times),
    /// The failure of this number.
    Failed(u64),
    /// Credentials that have ended, or will too soon.
    Ended,
}

/// Both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: i64,
    pub(crate) passed: i64,
}

/// One refresh, from its first question to its landing.
#[derive(Debug)]
pub(crate) struct Refresh {
    kind: Kind,
    pub(crate) began: Now,
    /// How often the key had been invalidated when it began.
    pub(crate) epoch: u64,
    /// The end of the keys that the first question of a try brought, while the second is out.
    first: Option<i64>,
    tries: u8,
}

/// What an answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The provider is asked once more, for newer keys or from the start.
    Ask { force: bool },
    /// The refresh lands with what it made.
    Land(Outcome),
}

impl Refresh {
    pub(crate) fn new(kind: Kind, began: Now, epoch: u64) -> Self {
        Self { kind, began, epoch, first: None, tries: 1 }
    }

    /// The questions of a call that signs each time: one try, and no cache.
    pub(crate) fn of_one_signature(kind: Kind, now: Now) -> Self {
        Self { tries: 2, ..Self::new(kind, now, 0) }
    }

    /// `asked_at` is when the question of this answer was put.
    pub(crate) fn next(&mut self, answer: &Answer, asked_at: i64, now: Now) -> Next {
        let made = match (self.kind, answer) {
            (Kind::Source, _) => match self.resolve(answer, now.wall) {
                Next::Land(made) => made,
                ask @ Next::Ask { .. } => return ask,
            },
            (_, Answer::Failure(number)) => Outcome::Failed(*number),
            (Kind::External, Answer::Keys { end, .. }) => signed(*end, now.wall),
            (Kind::Tokens, Answer::Keys { .. }) => {
                Outcome::Token(Times { signed_at: asked_at, expires_at: asked_at + LIFE })
            }
        };
        // What was fetched before a sleep is fetched again, once.
        if self.kind != Kind::External && self.tries == 1 && self.slept(now) {
            self.tries = 2;
            return Next::Ask { force: false };
        }
        Next::Land(made)
    }

    /// At most two questions, the second only if the first brought less than 15 minutes.
    fn resolve(&mut self, answer: &Answer, now: i64) -> Next {
        let best = match (self.first.take(), answer) {
            (None, Answer::Failure(number)) => return Next::Land(Outcome::Failed(*number)),
            (None, Answer::Keys { end, .. }) if end - now < LIFE => {
                self.first = Some(*end);
                return Next::Ask { force: true };
            }
            (None, Answer::Keys { end, .. }) => *end,
            (Some(first), Answer::Failure(_)) => first,
            (Some(first), Answer::Keys { end, .. }) => first.max(*end),
        };
        Next::Land(signed(best, now))
    }

    pub(crate) fn slept(&self, now: Now) -> bool {
        let expected = self.began.wall + (now.passed - self.began.passed);
        now.wall.abs_diff(expected) > 2
    }
}

/// A token of this moment, with keys that end at that one.
fn signed(end: i64, now: i64) -> Outcome {
    if end <= now {
        return Outcome::Ended;
    }
    Outcome::Token(Times { signed_at: now, expires_at: end.min(now + LIFE) })
}

/// What follows from refreshes that did not help, one after the other.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pause {
    failures: u32,
    pub(crate) since: i64,
    /// Whether it is not known: the table may have dropped the key and its pauses with it.
    unknown: bool,
}

impl Pause {
    /// 1, 2, 4, 8 and then 16 seconds at the longest, half of that at the least, and one more
    /// because the second in which it began may have been nearly over.
    fn bounds(self) -> (i64, i64) {
        let longest = 1 << self.failures.saturating_sub(1).min(4);
        ((longest + 1) / 2 + 1, longest + 1)
    }

    pub(crate) fn may_ask(self, now: i64) -> bool {
        self.unknown
            || self.failures == 0
            || now < self.since
            || now >= self.since + self.bounds().0
    }

    pub(crate) fn has_to_ask(self, now: i64) -> bool {
        let over = now < self.since || now >= self.since + self.bounds().1;
        !self.unknown && (self.failures == 0 || over)
    }

    fn landed(&mut self, helped: bool, now: i64) {
        let failures = if helped { 0 } else { self.failures + 1 };
        *self = Self { failures, since: now, unknown: self.unknown && !helped };
    }
}

/// One key of one client.
#[derive(Debug, Default)]
pub(crate) struct Key {
    /// The token that the cache has.
    pub(crate) held: Option<Times>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) pause: Pause,
    pub(crate) epoch: u64,
    /// Whether the table may have dropped it since it was last seen.
    pub(crate) perhaps_dropped: bool,
    pub(crate) used: Option<i64>,
}

impl Key {
    /// What all callers of the refresh get that made this.
    pub(crate) fn land(&mut self, made: Outcome, now: i64) -> Outcome {
        let epoch = self.refresh.take().map(|refresh| refresh.epoch);
        let outcome = match (made, self.held) {
            (Outcome::Token(new), Some(old))
                if old.expires_at >= new.expires_at && old.worth(now) != Worth::Spent =>
            {
                Outcome::Token(old)
            }
            (Outcome::Token(new), _) if new.expires_at - now < MIN_REMAINING => Outcome::Ended,
            (Outcome::Token(new), _) => {
                if epoch == Some(self.epoch) {
                    self.held = Some(new);
                }
                made
            }
            _ => made,
        };
        let fresh = |times: Times| times.worth(now) == Worth::Fresh;
        self.pause.landed(matches!(outcome, Outcome::Token(times) if fresh(times)), now);
        outcome
    }

    /// It is there now, whether it was before or not.
    pub(crate) fn found(&mut self) {
        self.pause.unknown |= self.perhaps_dropped;
        self.perhaps_dropped = false;
    }

    /// The table has dropped it.
    pub(crate) fn forget(&mut self) {
        *self = Self { used: self.used, ..Self::default() };
    }
}
