//! What a client is made from.

use std::fmt;
use std::sync::Arc;

use crate::MAX_EXPIRES;
use crate::clock::Clock;
use crate::credentials::{Credentials, CredentialsSource, Provider, Search};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::region;
use crate::signer::check_expires;
use crate::style::Conventions;
use crate::token::TokenSource;

type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// Where credentials come from, and the rules of the cache.
///
/// Nothing is looked at before the first token is asked for: making a client costs no I/O.
/// Of [`credentials`](Config::credentials), [`source`](Config::source),
/// [`tokens`](Config::tokens) and [`external`](Config::external) the last one called holds; without any of them it is the
/// default chain of the AWS SDKs.
///
/// ```
/// use rdsiam::{Client, Config};
/// let client = Client::new(Config::new().region("eu-central-1").refresh_before(120))?;
/// # Ok::<(), rdsiam::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Config {
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    given: Option<Provider>,
    pub(crate) conventions: Conventions,
    pub(crate) environment: Environment,
    pub(crate) refresh_before: u32,
    pub(crate) min_remaining: u32,
    pub(crate) expires: u32,
    pub(crate) max_entries: usize,
    pub(crate) clock: Clock,
    pub(crate) on_warning: Option<Warn>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            given: None,
            conventions: Conventions::default(),
            environment: Environment::process(),
            refresh_before: 60,
            min_remaining: 10,
            expires: MAX_EXPIRES,
            max_entries: 1024,
            clock: Clock::default(),
            on_warning: None,
        }
    }
}

impl Config {
    /// The default chain and the default rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// The region for hosts that carry none. Without it: the environment, then the profile.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The profile of the shared config and credentials files. Keys in the environment then do
    /// not count, as with boto3 and the JS SDK.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// Signs with these and nothing else.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.given = Some(Provider::Static(credentials));
        self
    }

    /// Signs with what this source gives.
    pub fn source(mut self, source: impl CredentialsSource + 'static) -> Self {
        self.given = Some(Provider::Source(Arc::new(source)));
        self
    }

    /// Keeps tokens that something else signs: the rules of the cache hold for them as for our
    /// own, but nothing is signed here. Such a client is for one target, which only names the key.
    pub fn tokens(mut self, source: impl TokenSource + 'static) -> Self {
        self.given = Some(Provider::Tokens(Arc::new(source)));
        self
    }

    /// Signs with credentials that the caller brings for each refresh: see
    /// [`Client::step`](crate::Client::step). For hosts whose providers are asynchronous.
    pub fn external(mut self) -> Self {
        self.given = Some(Provider::External);
        self
    }

    /// Which peer to stand in for. Default: [`Conventions::SDK`].
    pub fn conventions(mut self, conventions: Conventions) -> Self {
        self.conventions = conventions;
        self
    }

    /// Seconds before the end of a token from which on a new one is made behind it: 0 to 900,
    /// default 60. A value not below [`expires`](Config::expires) counts as half of that.
    pub fn refresh_before(mut self, seconds: u32) -> Self {
        self.refresh_before = seconds;
        self
    }

    /// Seconds that a token handed out is still good for: 0 to 900, default 10. A value not
    /// below [`expires`](Config::expires) counts as half of that.
    pub fn min_remaining(mut self, seconds: u32) -> Self {
        self.min_remaining = seconds;
        self
    }

    /// Seconds that a token lives: 1 to 900, default 900.
    pub fn expires(mut self, seconds: u32) -> Self {
        self.expires = seconds;
        self
    }

    /// How many keys the cache keeps, at least 1, default 1,024. Beyond that the keys that
    /// were not used for the longest time are dropped; signing anew is cheap.
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Where the time comes from, for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Called once for each key whose region argument contradicts its host. Without it, the
    /// warning is a `tracing` event. May be called from any thread that asks for a token.
    pub fn on_warning(mut self, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_warning = Some(Arc::new(warn));
        self
    }

    /// Looks at every value.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) with the name of the value.
    pub fn check(&self) -> Result<()> {
        if let Some(region) = &self.region {
            region::check(region)?;
        }
        if self.profile.as_ref().is_some_and(|name| name.is_empty() || name.contains('\0')) {
            return Err(Error::invalid(
                "profile is empty or has an interior NUL; name a profile of the AWS config file",
            ));
        }
        check_expires(self.expires)?;
        check_margin("refresh_before", self.refresh_before)?;
        check_margin("min_remaining", self.min_remaining)?;
        if self.max_entries == 0 {
            return Err(Error::invalid("max_entries is 0; the cache needs at least 1"));
        }
        Ok(())
    }

    pub(crate) fn provider(&self) -> Provider {
        self.given.clone().unwrap_or_else(|| Provider::Default(self.search()))
    }

    /// What the default chain is asked for.
    pub(crate) fn search(&self) -> Search {
        Search {
            profile: self.profile.clone(),
            region: self.region.clone(),
            conventions: self.conventions,
            environment: self.environment.clone(),
        }
    }

    pub(crate) fn warn(&self, text: &str) {
        match &self.on_warning {
            Some(warn) => warn(text),
            None => tracing::warn!("{text}"),
        }
    }
}

fn check_margin(name: &str, seconds: u32) -> Result<()> {
    if seconds <= MAX_EXPIRES {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{name} is {seconds}; a token lives {MAX_EXPIRES} seconds, so give 0 to {MAX_EXPIRES}"
    )))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.provider())
            .field("region", &self.region)
            .field("profile", &self.profile)
            .field("refresh_before", &self.refresh_before)
            .field("min_remaining", &self.min_remaining)
            .field("expires", &self.expires)
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_out_of_range_is_named() {
        for (config, name) in [
            (Config::new().region("US-EAST-1"), "region"),
            (Config::new().profile(""), "profile"),
            (Config::new().expires(0), "expires"),
            (Config::new().expires(901), "expires"),
            (Config::new().refresh_before(901), "refresh_before"),
            (Config::new().min_remaining(901), "min_remaining"),
            (Config::new().max_entries(0), "max_entries"),
        ] {
            let error = config.check().unwrap_err();
            assert!(error.message().starts_with(name), "{error}");
        }
        Config::new().expires(1).refresh_before(900).min_remaining(0).check().unwrap();
    }
}
