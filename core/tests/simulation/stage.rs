//! The threads of a simulated day, of which only those run that the conductor lets run: callers
//! that are given one call each, and providers that wait for their answer. After each move of the
//! conductor everything comes to rest before the next, so a day depends on its seed alone.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use rdsiam::{
    Client, Clock, Credentials, CredentialsSource, Error, ManualClock, Result, Target, Token,
    TokenSource,
};

use super::aws_sigv4::Login;
use super::world::{Answer, World};
use super::{Checked, Violation};

pub(crate) const HOST: &str = "db.abc.us-east-1.rds.amazonaws.com";
pub(crate) const PORT: u16 = 5432;
pub(crate) const REGION: &str = "us-east-1";

/// What one thread is to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Get,
    TryGet,
    Sign,
}

struct Job {
    client: Client,
    user: Arc<str>,
    call: Call,
}

/// What a thread tells the conductor.
pub(crate) enum Event {
    /// A caller has its result.
    Done { caller: usize, result: Result<Arc<Token>> },
    /// A provider was asked, by a caller or by a refresh behind a token.
    Asked(Question),
}

/// A provider that waits for its answer.
pub(crate) struct Question {
    pub(crate) caller: Option<usize>,
    pub(crate) thread: ThreadId,
    pub(crate) force: bool,
    reply: Sender<Reply>,
}

struct Reply {
    answer: Answer,
    /// Decides the jitter of the pause, if this thread is to begin one.
    jitter: u64,
}

impl Question {
    pub(crate) fn reply(&self, answer: Answer, jitter: u64) {
        // A thread that is gone is noticed by its silence.
        let _ = self.reply.send(Reply { answer, jitter });
    }
}

thread_local! {
    /// Which caller this thread is; none: one of the library's.
    static CALLER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The provider of every client here.
#[derive(Clone)]
pub(crate) struct Gate {
    events: Sender<Event>,
    clock: ManualClock,
}

impl Gate {
    fn ask(&self, force: bool) -> Result<Answer> {
        let (reply, replies) = channel();
        let thread = thread::current().id();
        let question = Question { caller: CALLER.get(), thread, force, reply };
        let over = |_| Error::provider("the day is over", false);
        self.events.send(Event::Asked(question)).map_err(|_| Error::provider("over", false))?;
        let Reply { answer, jitter } = replies.recv().map_err(over)?;
        fastrand::seed(jitter);
        Ok(answer)
    }
}

impl CredentialsSource for Gate {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        credentials(&self.ask(force_refresh)?)
    }
}

/// Another signer, whose tokens are kept. It signs when it is asked, however late it answers.
impl TokenSource for Gate {
    fn make(&self) -> Result<Token> {
        let now = Clock::Manual(self.clock.clone()).now()?;
        match self.ask(false)? {
            Answer::Failure(number) => Err(failure(number)),
            Answer::Keys { id, end: _ } => {
                let login = login(&id, "elsewhere", now);
                let secret = World::secret(&id);
                let token = Login { secret_access_key: &secret, ..login }.token();
                Token::signed_elsewhere(&token, now)
            }
        }
    }
}

/// The credentials that an answer brings.
pub(crate) fn credentials(answer: &Answer) -> Result<Credentials> {
    match answer {
        Answer::Failure(number) => Err(failure(*number)),
        Answer::Keys { id, end } => {
            let session = World::session(id);
            Credentials::with_expiry(id, &World::secret(id), session.as_deref(), Some(*end))
        }
    }
}

fn failure(number: u64) -> Error {
    Error::provider(format!("failure #{number}."), true)
}

/// A login here, without its secret.
pub(crate) fn login<'a>(id: &'a str, user: &'a str, unix_time: i64) -> Login<'a> {
    Login {
        host: HOST,
        port: PORT,
        user,
        region: REGION,
        access_key_id: id,
        secret_access_key: "",
        session_token: None,
        unix_time,
        expires: 900,
    }
}

/// The callers, and what they and the providers say.
pub(crate) struct Stage {
    jobs: Vec<Sender<Job>>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    clock: ManualClock,
}

impl Stage {
    pub(crate) fn new(callers: usize, clock: ManualClock) -> Self {
        let (sender, events) = channel();
        let caller = |number| {
            let (jobs, inbox) = channel::<Job>();
            let sender = sender.clone();
            let body = move || run_caller(number, &inbox, &sender);
            thread::Builder::new().stack_size(1 << 18).spawn(body).unwrap();
            jobs
        };
        let jobs = (0..callers).map(caller).collect();
        Self { jobs, sender, events, clock }
    }

    pub(crate) fn gate(&self) -> Gate {
        Gate { events: self.sender.clone(), clock: self.clock.clone() }
    }

    pub(crate) fn callers(&self) -> usize {
        self.jobs.len()
    }

    /// Lets a caller that has nothing to do make this call.
    pub(crate) fn call(&self, caller: usize, client: &Client, user: &Arc<str>, call: Call) {
        let job = Job { client: client.clone(), user: Arc::clone(user), call };
        self.jobs[caller].send(job).unwrap();
    }

    /// The next event, or none once nothing moves any more: `at_rest` is asked each time that
    /// none has come for this long, and has to become true in the end.
    pub(crate) fn next(
        &self,
        wait: Duration,
        at_rest: impl Fn() -> bool,
    ) -> Checked<Option<Event>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match self.events.recv_timeout(wait) {
                Ok(event) => return Ok(Some(event)),
                // What was said before the rest.
                Err(_) if at_rest() => return Ok(self.events.try_recv().ok()),
                Err(_) if Instant::now() < deadline => {}
                Err(_) => {
                    return Err(Violation::new(
                        "a call neither ends, nor asks the provider, nor waits for a refresh",
                    ));
                }
            }
        }
    }
}

fn run_caller(number: usize, inbox: &Receiver<Job>, events: &Sender<Event>) {
    CALLER.set(Some(number));
    while let Ok(Job { client, user, call }) = inbox.recv() {
        let target = Target::new(HOST, PORT, &user);
        let result = match call {
            Call::Get => client.get(&target),
            Call::TryGet => client.try_get_lease(&target).map(|lease| lease.token),
            Call::Sign => client.sign(&target).map(Arc::new),
        };
        drop(client);
        if events.send(Event::Done { caller: number, result }).is_err() {
            return;
        }
    }
}
