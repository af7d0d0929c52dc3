//! `rdsiam explain`: what a token says about itself.

use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;
use rdsiam::{Explanation, explain};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::TEMPLATE;
use crate::failure::{Failure, Result};
use crate::output;
use crate::time::rfc3339;

/// Says what a token is for, how long it lives, and what looks wrong with it
///
/// The exit status is 0 where nothing looks wrong, and 1 where something does. Neither the signature nor the
/// session token is shown.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam token -h HOST -p 5432 -U app | rdsiam explain
  rdsiam explain --json < token.txt
"
)]
pub(crate) struct ExplainOptions {
    /// The token. Without it, or as -, it is read from standard input, where no other user can see it
    #[arg(allow_hyphen_values = true)]
    token: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A token has 3 KB; whatever is longer by far is something else.
const LONGEST: u64 = 1 << 20;

pub(crate) fn run(given: &ExplainOptions) -> Result<ExitCode> {
    let token = Zeroizing::new(match given.token.as_deref() {
        None | Some("-") => read_input()?,
        Some(token) => token.to_owned(),
    });
    let explanation = explain(token.trim())?;
    output::print(&if given.json { json(&explanation) } else { explanation.to_string() })?;
    Ok(if explanation.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::configuration(format!("standard input: {error}")))?;
    Ok(text)
}

fn json(told: &Explanation) -> String {
    let time = |at: Option<i64>| at.map(rfc3339);
    json!({
        "host": told.host,
        "port": told.port,
        "user": told.user,
        "region": told.region,
        "access_key_id": told.access_key_id,
        "has_session_token": told.has_session_token,
        "signed_at": time(told.signed_at),
        "expires_at": time(told.expires_at),
        "remaining_seconds": told.remaining_seconds,
        "length": told.length,
        "problems": told.problems,
    })
    .to_string()
}
