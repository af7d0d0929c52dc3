//! Where a client's credentials come from, by what asking costs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "chain")]
use super::chain;
use super::{Credentials, CredentialsSource, environment};
use crate::clock::Deadline;
use crate::environment::Environment;
#[cfg(not(feature = "chain"))]
use crate::error::ErrorKind;
use crate::error::{Error, Result};
use crate::style::Conventions;

/// Where a client's credentials come from.
#[derive(Clone)]
pub(crate) enum Provider {
    /// Given in code.
    Static(Credentials),
    /// The environment, then the rest of the default chain. A profile that the caller names hides the
    /// environment's keys, as with boto3 and the JS SDK; whether one in AWS_PROFILE does depends on
    /// the SDK.
    Default(Search),
    /// The caller's own.
    Source(Arc<dyn CredentialsSource>),
    /// The host fetches them itself, because its providers are asynchronous.
    Host,
}

impl Provider {
    /// Credentials that are available without I/O; none if they have to be fetched.
    pub(crate) fn immediate(&self) -> Result<Option<Cow<'_, Credentials>>> {
        match self {
            Self::Static(credentials) => Ok(Some(Cow::Borrowed(credentials))),
            Self::Default(search) => Ok(search.environment()?.map(Cow::Owned)),
            Self::Source(_) | Self::Host => Ok(None),
        }
    }

    /// Whether credentials are cached at all, rather than read at each use.
    pub(crate) fn is_fetched(&self) -> bool {
        matches!(self.immediate(), Ok(None))
    }

    /// With the variables that are set now, for a fetch on another thread: it is for the client's identity
    /// of this moment.
    pub(crate) fn snapshot(&self) -> Self {
        match self {
            Self::Default(search) => Self::Default(search.snapshot()),
            other => other.clone(),
        }
    }

    /// Fetches credentials: the default chain until the deadline, another source as long as it takes.
    pub(crate) fn fetch(
        &self,
        force_refresh: bool,
        deadline: &mut Deadline,
    ) -> Result<Credentials> {
        match self {
            Self::Static(credentials) => Ok(credentials.clone()),
            Self::Default(search) => search.chain(deadline),
            Self::Source(source) => source.provide(force_refresh),
            Self::Host => Err(Error::would_block()),
        }
    }
}

/// What the default chain is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The profile that the caller named.
    pub(crate) profile: Option<String>,
    /// The client's region, for STS; not for tokens.
    #[cfg_attr(not(feature = "chain"), allow(dead_code, reason = "the chain alone asks STS"))]
    pub(crate) region: Option<String>,
    /// Which SDK to follow where they differ.
    pub(crate) conventions: Conventions,
    /// The variables that count.
    pub(crate) environment: Environment,
}

impl Search {
    pub(crate) fn snapshot(&self) -> Self {
        Self { environment: self.environment.snapshot(), ..self.clone() }
    }

    fn environment(&self) -> Result<Option<Credentials>> {
        let Self { environment, conventions, .. } = self;
        let hidden = conventions.aws_profile_hides_keys
            && environment::names_profile(environment, *conventions);
        if self.profile.is_some() || hidden {
            return Ok(None);
        }
        environment::read(environment, *conventions)
    }

    #[cfg(feature = "chain")]
    fn chain(&self, deadline: &mut Deadline) -> Result<Credentials> {
        chain::credentials(self, deadline)
    }

    /// The region of the profile in the shared config file, if it has one.
    #[cfg(feature = "chain")]
    pub(crate) fn profile_region(&self) -> Result<Option<String>> {
        chain::profile_region(self)
    }

    #[cfg(not(feature = "chain"))]
    fn chain(&self, _deadline: &mut Deadline) -> Result<Credentials> {
        Err(Error::new(
            ErrorKind::CredentialsNotFound,
            "no credentials: the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
             and this build has no other source (feature \"chain\")",
        ))
    }

    #[cfg(not(feature = "chain"))]
    pub(crate) fn profile_region(&self) -> Result<Option<String>> {
        Ok(None)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(credentials) => credentials.fmt(f),
            Self::Default(search) => write!(f, "Default {{ profile: {:?} }}", search.profile),
            Self::Source(_) => f.write_str("Source"),
            Self::Host => f.write_str("Host"),
        }
    }
}
