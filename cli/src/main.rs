//! The command `rdsiam`: tokens, logins with them, policies, and why a login was refused.
#![forbid(unsafe_code)]

mod arguments;
mod aws;
mod ca;
mod completions;
mod connection;
mod doctor;
mod enable;
mod engine;
#[cfg(unix)]
mod exec;
mod explain;
mod failure;
#[cfg(unix)]
mod local;
mod output;
mod policy;
#[cfg(unix)]
mod proxy;
mod sql;
mod target;
mod time;
mod token;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Cli, Command, TokenAlone};
use failure::{Failure, Result};

fn main() -> ExitCode {
    let arguments = as_aws_cli(std::env::args_os().collect());
    let done = if arguments.get(1).is_some_and(|word| word == "token") {
        Cli::<TokenAlone>::try_parse_from(arguments).map_err(Failure::from).and_then(|given| {
            let TokenAlone::Token(given) = given.command;
            token::run(&given)
        })
    } else {
        Cli::<Command>::try_parse_from(arguments).map_err(Failure::from).and_then(run)
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// `rdsiam rds generate-db-auth-token` is `rdsiam token`, and so are those of `rdsiam dsql`: the name of the
/// program is all that a script has to change.
fn as_aws_cli(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is = |at: usize, word: &str| arguments.get(at).is_some_and(|given| given == word);
    if is(1, "rds") && is(2, "generate-db-auth-token") {
        arguments.splice(1..3, ["token".into()]);
    } else if is(1, "dsql") && is(2, "generate-db-connect-auth-token") {
        arguments.splice(1..3, ["token".into(), "--dsql".into()]);
    } else if is(1, "dsql") && is(2, "generate-db-connect-admin-auth-token") {
        arguments.splice(1..3, ["token".into(), "--dsql-admin".into()]);
    }
    arguments
}

fn run(given: Cli<Command>) -> Result<ExitCode> {
    match given.command {
        Command::Token(given) => token::run(&given),
        Command::Explain(given) => explain::run(&given),
        Command::Ca(given) => ca::run(&given),
        #[cfg(unix)]
        Command::Exec(given) => exec::run(&given),
        #[cfg(unix)]
        Command::Psql(given) => exec::psql(&given),
        #[cfg(unix)]
        Command::Mysql(given) => exec::mysql(&given),
        #[cfg(unix)]
        Command::Keep(given) => exec::keep(&given),
        Command::Doctor(given) => doctor::run(&given),
        #[cfg(unix)]
        Command::Proxy(given) => proxy::run(&given),
        #[cfg(unix)]
        Command::Local(given) => local::run(&given),
        Command::Policy(given) => policy::run(&given),
        Command::Sql(given) => sql::run(&given),
        Command::Enable(given) => enable::run(&given),
        Command::Completions(given) => completions::shell(&given),
        Command::Man(given) => completions::man(&given),
    }
}
