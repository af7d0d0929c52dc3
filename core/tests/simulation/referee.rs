//! Whether the cache did what it has to: each event is compared with what the rules say, and each
//! token judged as the database would.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use rdsiam::{ErrorKind, Result, Token};

use super::aws_sigv4::{Login, sorted};
use super::day::{At, Day, Expects, Pending, Place, Who};
use super::model::{Key, Kind, MIN_REMAINING, Outcome, Refresh, Times, Worth};
use super::stage::{Call, Event, Question, login};
use super::world::{LASTING, World};
use super::{Checked, Violation};

impl Day {
    /// Lets a caller make this call, and everything come to rest.
    pub(crate) fn get(&mut self, at: At, call: Call) -> Checked {
        let Some(caller) = self.idle.pop() else { return Ok(()) };
        let now = self.now;
        let key = self.key(at);
        let spent = |held: Times| held.worth(now.wall) == Worth::Spent;
        if key.perhaps_dropped && key.held.is_some_and(spent) {
            // A clock that is set could bring it back, and nobody would know if it is there.
            self.invalidate(at)?;
        }
        let kind = self.services[at.service].kind;
        let key = self.key(at);
        key.used = Some(now.wall);
        let expects = match key.held.filter(|held| held.worth(now.wall) != Worth::Spent) {
            _ if call == Call::Sign => Expects::ToWork,
            Some(held) => Expects::Held(held),
            None if call == Call::TryGet => Expects::WouldBlock,
            None if key.refresh.is_some() => Expects::ToWait,
            None => Expects::ToWork,
        };
        self.may_begin = self.ageing_alone(at, expects);
        self.moving = self.may_begin.is_some() || !matches!(expects, Expects::Held(_));
        let served_while_hung = !self.askers.is_empty() && matches!(expects, Expects::Held(_));
        self.seen.served_while_hung += u64::from(served_while_hung);
        let signing = (call == Call::Sign).then(|| Refresh::of_one_signature(kind, now));
        let place = Place::Running;
        self.pending.insert(caller, Pending { at, call, expects, place, again: false, signing });
        let service = &self.services[at.service];
        self.stage.call(caller, &service.client, &service.users[at.key], call);
        self.settle()?;
        self.check_table(at)
    }

    /// The key, if its ageing token is about to be handed out with no refresh under way.
    pub(super) fn ageing_alone(&mut self, at: At, expects: Expects) -> Option<At> {
        let now = self.now.wall;
        let ageing = matches!(expects, Expects::Held(held) if held.worth(now) == Worth::Ageing);
        (ageing && self.key(at).refresh.is_none()).then_some(at)
    }

    /// Takes what the threads say until none of them moves any more.
    pub(crate) fn settle(&mut self) -> Checked {
        while self.may_move() {
            // A call that has to be served at once is given longer before that is doubted.
            let wait = Duration::from_micros(if self.moving { 20 } else { 20_000 });
            match self.stage.next(wait, || self.at_rest())? {
                Some(Event::Done { caller, result }) => self.done(caller, result)?,
                Some(Event::Asked(question)) => self.asked(question)?,
                None => break,
            }
        }
        self.moving = false;
        if let Some((_, force)) = self.to_ask.take() {
            return Err(Violation::new(format!("the provider was not asked again, {force}")));
        }
        for pending in self.pending.values_mut().filter(|one| one.place == Place::Running) {
            pending.place = Place::Waiting;
            self.seen.waited += 1;
            let key = &self.services[pending.at.service].keys[pending.at.key];
            match pending.expects {
                Expects::ToWait | Expects::ToWorkOrWait if key.refresh.is_some() => {}
                _ => return Err(Violation::new(format!("waits: {pending:?}, {key:?}"))),
            }
        }
        if let Some(at) = self.may_begin.take() {
            let now = self.now.wall;
            let key = self.key(at);
            if key.refresh.is_none() && key.pause.has_to_ask(now) {
                return Err(Violation::new(format!("no refresh behind an ageing token: {key:?}")));
            }
        }
        Ok(())
    }

    fn may_move(&self) -> bool {
        self.moving || self.pending.values().any(|one| one.place == Place::Running)
    }

    /// Whether each thread waits: for a call, an answer, or a refresh.
    fn at_rest(&self) -> bool {
        let stats = self.services.iter().map(|service| service.client.stats());
        let (waits, refreshing) =
            stats.fold((0, 0), |sum, stats| (sum.0 + stats.waits, sum.1 + stats.refreshing));
        let in_call = self.pending.values().filter(|one| one.place != Place::AtGate).count();
        let refreshes = self.askers.iter().filter(|one| !matches!(one.who, Who::Sign(_))).count();
        waits == self.woken + in_call as u64 && refreshing == refreshes as u64
    }

    /// A provider was asked. Either that had to come, or a refresh begins.
    fn asked(&mut self, question: Question) -> Checked {
        let at = match question.caller {
            Some(caller) => self.pending.get(&caller).map(|pending| pending.at),
            None => self.behind.get(&question.thread).copied().or(self.may_begin),
        };
        let at = at.ok_or_else(|| Violation::new("a refresh behind no token"))?;
        let pending = question.caller.and_then(|caller| self.pending.get_mut(&caller));
        let signs = pending.as_ref().is_some_and(|one| one.call == Call::Sign);
        if let Some((thread, force)) = self.to_ask.take() {
            if (thread, force) != (question.thread, question.force) {
                return Err(Violation::new("the provider was asked by another or otherwise"));
            }
            self.seen.asked_again += 1;
        } else if question.force {
            return Err(Violation::new("newer keys were asked for without need"));
        } else if let Some(pending) = &pending {
            let key = &mut self.services[at.service].keys[at.key];
            match pending.expects {
                Expects::ToWork => {}
                Expects::ToWorkOrWait if key.refresh.is_none() => {}
                // The table had dropped it.
                Expects::Held(_) if key.perhaps_dropped => {
                    key.forget();
                    self.moving = true;
                    self.may_begin = None;
                }
                _ => return Err(Violation::new(format!("asks the provider: {pending:?}"))),
            }
            if !signs {
                key.found();
                self.begin(at)?;
            }
        } else {
            let now = self.now.wall;
            if !self.key(at).pause.may_ask(now) {
                return Err(Violation::new("the provider was asked in a pause"));
            }
            self.seen.behind += 1;
            self.behind.insert(question.thread, at);
            self.begin(at)?;
        }
        if let Some(pending) = question.caller.and_then(|caller| self.pending.get_mut(&caller)) {
            pending.place = Place::AtGate;
        }
        self.ask(at, if signs { Who::Sign(question) } else { Who::Refresh(question) });
        Ok(())
    }

    pub(super) fn begin(&mut self, at: At) -> Checked {
        let (kind, now) = (self.services[at.service].kind, self.now);
        let key = self.key(at);
        if key.refresh.is_some() {
            return Err(Violation::new(format!("two refreshes of one key: {key:?}")));
        }
        key.refresh = Some(Refresh::new(kind, now, key.epoch));
        self.seen.refreshes += 1;
        Ok(())
    }

    /// The refresh that asked this question is about to land with what it made.
    pub(crate) fn land(&mut self, at: At, question: &Question, made: Outcome) {
        let now = self.now.wall;
        self.behind.remove(&question.thread);
        let outcome = self.key(at).land(made, now);
        self.seen.kept_better += u64::from(outcome != made && matches!(outcome, Outcome::Token(_)));
        for (caller, pending) in &mut self.pending {
            let waits = pending.at == at && pending.place == Place::Waiting;
            if !waits && question.caller != Some(*caller) {
                continue;
            }
            self.woken += u64::from(waits);
            pending.place = Place::Running;
            pending.expects = match outcome {
                // Between the landing and now it has ended: once more, and then it is final.
                Outcome::Token(times)
                    if !pending.again
                        && times.worth(now) == Worth::Spent
                        && times.signed_at != now =>
                {
                    pending.again = true;
                    self.seen.again += 1;
                    Expects::ToWorkOrWait
                }
                outcome => Expects::Result(outcome),
            };
        }
    }

    /// A caller has its result.
    fn done(&mut self, caller: usize, result: Result<Arc<Token>>) -> Checked {
        let pending =
            self.pending.remove(&caller).ok_or_else(|| Violation::new("nobody's call"))?;
        self.idle.push(caller);
        let at = pending.at;
        match (pending.expects, &result) {
            (Expects::Held(held), Ok(token)) => self.served(at, held, token),
            (Expects::Held(_), Err(error))
                if self.key(at).perhaps_dropped && error.kind() == ErrorKind::WouldBlock =>
            {
                self.key(at).forget();
                self.may_begin = None;
                Ok(())
            }
            (Expects::WouldBlock, Err(error)) if error.kind() == ErrorKind::WouldBlock => {
                self.seen.would_block += 1;
                Ok(())
            }
            (Expects::Result(outcome), _) => {
                let at_least = match pending.call {
                    Call::Sign if self.services[at.service].kind == Kind::Tokens => None,
                    // Whatever a clock did to this one too, it is the last.
                    _ if pending.again => None,
                    Call::Sign => Some(1),
                    _ => Some(MIN_REMAINING),
                };
                self.seen.signed += u64::from(pending.call == Call::Sign);
                self.compare(at, outcome, result.as_ref(), at_least)
            }
            (expects, result) => {
                if let Ok(token) = &result {
                    self.judge(at, token, Some(MIN_REMAINING))?;
                }
                Err(Violation::new(format!("{at:?} expects {expects:?} and gets {result:?}")))
            }
        }
    }

    /// The token that was there was handed out.
    pub(super) fn served(&mut self, at: At, held: Times, token: &Token) -> Checked {
        let now = self.now.wall;
        let key = self.key(at);
        if times(token) != held {
            return Err(Violation::new(format!("{held:?} is there, {token:?} handed out")));
        }
        key.perhaps_dropped = false;
        let left = held.expires_at - now;
        if held.worth(now) == Worth::Ageing {
            self.seen.ageing += 1;
            self.seen.last_seconds += u64::from(left <= MIN_REMAINING + 5);
        }
        self.judge(at, token, Some(MIN_REMAINING))
    }

    /// A result beside what had to come of the answers of the provider. An error without its
    /// reason there is one that the library made.
    pub(super) fn compare(
        &mut self,
        at: At,
        outcome: Outcome,
        result: std::result::Result<&Arc<Token>, &rdsiam::Error>,
        at_least: Option<i64>,
    ) -> Checked {
        let right = match (outcome, result) {
            (Outcome::Token(expected), Ok(token)) => {
                self.judge(at, token, at_least)?;
                times(token) == expected
            }
            (Outcome::Failed(number), Err(error)) => {
                error.kind() == ErrorKind::CredentialsProvider
                    && error.message() == format!("failure #{number}.")
            }
            (Outcome::Ended, Err(error)) => error.kind() == ErrorKind::CredentialsExpired,
            _ => false,
        };
        self.seen.refused += u64::from(result.is_err());
        self.seen.refused_for_ended += u64::from(right && outcome == Outcome::Ended);
        if right {
            return Ok(());
        }
        Err(Violation::new(format!(
            "{outcome:?} had to come, {result:?} came, at {}",
            self.now.wall
        )))
    }

    /// As the database would, now and for as long as was promised: the signature by aws-sigv4's
    /// own signer, the end by the keys that signed.
    pub(super) fn judge(&mut self, at: At, token: &Token, at_least: Option<i64>) -> Checked {
        let (text, now) = (token.as_str(), self.now.wall);
        let id = text.split_once("X-Amz-Credential=").and_then(|(_, rest)| rest.split_once("%2F"));
        let id = id.map(|(id, _)| id).ok_or_else(|| Violation::new("no access key"))?;
        if !self.verified.contains(text) {
            let (secret, session) = (World::secret(id), World::session(id));
            let elsewhere = id == LASTING;
            let theirs = Login {
                secret_access_key: &secret,
                session_token: session.as_deref().filter(|_| !elsewhere),
                ..login(id, &self.services[at.service].users[at.key], token.signed_at())
            };
            if sorted(text) != sorted(&theirs.token()) {
                return Err(Violation::new(format!("the signature is wrong: {token:?} of {id}")));
            }
            self.verified.insert(text.to_owned());
            self.seen.verified += 1;
        }
        let end = self.world.end(id).ok_or_else(|| Violation::new("keys of nobody"))?;
        let end = end.min(token.signed_at() + 900);
        if token.expires_at() != end {
            return Err(Violation::new(format!("{token:?} ends at {end}")));
        }
        if at_least.is_some_and(|seconds| end - now < seconds || now < token.signed_at()) {
            return Err(Violation::new(format!("{token:?} is refused at {now}")));
        }
        self.seen.tokens += 1;
        let mut hasher = DefaultHasher::new();
        (self.now.passed, at, token.signed_at(), end, id).hash(&mut hasher);
        self.seen.digest = self.seen.digest.wrapping_add(hasher.finish());
        Ok(())
    }

    /// The bound, and that only the longest unused are dropped.
    fn check_table(&mut self, of_call: At) -> Checked {
        let now = self.now.wall;
        let service = &mut self.services[of_call.service];
        let stats = service.client.stats();
        if stats.entries > service.bound as u64 {
            return Err(Violation::new(format!("{} entries", stats.entries)));
        }
        let dropped = stats.evictions - service.evictions;
        if dropped == 0 {
            return Ok(());
        }
        service.evictions = stats.evictions;
        self.seen.evicted += dropped;
        let keep = service.bound - 1 - service.bound / 8;
        // Uses are noted every 16 seconds, by a clock that is put right by one or two.
        let last =
            |key: &Key| if key.refresh.is_some() { i64::MAX } else { key.used.unwrap_or(i64::MIN) };
        let uses: Vec<i64> = service.keys.iter().map(last).collect();
        for (number, key) in service.keys.iter_mut().enumerate() {
            let Some(used) = key.used.filter(|_| number != of_call.key && key.refresh.is_none())
            else {
                continue;
            };
            let later = uses.iter().filter(|other| **other >= used.saturating_sub(64)).count();
            key.perhaps_dropped |= later > keep || used > now;
        }
        Ok(())
    }
}

fn times(token: &Token) -> Times {
    Times { signed_at: token.signed_at(), expires_at: token.expires_at() }
}
