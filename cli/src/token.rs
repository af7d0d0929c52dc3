//! `rdsiam token`: a token on standard output.

mod cache;
mod format;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;
use rdsiam::{Client, Token, binding};

use crate::arguments::{AwsOptions, IgnoredOptions, Login, TEMPLATE};
use crate::engine::Engine;
use crate::failure::Result;
use crate::{output, target};

use format::Format;

/// Makes a token: the password of one login, valid for 15 minutes
///
/// The options are those of `aws rds generate-db-auth-token`, and so is the output; `rdsiam dsql
/// generate-db-connect-auth-token` and `-admin-` are those of the AWS CLI too. No AWS service is asked
/// unless the credentials have to be fetched from one.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam token --hostname mydb.abc123.us-east-1.rds.amazonaws.com --port 5432 --username app
  rdsiam token -h mydb.abc123.us-east-1.rds.amazonaws.com -p 5432 -U app --profile work --cache
  eval \"$(rdsiam token -h HOST -p 5432 -U app --format env)\"
  rdsiam token --dsql -h abc.dsql.us-east-1.on.aws -U admin --expires-in 3600
  rdsiam token --elasticache -h my-cache -U app --region us-east-1
",
    after_help = "Exit status: 0; 252 the options are wrong; 253 no region or no credentials; 254 a source of
credentials failed; 255 anything else; 130 interrupted."
)]
pub(crate) struct TokenOptions {
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    aws: AwsOptions,
    /// How long the token is valid, in seconds: up to 900, for DSQL up to 604800
    #[arg(long, value_name = "SECONDS", default_value_t = rdsiam::MAX_EXPIRES)]
    expires_in: u32,
    /// How to print it
    #[arg(long, short = 'F', value_enum, default_value_t, hide_possible_values = false)]
    format: Format,
    /// For --format url: the name of the database
    #[arg(long, short = 'd', value_name = "NAME")]
    dbname: Option<String>,
    /// For --format url and env: which protocol it is. Default: by the port
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// Keep fetched credentials in a file that you alone can read, until they expire
    #[arg(long)]
    cache: bool,
    #[command(flatten)]
    ignored: IgnoredOptions,
}

pub(crate) fn run(given: &TokenOptions) -> Result<ExitCode> {
    let token = sign(given)?;
    let text = format::text(given, &token)?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn sign(given: &TokenOptions) -> Result<Token> {
    let target = target::target(&given.login, &given.aws);
    let config = || {
        let life = Duration::from_secs(given.expires_in.into());
        target::config(&given.aws).expires(life)
    };
    let client = Client::new(config())?;
    client.check(&target)?;
    if !binding::is_fetched(&client) {
        return Ok(client.sign(&target)?);
    }
    // A source that hangs can be interrupted, with the status of the AWS CLI.
    let _ = signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGINT,
        130,
        Arc::new(AtomicBool::new(true)),
    );
    if !given.cache {
        return Ok(client.sign(&target)?);
    }
    let cached = cache::credentials(&client, &target, &given.aws)?;
    Ok(Client::new(config().credentials(cached))?.sign(&target)?)
}
