//! The kinds of place that credentials come from, told apart by what asking them costs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "chain")]
use super::chain;
use super::{Credentials, CredentialsSource, environment};
use crate::clock::Patience;
use crate::environment::Environment;
#[cfg(not(feature = "chain"))]
use crate::error::ErrorKind;
use crate::error::{Error, Result};
use crate::style::Conventions;
use crate::token::TokenSource;

/// Where a client's credentials come from.
#[derive(Clone)]
pub(crate) enum Provider {
    /// Given once.
    Static(Credentials),
    /// The environment, then what the AWS SDKs look at after it. With a profile that the
    /// caller named, the environment's keys do not count, as with boto3 and the JS SDK; with
    /// one that AWS_PROFILE names, if the conventions say so.
    Default(Search),
    /// The caller's own.
    Source(Arc<dyn CredentialsSource>),
    /// No credentials: something else signs, and only the cache is ours.
    Tokens(Arc<dyn TokenSource>),
    /// The face fetches them itself and brings them with a [`Ticket`](crate::Ticket).
    External,
}

impl Provider {
    /// Credentials, if they can be had without any waiting; none if they have to be fetched.
    pub(crate) fn at_hand(&self) -> Result<Option<Cow<'_, Credentials>>> {
        match self {
            Self::Static(credentials) => Ok(Some(Cow::Borrowed(credentials))),
            Self::Default(search) => Ok(search.environment()?.map(Cow::Owned)),
            Self::Source(_) | Self::Tokens(_) | Self::External => Ok(None),
        }
    }

    /// Fetches credentials, which may take a while: with the default chain as long as the
    /// patience lasts, with a source of the caller's as long as that wants.
    pub(crate) fn fetch(
        &self,
        force_refresh: bool,
        patience: &mut Patience,
    ) -> Result<Credentials> {
        match self {
            Self::Static(credentials) => Ok(credentials.clone()),
            Self::Default(search) => search.chain(patience),
            Self::Source(source) => source.provide(force_refresh),
            Self::Tokens(_) | Self::External => Err(Error::would_block()),
        }
    }

    /// Whether what was fetched may serve several signatures, as the peers keep what their
    /// default chain found. A source of the caller's own decides that for itself.
    pub(crate) fn may_be_kept(&self) -> bool {
        matches!(self, Self::Default(_))
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
    /// Which peer to follow where they differ.
    pub(crate) conventions: Conventions,
    /// The variables that count.
    pub(crate) environment: Environment,
}

impl Search {
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
    fn chain(&self, patience: &mut Patience) -> Result<Credentials> {
        chain::credentials(self, patience)
    }

    /// The region of the profile in the shared config file, if it has one.
    #[cfg(feature = "chain")]
    pub(crate) fn profile_region(&self) -> Result<Option<String>> {
        chain::profile_region(self)
    }

    #[cfg(not(feature = "chain"))]
    fn chain(&self, _patience: &mut Patience) -> Result<Credentials> {
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
            Self::Tokens(_) => f.write_str("Tokens"),
            Self::External => f.write_str("External"),
        }
    }
}
