//! What the tokens of RDS and of Aurora DSQL differ in, told by the endpoint. Not by the core, which is judged.

use crate::policy::partition_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Rds,
    Dsql,
}

impl Service {
    /// By the name of the host.
    pub(crate) fn of(host: &str) -> Self {
        if dsql_region(host).is_some() { Self::Dsql } else { Self::Rds }
    }

    /// In the credential scope.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rds => "rds-db",
            Self::Dsql => "dsql",
        }
    }

    /// The parameter `Action`.
    pub(crate) fn action(self, user: &str) -> &'static str {
        match (self, user) {
            (Self::Rds, _) => "connect",
            (Self::Dsql, "admin") => "DbConnectAdmin",
            (Self::Dsql, _) => "DbConnect",
        }
    }

    /// As policies name it.
    pub(crate) fn permission(self, user: &str) -> &'static str {
        match (self, user) {
            (Self::Rds, _) => "rds-db:connect",
            (Self::Dsql, "admin") => "dsql:DbConnectAdmin",
            (Self::Dsql, _) => "dsql:DbConnect",
        }
    }

    /// Of a token, in seconds.
    pub(crate) fn longest_life(self) -> i64 {
        match self {
            Self::Rds => 900,
            Self::Dsql => 604_800,
        }
    }
}

/// The region in the endpoint of a cluster of DSQL: `ID.dsql.REGION.on.aws`, or `ID.dsql-SUFFIX.REGION.on.aws`.
pub(crate) fn dsql_region(host: &str) -> Option<&str> {
    let (before, region) = host.strip_suffix(".on.aws")?.rsplit_once('.')?;
    let (id, service) = before.rsplit_once('.')?;
    let is_dsql = service == "dsql" || service.starts_with("dsql-");
    (is_dsql && !id.is_empty() && region.contains('-')).then_some(region)
}

/// The resource of a cluster in a policy.
pub(crate) fn dsql_cluster(host: &str, region: &str, account: &str) -> String {
    let id = host.split('.').next().unwrap_or_default();
    format!("arn:{}:dsql:{region}:{account}:cluster/{id}", partition_of(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_dsql_is_told_by_its_name() {
        for (host, region) in [
            ("abc.dsql.us-east-1.on.aws", Some("us-east-1")),
            ("abc.dsql-fnh4.eu-west-2.on.aws", Some("eu-west-2")),
            ("dsql.us-east-1.on.aws", None),
            (".dsql.us-east-1.on.aws", None),
            ("abc.dsqlx.us-east-1.on.aws", None),
            ("abc.dsql.on.aws", None),
            ("localhost", None),
            ("db.abc.us-east-1.rds.amazonaws.com", None),
        ] {
            assert_eq!(dsql_region(host), region, "{host}");
            assert_eq!(Service::of(host) == Service::Dsql, region.is_some(), "{host}");
        }
        assert_eq!(
            dsql_cluster("abc.dsql-fnh4.cn-north-1.on.aws", "cn-north-1", "1"),
            "arn:aws-cn:dsql:cn-north-1:1:cluster/abc"
        );
    }
}
