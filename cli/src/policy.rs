//! `rdsiam policy`: the statement that allows one user of one database to be logged in to.

mod kinds;
mod render;

use std::process::ExitCode;

use clap::Args;
use rdsiam::{Target, binding, region_of_host};

use crate::arguments::{AwsOptions, KindOptions, TEMPLATE};
use crate::aws::endpoint::Endpoint;
use crate::aws::resource::{Lookup, Resource};
use crate::aws::{Aws, account, resource};
use crate::failure::{Failure, Result};
use crate::{output, target};
use render::{Format, Grant};

/// Prints the least policy that lets an identity log in
///
/// The resource of rds-db:connect is not the ARN of the database: it names the resource id (db-..., cluster-...
/// or prx-...) and the database user. With --resource-id and --account no AWS service is asked; otherwise RDS
/// describes the database behind the host.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam policy -h mydb.abc123.us-east-1.rds.amazonaws.com -U app
  rdsiam policy --resource-id db-ABCDEFGHIJKL01234 --account 123456789012 --region us-east-1 -U app
  rdsiam policy -h myproxy.proxy-abc123.us-east-1.rds.amazonaws.com -U app --format terraform
  rdsiam policy -h myproxy.proxy-abc123.us-east-1.rds.amazonaws.com -U app --for proxy
  rdsiam policy -h abc.dsql.us-east-1.on.aws -U admin --account 123456789012
  rdsiam policy --elasticache -h my-cache -U app --account 123456789012 --region us-east-1
"
)]
pub(crate) struct PolicyOptions {
    /// The endpoint that RDS shows
    #[arg(long, short = 'h', visible_alias = "host", value_name = "HOST")]
    hostname: Option<String>,
    /// The database user; several may be given
    #[arg(long, short = 'U', visible_alias = "user", value_name = "USER", required = true)]
    username: Vec<String>,
    /// db-..., cluster-... or prx-...
    #[arg(long, value_name = "ID")]
    resource_id: Option<String>,
    /// The AWS account of the database
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// aws, aws-cn, aws-us-gov, ... Default: by the region
    #[arg(long)]
    partition: Option<String>,
    /// For RDS Proxy that logs in by IAM itself: the policy of the client or of the proxy's role
    #[arg(long, value_enum, default_value_t = For::Client)]
    r#for: For,
    #[arg(long, short = 'F', value_enum, default_value_t = Format::Json)]
    format: Format,
    #[command(flatten)]
    kind: KindOptions,
    #[command(flatten)]
    aws: AwsOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum For {
    Client,
    Proxy,
}

pub(crate) fn run(given: &PolicyOptions) -> Result<ExitCode> {
    warn_about_wildcards(given);
    let grant = match (kinds::kind(given), &given.resource_id, &given.account) {
        (Some(kind), ..) => kinds::grant(given, kind)?,
        (None, Some(id), Some(account)) => from_options(given, id, account)?,
        _ => looked_up(given)?,
    };
    output::print(&render::text(&grant, given.format))?;
    Ok(ExitCode::SUCCESS)
}

fn warn_about_wildcards(given: &PolicyOptions) {
    let users = given.username.iter().map(String::as_str);
    for text in users.chain(given.resource_id.as_deref()).chain(given.account.as_deref()) {
        if text.contains(['*', '?']) {
            output::note(&format!(
                "rdsiam: warning: {text} is a wildcard: it allows more than one user or database, \
                 also those that are yet to come, and the master user among them"
            ));
        }
    }
}

fn from_options(given: &PolicyOptions, id: &str, account: &str) -> Result<Grant> {
    check_id(id)?;
    check_account(account)?;
    let region = region(given)?;
    let partition = given.partition.clone().unwrap_or_else(|| partition_of(&region).to_owned());
    Ok(Grant::new(&partition, &region, account, &[id.to_owned()], &given.username))
}

fn check_account(account: &str) -> Result<()> {
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if is_account || account == "*" {
        return Ok(());
    }
    Err(Failure::usage("--account is the 12 digits of an AWS account"))
}

fn check_id(id: &str) -> Result<()> {
    let is_one = ["db-", "cluster-", "prx-"].iter().any(|kind| id.starts_with(kind));
    let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-*?".contains(&b));
    if id == "*" || (is_one && is_plain) {
        return Ok(());
    }
    Err(Failure::usage(
        "--resource-id begins with db-, cluster- or prx-: it is not the name of the database. The \
         console shows it under Configuration",
    ))
}

/// By the prefix of the region, as botocore's partitions do.
pub(crate) fn partition_of(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    let found = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition)| partition)
}

/// The target is for its region alone: nothing is signed.
fn region(given: &PolicyOptions) -> Result<String> {
    let host = given.hostname.as_deref().unwrap_or("localhost");
    let target = Target::new(host, 1, "user").region(given.aws.region.as_deref());
    Ok(target::client(&given.aws)?.region(&target)?)
}

fn looked_up(given: &PolicyOptions) -> Result<Grant> {
    let region = region(given)?;
    let aws = connect(&given.aws, &region)?;
    if let Some(id) = &given.resource_id {
        check_id(id)?;
        let identity = account::identity(&aws)?;
        let partition = given.partition.as_deref().unwrap_or(&identity.partition);
        return Ok(Grant::new(
            partition,
            &region,
            &identity.account,
            std::slice::from_ref(id),
            &given.username,
        ));
    }
    let host = given.hostname.as_deref().ok_or_else(|| {
        Failure::usage("give --hostname HOST, or --resource-id ID and --account ID")
    })?;
    let host = host.to_ascii_lowercase();
    let found = find(&aws, &host)?;
    let of_proxy = found.proxy.as_ref().filter(|proxy| proxy.logs_in_by_iam);
    match (given.r#for, of_proxy) {
        (For::Client, proxy) => {
            if let Some(proxy) = proxy {
                output::note(&format!(
                    "rdsiam: the proxy logs in by IAM itself: its role {} needs a policy too, \
                     which --for proxy prints",
                    proxy.role_arn
                ));
            }
            grant(&[&found], given)
        }
        (For::Proxy, Some(proxy)) => grant(&proxy.targets.iter().collect::<Vec<_>>(), given),
        (For::Proxy, None) => Err(Failure::configuration(format!(
            "{} does not log in by IAM (its DefaultAuthScheme is not IAM_AUTH), so its role needs \
             no rds-db:connect",
            found.name
        ))),
    }
}

fn grant(resources: &[&Resource], given: &PolicyOptions) -> Result<Grant> {
    let place = resources.first().and_then(|first| first.place());
    let Some((partition, region, account)) = place else {
        return Err(Failure::general("RDS described a database without an ARN"));
    };
    let ids: Vec<String> = resources.iter().map(|one| one.id.clone()).collect();
    Ok(Grant::new(partition, region, account, &ids, &given.username))
}

/// Services, asked with the credentials that sign tokens.
pub(crate) fn connect(options: &AwsOptions, region: &str) -> Result<Aws> {
    let target = Target::new("localhost", 1, "user").region(Some(region));
    let credentials = binding::sdk_credentials(&target::client(options)?, &target)?;
    Aws::new(credentials, region)
}

/// The database behind a host, or why it cannot be known.
pub(crate) fn find(aws: &Aws, host: &str) -> Result<Resource> {
    let endpoint = Endpoint::of_host(host);
    match resource::find(aws, &endpoint, host) {
        Lookup::Found(found) => Ok(*found),
        Lookup::Denied(denied) => Err(denied.into()),
        Lookup::Absent => Err(Failure::configuration(format!(
            "this account has no database with the endpoint {host} in {}",
            region_of_host(host).unwrap_or("this region")
        ))),
        Lookup::Unknown => Err(Failure::usage(format!(
            "{host} is {}; give the endpoint that RDS shows, or --resource-id",
            endpoint.kind()
        ))),
    }
}
