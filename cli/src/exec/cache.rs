//! valkey-cli and redis-cli, logged in to ElastiCache or MemoryDB.
//!
//! They read a password from no file: the token is in the environment of the command, and stays as it is.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Args;
use rdsiam::{Client, Kind, Target};

use super::ExecOptions;
use crate::connection::file_or_system;
use crate::failure::{Failure, Result};
use crate::target;

/// Which cache the token is for.
#[derive(Debug, Args)]
pub(super) struct CacheOptions {
    /// ElastiCache, for valkey-cli, redis-cli: needs --cache-name
    #[arg(long, conflicts_with = "memorydb", requires = "cache_name")]
    elasticache: bool,
    /// With --elasticache: a serverless cache
    #[arg(long, requires = "elasticache")]
    serverless: bool,
    /// MemoryDB, for valkey-cli, redis-cli: needs --cache-name
    #[arg(long, requires = "cache_name")]
    memorydb: bool,
    /// The name of the replication group, serverless cache or cluster, which is signed. HOST is connected to
    #[arg(long, value_name = "NAME")]
    cache_name: Option<String>,
}

const PORT: u16 = 6379;
const PROGRAMS: [&str; 2] = ["valkey-cli", "redis-cli"];
/// Where they look for a password. Newer ones of Valkey prefer the first.
const VARIABLES: [&str; 2] = ["VALKEYCLI_AUTH", "REDISCLI_AUTH"];
/// Options that lead elsewhere, past TLS, or to another password.
const REFUSED: [&str; 9] =
    ["-h", "-p", "-s", "-u", "-a", "--pass", "--askpass", "--user", "--insecure"];

impl CacheOptions {
    fn kind(&self) -> Option<Kind> {
        match self {
            Self { serverless: true, .. } => Some(Kind::ElastiCacheServerless),
            Self { elasticache: true, .. } => Some(Kind::ElastiCache),
            Self { memorydb: true, .. } => Some(Kind::MemoryDb),
            _ => None,
        }
    }

    /// Whether the command is for a cache, by the options or by its program.
    pub(super) fn is_given(&self, program: &OsStr) -> bool {
        self.kind().is_some() || self.cache_name.is_some() || is_client(program)
    }
}

fn is_client(program: &OsStr) -> bool {
    let name = Path::new(program).file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| PROGRAMS.contains(&name))
}

/// Replaces this process with the command. Returns only if that fails.
pub(super) fn become_command(
    given: &ExecOptions,
    program: &OsStr,
    arguments: &[OsString],
) -> Result<ExitCode> {
    let usage = |text: &str| Failure::usage(text.to_owned());
    let (Some(kind), Some(name)) = (given.cache.kind(), &given.cache.cache_name) else {
        return Err(usage("which cache? give --elasticache or --memorydb, and --cache-name NAME"));
    };
    let connection = &given.connection;
    let host =
        connection.hostname.as_deref().ok_or_else(|| usage("no host: give --hostname HOST"))?;
    let user =
        connection.username.as_deref().ok_or_else(|| usage("no user: give --username USER"))?;
    check_options(given)?;
    check_program(given, program, arguments)?;

    let life = Duration::from_secs(given.way.expires.into());
    let client = Client::new(target::config(&connection.aws).expires(life))?;
    let target = Target::cache(kind, name, user).region(connection.aws.region.as_deref());
    let token = client.get(&target)?;

    let mut command = Command::new(program);
    if is_client(program) {
        let ca = file_or_system(connection.ca.as_deref())?;
        command.args(["-h", host, "-p", &connection.port.unwrap_or(PORT).to_string()]);
        // As AWS stores it, and as it is signed.
        let user = user.to_ascii_lowercase();
        command.args(["--user", &user, "--tls", "--cacert"]).arg(ca);
        command.envs(VARIABLES.map(|name| (name, token.as_str())));
    }
    if let Some(name) = &given.way.password_env {
        command.env(name, token.as_str());
    }
    drop(client);
    Err(super::failed_to_run(program, &command.args(arguments).exec()))
}

/// Refuses options that have no meaning for a cache.
fn check_options(given: &ExecOptions) -> Result<()> {
    let connection = &given.connection;
    let foreign = [
        ("--url", given.url.is_some()),
        ("--engine", connection.engine.is_some()),
        ("--dbname", connection.dbname.is_some()),
        ("--sign-host", connection.sign_host.is_some()),
        ("--sign-port", connection.sign_port.is_some()),
        ("--url-env", given.way.url_env.is_some()),
        ("--private-file", given.way.private_file),
    ];
    match foreign.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::usage(format!(
            "{name} is not for ElastiCache and MemoryDB: leave it out; --hostname is connected to, \
             --cache-name is signed"
        ))),
    }
}

fn check_program(given: &ExecOptions, program: &OsStr, arguments: &[OsString]) -> Result<()> {
    if !is_client(program) {
        if given.way.password_env.is_some() {
            return Ok(());
        }
        return Err(Failure::usage(format!(
            "{} is not valkey-cli or redis-cli; name the variable in which it looks for the \
             password by --password-env",
            Path::new(program).display()
        )));
    }
    let refused =
        |argument: &&OsString| argument.to_str().is_some_and(|text| REFUSED.contains(&text));
    match arguments.iter().find(refused) {
        None => Ok(()),
        Some(argument) => Err(Failure::usage(format!(
            "{} would undo what rdsiam sets: host, user, token and TLS; leave it out, and pass a \
             value that looks like it through standard input by -x",
            argument.display()
        ))),
    }
}
