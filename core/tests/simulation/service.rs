//! One client of a simulated day, and what is known of it. Each call is compared with the model, and
//! each token judged as the database would.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rdsiam::binding::{self, Action, Awaited, Clock, ManualClock, PendingFetch};
use rdsiam::{Client, Config, Error, ErrorKind, Stats, Target, Token};

use super::aws_sigv4::{Login, sorted};
use super::model::{Begins, Call, Expect, Failure, Key, Model, Plan, REFRESH_BEFORE, Signed, Way};
use super::stage::{Bell, Stage};
use super::world::{Keys, World};
use super::{Checked, Seen, Violation};

const HOST: &str = "db.abc.us-east-1.rds.amazonaws.com";

/// Who fetches, and whether the keys have an expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Source,
    Lasting,
    Host,
}

/// A call that waits for a fetch.
pub(crate) struct Task {
    pub(crate) key: usize,
    pub(crate) call: Call,
    pub(crate) bell: Arc<Bell>,
    awaited: Awaited,
    pending: Option<PendingFetch>,
}

/// What a call led to beside its result: a fetch of the library, or one that the host has to do.
pub(crate) struct Begun(pub(crate) Option<binding::CredentialRequest>);

pub(crate) struct Service {
    pub(crate) kind: Kind,
    pub(crate) client: Client,
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) keys: Vec<Key>,
    pub(crate) tasks: Vec<Task>,
    users: Vec<String>,
    /// The last token of each key, for logins that are refused.
    last: Vec<Option<Arc<Token>>>,
    bound: usize,
    counted: Counted,
    verified: HashSet<String>,
    pub(crate) seen: Seen,
}

/// The counters of the client, as they have to be.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Counted {
    hits: u64,
    misses: u64,
    signatures: u64,
    refreshes: u64,
    failures: u64,
    invalidations: u64,
    /// Entries that were added.
    added: u64,
    evictions: u64,
}

impl Service {
    pub(crate) fn new(
        kind: Kind,
        keys: usize,
        bound: usize,
        world: World,
        stage: &Stage,
        number: usize,
        clock: &ManualClock,
    ) -> Self {
        // Nothing is overdue: how long that takes is real time.
        let config = Config::new().max_entries(bound).timeout(std::time::Duration::from_secs(3600));
        let config = match kind {
            Kind::Host => binding::host_fetches(config),
            _ => config.source(stage.gate(number)),
        };
        let config = binding::with_clock(config, Clock::Manual(clock.clone()));
        Self {
            kind,
            client: Client::new(config).unwrap(),
            world,
            model: Model::default(),
            keys: (0..keys).map(|_| Key::default()).collect(),
            tasks: Vec::new(),
            users: (0..keys).map(|key| format!("user{key}")).collect(),
            last: vec![None; keys],
            bound,
            counted: Counted::default(),
            verified: HashSet::new(),
            seen: Seen::default(),
        }
    }

    /// A call for a key. If a fetch begins, it has to be asked for or done by the conductor.
    pub(crate) fn call(
        &mut self,
        key: usize,
        call: Call,
        way: Way,
        now: i64,
    ) -> Checked<Option<Begun>> {
        let task =
            Task { key, call, bell: Arc::default(), awaited: Awaited::default(), pending: None };
        self.poll(task, way, false, now)
    }

    /// A call that has waited, and was woken.
    pub(crate) fn call_again(&mut self, task: Task, now: i64) -> Checked<Option<Begun>> {
        self.seen.waited += 1;
        if let Some(pending) = &task.pending {
            // The host's: it is told how the fetch ended, and asks again if that helps.
            if let Err(error) = pending.outcome(&self.client) {
                let plan = self.model.plan(task.call, None, Way::Task, true, now);
                return match plan.expect {
                    Expect::Fails(failure) => self.failed(&failure, &error).map(|()| None),
                    other => Err(Violation::new(format!("{error} instead of {other:?}"))),
                };
            }
            return self.poll(Task { pending: None, ..task }, Way::Task, false, now);
        }
        self.poll(task, Way::Task, true, now)
    }

    fn poll(
        &mut self,
        mut task: Task,
        way: Way,
        has_waited: bool,
        now: i64,
    ) -> Checked<Option<Begun>> {
        let (client, key) = (self.client.clone(), task.key);
        let user = self.users[key].clone();
        let target = Target::new(HOST, 5432, &user);
        task.bell = Arc::default();
        let waker = task.bell.waker();
        let fresh = |lease: binding::Lease| (lease.token, Some(lease.fresh));
        let mut request = None;
        let result = match (self.kind, task.call, way) {
            (Kind::Host, Call::Get, _) => {
                binding::next_lease(&client, &target).map(|action| match action {
                    Action::Serve(lease) => Some(fresh(lease)),
                    Action::ServeAndFetch(lease, fetch) => {
                        request = Some(fetch);
                        Some(fresh(lease))
                    }
                    other => to_wait(other, &mut request, &mut task.pending),
                })
            }
            (Kind::Host, Call::Sign, _) => {
                binding::next_signature(&client, &target).map(|action| match action {
                    Action::Serve(token) => Some((Arc::new(token), None)),
                    Action::ServeAndFetch(token, fetch) => {
                        request = Some(fetch);
                        Some((Arc::new(token), None))
                    }
                    other => to_wait(other, &mut request, &mut task.pending),
                })
            }
            (_, Call::Get, Way::Task) => {
                let lease = binding::lease_or_wake(&client, &target, &waker, &mut task.awaited);
                lease.map(|lease| Some(fresh(lease)))
            }
            (_, Call::Get, Way::Try) => {
                binding::try_get_lease(&client, &target).map(|lease| Some(fresh(lease)))
            }
            (_, Call::Sign, Way::Task) => {
                let token = binding::sign_or_wake(&client, &target, &waker, &mut task.awaited);
                token.map(|token| Some((Arc::new(token), None)))
            }
            (_, Call::Get, Way::Glance) => {
                binding::glance_lease(&client, &target).map(|lease| Some(fresh(lease)))
            }
            (_, Call::Sign, Way::Glance) => {
                binding::glance_sign(&client, &target).map(|token| Some((Arc::new(token), None)))
            }
            (_, Call::Sign, Way::Try) => {
                binding::try_sign(&client, &target).map(|token| Some((Arc::new(token), None)))
            }
        };
        let begun = self.model.fetch.is_none() && client.stats().refreshing == 1;
        if request.is_some() && !begun {
            return Err(Violation::new("a second request of a host"));
        }
        let held = self.keys[key].held.clone();
        // A host never waits, and is told what to do.
        let way = if self.kind == Kind::Host { Way::Task } else { way };
        let plan = |held: Option<&Signed>| self.model.plan(task.call, held, way, has_waited, now);
        let expected = plan(held.as_ref());
        let outcome = match &result {
            Ok(Some((token, _))) => Ok(Some(token)),
            Ok(None) => Ok(None),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        };
        let mut plan_found = expected.clone();
        if self.keys[key].perhaps_dropped
            && task.call == Call::Get
            && !self.fits(&expected, &outcome, begun)
        {
            plan_found = plan(None);
            self.keys[key] = Key::default();
        }
        if !self.fits(&plan_found, &outcome, begun) {
            return Err(Violation::new(format!(
                "{:?} of key {key} at {now} ({way:?}): {plan_found:?} had to come, {outcome:?} \
                 came, begun: {begun}; {:?}",
                task.call, self.keys[key]
            )));
        }
        if let Ok(Some((token, lease))) = &result {
            self.judge(key, token, task.call, now)?;
            if let Some(lease) = lease {
                let (at, end) = binding::unix_times(token);
                if *lease != (at..end - REFRESH_BEFORE) {
                    return Err(Violation::new(format!("a lease for {lease:?}")));
                }
            }
            self.last[key] = Some(Arc::clone(token));
        }
        let waits = matches!(plan_found.expect, Expect::Waits);
        self.count(key, task.call, &plan_found, now)?;
        if begun {
            self.model.begin(now);
            self.seen.fetches += 1;
            self.seen.in_background += u64::from(!waits);
        }
        if waits && way == Way::Task && request.is_none() {
            if let Some(pending) = &task.pending
                && !pending.wake_at_end(&waker)
            {
                return Err(Violation::new("a fetch that runs is said to have ended"));
            }
            self.tasks.push(task);
        } else {
            self.seen.would_block += u64::from(waits && way != Way::Task);
        }
        Ok(begun.then_some(Begun(request)))
    }

    /// Whether a result is the expected one.
    fn fits(
        &self,
        plan: &Plan,
        outcome: &Result<Option<&Arc<Token>>, &Error>,
        begun: bool,
    ) -> bool {
        let begins = match plan.begins {
            Begins::Yes => begun,
            Begins::No => !begun,
            Begins::Perhaps => true,
        };
        let is = |token: &Token, signed: &Signed| {
            let times = (signed.at, signed.end);
            binding::unix_times(token) == times && key_id(token) == Some(&*signed.id)
        };
        let right = match (&plan.expect, outcome) {
            (Expect::Hit(signed) | Expect::New(signed), Ok(Some(token))) => is(token, signed),
            (Expect::Fails(failure), Err(error)) => self.failed(failure, error).is_ok(),
            (Expect::Waits, Ok(None)) => true,
            _ => false,
        };
        // A token of this second may be the cached one or one like it.
        let signatures = self.client.stats().signatures - self.counted.signatures;
        begins && right && signatures == plan.signatures
    }

    pub(crate) fn failed(&self, failure: &Failure, error: &Error) -> Checked {
        let right = match failure {
            Failure::OfSource(number) => {
                error.kind() == ErrorKind::CredentialsProvider
                    && error.message() == format!("failure #{number}.")
            }
            Failure::Expired => error.kind() == ErrorKind::CredentialsExpired,
            Failure::Abandoned => error.message().contains("abandoned"),
        };
        if right { Ok(()) } else { Err(Violation::new(format!("{error} for {failure:?}"))) }
    }

    /// What a call did to the cache and the counters.
    fn count(&mut self, number: usize, call: Call, plan: &Plan, now: i64) -> Checked {
        let Self { counted, keys, seen, .. } = self;
        counted.signatures += plan.signatures;
        let key = &mut keys[number];
        match (&plan.expect, call) {
            (Expect::Hit(signed), _) => {
                counted.hits += 1;
                seen.stale += u64::from(signed.end - now <= REFRESH_BEFORE);
                // That it is used counts if it was looked for and found fresh.
                if signed.end - now > REFRESH_BEFORE {
                    key.used = Some(counted.added);
                }
                key.perhaps_dropped = false;
            }
            (Expect::New(signed), Call::Get) => {
                counted.misses += 1;
                key.held = Some(signed.clone());
                self.stored(number);
            }
            (Expect::Fails(failure), Call::Get) => {
                // Signed in vain.
                counted.misses += plan.signatures;
                seen.failed += 1;
                seen.too_short += u64::from(*failure == Failure::Expired);
            }
            (Expect::New(_), Call::Sign) => seen.signed += 1,
            (Expect::Fails(_), Call::Sign) => seen.failed += 1,
            (Expect::Waits, _) => {}
        }
        self.check_counters()
    }

    /// An entry was used, and perhaps added: only those unused for longest may go.
    fn stored(&mut self, number: usize) {
        let stats = self.client.stats();
        let dropped = stats.evictions - self.counted.evictions;
        self.counted.evictions = stats.evictions;
        self.counted.added = stats.entries + stats.evictions;
        self.seen.evicted += dropped;
        let added = self.counted.added;
        let mut certain: Vec<u64> = self
            .keys
            .iter()
            .enumerate()
            .filter(|(other, key)| *other != number && !key.perhaps_dropped)
            .filter_map(|(_, key)| key.used)
            .collect();
        certain.sort_unstable();
        let oldest = dropped.checked_sub(1).and_then(|last| certain.get(last as usize));
        if dropped > 0 {
            let limit = oldest.copied().unwrap_or(u64::MAX);
            for key in self.keys.iter_mut().filter(|key| key.used.is_some_and(|used| used <= limit))
            {
                key.perhaps_dropped = true;
            }
        }
        let key = &mut self.keys[number];
        (key.used, key.perhaps_dropped) = (Some(added), false);
    }

    fn check_counters(&self) -> Checked {
        let Stats { hits, misses, signatures, refreshes, refresh_failures, invalidations, .. } =
            self.client.stats();
        let found = Counted {
            hits,
            misses,
            signatures,
            refreshes,
            failures: refresh_failures,
            invalidations,
            ..self.counted.clone()
        };
        if found != self.counted {
            return Err(Violation::new(format!("{found:?} is counted, not {:?}", self.counted)));
        }
        if self.client.stats().entries > self.bound as u64 {
            return Err(Violation::new("more entries than the bound"));
        }
        Ok(())
    }

    /// As the database would: the signature by aws-sigv4's own signer, the expiry by the keys that
    /// signed.
    fn judge(&mut self, key: usize, token: &Token, call: Call, now: i64) -> Checked {
        let text = token.as_str();
        let (at, end) = binding::unix_times(token);
        let id = key_id(token).ok_or_else(|| Violation::new("no access key"))?;
        if !self.verified.contains(text) {
            let (secret, session) = (Keys::secret(id), Keys::session(id));
            let theirs = Login {
                kind: "rds",
                host: HOST,
                port: 5432,
                user: &self.users[key],
                region: "us-east-1",
                access_key_id: id,
                secret_access_key: &secret,
                session_token: session.as_deref(),
                unix_time: at,
                expires: 900,
            };
            if sorted(text) != sorted(&theirs.token()) {
                return Err(Violation::new(format!("the signature is wrong: {token:?} of {id}")));
            }
            self.verified.insert(text.to_owned());
            self.seen.verified += 1;
        }
        let expiry = self.world.end(id).ok_or_else(|| Violation::new("keys of nobody"))?;
        let at_least = if call == Call::Get { 11 } else { 1 };
        if end != expiry.unwrap_or(i64::MAX).min(at + 900) || end - now < at_least || now < at {
            return Err(Violation::new(format!("{token:?} is refused at {now}")));
        }
        self.seen.tokens += 1;
        self.seen.last_seconds += u64::from(end - now < 16);
        let mut hasher = DefaultHasher::new();
        (now, key, at, end, id).hash(&mut hasher);
        self.seen.digest = self.seen.digest.wrapping_add(hasher.finish());
        Ok(())
    }

    /// The fetch has ended.
    pub(crate) fn fetched(&mut self, result: Result<Keys, Failure>, now: i64) -> Checked {
        if result != Err(Failure::Abandoned) {
            self.counted.refreshes += 1;
            self.counted.failures += u64::from(result.is_err());
        }
        self.seen.fetch_failed += u64::from(result.is_err());
        self.model.end(result, now);
        self.check_counters()
    }

    /// A login was refused, or somebody wants a new token for another reason.
    pub(crate) fn invalidate(&mut self, number: usize, how: Refusal, now: i64) -> Checked {
        let client = self.client.clone();
        let user = self.users[number].clone();
        let target = Target::new(HOST, 5432, &user);
        let key = &self.keys[number];
        let last = self.last[number].clone();
        let (Some(token), false) = (last, key.perhaps_dropped) else { return Ok(()) };
        let (at, _) = binding::unix_times(&token);
        let held = key.held.as_ref().map(|held| (held.at, &held.id));
        let is_held = held == Some((at, &key_id(&token).unwrap_or_default().to_owned()));
        let is_newer = held.is_some() && !is_held && how != Refusal::Any;
        let failed = |error: Error| Violation::new(error.to_string());
        match how {
            Refusal::Any => client.invalidate(&target).map_err(failed)?,
            Refusal::Token => client.invalidate_token(&target, token.as_str()).map_err(failed)?,
            Refusal::Login { began } => {
                let time =
                    std::time::UNIX_EPOCH + std::time::Duration::from_secs(began.unsigned_abs());
                let retry = client.login_refused(&target, token.as_str(), time).map_err(failed)?;
                let was_fresh = at >= began;
                if retry != (!was_fresh && !key.is_retry_paused(now)) {
                    return Err(Violation::new(format!(
                        "retry: {retry}, {key:?}, signed {at}, began {began}"
                    )));
                }
                self.seen.retried += u64::from(retry);
                if was_fresh {
                    self.keys[number].no_retry = Some(now);
                }
            }
        }
        if !is_newer {
            self.counted.invalidations += u64::from(self.keys[number].held.take().is_some());
            self.seen.refused_in_fetch += u64::from(self.model.fetch.is_some());
            self.model.refuse(now);
        }
        self.seen.refused += 1;
        if self.keys[number].no_retry == Some(now) {
            self.stored(number);
        }
        self.check_counters()
    }
}

/// Why a token is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Any,
    Token,
    Login { began: i64 },
}

fn to_wait<T, U>(
    action: Action<T>,
    request: &mut Option<binding::CredentialRequest>,
    pending: &mut Option<PendingFetch>,
) -> Option<U> {
    match action {
        Action::Fetch(fetch) => *request = Some(fetch),
        Action::Wait(fetch) => *pending = Some(fetch),
        Action::Serve(_) | Action::ServeAndFetch(..) => {}
    }
    None
}

fn key_id(token: &Token) -> Option<&str> {
    let (_, rest) = token.as_str().split_once("X-Amz-Credential=")?;
    rest.split_once("%2F").map(|(id, _)| id)
}
