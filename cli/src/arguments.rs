//! The options of each command, and their help: examples first.

use clap::{Args, Parser, Subcommand};
use rdsiam::Kind;

use crate::ca::CaOptions;
use crate::completions::{CompletionsOptions, ManOptions};
use crate::doctor::DoctorOptions;
use crate::enable::EnableOptions;
#[cfg(unix)]
use crate::exec::{ExecOptions, KeepOptions, MysqlOptions, PsqlOptions};
use crate::explain::ExplainOptions;
#[cfg(unix)]
use crate::local::LocalOptions;
use crate::policy::PolicyOptions;
#[cfg(unix)]
use crate::proxy::ProxyOptions;
use crate::sql::SqlOptions;
use crate::token::TokenOptions;

const EXAMPLES: &str = "\
Examples:
  rdsiam token -h mydb.abc123.us-east-1.rds.amazonaws.com -p 5432 -U app
  rdsiam psql postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
  rdsiam doctor postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
";

/// How the help of a command is laid out: its examples, then what it does, then its options.
pub(crate) const TEMPLATE: &str = "\
{before-help}{about-with-newline}
{usage-heading} {usage}

{all-args}{after-help}";

/// IAM tokens for Amazon RDS and Aurora: makes them, logs in with them, and says why a login was refused.
#[derive(Debug, Parser)]
#[command(
    name = "rdsiam",
    version,
    before_help = EXAMPLES,
    help_template = TEMPLATE,
    // `-h` is the host, as for psql.
    disable_help_flag = true,
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub(crate) struct Cli<C: Subcommand> {
    #[command(subcommand)]
    pub(crate) command: C,
    /// Print help
    #[arg(long, short = '?', global = true, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Token(TokenOptions),
    Explain(ExplainOptions),
    Ca(CaOptions),
    #[cfg(unix)]
    Exec(ExecOptions),
    #[cfg(unix)]
    Psql(PsqlOptions),
    #[cfg(unix)]
    Mysql(MysqlOptions),
    #[cfg(unix)]
    #[command(hide = true)]
    Keep(KeepOptions),
    #[cfg(unix)]
    Proxy(ProxyOptions),
    Doctor(DoctorOptions),
    #[cfg(unix)]
    Local(LocalOptions),
    Policy(PolicyOptions),
    Sql(SqlOptions),
    Enable(EnableOptions),
    Completions(CompletionsOptions),
    Man(ManOptions),
}

/// The one command whose start-up counts: to describe the options of all takes longer than a token.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenAlone {
    Token(TokenOptions),
}

/// The database and the user.
#[derive(Debug, Args, Clone)]
pub(crate) struct Login {
    /// The endpoint that RDS shows, whatever name or tunnel leads there
    #[arg(long, short = 'h', visible_alias = "host", value_name = "HOST")]
    pub(crate) hostname: String,
    /// Its port. Only RDS signs it
    #[arg(long, short, default_value_t = 0, hide_default_value = true,
          required_unless_present_any = ["kind", "dsql", "dsql_admin", "elasticache", "memorydb"])]
    pub(crate) port: u16,
    /// The database user. DSQL signs none
    #[arg(long, short = 'U', visible_alias = "user", value_name = "USER",
          default_value = "", hide_default_value = true,
          required_unless_present_any = ["dsql", "dsql_admin"])]
    pub(crate) username: String,
    #[command(flatten)]
    pub(crate) kind: KindOptions,
}

/// What a token is for, where the host does not tell.
#[derive(Debug, Args, Clone, Copy, Default)]
pub(crate) struct KindOptions {
    /// What the token is for. Default: DSQL by the name of the host, or else RDS
    #[arg(long, value_parser = kind, value_name = "KIND", conflicts_with_all = ["dsql", "dsql_admin", "elasticache", "memorydb"])]
    kind: Option<Kind>,
    /// Aurora DSQL: as admin if that is the user, and as anybody else otherwise
    #[arg(long, conflicts_with_all = ["dsql_admin", "elasticache", "memorydb"])]
    dsql: bool,
    /// Aurora DSQL, as admin
    #[arg(long, conflicts_with_all = ["elasticache", "memorydb"])]
    dsql_admin: bool,
    /// ElastiCache: HOST is the name of the replication group
    #[arg(long, conflicts_with = "memorydb")]
    elasticache: bool,
    /// With --elasticache: HOST is the name of a serverless cache
    #[arg(long, requires = "elasticache")]
    serverless: bool,
    /// MemoryDB: HOST is the name of the cluster
    #[arg(long)]
    memorydb: bool,
}

fn kind(name: &str) -> Result<Kind, rdsiam::Error> {
    name.parse()
}

impl KindOptions {
    pub(crate) fn of(self, user: &str) -> Option<Kind> {
        match self {
            Self { kind: Some(kind), .. } => Some(kind),
            Self { dsql: true, .. } if user == "admin" => Some(Kind::DsqlAdmin),
            Self { dsql: true, .. } => Some(Kind::DsqlConnect),
            Self { dsql_admin: true, .. } => Some(Kind::DsqlAdmin),
            Self { serverless: true, .. } => Some(Kind::ElastiCacheServerless),
            Self { elasticache: true, .. } => Some(Kind::ElastiCache),
            Self { memorydb: true, .. } => Some(Kind::MemoryDb),
            _ => None,
        }
    }
}

/// Where credentials and the region come from.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct AwsOptions {
    /// The region of the database. Default: the one in the host name, the environment, the profile
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// The profile of the AWS config and credentials files
    #[arg(long)]
    pub(crate) profile: Option<String>,
}

/// Options of the AWS CLI that change nothing here, so that a script may leave them where they are.
#[derive(Debug, Args)]
pub(crate) struct IgnoredOptions {
    #[arg(long, hide = true)]
    output: Option<String>,
    #[arg(long, hide = true)]
    no_cli_pager: bool,
    #[arg(long, hide = true, value_parser = ["on", "off", "auto"])]
    color: Option<String>,
}
