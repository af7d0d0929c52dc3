//! The policies of Aurora DSQL, ElastiCache and MemoryDB, which need no look-up: the names are in the ARNs.

use rdsiam::{Kind, Target};

use super::render::Grant;
use super::{PolicyOptions, check_account, partition_of, region};
use crate::failure::{Failure, Result};

/// The kind, if it is none of RDS.
pub(super) fn kind(given: &PolicyOptions) -> Option<Kind> {
    let user = given.username.first().map_or("", String::as_str);
    let host = given.hostname.as_deref().unwrap_or("localhost");
    let named = given.kind.of(user);
    let target = Target::new(host, 1, user).kind(named);
    named.or_else(|| target.resolved_kind().ok()).filter(|kind| *kind != Kind::Rds)
}

pub(super) fn grant(given: &PolicyOptions, kind: Kind) -> Result<Grant> {
    let account = given
        .account
        .as_deref()
        .ok_or_else(|| Failure::usage("--account is missing: the 12 digits of the AWS account"))?;
    check_account(account)?;
    let region = region(given)?;
    let partition = given.partition.as_deref().unwrap_or_else(|| partition_of(&region));
    let name = given.resource_id.as_deref().or(given.hostname.as_deref()).ok_or_else(|| {
        Failure::usage("give --hostname HOST, which is the name of a cache, or --resource-id ID")
    })?;
    // A DSQL endpoint begins with the identifier of its cluster.
    let name = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let arn = |service, resource: String| {
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    };
    let with_users = |service, cache: String, user: &str| {
        let users = given.username.iter().map(|name| format!("{user}{}", name.to_lowercase()));
        std::iter::once(cache).chain(users).map(|resource| arn(service, resource)).collect()
    };
    Ok(match kind {
        Kind::DsqlConnect | Kind::DsqlAdmin => {
            if given.username.iter().any(|user| (user == "admin") != (kind == Kind::DsqlAdmin)) {
                return Err(Failure::usage(
                    "admin has an action of its own: ask for it and for the other users apart",
                ));
            }
            let action =
                if kind == Kind::DsqlAdmin { "dsql:DbConnectAdmin" } else { "dsql:DbConnect" };
            Grant::of(action, vec![arn("dsql", format!("cluster/{name}"))])
        }
        Kind::MemoryDb => Grant::of(
            "memorydb:connect",
            with_users("memorydb", format!("cluster/{name}"), "user/"),
        ),
        kind => {
            let cache = match kind {
                Kind::ElastiCacheServerless => format!("serverlesscache:{name}"),
                _ => format!("replicationgroup:{name}"),
            };
            Grant::of("elasticache:Connect", with_users("elasticache", cache, "user:"))
        }
    })
}
