//! The database behind an endpoint, as RDS describes it.

use super::endpoint::Endpoint;
use super::{Aws, Denied};

/// An instance, a cluster or a proxy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource {
    /// `instance`, `cluster` or `proxy`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) arn: String,
    /// `db-...`, `cluster-...` or `prx-...`: what a policy names.
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) engine: String,
    /// Whether IAM authentication is on. For a proxy: whether it is required of any user.
    pub(crate) is_iam_on: bool,
    /// A change of that which waits for the maintenance window.
    pub(crate) pending: Option<bool>,
    pub(crate) proxy: Option<Proxy>,
}

/// What only a proxy has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxy {
    pub(crate) role_arn: String,
    /// Whether it logs in to the database by IAM itself.
    pub(crate) logs_in_by_iam: bool,
    pub(crate) requires_tls: bool,
    /// The resources that it logs in to.
    pub(crate) targets: Vec<Resource>,
}

impl Resource {
    /// Partition, region and account, from its ARN.
    pub(crate) fn place(&self) -> Option<(&str, &str, &str)> {
        let mut parts = self.arn.split(':');
        let (_, partition, _) = (parts.next()?, parts.next()?, parts.next()?);
        Some((partition, parts.next()?, parts.next()?))
    }
}

/// What became of a look-up.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    Found(Box<Resource>),
    /// The account and the region have none with this endpoint.
    Absent,
    Denied(Denied),
    /// A name that RDS does not look up.
    Unknown,
}

pub(crate) fn find(aws: &Aws, endpoint: &Endpoint, host: &str) -> Lookup {
    let found = match endpoint {
        Endpoint::Instance(name) => instance(aws, name),
        Endpoint::Cluster(name) | Endpoint::ClusterReader(name) => cluster(aws, name),
        Endpoint::ClusterCustom(_) => cluster_with(aws, host),
        Endpoint::Proxy(name) => proxy(aws, name),
        Endpoint::FurtherOfProxy(name) => proxy_of_endpoint(aws, name),
        Endpoint::Global(_) | Endpoint::Other => return Lookup::Unknown,
    };
    match found {
        Ok(Some(resource)) => Lookup::Found(Box::new(resource)),
        Ok(None) => Lookup::Absent,
        Err(denied) => Lookup::Denied(denied),
    }
}

type Found = Result<Option<Resource>, Denied>;

/// Not there is an answer, and no failure.
fn if_found<T>(answer: Result<T, Denied>) -> Result<Option<T>, Denied> {
    match answer {
        Ok(told) => Ok(Some(told)),
        Err(denied) if denied.code.as_deref().is_some_and(|code| code.contains("NotFound")) => {
            Ok(None)
        }
        Err(denied) => Err(denied),
    }
}

/// An instance of a cluster has the settings and the resource id of its cluster.
fn instance(aws: &Aws, name: &str) -> Found {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let request = client.describe_db_instances().db_instance_identifier(name);
    let answer = if_found(aws.ask("rds:DescribeDBInstances", request.send()))?;
    let Some(one) = answer.and_then(|told| told.db_instances?.into_iter().next()) else {
        return Ok(None);
    };
    if let Some(of) = one.db_cluster_identifier.as_deref().filter(|of| !of.is_empty()) {
        return cluster(aws, of);
    }
    let pending = one.pending_modified_values.as_ref();
    Ok(Some(Resource {
        kind: "instance",
        name: name.to_owned(),
        arn: one.db_instance_arn.unwrap_or_default(),
        id: one.dbi_resource_id.unwrap_or_default(),
        status: one.db_instance_status.unwrap_or_default(),
        engine: one.engine.unwrap_or_default(),
        is_iam_on: one.iam_database_authentication_enabled.unwrap_or_default(),
        pending: pending.and_then(|pending| pending.iam_database_authentication_enabled),
        proxy: None,
    }))
}

fn read_cluster(one: aws_sdk_rds::types::DbCluster) -> Resource {
    let pending = one.pending_modified_values.as_ref();
    Resource {
        kind: "cluster",
        name: one.db_cluster_identifier.unwrap_or_default(),
        arn: one.db_cluster_arn.unwrap_or_default(),
        id: one.db_cluster_resource_id.unwrap_or_default(),
        status: one.status.unwrap_or_default(),
        engine: one.engine.unwrap_or_default(),
        is_iam_on: one.iam_database_authentication_enabled.unwrap_or_default(),
        pending: pending.and_then(|pending| pending.iam_database_authentication_enabled),
        proxy: None,
    }
}

fn cluster(aws: &Aws, name: &str) -> Found {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let request = client.describe_db_clusters().db_cluster_identifier(name);
    let answer = if_found(aws.ask("rds:DescribeDBClusters", request.send()))?;
    Ok(answer.and_then(|told| told.db_clusters?.into_iter().next()).map(read_cluster))
}

fn cluster_with(aws: &Aws, host: &str) -> Found {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let all = client
        .describe_db_clusters()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>();
    let all = aws.ask("rds:DescribeDBClusters", all)?;
    let mut all = all.into_iter();
    let has = |one: &aws_sdk_rds::types::DbCluster| {
        let mut custom = one.custom_endpoints.iter().flatten();
        custom.any(|endpoint| endpoint.eq_ignore_ascii_case(host))
    };
    Ok(all.find(has).map(read_cluster))
}

fn proxy_of_endpoint(aws: &Aws, name: &str) -> Found {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let request = client.describe_db_proxy_endpoints().db_proxy_endpoint_name(name);
    let answer = if_found(aws.ask("rds:DescribeDBProxyEndpoints", request.send()))?;
    let of = answer.and_then(|told| told.db_proxy_endpoints?.into_iter().next()?.db_proxy_name);
    match of {
        Some(of) => proxy(aws, &of),
        None => Ok(None),
    }
}

fn proxy(aws: &Aws, name: &str) -> Found {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let request = client.describe_db_proxies().db_proxy_name(name);
    let answer = if_found(aws.ask("rds:DescribeDBProxies", request.send()))?;
    let Some(one) = answer.and_then(|told| told.db_proxies?.into_iter().next()) else {
        return Ok(None);
    };
    let arn = one.db_proxy_arn.unwrap_or_default();
    let logs_in_by_iam = one.default_auth_scheme.as_deref() == Some("IAM_AUTH");
    let requires = aws_sdk_rds::types::IamAuthMode::Required;
    let mut users = one.auth.iter().flatten();
    let is_iam_on = logs_in_by_iam || users.any(|user| user.iam_auth.as_ref() == Some(&requires));
    let targets = if logs_in_by_iam { targets(aws, name)? } else { Vec::new() };
    Ok(Some(Resource {
        kind: "proxy",
        name: name.to_owned(),
        id: arn.rsplit(':').next().unwrap_or_default().to_owned(),
        arn,
        status: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        engine: one.engine_family.unwrap_or_default(),
        is_iam_on,
        pending: None,
        proxy: Some(Proxy {
            role_arn: one.role_arn.unwrap_or_default(),
            logs_in_by_iam,
            requires_tls: one.require_tls.unwrap_or_default(),
            targets,
        }),
    }))
}

fn targets(aws: &Aws, name: &str) -> Result<Vec<Resource>, Denied> {
    let client = aws_sdk_rds::Client::new(&aws.config);
    let request = client.describe_db_proxy_targets().db_proxy_name(name);
    let told = aws.ask("rds:DescribeDBProxyTargets", request.send())?;
    let mut found: Vec<Resource> = Vec::new();
    for one in told.targets.unwrap_or_default() {
        let resource = match (one.tracked_cluster_id, one.rds_resource_id) {
            (Some(id), _) if !id.is_empty() => cluster(aws, &id)?,
            (_, Some(id)) => instance(aws, &id)?,
            _ => None,
        };
        if let Some(resource) = resource.filter(|new| found.iter().all(|old| old.id != new.id)) {
            found.push(resource);
        }
    }
    Ok(found)
}
