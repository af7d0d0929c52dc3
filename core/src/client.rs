//! What a face holds: configuration, provider and cache, behind `&self`.

mod handle;
mod refresh;
mod step;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwapOption;

use crate::cache::entry::Entry;
use crate::cache::flight::{Flights, Part};
use crate::cache::policy::{Margins, Standing};
use crate::cache::stats::{Counters, Stats, count};
use crate::cache::table::Table;
use crate::config::Config;
use crate::credentials::{Credentials, Provider, resolve, wants_newer};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::region;
use crate::signer::{Layout, SERVICE, Signatory, Terms};
use crate::sync::Guard;
use crate::target::Target;
use crate::token::Token;

pub use handle::Handle;
pub use step::{Step, Ticket};

/// Signs tokens and caches them. Cheap to clone; clones share one cache.
///
/// Any number of threads may use it at once. A hit takes no lock and does no I/O. A child of
/// `fork` may use the client it inherited, with the tokens that are in it.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// A token, and the seconds in which it may be handed out again without asking the client.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The token.
    pub token: Arc<Token>,
    /// From its signing to the moment a refresh is due. Outside of it, ask again.
    pub fresh: Range<i64>,
}

pub(crate) struct Shared {
    config: Config,
    margins: Margins,
    provider: Provider,
    table: Table,
    counters: Counters,
    /// What the default chain found, for those calls that sign each time.
    kept: ArcSwapOption<Kept>,
    fetching: Flights<Credentials>,
    /// Who signed last, and most likely signs the next new key.
    signatory: ArcSwapOption<Signatory>,
}

/// Credentials, and the second they were fetched in.
struct Kept {
    credentials: Credentials,
    fetched_at: i64,
}

impl Kept {
    /// Within a minute of their fetching, what there is has to do: a service that gives none
    /// with 15 minutes left is not to be asked at each signature.
    const ASK_AGAIN_AFTER: i64 = 60;

    fn serves(&self, now: i64) -> bool {
        let recent = (0..Self::ASK_AGAIN_AFTER).contains(&(now - self.fetched_at));
        match self.credentials.expires_at() {
            Some(end) if recent => now < end,
            Some(_) => now >= self.fetched_at && !wants_newer(&self.credentials, now),
            // Perhaps those of a file, which is read again so that a rotated one is seen.
            None => recent,
        }
    }
}

impl Client {
    /// A client. Looks at the values of the configuration and at nothing else.
    ///
    /// # Errors
    /// As [`Config::check`].
    pub fn new(config: Config) -> Result<Self> {
        config.check()?;
        Ok(Self(Arc::new(Shared {
            margins: Margins::new(config.refresh_before, config.min_remaining, config.expires),
            provider: config.provider(),
            table: Table::new(config.max_entries),
            counters: Counters::default(),
            kept: ArcSwapOption::empty(),
            fetching: Flights::new(),
            signatory: ArcSwapOption::empty(),
            config,
        })))
    }

    /// A token from the cache, good for at least `min_remaining` seconds.
    ///
    /// Blocks only when there is none and the credentials have to be fetched; all callers of
    /// one key then wait for one refresh, and get its error if it fails.
    ///
    /// # Errors
    /// Every kind but [`WouldBlock`](crate::ErrorKind::WouldBlock).
    pub fn get(&self, target: &Target<'_>) -> Result<Arc<Token>> {
        let now = self.0.config.clock.now()?;
        match self.0.hit(target, now) {
            Some(token) => Ok(token),
            None => self.0.get(target, now),
        }
    }

    /// As [`get`](Client::get), with the time in which a face may hand it out by itself.
    ///
    /// # Errors
    /// As [`get`](Client::get).
    pub fn get_lease(&self, target: &Target<'_>) -> Result<Lease> {
        self.get(target).map(|token| self.0.lease(token))
    }

    /// As [`get_lease`](Client::get_lease), but never waits: where credentials would have to be
    /// fetched first, or another thread's refresh waited for, it fails.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) and those of [`get`](Client::get).
    pub fn try_get_lease(&self, target: &Target<'_>) -> Result<Lease> {
        let now = self.0.config.clock.now()?;
        let token = match self.0.hit(target, now) {
            Some(token) => token,
            None => self.0.try_get(target, now)?,
        };
        Ok(self.0.lease(token))
    }

    /// A new token at each call, as the peers make them, for callers that cache by themselves.
    ///
    /// What the default chain found is kept for a minute, and beyond that while it is good for
    /// another 15, since the peers do so and a metadata service would
    /// throttle anything else. A source of the caller's own is asked each time.
    ///
    /// # Errors
    /// As [`get`](Client::get).
    pub fn sign(&self, target: &Target<'_>) -> Result<Token> {
        self.0.sign(target, true)
    }

    /// As [`sign`](Client::sign), but never waits.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) and those of [`sign`](Client::sign).
    pub fn try_sign(&self, target: &Target<'_>) -> Result<Token> {
        self.0.sign(target, false)
    }

    /// A new token, signed with credentials that the caller brings.
    ///
    /// # Errors
    /// As [`try_sign`](Client::try_sign).
    pub fn sign_with(&self, target: &Target<'_>, credentials: &Credentials) -> Result<Token> {
        let now = self.0.config.clock.now()?;
        let entry = self.0.entry(target, now)?;
        self.0.sign_entry(&entry, credentials, now, false)
    }

    /// Drops the token of one key, after a login with it was refused. The next call makes a
    /// new one.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target.
    pub fn invalidate(&self, target: &Target<'_>) -> Result<()> {
        let shared = &self.0;
        target.endpoint()?;
        if let Some(entry) = shared.table.find(target)
            && entry.invalidate()
        {
            count(&shared.counters.invalidations);
        }
        Ok(())
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        self.0.counters.read(self.0.table.len(), self.0.table.working())
    }

    /// Counts a hit that a face served from its own copy of a [`Lease`].
    pub fn count_hit(&self) {
        self.0.counters.hits.count();
    }

    /// The time, by the client's clock.
    ///
    /// # Errors
    /// As [`Clock::now`](crate::Clock::now).
    pub fn now(&self) -> Result<i64> {
        self.0.config.clock.now()
    }

    /// The region that a target would be signed for, if it is known without reading a file.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target;
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) if only the profile can tell.
    pub fn region_at_hand(&self, target: &Target<'_>) -> Result<String> {
        let endpoint = target.endpoint()?;
        self.0.region(self.0.told_region(target, &endpoint), false).map(Cow::into_owned)
    }

    /// As [`region_at_hand`](Client::region_at_hand), reading the profile if it has to.
    ///
    /// # Errors
    /// [`RegionMissing`](crate::ErrorKind::RegionMissing) if there is none at all.
    pub fn region(&self, target: &Target<'_>) -> Result<String> {
        let endpoint = target.endpoint()?;
        self.0.region(self.0.told_region(target, &endpoint), true).map(Cow::into_owned)
    }
}

impl Shared {
    /// The way of nearly every call: one look into the table, one at the token, one at the
    /// clock.
    fn hit(&self, target: &Target<'_>, now: i64) -> Option<Arc<Token>> {
        let token = |entry: &Arc<Entry>| Option::clone(&*self.fresh_token(entry, now)?);
        self.table.look(target, token).flatten()
    }

    /// The entry's token, if that is fresh. One that ages is not served here, because its refresh
    /// has to be begun.
    fn fresh_token(&self, entry: &Entry, now: i64) -> Option<Guard<Option<Arc<Token>>>> {
        let guard = entry.token.load();
        if self.margins.standing((*guard).as_ref()?, now) != Standing::Fresh {
            return None;
        }
        entry.note_hit(now);
        self.counters.hits.count();
        Some(guard)
    }

    /// The entry of a target, which is validated when it is first seen.
    fn entry(&self, target: &Target<'_>, now: i64) -> Result<Arc<Entry>> {
        let make = || {
            let endpoint = target.endpoint()?;
            let region = self.told_region(target, &endpoint).map(Box::from);
            let entry = Entry::new(target, endpoint, region, self.config.conventions.style);
            entry.note_use(now);
            Ok(entry)
        };
        let (entry, dropped) = self.table.find_or_add(target, make)?;
        if dropped > 0 {
            self.counters.evictions.fetch_add(dropped, Ordering::Relaxed);
        }
        entry.note_use(now);
        Ok(entry)
    }

    fn lease(&self, token: Arc<Token>) -> Lease {
        Lease { fresh: self.margins.fresh(&token), token }
    }

    fn sign(&self, target: &Target<'_>, may_wait: bool) -> Result<Token> {
        if let (Provider::Tokens(source), true) = (&self.provider, may_wait) {
            return source.make();
        }
        let now = self.config.clock.now()?;
        let entry = self.entry(target, now)?;
        self.sign_for(&entry, now, may_wait)
    }

    fn sign_for(&self, entry: &Entry, now: i64, may_wait: bool) -> Result<Token> {
        match self.provider.at_hand()? {
            Some(credentials) => self.sign_entry(entry, &credentials, now, may_wait),
            None => {
                let credentials = self.fetched(may_wait)?;
                self.sign_entry(entry, &credentials, self.config.clock.now()?, may_wait)
            }
        }
    }

    /// Signs for an entry, with its layout if that is still the right one.
    fn sign_entry(
        &self,
        entry: &Entry,
        credentials: &Credentials,
        now: i64,
        may_wait: bool,
    ) -> Result<Token> {
        let region = self.region(entry.region.as_deref(), may_wait)?;
        let kept = entry.layout.load();
        let serves = |layout: &&Arc<Layout>| layout.signatory().serves(credentials, &region, now);
        if let Some(layout) = kept.as_ref().filter(serves) {
            return self.sign_as_laid_out(entry, layout, credentials, now);
        }
        let layout = Arc::new(self.lay_out(entry, &region, credentials, now)?);
        entry.layout.store(Some(Arc::clone(&layout)));
        self.sign_as_laid_out(entry, &layout, credentials, now)
    }

    /// Signs for an entry that is not signed for again within minutes: the layout is not kept.
    fn sign_once(&self, entry: &Entry, credentials: &Credentials, now: i64) -> Result<Token> {
        let region = self.region(entry.region.as_deref(), true)?;
        let layout = self.lay_out(entry, &region, credentials, now)?;
        self.sign_as_laid_out(entry, &layout, credentials, now)
    }

    fn sign_as_laid_out(
        &self,
        entry: &Entry,
        layout: &Layout,
        credentials: &Credentials,
        now: i64,
    ) -> Result<Token> {
        let token = layout.sign(&entry.place, now, credentials.expires_at())?;
        count(&self.counters.signatures);
        Ok(token)
    }

    fn lay_out(
        &self,
        entry: &Entry,
        region: &str,
        credentials: &Credentials,
        now: i64,
    ) -> Result<Layout> {
        if let Some(warning) = entry
            .key
            .target()
            .region
            .and_then(|argument| region::contradiction(argument, entry.endpoint.host()))
            && !entry.warned.swap(true, Ordering::Relaxed)
        {
            self.config.warn(&warning);
        }
        Ok(Layout::new(&entry.place, self.signatory(region, credentials, now)?))
    }

    fn signatory(
        &self,
        region: &str,
        credentials: &Credentials,
        now: i64,
    ) -> Result<Arc<Signatory>> {
        let last = self.signatory.load_full();
        if let Some(last) = last.filter(|last| last.serves(credentials, region, now)) {
            return Ok(last);
        }
        let Config { expires, conventions, .. } = self.config;
        let terms = Terms { service: SERVICE, region, expires, style: conventions.style };
        let signatory = Arc::new(Signatory::new(credentials, terms, now)?);
        self.signatory.store(Some(Arc::clone(&signatory)));
        Ok(signatory)
    }

    /// The argument, the host, the client: the first that tells.
    fn told_region<'a>(&'a self, target: &Target<'a>, endpoint: &'a Endpoint) -> Option<&'a str> {
        let of_host = || region::region_of_host(endpoint.host());
        target.region.or_else(of_host).or(self.config.region.as_deref())
    }

    /// The region that was told, or else that of the environment or the profile.
    fn region<'a>(&self, told: Option<&'a str>, may_wait: bool) -> Result<Cow<'a, str>> {
        if let Some(region) = told {
            return Ok(Cow::Borrowed(region));
        }
        let variables = self.config.conventions.region_variables;
        if let Some(region) = region::from_environment(&self.config.environment, variables)? {
            return Ok(Cow::Owned(region));
        }
        if !may_wait {
            return Err(Error::would_block());
        }
        let region = self.config.search().profile_region()?;
        region.map(Cow::Owned).ok_or_else(|| region::missing(variables))
    }

    /// Credentials that have to be fetched, or that were a moment ago.
    fn fetched(&self, may_wait: bool) -> Result<Credentials> {
        if !self.provider.may_be_kept() {
            return if may_wait {
                resolve(&self.provider, &self.config.clock)
            } else {
                Err(Error::would_block())
            };
        }
        let now = self.config.clock.now()?;
        if let Some(credentials) = self.kept(now) {
            return Ok(credentials);
        }
        if !may_wait {
            return Err(Error::would_block());
        }
        let work = match self.fetching.current().join(now) {
            Part::Wait(wait) => return wait.result(),
            Part::Work(work) => work,
        };
        // Another call may have landed between the look and the joining.
        let result = match self.kept(now) {
            Some(credentials) => Ok(credentials),
            None => self.fetch_and_keep(),
        };
        work.land(result.clone(), result.is_ok(), now);
        result
    }

    fn kept(&self, now: i64) -> Option<Credentials> {
        let kept = self.kept.load();
        kept.as_ref().filter(|kept| kept.serves(now)).map(|kept| kept.credentials.clone())
    }

    fn fetch_and_keep(&self) -> Result<Credentials> {
        let credentials = resolve(&self.provider, &self.config.clock)?;
        let fetched_at = self.config.clock.now()?;
        self.kept.store(Some(Arc::new(Kept { credentials: credentials.clone(), fetched_at })));
        Ok(credentials)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.0.config)
            .field("stats", &self.stats())
            .finish()
    }
}

#[cfg(test)]
mod tests;
