//! The options of each command, and their help: examples first.

use clap::{Args, Parser, Subcommand};

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
    /// Its port
    #[arg(long, short)]
    pub(crate) port: u16,
    /// The database user
    #[arg(long, short = 'U', visible_alias = "user", value_name = "USER")]
    pub(crate) username: String,
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
