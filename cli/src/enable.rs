//! `rdsiam enable`: what turns IAM authentication on.

use std::process::ExitCode;

use clap::Args;
use rdsiam::{Target, region_of_host};

use crate::arguments::{AwsOptions, TEMPLATE};
use crate::aws::Aws;
use crate::aws::endpoint::Endpoint;
use crate::aws::resource::Resource;
use crate::failure::{Failure, Result};
use crate::{output, policy, target};

/// Prints the command that turns IAM authentication on, and runs it only with --apply
///
/// RDS needs no restart for it. With --apply, RDS is first asked what is behind the host.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam enable -h mydb.abc123.us-east-1.rds.amazonaws.com
  rdsiam enable -h mycluster.cluster-abc123.us-east-1.rds.amazonaws.com --apply
"
)]
pub(crate) struct EnableOptions {
    /// The endpoint that RDS shows
    #[arg(long, short = 'h', visible_alias = "host", value_name = "HOST")]
    hostname: String,
    /// Do it, at once
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    aws: AwsOptions,
}

pub(crate) fn run(given: &EnableOptions) -> Result<ExitCode> {
    let host = given.hostname.to_ascii_lowercase();
    let target = Target::new(&host, 1, "user").region(given.aws.region.as_deref());
    let region = target::client(&given.aws)?.region(&target)?;
    if given.apply {
        let aws = policy::connect(&given.aws, &region)?;
        let found = policy::find(&aws, &host)?;
        output::print(&apply(&aws, &found)?)?;
    } else {
        output::print(&command(&Endpoint::of_host(&host), &host, &region)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The command of the AWS CLI.
pub(crate) fn command(endpoint: &Endpoint, host: &str, region: &str) -> Result<String> {
    let iam = "--enable-iam-database-authentication --apply-immediately";
    Ok(match endpoint {
        Endpoint::Instance(name) => {
            format!(
                "aws rds modify-db-instance --db-instance-identifier {name} {iam} --region {region}"
            )
        }
        Endpoint::Cluster(name) | Endpoint::ClusterReader(name) => {
            format!(
                "aws rds modify-db-cluster --db-cluster-identifier {name} {iam} --region {region}"
            )
        }
        Endpoint::Proxy(name) => format!(
            "aws rds modify-db-proxy --db-proxy-name {name} --default-auth-scheme IAM_AUTH \
             --region {region}"
        ),
        _ => {
            let kind = endpoint.kind();
            return Err(Failure::usage(format!(
                "{host} is {kind}; give the endpoint of the instance, the cluster or the proxy"
            )));
        }
    })
}

fn apply(aws: &Aws, found: &Resource) -> Result<String> {
    let Resource { kind, name, .. } = found;
    if found.is_iam_on && found.pending != Some(false) {
        return Ok(format!("IAM authentication is on already for the {kind} {name}"));
    }
    let client = aws_sdk_rds::Client::new(&aws.config);
    match *kind {
        "instance" => {
            let request = client
                .modify_db_instance()
                .db_instance_identifier(name)
                .enable_iam_database_authentication(true)
                .apply_immediately(true);
            aws.ask("rds:ModifyDBInstance", request.send())?;
        }
        "cluster" => {
            let request = client
                .modify_db_cluster()
                .db_cluster_identifier(name)
                .enable_iam_database_authentication(true)
                .apply_immediately(true);
            aws.ask("rds:ModifyDBCluster", request.send())?;
        }
        _ => {
            let region = region_of_host(name).unwrap_or("REGION");
            let command = command(&Endpoint::Proxy(name.clone()), name, region)?;
            return Err(Failure::configuration(format!(
                "a proxy that logs in by IAM itself needs a role that may do so: make its policy by \
                 rdsiam policy --for proxy, then run {command}"
            )));
        }
    }
    Ok(format!("IAM authentication is being turned on for the {kind} {name}"))
}
