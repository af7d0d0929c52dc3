//! The threads on which the library fetches. Each waits in its source until the conductor answers, so a
//! day depends on its seed alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use rdsiam::{Credentials, CredentialsSource, Error, Result, binding};

use super::world::{Answer, Keys};
use super::{Checked, Violation};

/// Longer than any thread takes that is not stuck.
const LONG: Duration = Duration::from_secs(20);

/// A source that waits for its answer.
pub(crate) struct Question {
    /// Of which service.
    pub(crate) service: usize,
    pub(crate) force: bool,
    reply: Sender<(Answer, u64)>,
}

impl Question {
    /// `jitter` decides how long the pause is, if this answer leads to one.
    pub(crate) fn reply(&self, answer: Answer, jitter: u64) {
        // A thread that is gone is noticed by its silence.
        let _ = self.reply.send((answer, jitter));
    }
}

/// The source of one service.
pub(crate) struct Gate {
    service: usize,
    questions: Sender<Question>,
}

impl CredentialsSource for Gate {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        let (reply, replies) = channel();
        let question = Question { service: self.service, force: force_refresh, reply };
        let over = || Error::provider("the day is over", false);
        self.questions.send(question).map_err(|_| over())?;
        let (answer, jitter) = replies.recv().map_err(|_| over())?;
        fastrand::seed(jitter);
        credentials(&answer)
    }
}

/// The credentials that an answer brings.
pub(crate) fn credentials(answer: &Answer) -> Result<Credentials> {
    match answer {
        Err(number) => Err(Error::provider(format!("failure #{number}."), true)),
        Ok(Keys { id, end }) => {
            let session = Keys::session(id);
            binding::credentials(id, &Keys::secret(id), session.as_deref(), *end)
        }
    }
}

pub(crate) struct Stage {
    sender: Sender<Question>,
    questions: Receiver<Question>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (sender, questions) = channel();
        Self { sender, questions }
    }

    pub(crate) fn gate(&self, service: usize) -> Gate {
        Gate { service, questions: self.sender.clone() }
    }

    /// The question that has to come now.
    pub(crate) fn question(&self, service: usize, force: bool) -> Checked<Question> {
        let question = self.questions.recv_timeout(LONG);
        let question = question.map_err(|_| Violation::new("the source is not asked"))?;
        if (question.service, question.force) != (service, force) {
            return Err(Violation::new(format!(
                "service {} is asked, forced: {}; not {service}, {force}",
                question.service, question.force
            )));
        }
        Ok(question)
    }

    pub(crate) fn no_question(&self) -> Checked {
        match self.questions.try_recv() {
            Ok(question) => Err(Violation::new(format!("service {} is asked", question.service))),
            Err(_) => Ok(()),
        }
    }
}

/// Waits for what other threads are about to do.
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) -> Checked {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        if Instant::now() > deadline {
            return Err(Violation::new(format!("never: {what}")));
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Whether a task was woken.
#[derive(Default)]
pub(crate) struct Bell(AtomicBool);

impl Bell {
    pub(crate) fn has_rung(&self) -> bool {
        self.0.load(SeqCst)
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Arc::clone(self).into()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}
