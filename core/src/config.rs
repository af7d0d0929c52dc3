//! What a client is made from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::MAX_EXPIRES;
use crate::clock::Clock;
use crate::credentials::{Credentials, CredentialsSource, Provider, Search};
#[cfg(feature = "chain")]
use crate::credentials::{NoProvider, Sdk};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::event::{Event, Listener};
use crate::freshness::Margins;
use crate::kind::check_any_expires;
use crate::region;
use crate::style::Conventions;

/// Where credentials come from, and the rules of the cache.
///
/// Making one does no I/O. Without credentials, a source or a provider it is the default chain of the
/// AWS SDKs; of these the last one set holds.
///
/// ```
/// use std::time::Duration;
/// use rdsiam::{Client, Config};
///
/// let config = Config::new().region("eu-central-1").refresh_before(Duration::from_secs(120));
/// let client = Client::new(config)?;
/// # Ok::<(), rdsiam::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Config {
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    given: Option<Given>,
    pub(crate) conventions: Conventions,
    pub(crate) environment: Environment,
    refresh_before: Duration,
    min_remaining: Duration,
    expires: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_entries: usize,
    pub(crate) clock: Clock,
    /// How often a call that waits lets its binding do something.
    pub(crate) slice: Duration,
    listener: Option<Listener>,
}

/// What the caller gave instead of the default chain.
#[derive(Clone)]
enum Given {
    Provider(Provider),
    #[cfg(feature = "chain")]
    Sdk(Arc<dyn aws_credential_types::provider::ProvideCredentials>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            given: None,
            conventions: Conventions::default(),
            environment: Environment::process(),
            refresh_before: Duration::from_secs(60),
            min_remaining: Duration::from_secs(10),
            expires: Duration::from_secs(MAX_EXPIRES.into()),
            timeout: Duration::from_secs(10),
            max_entries: 1024,
            clock: Clock::default(),
            slice: Duration::from_millis(50),
            listener: None,
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

    /// The profile of the shared config and credentials files. Keys in the environment are then
    /// ignored, as by boto3 and the JS SDK.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// Signs with these credentials.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.given = Some(Given::Provider(Provider::Static(credentials)));
        self
    }

    /// Signs with what this source returns.
    pub fn source(mut self, source: impl CredentialsSource + 'static) -> Self {
        self.given = Some(Given::Provider(Provider::Source(Arc::new(source))));
        self
    }

    /// Signs with what a provider of the AWS SDK for Rust returns, such as one of `aws-config`. It runs
    /// on a thread and a Tokio runtime of the client.
    #[cfg(feature = "chain")]
    pub fn provider(
        mut self,
        provider: impl aws_credential_types::provider::ProvideCredentials + 'static,
    ) -> Self {
        self.given = Some(Given::Sdk(Arc::new(provider)));
        self
    }

    /// Signs with credentials that the host of a binding fetches.
    pub(crate) fn host_fetches(mut self) -> Self {
        self.given = Some(Given::Provider(Provider::Host));
        self
    }

    /// The environment variables to read. Default: those of the process, at each use.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Which SDK the client behaves like. Default: [`Conventions::SDK`].
    pub fn conventions(mut self, conventions: Conventions) -> Self {
        self.conventions = conventions;
        self
    }

    /// How long before its expiry a cached token is replaced: whole seconds, at most 15 minutes,
    /// default 60 s. At most half of [`expires`](Config::expires) is used.
    pub fn refresh_before(mut self, margin: Duration) -> Self {
        self.refresh_before = margin;
        self
    }

    /// How long a token from the cache is valid at least: whole seconds, at most 15 minutes, default
    /// 10 s. At most half of [`expires`](Config::expires) is used.
    pub fn min_remaining(mut self, margin: Duration) -> Self {
        self.min_remaining = margin;
        self
    }

    /// How long a token lives: whole seconds, 1 s to 15 minutes, default 15 minutes. For DSQL up to a week;
    /// a longer one than its target allows is an error when a token is asked for.
    pub fn expires(mut self, life: Duration) -> Self {
        self.expires = life;
        self
    }

    /// How long a call waits for credentials, files and name servers included: more than zero, at most
    /// an hour, default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many targets the cache holds, at least 1, default 1,024. Beyond that, the least recently
    /// used are removed.
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// Where the time comes from, for tests.
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Called with what a program may want to log, on the thread where it happens. Without it, events
    /// go to `tracing`.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Checks every value.
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
        check_any_expires(seconds("expires", self.expires)?)?;
        check_margin("refresh_before", self.refresh_before)?;
        check_margin("min_remaining", self.min_remaining)?;
        if self.timeout.is_zero() || self.timeout > LONGEST_TIMEOUT {
            return Err(Error::invalid(
                "timeout is not between 0 and an hour; give how long a call may wait for \
                 credentials, for example 10 seconds",
            ));
        }
        if self.max_entries == 0 {
            return Err(Error::invalid("max_entries is 0; the cache needs at least 1"));
        }
        Ok(())
    }

    pub(crate) fn expires_s(&self) -> u32 {
        u32::try_from(self.expires.as_secs()).unwrap_or(MAX_EXPIRES)
    }

    pub(crate) fn margins(&self) -> Margins {
        let seconds = |margin: Duration| u32::try_from(margin.as_secs()).unwrap_or(MAX_EXPIRES);
        Margins::new(seconds(self.refresh_before), seconds(self.min_remaining), self.expires_s())
    }

    pub(crate) fn to_provider(&self) -> Provider {
        match &self.given {
            None => Provider::Default(self.search()),
            Some(Given::Provider(provider)) => provider.clone(),
            #[cfg(feature = "chain")]
            Some(Given::Sdk(provider)) => {
                let (provider, timeout) = (Arc::clone(provider), self.timeout);
                Provider::Source(Arc::new(Sdk { provider, timeout }))
            }
        }
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

    pub(crate) fn emit(&self, event: &Event) {
        match &self.listener {
            Some(listener) => listener(event),
            None => tracing::warn!("{event}"),
        }
    }
}

/// The region and the credentials provider of what `aws_config::load_defaults` returns, and the default
/// rules of the cache. Where it has no provider, each call fails: nobody else's credentials are looked for.
#[cfg(feature = "chain")]
impl From<&aws_types::SdkConfig> for Config {
    fn from(sdk: &aws_types::SdkConfig) -> Self {
        let config = match sdk.credentials_provider() {
            Some(provider) => Self::new().provider(provider),
            None => Self::new().source(NoProvider),
        };
        match sdk.region() {
            Some(region) => config.region(region.as_ref()),
            None => config,
        }
    }
}

const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

fn seconds(name: &str, duration: Duration) -> Result<u32> {
    if duration.subsec_nanos() == 0 {
        Ok(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX))
    } else {
        Err(Error::invalid(format!("{name} is {duration:?}; give whole seconds")))
    }
}

fn check_margin(name: &str, margin: Duration) -> Result<()> {
    let seconds = seconds(name, margin)?;
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
            .field("provider", &self.to_provider())
            .field("region", &self.region)
            .field("profile", &self.profile)
            .field("refresh_before", &self.refresh_before)
            .field("min_remaining", &self.min_remaining)
            .field("expires", &self.expires)
            .field("timeout", &self.timeout)
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_out_of_range_is_named() {
        let s = Duration::from_secs;
        for (config, name) in [
            (Config::new().region("US-EAST-1"), "region"),
            (Config::new().profile(""), "profile"),
            (Config::new().profile("a\0"), "profile"),
            (Config::new().expires(s(0)), "expires"),
            (Config::new().expires(s(604_801)), "expires"),
            (Config::new().expires(s(1 << 40)), "expires"),
            (Config::new().expires(Duration::from_millis(1500)), "expires"),
            (Config::new().refresh_before(s(901)), "refresh_before"),
            (Config::new().refresh_before(Duration::from_millis(1)), "refresh_before"),
            (Config::new().min_remaining(s(901)), "min_remaining"),
            (Config::new().timeout(s(0)), "timeout"),
            (Config::new().timeout(s(3601)), "timeout"),
            (Config::new().max_entries(0), "max_entries"),
        ] {
            let error = config.check().unwrap_err();
            assert!(error.message().starts_with(name), "{error}");
        }
        let lowest = Config::new().expires(s(1)).refresh_before(s(900)).min_remaining(s(0));
        lowest.timeout(Duration::from_millis(1)).check().unwrap();
    }
}
