//! What a caller asks a token for.

use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::region;

/// The database, the user, and perhaps the region of one login. Borrowed: asking for a token
/// that is cached copies nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) kind: Option<Kind>,
}

impl<'a> Target<'a> {
    /// The endpoint as the AWS console shows it, and the database user.
    ///
    /// Behind a tunnel or a name of your own, this is still the RDS endpoint: it is what is
    /// signed, not what is dialled.
    pub fn new(host: &'a str, port: u16, user: &'a str) -> Self {
        Self { host, port, user, region: None, kind: None }
    }

    /// An ElastiCache replication group, a serverless cache or a MemoryDB cluster, by its name rather than
    /// its endpoint, and the user.
    ///
    /// ```
    /// use rdsiam::{Client, Config, Credentials, Kind, Target};
    /// # let credentials = Credentials::new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", None)?;
    /// let client = Client::new(Config::new().credentials(credentials).region("us-east-1"))?;
    /// let password = client.get(&Target::cache(Kind::ElastiCache, "my-cache", "app"))?;
    /// assert!(password.as_str().starts_with("my-cache/?Action=connect&User=app&"));
    /// # Ok::<(), rdsiam::Error>(())
    /// ```
    pub fn cache(kind: Kind, name: &'a str, user: &'a str) -> Self {
        Self::new(name, 0, user).kind(Some(kind))
    }

    /// What the token is for. `None`: DSQL if the host is a DSQL endpoint, RDS otherwise.
    pub fn kind(mut self, kind: Option<Kind>) -> Self {
        self.kind = kind;
        self
    }

    /// The region to sign for. `None`: the one in the host name, then the client's.
    pub fn region(mut self, region: Option<&'a str>) -> Self {
        self.region = region;
        self
    }

    /// The kind: the given one, or what host and user tell.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn resolved_kind(&self) -> Result<Kind> {
        self.endpoint().map(|endpoint| endpoint.kind())
    }

    /// Looks at host, port, user, region and kind, as the first call with this target would.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) with the name of the argument.
    pub fn check(&self) -> Result<()> {
        self.endpoint().map(drop)
    }

    /// The endpoint, after everything about the target has been looked at.
    pub(crate) fn endpoint(&self) -> Result<Endpoint> {
        let endpoint = Endpoint::of(self)?;
        if endpoint.kind().signs_user() || self.kind.is_none() {
            check_user(self.user)?;
        }
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
    kind: Option<Kind>,
}

impl Target<'_> {
    pub(crate) fn to_buf(self) -> TargetBuf {
        TargetBuf {
            host: self.host.into(),
            port: self.port,
            user: self.user.into(),
            region: self.region.map(Into::into),
            kind: self.kind,
        }
    }
}

impl TargetBuf {
    pub(crate) fn borrowed(&self) -> Target<'_> {
        Target::new(&self.host, self.port, &self.user)
            .region(self.region.as_deref())
            .kind(self.kind)
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
