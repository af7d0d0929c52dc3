//! What logs in with a token: RDS, Aurora DSQL, ElastiCache or MemoryDB. One row for each rule in which they
//! differ.

use std::fmt;
use std::str::FromStr;

use crate::MAX_EXPIRES;
use crate::error::{Error, Result};
use crate::region::is_dsql_host;

/// The service that a token is for, and what it allows there.
///
/// A [`Target`](crate::Target) without one is for DSQL if its host is a DSQL endpoint, and for RDS otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// RDS, Aurora and RDS Proxy. The port and the user are signed.
    Rds,
    /// Aurora DSQL, as any user but `admin`. The host alone is signed.
    DsqlConnect,
    /// Aurora DSQL, as `admin`.
    DsqlAdmin,
    /// An ElastiCache replication group. Its name and the user are signed.
    ElastiCache,
    /// An ElastiCache serverless cache. Its name and the user are signed.
    ElastiCacheServerless,
    /// A MemoryDB cluster. Its name and the user are signed.
    MemoryDb,
}

/// The longest life of a DSQL token, in seconds: a week.
pub(crate) const MAX_DSQL_EXPIRES: u32 = 604_800;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Rds,
        Self::DsqlConnect,
        Self::DsqlAdmin,
        Self::ElastiCache,
        Self::ElastiCacheServerless,
        Self::MemoryDb,
    ];

    /// The name that the bindings and the command use, such as `dsql-admin`. [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rds => "rds",
            Self::DsqlConnect => "dsql",
            Self::DsqlAdmin => "dsql-admin",
            Self::ElastiCache => "elasticache",
            Self::ElastiCacheServerless => "elasticache-serverless",
            Self::MemoryDb => "memorydb",
        }
    }

    /// The longest life of a token, in seconds.
    pub fn max_expires(self) -> u32 {
        if self.is_dsql() { MAX_DSQL_EXPIRES } else { MAX_EXPIRES }
    }

    /// Whether it is Aurora DSQL.
    pub fn is_dsql(self) -> bool {
        matches!(self, Self::DsqlConnect | Self::DsqlAdmin)
    }

    /// Whether it is ElastiCache or MemoryDB: the name of the cache is signed, not a host, and a connection
    /// ends after 12 hours unless it authenticates again.
    pub fn is_cache(self) -> bool {
        matches!(self, Self::ElastiCache | Self::ElastiCacheServerless | Self::MemoryDb)
    }

    /// What a host name and a user tell. The host is in lower case and without a trailing dot.
    pub(crate) fn of(host: &str, user: &str) -> Self {
        match (is_dsql_host(host), user) {
            (false, _) => Self::Rds,
            (true, "admin") => Self::DsqlAdmin,
            (true, _) => Self::DsqlConnect,
        }
    }

    /// The service in the credential scope.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Rds => "rds-db",
            Self::DsqlConnect | Self::DsqlAdmin => "dsql",
            Self::ElastiCache | Self::ElastiCacheServerless => "elasticache",
            Self::MemoryDb => "memorydb",
        }
    }

    pub(crate) fn signs_port(self) -> bool {
        self == Self::Rds
    }

    pub(crate) fn signs_user(self) -> bool {
        !self.is_dsql()
    }

    pub(crate) fn check_expires(self, expires: u32) -> Result<()> {
        check_life(expires, self.max_expires())
    }
}

/// As far as a client can tell before it has a target.
pub(crate) fn check_any_expires(expires: u32) -> Result<()> {
    check_life(expires, MAX_DSQL_EXPIRES)
}

fn check_life(expires: u32, longest: u32) -> Result<()> {
    if (1..=longest).contains(&expires) {
        return Ok(());
    }
    Err(Error::invalid(format!("expires is {expires}; the server accepts 1 to {longest} seconds")))
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::invalid(format!("kind is unknown; give one of {names}"))
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_read_back_and_others_are_refused_with_the_list() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(kind.to_string(), kind.name());
        }
        let error = "redis".parse::<Kind>().unwrap_err();
        assert!(error.message().starts_with("kind") && error.message().contains("memorydb"));
    }

    #[test]
    fn the_name_of_a_dsql_endpoint_and_the_user_tell_the_kind() {
        let dsql = "abc.dsql.us-east-1.on.aws";
        assert_eq!(Kind::of(dsql, "admin"), Kind::DsqlAdmin);
        for user in ["Admin", "app", ""] {
            assert_eq!(Kind::of(dsql, user), Kind::DsqlConnect);
        }
        assert_eq!(Kind::of("db.abc.us-east-1.rds.amazonaws.com", "admin"), Kind::Rds);
    }

    #[test]
    fn a_token_of_dsql_may_live_for_a_week_and_others_for_15_minutes() {
        for kind in Kind::ALL {
            let longest = kind.max_expires();
            assert_eq!(longest, if kind.is_dsql() { 604_800 } else { 900 });
            kind.check_expires(longest).unwrap();
            for wrong in [0, longest + 1] {
                let error = kind.check_expires(wrong).unwrap_err();
                assert!(error.message().starts_with("expires is"), "{error}");
            }
        }
    }
}
