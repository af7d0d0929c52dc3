//! `rdsiam exec`, `psql`, `mysql`: a command that logs in with tokens.
//!
//! The command takes this process's place, so that its number, its terminal, signals and its exit status
//! are what they would be without. Before that, a keeper is started, which writes a new token to where the
//! command's client reads it, until the command exits.

mod cache;
mod clients;
mod keeper;
mod password_file;
mod slots;
mod watched;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Args;
use rdsiam::Client;

use crate::arguments::TEMPLATE;
use crate::connection::{Connection, ConnectionOptions};
use crate::engine::Engine;
use crate::failure::{Failure, Result};
use crate::target;
use cache::CacheOptions;
use clients::Client as Reader;

pub(crate) use keeper::{KeepOptions, keep};

/// Runs a command that logs in with tokens, over verified TLS
///
/// The token never stands among the arguments of a process. A client of PostgreSQL reads it from a file in
/// memory (PGPASSFILE), where it is replaced before it expires, so that later connections of the same
/// command log in as well. mysql, mariadb, mysqldump and their like get a --defaults-file.
///
/// valkey-cli and redis-cli read a password from no file. They get the token in their environment
/// (REDISCLI_AUTH), where your other programs can read it and where nothing replaces it: connections made
/// after 15 minutes are refused. They verify who issued the server's certificate, and not its name.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam exec -h mydb.abc123.us-east-1.rds.amazonaws.com -U app -d app -- pg_dump -j 4 -Fd -f dump
  rdsiam exec --url postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app -- alembic upgrade head
  rdsiam exec --url mysql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app -- mysqldump app
  rdsiam exec -h localhost -p 15432 --sign-host mydb.abc123.us-east-1.rds.amazonaws.com -U app -- psql
  rdsiam exec -h master.my-cache.abc123.use1.cache.amazonaws.com -U app --elasticache --cache-name my-cache \
      --region us-east-1 -- valkey-cli
",
    after_help = "Exit status: that of the command; 127 it is not there, 126 it cannot be run; 252 to 255 as of
rdsiam token, before it was started."
)]
pub(crate) struct ExecOptions {
    /// The endpoint, user and database as a URL, without a password
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    cache: CacheOptions,
    #[command(flatten)]
    way: Way,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How the command gets the token.
#[derive(Debug, Args)]
struct Way {
    /// Put the token into a private file on disk: for a command that closes what it inherits
    #[arg(long)]
    private_file: bool,
    /// Put the token into this variable as well, where every program of yours can read it and where it stays as
    /// it is when it expires
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// Put a URL without a password into this variable, such as DATABASE_URL
    #[arg(long, value_name = "NAME")]
    url_env: Option<String>,
    /// How long a token lives, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = rdsiam::MAX_EXPIRES, hide = true,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(rdsiam::MAX_EXPIRES)))]
    expires: u32,
}

/// Runs psql
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam psql postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
  rdsiam psql -h mydb.abc123.us-east-1.rds.amazonaws.com -U app -d app -- -c 'SELECT 1'
"
)]
pub(crate) struct PsqlOptions {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    way: Way,
    /// A URL, and arguments of psql
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "URL")]
    arguments: Vec<OsString>,
}

/// Runs mysql or mariadb, whichever is there
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam mysql mysql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
  rdsiam mysql -h mydb.abc123.us-east-1.rds.amazonaws.com -U app -- app -e 'SELECT 1'
"
)]
pub(crate) struct MysqlOptions {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    way: Way,
    /// A URL, and arguments of the client
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "URL")]
    arguments: Vec<OsString>,
}

pub(crate) fn run(given: &ExecOptions) -> Result<ExitCode> {
    let (program, arguments) =
        given.command.split_first().ok_or_else(|| Failure::usage("no command"))?;
    if given.cache.is_given(program) {
        return cache::become_command(given, program, arguments);
    }
    let connection =
        Connection::new(&given.connection, given.url.as_deref(), clients::engine_of(program))?;
    become_command(&connection, &given.way, program, arguments)
}

pub(crate) fn psql(given: &PsqlOptions) -> Result<ExitCode> {
    let (url, arguments) = split_url(&given.arguments);
    let connection = Connection::new(&given.connection, url, Some(Engine::Postgres))?;
    expect_engine(&connection, Engine::Postgres)?;
    become_command(&connection, &given.way, OsStr::new("psql"), arguments)
}

pub(crate) fn mysql(given: &MysqlOptions) -> Result<ExitCode> {
    let (url, arguments) = split_url(&given.arguments);
    let connection = Connection::new(&given.connection, url, Some(Engine::Mysql))?;
    expect_engine(&connection, Engine::Mysql)?;
    let program = if find_program(OsStr::new("mysql")) { "mysql" } else { "mariadb" };
    become_command(&connection, &given.way, OsStr::new(program), arguments)
}

fn split_url(arguments: &[OsString]) -> (Option<&str>, &[OsString]) {
    match arguments.split_first() {
        Some((first, rest)) => match first.to_str().filter(|text| text.contains("://")) {
            Some(url) => (Some(url), rest),
            None => (None, arguments),
        },
        None => (None, arguments),
    }
}

fn expect_engine(connection: &Connection, engine: Engine) -> Result<()> {
    if connection.engine == engine {
        return Ok(());
    }
    Err(Failure::usage(format!("this is for {}:// URLs", engine.scheme())))
}

fn find_program(name: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Starts the keeper and replaces this process with the command. Returns only if that fails.
fn become_command(
    connection: &Connection,
    way: &Way,
    program: &OsStr,
    arguments: &[OsString],
) -> Result<ExitCode> {
    clients::check_arguments(arguments)?;
    let reader = Reader::of(connection.engine, program, way.password_env.is_some())?;
    let settings = reader.settings(connection, program)?;
    let expires = std::time::Duration::from_secs(way.expires.into());
    let client = Client::new(target::config(&connection.aws).expires(expires))?;
    let token = client.get(&connection.target())?;

    let mut command = Command::new(program);
    for name in settings.removed {
        command.env_remove(name);
    }
    command.envs(settings.variables);
    if let Some(layout) = &settings.layout {
        let file = password_file::create(layout, token.as_str(), way.private_file)?;
        match reader {
            Reader::Libpq => {
                command.env("PGPASSFILE", file.path());
            }
            _ => {
                let mut option = OsString::from("--defaults-file=");
                option.push(file.path());
                command.arg(option);
            }
        }
        keeper::start(connection, way.expires, &file)?;
        file.leave_open()?;
    }
    if let Some(name) = &way.password_env {
        command.env(name, token.as_str());
    }
    if let Some(name) = &way.url_env {
        command.env(name, clients::url_without_password(connection)?);
    }
    drop(client);
    Err(failed_to_run(program, &command.args(arguments).exec()))
}

fn failed_to_run(program: &OsStr, error: &std::io::Error) -> Failure {
    let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    Failure::new(status, format!("{}: {error}", Path::new(program).display()))
}
