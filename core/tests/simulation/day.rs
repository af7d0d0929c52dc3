//! One simulated day: what happens next. Whether the clients did what they have to is judged in
//! `service`.

use fastrand::Rng;
use rdsiam::binding::{CredentialRequest, ManualClock};

use super::model::{Call, Failure, Next, Way, Worth};
use super::service::{Begun, Kind, Refusal, Service};
use super::stage::{Question, Stage, credentials, eventually};
use super::world::{Answer, World};
use super::{Checked, Seen, Violation};

/// An hour and a half before midnight.
const START: i64 = 1_717_281_000;
const HOUR: i64 = 3600;

/// Somebody who waits for the answer of a source.
struct Asker {
    service: usize,
    /// By the time that passes, whatever the clock shows.
    due: i64,
    early: Option<Answer>,
    who: Who,
}

enum Who {
    /// A thread of the library.
    Thread(Question),
    /// A host.
    Host(CredentialRequest),
}

pub(crate) struct Day {
    clock: ManualClock,
    now: i64,
    passed: i64,
    random: Rng,
    stage: Stage,
    services: Vec<Service>,
    askers: Vec<Asker>,
    /// Of the last login that was refused: more is done with that key.
    refused: Option<(usize, usize)>,
    pub(crate) seen: Seen,
}

impl Day {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let (clock, stage) = (ManualClock::at(START), Stage::new());
        // In every other day there is room for all keys, so that none is ever dropped.
        let bound = if seed.is_multiple_of(2) { 64 } else { 256 };
        let kinds = [
            (Kind::Source, 200, bound),
            (Kind::Source, 10, 64),
            (Kind::Lasting, 20, 64),
            (Kind::Host, 20, 64),
        ];
        let services = kinds.into_iter().enumerate().map(|(number, (kind, keys, bound))| {
            let lasting = kind == Kind::Lasting;
            let world = World::new(format!("{number}x"), lasting, random.u64(..), START);
            Service::new(kind, keys, bound, world, &stage, number, &clock)
        });
        let services = services.collect();
        let seen = Seen::default();
        Self {
            clock,
            now: START,
            passed: 0,
            random,
            stage,
            services,
            askers: Vec::new(),
            refused: None,
            seen,
        }
    }

    /// How far the day has come.
    pub(crate) fn seconds(&self) -> i64 {
        self.passed
    }

    pub(crate) fn run(&mut self, hours: u64) -> Checked {
        let result = self.play(hours);
        for service in &self.services {
            self.seen.add(&service.seen);
        }
        result
    }

    fn play(&mut self, hours: u64) -> Checked {
        while self.passed < hours.cast_signed() * HOUR {
            self.move_clock();
            for service in &mut self.services {
                service.world.trouble(self.now);
            }
            self.answer_all_due()?;
            for _ in 0..self.random.u8(..6) {
                self.act()?;
            }
            self.stage.no_question()?;
        }
        self.recover()
    }

    fn move_clock(&mut self) {
        let sleeps = !self.askers.is_empty() && self.random.u16(..200) == 0;
        let jump = match self.random.u16(..1500) {
            _ if sleeps => self.random.i64(1..4000),
            0 => self.random.i64(-3600..0),
            1 => self.random.i64(1..7200),
            // As a time server does, which nobody notices.
            2..30 => self.random.i64(-2..=2),
            _ => 0,
        };
        self.seen.set_back += u64::from(jump < -2);
        self.seen.slept_in_fetch += if jump > 2 { self.askers.len() as u64 } else { 0 };
        let passes = self.random.i64(0..12);
        self.passed += passes;
        self.now += jump + passes;
        self.clock.set(self.now);
    }

    /// Some call for some key, or a login that was refused.
    fn act(&mut self) -> Checked {
        let service = match self.random.u8(..16) {
            0..9 => 0,
            9..11 => 1,
            11..13 => 2,
            _ => 3,
        };
        let keys = self.services[service].keys.len();
        // Some keys are asked for often and most seldom.
        let key = self.random.usize(..keys) * self.random.usize(..keys) / keys;
        let again = self.refused.filter(|_| self.random.u8(..16) == 0);
        let (service, key) = again.unwrap_or((service, key));
        let refusal = match self.random.u16(..1000) {
            0..3 => Some(Refusal::Any),
            3..6 => Some(Refusal::Token),
            6..10 => Some(Refusal::Login { began: self.now - self.random.i64(0..100) }),
            _ if again.is_some() && self.random.u8(..4) == 0 => {
                Some(Refusal::Login { began: self.now - self.random.i64(0..20) })
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.refused = Some((service, key));
            return self.services[service].invalidate(key, refusal, self.now);
        }
        let call = if self.random.u8(..20) == 0 { Call::Sign } else { Call::Get };
        let way = match self.random.u8(..16) {
            0 => Way::Try,
            1 => Way::Glance,
            _ => Way::Task,
        };
        self.call(service, key, call, way)
    }

    fn call(&mut self, service: usize, key: usize, call: Call, way: Way) -> Checked {
        self.services[service].seen.while_hung += u64::from(!self.askers.is_empty());
        let begun = self.services[service].call(key, call, way, self.now)?;
        self.begun(service, begun)
    }

    /// A fetch that has begun asks its source.
    fn begun(&mut self, service: usize, begun: Option<Begun>) -> Checked {
        let Some(Begun(request)) = begun else { return Ok(()) };
        let force = self.services[service].model.fetch.as_ref().is_some_and(|fetch| fetch.force);
        let who = match request {
            Some(request) if request.force_refresh() == force => Who::Host(request),
            Some(_) => return Err(Violation::new("a host is to ask otherwise")),
            None => Who::Thread(self.stage.question(service, force)?),
        };
        self.ask(service, who);
        Ok(())
    }

    /// A question was put, which will be answered when it is due.
    fn ask(&mut self, service: usize, who: Who) {
        let plan = self.services[service].world.plan(self.now);
        self.seen.hung += u64::from(plan.hang > 0);
        let due = self.passed + plan.hang;
        self.askers.push(Asker { service, due, early: plan.early, who });
    }

    /// Gives the answers whose time has come, one after the other.
    fn answer_all_due(&mut self) -> Checked {
        while let Some(first) = self.askers.iter().position(|asker| asker.due <= self.passed) {
            let asker = self.askers.remove(first);
            self.answer(asker)?;
        }
        Ok(())
    }

    fn answer(&mut self, Asker { service: number, early, who, .. }: Asker) -> Checked {
        let (now, jitter) = (self.now, self.random.u64(..));
        let service = &mut self.services[number];
        let answer = early.unwrap_or_else(|| service.world.answer(now));
        let fetch = service.model.fetch.as_mut().ok_or_else(|| Violation::new("no fetch runs"))?;
        let next = fetch.next(&answer, now);
        self.seen.asked_again += u64::from(next == Next::Ask);
        match who {
            Who::Thread(question) => {
                question.reply(answer, jitter);
                let Next::End(result) = next else {
                    let question = self.stage.question(number, true)?;
                    self.ask(number, Who::Thread(question));
                    return Ok(());
                };
                eventually("the fetch ends", || service.client.stats().refreshing == 0)?;
                let tasks = &service.tasks;
                eventually("all are woken", || tasks.iter().all(|task| task.bell.has_rung()))?;
                service.fetched(result, now)?;
            }
            Who::Host(request) => {
                fastrand::seed(jitter);
                if let Some(request) = bring(service, request, &answer, next, jitter, now)? {
                    self.ask(number, Who::Host(request));
                    return Ok(());
                }
            }
        }
        for task in std::mem::take(&mut self.services[number].tasks) {
            if !task.bell.has_rung() {
                return Err(Violation::new("a task is not woken"));
            }
            let begun = self.services[number].call_again(task, now)?;
            self.begun(number, begun)?;
        }
        Ok(())
    }

    /// The sources get well and all that runs comes to its end: nobody is left waiting, and after the
    /// longest pause each key has a fresh token again.
    fn recover(&mut self) -> Checked {
        for service in &mut self.services {
            service.world.recover(self.now);
        }
        for second in 0..=17 {
            let passes = i64::from(second > 0);
            (self.now, self.passed) = (self.now + passes, self.passed + passes);
            self.clock.set(self.now);
            loop {
                for asker in &mut self.askers {
                    (asker.due, asker.early) = (self.passed, None);
                }
                if self.askers.is_empty() {
                    break;
                }
                self.answer_all_due()?;
            }
            for service in 0..self.services.len() {
                self.call(service, 0, Call::Get, Way::Task)?;
            }
        }
        for service in &self.services {
            if !service.tasks.is_empty() {
                return Err(Violation::new("a call is left waiting"));
            }
            let held = service.keys[0].held.as_ref();
            if held.is_none_or(|held| held.worth(self.now) != Worth::Fresh) {
                return Err(Violation::new(format!("not recovered: {held:?}")));
            }
            self.seen.recovered += 1;
        }
        Ok(())
    }
}

/// A host comes back with an answer. It may also lose its request.
fn bring(
    service: &mut Service,
    request: CredentialRequest,
    answer: &Answer,
    next: Next,
    jitter: u64,
    now: i64,
) -> Checked<Option<CredentialRequest>> {
    let brought = match credentials(answer) {
        Ok(credentials) => request.complete(credentials),
        Err(_) if jitter.is_multiple_of(4) => {
            drop(request);
            service.fetched(Err(Failure::Abandoned), now)?;
            return Ok(None);
        }
        Err(error) => request.fail(error).map(|()| None),
    };
    match (next, brought) {
        (Next::Ask, Ok(Some(request))) if request.force_refresh() => Ok(Some(request)),
        (Next::End(result), Ok(None)) => service.fetched(result, now).map(|()| None),
        (Next::End(Err(failure)), Err(error)) => {
            service.failed(&failure, &error)?;
            service.fetched(Err(failure), now).map(|()| None)
        }
        (next, brought) => {
            let brought = brought.map(|request| request.is_some());
            Err(Violation::new(format!("{next:?} had to come of {answer:?}, not {brought:?}")))
        }
    }
}
