//! The calls of a host that fetches credentials itself and brings them with tickets. They never
//! wait, so the conductor makes them on its own thread.

use std::sync::Arc;

use rdsiam::{Lease, Step, Target, Ticket};

use super::day::{At, Day, Expects, Who};
use super::model::{Kind, MIN_REMAINING, Next, REFRESH_BEFORE, Refresh, Times, Worth};
use super::stage::{HOST, PORT, credentials};
use super::world::Answer;
use super::{Checked, Violation};

impl Day {
    pub(crate) fn step(&mut self, at: At) -> Checked {
        let now = self.now.wall;
        let service = &self.services[at.service];
        let target = Target::new(HOST, PORT, &service.users[at.key]);
        let step = service.client.step(&target);
        let step = step.map_err(|error| Violation::new(error.to_string()))?;
        let key = self.key(at);
        let held = key.held.filter(|held| held.worth(now) != Worth::Spent);
        let refreshing = key.refresh.is_some();
        self.may_begin = held.and_then(|held| self.ageing_alone(at, Expects::Held(held)));
        match (step, held) {
            (Step::Serve(lease), Some(held)) => {
                self.served_lease(at, held, &lease)?;
                self.settle()
            }
            (Step::ServeAndFetch(lease, ticket), Some(held)) => {
                self.served_lease(at, held, &lease)?;
                if self.may_begin.take().is_none() || !self.key(at).pause.may_ask(now) {
                    return Err(Violation::new("a ticket that is not due"));
                }
                self.fetch(at, ticket)
            }
            (Step::Fetch(ticket), None) => self.fetch(at, ticket),
            (Step::Wait, None) if refreshing => Ok(()),
            (_, held) => Err(Violation::new(format!("{held:?} is there, another step came"))),
        }
    }

    fn served_lease(&mut self, at: At, held: Times, lease: &Lease) -> Checked {
        if lease.fresh != (held.signed_at..held.expires_at - REFRESH_BEFORE) {
            return Err(Violation::new(format!("a lease of {held:?} for {:?}", lease.fresh)));
        }
        self.served(at, held, &lease.token)
    }

    fn fetch(&mut self, at: At, ticket: Ticket) -> Checked {
        self.begin(at)?;
        self.ask(at, Who::Ticket(ticket));
        Ok(())
    }

    pub(crate) fn bring(
        &mut self,
        at: At,
        ticket: Ticket,
        answer: &Answer,
        jitter: u64,
    ) -> Checked {
        let now = self.now;
        fastrand::seed(jitter);
        let key = self.key(at);
        let refresh = key.refresh.as_mut().ok_or_else(|| Violation::new("nobody's ticket"))?;
        let Next::Land(made) = refresh.next(answer, now.wall, now) else {
            return Err(Violation::new("a ticket is for one fetch"));
        };
        let began = refresh.began;
        let outcome = key.land(made, now.wall);
        match credentials(answer) {
            Ok(credentials) => {
                let result = ticket.bring(credentials).map(|lease| lease.token);
                self.compare(at, outcome, result.as_ref(), Some(MIN_REMAINING))
            }
            // A host may also lose its ticket. Nobody looks at the clock then, so the pause is
            // one since it was given out.
            Err(_) if jitter.is_multiple_of(4) => {
                drop(ticket);
                self.key(at).pause.since = began.wall;
                Ok(())
            }
            Err(error) => {
                ticket.fail(error);
                Ok(())
            }
        }
    }

    pub(crate) fn sign_with(&mut self, at: At) -> Checked {
        let now = self.now.wall;
        let answer = self.world.answer(now);
        let Ok(credentials) = credentials(&answer) else { return Ok(()) };
        let service = &self.services[at.service];
        let target = Target::new(HOST, PORT, &service.users[at.key]);
        let result = service.client.sign_with(&target, &credentials).map(Arc::new);
        let mut once = Refresh::of_one_signature(Kind::External, self.now);
        let Next::Land(outcome) = once.next(&answer, now, self.now) else { return Ok(()) };
        self.compare(at, outcome, result.as_ref(), Some(1))
    }
}
