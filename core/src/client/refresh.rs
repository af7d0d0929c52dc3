//! The calls that found no fresh token: wait for a refresh, or begin one behind the old token.

use std::borrow::Cow;
use std::sync::Arc;

use super::Shared;
use crate::cache::entry::Entry;
use crate::cache::flight::{Part, Work};
use crate::cache::policy::Standing;
use crate::cache::stats::count;
use crate::clock::{Moment, rfc3339};
use crate::credentials::{Credentials, Provider, resolve};
use crate::error::{Error, ErrorKind, Result};
use crate::rules::Rule;
use crate::sync::thread;
use crate::target::Target;
use crate::token::Token;

impl Shared {
    /// A token from the table, or of a refresh.
    pub(super) fn get(self: &Arc<Self>, target: &Target<'_>, now: i64) -> Result<Arc<Token>> {
        let entry = self.entry(target, now)?;
        if let Some(token) = self.serve(&entry, now) {
            return Ok(token);
        }
        count(&self.counters.misses);
        let token = self.refreshed(&entry, now)?;
        // A machine that slept in between wakes up with a token of the past.
        let now = self.config.clock.now()?;
        match self.margins.standing(&token, now) {
            Standing::Spent if token.signed_at() != now && Rule::LookOnReturn.holds() => {
                self.refreshed(&entry, now)
            }
            _ => Ok(token),
        }
    }

    /// The token of one refresh: this caller's, or the one that runs.
    fn refreshed(&self, entry: &Entry, now: i64) -> Result<Arc<Token>> {
        if let Some(result) = self.refresh_at_hand(entry, now) {
            return result;
        }
        match entry.flights.current().join(now) {
            Part::Work(work) => self.refresh(entry, work, now),
            Part::Wait(wait) => {
                count(&self.counters.waits);
                wait.result()
            }
        }
    }

    pub(super) fn try_get(self: &Arc<Self>, target: &Target<'_>, now: i64) -> Result<Arc<Token>> {
        let entry = self.entry(target, now)?;
        if let Some(token) = self.serve(&entry, now) {
            return Ok(token);
        }
        // A call that would have had to wait is no miss: it comes back as one that may.
        let result = self.refresh_at_hand(&entry, now).ok_or_else(Error::would_block)?;
        count(&self.counters.misses);
        result
    }

    /// A new token, if that takes no waiting. Then there is nothing in it to share either: threads
    /// that need one at the same moment make one each, sooner than they could meet.
    fn refresh_at_hand(&self, entry: &Entry, now: i64) -> Option<Result<Arc<Token>>> {
        let epoch = entry.epoch();
        let credentials = self.at_hand(entry).transpose()?;
        let made = credentials.and_then(|credentials| self.sign_once(entry, &credentials, now));
        Some(self.keep(entry, epoch, made, now))
    }

    /// The entry's token, if it may be handed out; one that ages gets a refresh behind it.
    fn serve(self: &Arc<Self>, entry: &Arc<Entry>, now: i64) -> Option<Arc<Token>> {
        let token = entry.token.load_full()?;
        match self.margins.standing(&token, now) {
            Standing::Spent => return None,
            Standing::Fresh => {}
            Standing::Ageing if !Rule::NeverWait.holds() => return None,
            Standing::Ageing => {
                if let Some(newer) = self.refresh_behind(entry, now) {
                    self.counters.hits.count();
                    return Some(newer);
                }
            }
        }
        self.counters.hits.count();
        Some(token)
    }

    /// Begins a refresh if none runs and no pause forbids it. Where no I/O is needed it is
    /// done here and now, and its token returned; otherwise on a thread of its own.
    fn refresh_behind(self: &Arc<Self>, entry: &Arc<Entry>, now: i64) -> Option<Arc<Token>> {
        let work = entry.flights.current().begin_if_due(now)?;
        let epoch = entry.epoch();
        match self.at_hand(entry).transpose() {
            Some(credentials) => self.refresh_with(entry, work, epoch, credentials).ok(),
            None => {
                self.refresh_on_thread(Arc::clone(entry), work);
                None
            }
        }
    }

    /// Credentials, if they and the region can be had without any waiting.
    fn at_hand(&self, entry: &Entry) -> Result<Option<Cow<'_, Credentials>>> {
        match self.region(entry.region.as_deref(), false) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
            Ok(_) => self.provider.at_hand(),
        }
    }

    /// The one thread this library starts. It ends with the refresh. If it cannot be started,
    /// the work is dropped with it, which counts as a failure and pauses.
    fn refresh_on_thread(self: &Arc<Self>, entry: Arc<Entry>, work: Work<Arc<Token>>) {
        let shared = Arc::clone(self);
        work.hand_over();
        let run = move || {
            work.take_over();
            // The error is in the flight and in the counters; the token still serves.
            let _ = shared.config.clock.now().and_then(|now| shared.refresh(&entry, work, now));
        };
        if let Err(error) = thread::Builder::new().name("rdsiam-refresh".into()).spawn(run) {
            tracing::debug!(%error, "no thread for a refresh; it is tried again later");
        }
    }

    /// Makes a token, whatever it takes.
    fn refresh(&self, entry: &Entry, work: Work<Arc<Token>>, now: i64) -> Result<Arc<Token>> {
        // Between the look at the token and the joining, another refresh may have landed.
        if let Some(token) = self.fresh(entry, now).filter(|_| Rule::LookAgain.holds()) {
            work.land(Ok(Arc::clone(&token)), true, token.signed_at());
            return Ok(token);
        }
        let epoch = entry.epoch();
        let began = Moment::now(&self.config.clock)?;
        let mut made = self.make(entry);
        if began.slept_since(&self.config.clock)? && Rule::NoticeSleep.holds() {
            made = self.make(entry);
        }
        self.land(entry, work, epoch, made, self.config.clock.now())
    }

    fn fresh(&self, entry: &Entry, now: i64) -> Option<Arc<Token>> {
        let token = entry.token.load_full();
        token.filter(|token| self.margins.standing(token, now) == Standing::Fresh)
    }

    /// A new token, from wherever this client's tokens come.
    fn make(&self, entry: &Entry) -> Result<Token> {
        if let Provider::Tokens(source) = &self.provider {
            return source.make();
        }
        let credentials = match self.provider.at_hand()? {
            Some(credentials) => credentials,
            None => Cow::Owned(resolve(&self.provider, &self.config.clock)?),
        };
        self.sign_once(entry, &credentials, self.config.clock.now()?)
    }

    /// Signs with credentials that are there, since `epoch`.
    pub(super) fn refresh_with(
        &self,
        entry: &Entry,
        work: Work<Arc<Token>>,
        epoch: u64,
        credentials: Result<Cow<'_, Credentials>>,
    ) -> Result<Arc<Token>> {
        let now = self.config.clock.now();
        let made = match &now {
            Ok(now) => credentials.and_then(|keys| self.sign_once(entry, &keys, *now)),
            Err(error) => Err(error.clone()),
        };
        self.land(entry, work, epoch, made, now)
    }

    /// Keeps the new token and tells those who wait.
    fn land(
        &self,
        entry: &Entry,
        work: Work<Arc<Token>>,
        epoch: u64,
        made: Result<Token>,
        now: Result<i64>,
    ) -> Result<Arc<Token>> {
        let (made, now) = match now {
            Ok(now) => (made, now),
            Err(error) => (Err(error), 0),
        };
        let result = self.keep(entry, epoch, made, now);
        // A token that already ages did not help: the provider has nothing newer yet, and is
        // not to be asked again at each call.
        let helped =
            result.as_ref().is_ok_and(|token| self.margins.standing(token, now) == Standing::Fresh);
        work.land(result.clone(), helped, now);
        result
    }

    /// How a refresh ended.
    fn keep(&self, entry: &Entry, epoch: u64, made: Result<Token>, now: i64) -> Result<Arc<Token>> {
        count(&self.counters.refreshes);
        let result = made.and_then(|token| self.renew(entry, epoch, token, now));
        if result.is_err() {
            count(&self.counters.refresh_failures);
        }
        result
    }

    /// The new token, kept in the entry; or the old one, if that lives longer.
    fn renew(&self, entry: &Entry, epoch: u64, token: Token, now: i64) -> Result<Arc<Token>> {
        let old = entry.token.load_full();
        if let Some(old) = old.filter(|old| {
            old.expires_at() >= token.expires_at()
                && Rule::KeepBetter.holds()
                && self.margins.standing(old, now) != Standing::Spent
        }) {
            return Ok(old);
        }
        if !self.margins.long_enough(&token, now) {
            return Err(self.too_short(&token, now));
        }
        let token = Arc::new(token);
        entry.keep(&token, epoch);
        Ok(token)
    }

    #[cold]
    fn too_short(&self, token: &Token, now: i64) -> Error {
        Error::new(
            ErrorKind::CredentialsExpired,
            format!(
                "the AWS credentials end at {}, in {} s, and the provider has no newer ones; a \
                 token could end during the login (min_remaining is {} s). Renew the credentials",
                rfc3339(token.expires_at()),
                token.expires_at().saturating_sub(now),
                self.margins.min_remaining()
            ),
        )
    }
}
