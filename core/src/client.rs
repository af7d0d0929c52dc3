//! The door to everything: configuration, caches and signer behind `&self`.

mod asynchronous;
mod credentials;
mod handle;
mod host;
mod refused;
mod region;
mod request;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use asynchronous::AsyncClient;
pub use handle::Handle;
pub use host::{Action, PendingFetch};
pub use request::CredentialRequest;

use crate::clock::rfc3339;
use crate::config::Config;
use crate::credentials::{Credentials, Provider};
use crate::error::{Error, ErrorKind, Result};
use crate::freshness::Freshness;
use crate::presign::Signer;
use crate::refresh_cache::Wait;
use crate::stats::{Counters, Stats};
use crate::target::Target;
use crate::token::Token;
use crate::token_cache::TokenCache;

/// Signs tokens and caches them. Cheap to clone; clones share their caches.
///
/// Any number of threads may use it at once. A hit does no I/O and waits for none: at most for another
/// thread that puts in an entry. A child of `fork` may use the client that it inherited, with the tokens
/// and credentials in it.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Shared>);

/// A token, and the Unix seconds in which a binding may return it again without asking the client.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The token.
    pub token: Arc<Token>,
    /// From its signing until a new one is due.
    pub fresh: Range<i64>,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    provider: Provider,
    tokens: TokenCache,
    signer: Signer,
    credentials: credentials::Caches,
    region: Arc<region::RegionCache>,
    pub(crate) counters: Counters,
}

impl Client {
    /// A client. Checks the values of the configuration and does no I/O.
    ///
    /// # Errors
    /// As [`Config::check`].
    pub fn new(config: Config) -> Result<Self> {
        config.check()?;
        Ok(Self(Arc::new(Shared {
            provider: config.to_provider(),
            tokens: TokenCache::new(config.max_entries, config.margins()),
            signer: Signer::new(&config),
            credentials: credentials::Caches::new(config.timeout),
            region: Arc::new(region::RegionCache::new(config.timeout)),
            counters: Counters::default(),
            config,
        })))
    }

    /// Looks at a target, and at whether tokens of this client may live as long as
    /// [`expires`](crate::Config::expires) says, as the first call would.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) with the name of the argument.
    pub fn check(&self, target: &Target<'_>) -> Result<()> {
        target.endpoint()?.kind().check_expires(self.0.config.expires_s())
    }

    /// A token from the cache, valid for more than
    /// [`min_remaining`](crate::Config::min_remaining).
    ///
    /// Waits only when there is none and the credentials have to be fetched, and then at most for the
    /// [`timeout`](crate::Config::timeout). All callers wait for one fetch, and get its error if it
    /// fails.
    ///
    /// # Errors
    /// Every kind but [`WouldBlock`](ErrorKind::WouldBlock).
    pub fn get(&self, target: &Target<'_>) -> Result<Arc<Token>> {
        self.try_get(target, &mut Wait::by(&self.0.config, &mut || Ok(())))
    }

    /// A new token at each call, for callers that cache by themselves. The credentials are those that
    /// [`get`](Client::get) uses; the token cache is left alone.
    ///
    /// # Errors
    /// As [`get`](Client::get).
    pub fn sign(&self, target: &Target<'_>) -> Result<Token> {
        self.0.sign(target, &mut Wait::by(&self.0.config, &mut || Ok(())))
    }

    /// As [`get`](Client::get), if the call may not wait.
    pub(crate) fn try_get(&self, target: &Target<'_>, wait: &mut Wait<'_>) -> Result<Arc<Token>> {
        let now = self.0.config.clock.now()?;
        match self.0.tokens.look(target, now) {
            Some((Freshness::Fresh, token)) => Ok(self.0.hit(token)),
            cached => self.0.renew(target, cached, wait),
        }
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        let Shared { counters, tokens, .. } = &*self.0;
        Stats {
            hits: counters.hits.get(),
            misses: counters.misses.get(),
            signatures: counters.signatures.get(),
            refreshes: counters.refreshes.get(),
            refreshing: u64::from(self.0.is_refreshing()),
            refresh_failures: counters.refresh_failures.get(),
            waits: counters.waits.get(),
            evictions: counters.evictions.get(),
            invalidations: counters.invalidations.get(),
            entries: u64::try_from(tokens.len()).unwrap_or(u64::MAX),
        }
    }
}

impl Shared {
    pub(crate) fn hit(&self, token: Arc<Token>) -> Arc<Token> {
        self.counters.hits.add(1);
        token
    }

    /// A token for a target that has no fresh one. One that is stale is used if a new one is not
    /// available at once.
    fn renew(
        self: &Arc<Self>,
        target: &Target<'_>,
        cached: Option<(Freshness, Arc<Token>)>,
        wait: &mut Wait<'_>,
    ) -> Result<Arc<Token>> {
        let generation = self.tokens.generation();
        match cached {
            Some((Freshness::Stale, _)) if matches!(wait, Wait::Glance) => {
                Err(Error::would_block())
            }
            Some((Freshness::Stale, stale)) => {
                let wait = &mut Wait::Never;
                let signed = self
                    .credentials(target, wait)
                    .and_then(|credentials| self.sign_once(&credentials, target, wait));
                self.store_better(target, signed, Some(stale), generation)
            }
            _ => {
                let credentials = self.credentials(target, wait)?;
                let signed = self.sign_once(&credentials, target, wait);
                self.store_better(target, signed, None, generation)
            }
        }
    }

    /// Stores a new token, unless it failed or the stale one is as good.
    fn store_better(
        &self,
        target: &Target<'_>,
        signed: Result<Token>,
        stale: Option<Arc<Token>>,
        generation: u64,
    ) -> Result<Arc<Token>> {
        let is_better = |stale: &Arc<Token>| {
            signed.as_ref().is_ok_and(|token| token.unix_expires_at() > stale.unix_expires_at())
        };
        match stale {
            Some(stale) if !is_better(&stale) => Ok(self.hit(stale)),
            _ => self.store(target, signed?, generation),
        }
    }

    fn store(&self, target: &Target<'_>, token: Token, generation: u64) -> Result<Arc<Token>> {
        self.counters.misses.add(1);
        let (signed_at, expires_at) = (token.unix_signed_at(), token.unix_expires_at());
        if !self.tokens.margins().is_enough(expires_at, signed_at) {
            return Err(self.too_short(expires_at, signed_at));
        }
        let (token, evicted) =
            self.tokens.store(target, token, generation, self.config.clock.exact());
        self.counters.evictions.add(evicted);
        Ok(token)
    }

    /// A new token.
    pub(crate) fn sign(
        self: &Arc<Self>,
        target: &Target<'_>,
        wait: &mut Wait<'_>,
    ) -> Result<Token> {
        let credentials = self.credentials(target, wait)?;
        self.sign_with(&credentials, target, wait)
    }

    pub(crate) fn sign_with(
        self: &Arc<Self>,
        credentials: &Credentials,
        target: &Target<'_>,
        wait: &mut Wait<'_>,
    ) -> Result<Token> {
        let token =
            self.signer.sign(target, credentials, &self.config, &mut |r| self.region(r, wait))?;
        self.counters.signatures.add(1);
        Ok(token)
    }

    /// A new token for the cache.
    pub(crate) fn sign_once(
        self: &Arc<Self>,
        credentials: &Credentials,
        target: &Target<'_>,
        wait: &mut Wait<'_>,
    ) -> Result<Token> {
        let token = self
            .signer
            .sign_once(target, credentials, &self.config, &mut |r| self.region(r, wait))?;
        self.counters.signatures.add(1);
        Ok(token)
    }

    pub(crate) fn lease(&self, token: Arc<Token>) -> Lease {
        let (signed_at, expires_at) = (token.unix_signed_at(), token.unix_expires_at());
        Lease { fresh: self.tokens.margins().fresh_range(signed_at, expires_at), token }
    }

    #[cold]
    fn too_short(&self, expires_at: i64, now: i64) -> Error {
        Error::new(
            ErrorKind::CredentialsExpired,
            format!(
                "the AWS credentials expire at {}, in {} s, and their source has no newer ones; a \
                 token could expire during the login (min_remaining is {} s). Renew the credentials",
                rfc3339(expires_at),
                expires_at.saturating_sub(now),
                self.tokens.margins().min_remaining()
            ),
        )
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
#[cfg(not(rdsiam_shuttle))]
mod tests;
