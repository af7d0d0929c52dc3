//! One simulated day: what happens next. Whether the cache did what it has to is judged in
//! `referee`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::thread::ThreadId;

use fastrand::Rng;
use rdsiam::{Client, Clock, Config, ManualClock, Target, Ticket};

use super::model::{Key, Kind, Next, Now, Outcome, Refresh, Times, Worth};
use super::stage::{Call, HOST, PORT, Question, Stage};
use super::world::{Answer, LASTING, World};
use super::{Checked, Seen, Violation};

/// An hour and a half before midnight.
const START: i64 = 1_717_281_000;
const HOUR: i64 = 3600;
const CALLERS: usize = 240;

/// A client, and what is known of its keys.
pub(crate) struct Service {
    pub(crate) kind: Kind,
    pub(crate) client: Client,
    pub(crate) bound: usize,
    pub(crate) evictions: u64,
    pub(crate) users: Vec<Arc<str>>,
    pub(crate) keys: Vec<Key>,
}

/// Which key of which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) service: usize,
    pub(crate) key: usize,
}

/// A call that a caller is in.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) at: At,
    pub(crate) call: Call,
    pub(crate) expects: Expects,
    pub(crate) place: Place,
    /// Whether it has come to a second refresh, whose result is final.
    pub(crate) again: bool,
    /// The questions of a call that signs each time.
    pub(crate) signing: Option<Refresh>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// The token that is there, at once.
    Held(Times),
    /// To do the refresh.
    ToWork,
    /// To wait for the refresh that runs.
    ToWait,
    /// One of the two, with others.
    ToWorkOrWait,
    /// To be told that it would have to wait.
    WouldBlock,
    /// What the refresh gave that it did or waited for.
    Result(Outcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Running,
    AtGate,
    Waiting,
}

/// Somebody who waits for the answer to a question.
pub(crate) struct Asker {
    pub(crate) at: At,
    due: i64,
    asked_at: i64,
    early: Option<Answer>,
    pub(crate) who: Who,
}

pub(crate) enum Who {
    Refresh(Question),
    Sign(Question),
    Ticket(Ticket),
}

pub(crate) struct Day {
    pub(crate) world: World,
    clock: ManualClock,
    pub(crate) now: Now,
    random: Rng,
    pub(crate) stage: Stage,
    pub(crate) services: Vec<Service>,
    /// By the number of the caller.
    pub(crate) pending: BTreeMap<usize, Pending>,
    pub(crate) idle: Vec<usize>,
    pub(crate) askers: Vec<Asker>,
    /// The refreshes behind tokens, by their threads.
    pub(crate) behind: HashMap<ThreadId, At>,
    /// Whose ageing token was just handed out, with no refresh under way.
    pub(crate) may_begin: Option<At>,
    /// Whether a refresh may be on its way, which shows only when it asks or lands.
    pub(crate) moving: bool,
    /// The one question that has to come now: from this thread, with this demand.
    pub(crate) to_ask: Option<(ThreadId, bool)>,
    /// How many calls have waited and do no longer.
    pub(crate) woken: u64,
    pub(crate) verified: HashSet<String>,
    pub(crate) seen: Seen,
}

impl Day {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let clock = ManualClock::at(START);
        let stage = Stage::new(CALLERS, clock.clone());
        // In every other day there is room for all keys, so that none is ever dropped.
        let bound = if seed.is_multiple_of(2) { 64 } else { 256 };
        let service = |kind, keys: usize, bound| {
            let config = Config::new().clock(Clock::Manual(clock.clone())).max_entries(bound);
            let config = match kind {
                Kind::Source => config.source(stage.gate()),
                Kind::External => config.external(),
                Kind::Tokens => config.tokens(stage.gate()),
            };
            let user = |key: usize| match kind {
                Kind::Tokens => "elsewhere".into(),
                _ => format!("user{key}").into(),
            };
            Service {
                kind,
                client: Client::new(config).unwrap(),
                bound,
                evictions: 0,
                users: (0..keys).map(user).collect(),
                keys: (0..keys).map(|_| Key::default()).collect(),
            }
        };
        let mut services = vec![service(Kind::Source, 200, bound), service(Kind::External, 20, 64)];
        services.extend((0..4).map(|_| service(Kind::Tokens, 1, 1)));
        Self {
            world: World::new(random.u64(..), START),
            clock,
            now: Now { wall: START, passed: 0 },
            random,
            idle: (0..stage.callers()).collect(),
            stage,
            services,
            pending: BTreeMap::new(),
            askers: Vec::new(),
            behind: HashMap::new(),
            may_begin: None,
            moving: false,
            to_ask: None,
            woken: 0,
            verified: HashSet::new(),
            seen: Seen::default(),
        }
    }

    /// How far the day has come.
    pub(crate) fn seconds(&self) -> i64 {
        self.now.passed
    }

    pub(crate) fn run(&mut self, hours: u64) -> Checked {
        while self.now.passed < hours.cast_signed() * HOUR {
            self.move_clocks();
            self.world.trouble(self.now.wall);
            self.answer_all_due()?;
            for _ in 0..self.random.u8(..5) {
                self.call()?;
            }
        }
        self.recover()
    }

    fn move_clocks(&mut self) {
        let sleeps = !self.askers.is_empty() && self.random.u16(..200) == 0;
        let jump = match self.random.u16(..1500) {
            _ if sleeps => self.random.i64(1..4000),
            0 => self.random.i64(-3600..0),
            1 => self.random.i64(1..7200),
            // As a time server does, which nobody notices.
            2..30 => self.random.i64(-2..=2),
            _ => 0,
        };
        if jump < -2 {
            self.seen.set_back += 1;
            // What was used in the future counts as used last.
            let keys = self.services.iter_mut().flat_map(|service| &mut service.keys);
            keys.for_each(|key| key.used = key.used.map(|_| i64::MAX));
        }
        if jump > 2 {
            let refreshes = |asker: &&Asker| !matches!(asker.who, Who::Sign(_));
            self.seen.slept_in_refresh += self.askers.iter().filter(refreshes).count() as u64;
        }
        self.clock.step(jump);
        let passes = self.random.u32(..12);
        self.clock.pass(passes);
        self.now.wall += jump + i64::from(passes);
        self.now.passed += i64::from(passes);
    }

    /// The provider gets well and all that runs comes to its end: nobody is left waiting, and
    /// after the longest pause each key has a fresh token again.
    fn recover(&mut self) -> Checked {
        self.world.recover(self.now.wall);
        for second in 0..=17 {
            let passes = u32::from(second > 0);
            self.clock.pass(passes);
            self.now.wall += i64::from(passes);
            self.now.passed += i64::from(passes);
            self.answer_all()?;
            for key in 0..self.services[0].keys.len() {
                self.get(At { service: 0, key }, Call::Get)?;
                self.answer_all()?;
            }
        }
        if !self.pending.is_empty() {
            return Err(Violation::new(format!("left waiting: {:?}", self.pending)));
        }
        let service = &self.services[0];
        for key in service.keys.iter().filter(|_| service.evictions == 0) {
            if key.held.map(|held| held.worth(self.now.wall)) != Some(Worth::Fresh) {
                return Err(Violation::new(format!("a key has not recovered: {key:?}")));
            }
            self.seen.recovered += 1;
        }
        Ok(())
    }

    /// Lets everybody have an answer of this moment.
    fn answer_all(&mut self) -> Checked {
        for asker in &mut self.askers {
            (asker.due, asker.early) = (self.now.passed, None);
        }
        self.answer_all_due()
    }

    /// Gives the answers whose time has come, one after the other.
    fn answer_all_due(&mut self) -> Checked {
        let due = |asker: &Asker, now: Now| asker.due <= now.passed;
        while let Some(first) = self.askers.iter().position(|asker| due(asker, self.now)) {
            let asker = self.askers.remove(first);
            self.answer(asker)?;
        }
        Ok(())
    }

    fn answer(&mut self, asker: Asker) -> Checked {
        let Asker { at, early, asked_at, who, .. } = asker;
        let answer = early.unwrap_or_else(|| self.fresh_answer(at));
        self.seen.asked += 1;
        self.seen.provider_failed += u64::from(matches!(answer, Answer::Failure(_)));
        let (now, jitter) = (self.now, self.random.u64(..));
        match who {
            Who::Ticket(ticket) => self.bring(at, ticket, &answer, jitter),
            Who::Sign(question) => {
                let pending = question.caller.and_then(|caller| self.pending.get_mut(&caller));
                let pending = pending.ok_or_else(|| Violation::new("a question of nobody"))?;
                pending.place = Place::Running;
                if let Some(signing) = &mut pending.signing {
                    match signing.next(&answer, asked_at, now) {
                        Next::Ask { force } => self.to_ask = Some((question.thread, force)),
                        Next::Land(made) => pending.expects = Expects::Result(made),
                    }
                }
                self.moving = true;
                question.reply(answer, jitter);
                self.settle()
            }
            Who::Refresh(question) => {
                if let Some(pending) = question.caller.and_then(|one| self.pending.get_mut(&one)) {
                    pending.place = Place::Running;
                }
                let refresh = self.key(at).refresh.as_mut();
                let refresh = refresh.ok_or_else(|| Violation::new("a refresh of nobody"))?;
                match refresh.next(&answer, asked_at, now) {
                    Next::Ask { force } => self.to_ask = Some((question.thread, force)),
                    Next::Land(made) => self.land(at, &question, made),
                }
                self.moving = true;
                question.reply(answer, jitter);
                self.settle()
            }
        }
    }

    /// A question was put, which will be answered when it is due.
    pub(crate) fn ask(&mut self, at: At, who: Who) {
        let mut plan = self.world.plan(self.now.wall);
        let lasting = self.services[at.service].kind == Kind::Tokens;
        if lasting && self.random.u8(..3) == 0 {
            // Another signer may give what it signed just before that ends.
            let late = self.random.bool();
            plan.hang = self.random.i64(if late { 879..=890 } else { 1..=878 });
        }
        let early = plan.early.map(|answer| if lasting { lasts(answer) } else { answer });
        self.seen.hung += u64::from(plan.hang > 0);
        let (due, asked_at) = (self.now.passed + plan.hang, self.now.wall);
        self.askers.push(Asker { at, due, asked_at, early, who });
    }

    fn fresh_answer(&mut self, at: At) -> Answer {
        let answer = self.world.answer(self.now.wall);
        if self.services[at.service].kind == Kind::Tokens { lasts(answer) } else { answer }
    }

    pub(crate) fn key(&mut self, at: At) -> &mut Key {
        &mut self.services[at.service].keys[at.key]
    }

    /// Some call for some key.
    fn call(&mut self) -> Checked {
        let at = self.pick();
        let kind = self.services[at.service].kind;
        match self.random.u16(..1000) {
            0..5 => self.invalidate(at),
            5..10 => {
                let busy = self.random.choice(self.askers.iter()).map_or(at, |asker| asker.at);
                self.invalidate(busy)
            }
            10..20 if kind == Kind::External => self.sign_with(at),
            _ if kind == Kind::External => self.step(at),
            10..20 => self.get(at, Call::Sign),
            20..100 => self.get(at, Call::TryGet),
            _ => self.get(at, Call::Get),
        }
    }

    /// Some keys are asked for often and most seldom. While many are being refreshed, those are
    /// asked for: the table may drop one that is being refreshed only if there is no other.
    fn pick(&mut self) -> At {
        let service = match self.random.u8(..16) {
            0..12 => 0,
            12..14 => 1,
            _ => self.random.usize(2..self.services.len()),
        };
        let Service { keys, bound, .. } = &self.services[service];
        let (one, two) = (self.random.usize(..keys.len()), self.random.usize(..keys.len()));
        let ageing =
            |key: &Key| key.held.is_some_and(|held| held.worth(self.now.wall) == Worth::Ageing);
        let ageing = keys.iter().position(ageing).filter(|_| self.random.u8(..4) == 0);
        let key = ageing.unwrap_or(one * two / keys.len());
        let busy: Vec<usize> = (0..keys.len()).filter(|key| keys[*key].refresh.is_some()).collect();
        let key = if busy.len() >= (*bound).div_ceil(2) { busy[key % busy.len()] } else { key };
        At { service, key }
    }

    pub(crate) fn invalidate(&mut self, at: At) -> Checked {
        let service = &mut self.services[at.service];
        let target = Target::new(HOST, PORT, &service.users[at.key]);
        service.client.invalidate(&target).map_err(|error| Violation::new(error.to_string()))?;
        let key = self.key(at);
        key.held = None;
        key.epoch += 1;
        let in_refresh = key.refresh.is_some();
        self.seen.invalidated += 1;
        self.seen.invalidated_in_refresh += u64::from(in_refresh);
        Ok(())
    }
}

/// Tokens of another signer are signed with keys that nobody rotates.
fn lasts(answer: Answer) -> Answer {
    match answer {
        Answer::Keys { .. } => Answer::Keys { id: LASTING.to_owned(), end: i64::MAX },
        failure @ Answer::Failure(_) => failure,
    }
}
