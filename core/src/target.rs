//! What a caller asks a token for.

use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::region;

/// The database, the user, and perhaps the region of one login. Borrowed: asking for a token
/// that is cached copies nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) region: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The endpoint as the AWS console shows it, and the database user.
    ///
    /// Behind a tunnel or a name of your own, this is still the RDS endpoint: it is what is
    /// signed, not what is dialled.
    pub fn new(host: &'a str, port: u16, user: &'a str) -> Self {
        Self { host, port, user, region: None }
    }

    /// The region to sign for. `None`: the one in the host name, then the client's.
    pub fn region(mut self, region: Option<&'a str>) -> Self {
        self.region = region;
        self
    }

    /// Looks at host, port, user and region, as the first call with this target would.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) with the name of the argument.
    pub fn check(&self) -> Result<()> {
        self.endpoint().map(drop)
    }

    /// The endpoint, after everything about the target has been looked at.
    pub(crate) fn endpoint(&self) -> Result<Endpoint> {
        let endpoint = Endpoint::new(self.host, self.port)?;
        check_user(self.user)?;
        if let Some(region) = self.region {
            region::check(region)?;
        }
        Ok(endpoint)
    }
}

/// A [`Target`] that owns its texts.
#[derive(Debug, Clone)]
pub(crate) struct TargetBuf {
    host: Box<str>,
    port: u16,
    user: Box<str>,
    region: Option<Box<str>>,
}

impl Target<'_> {
    pub(crate) fn to_buf(self) -> TargetBuf {
        TargetBuf {
            host: self.host.into(),
            port: self.port,
            user: self.user.into(),
            region: self.region.map(Into::into),
        }
    }
}

impl TargetBuf {
    pub(crate) fn borrowed(&self) -> Target<'_> {
        Target::new(&self.host, self.port, &self.user).region(self.region.as_deref())
    }
}

fn check_user(user: &str) -> Result<()> {
    if user.is_empty() {
        return Err(Error::invalid("user is empty; give the name of the database user"));
    }
    if user.contains('\0') {
        return Err(Error::invalid("user has an interior NUL"));
    }
    Ok(())
}
