//! `rdsiam proxy`: an address on this machine behind which a database of RDS is, for tools that know
//! nothing of tokens.
//!
//! The proxy takes part in the login alone. It gives the database a token over verified TLS, and afterwards
//! passes bytes on as they are.

mod activity;
mod admin;
mod cancel;
mod database;
mod drain;
mod end;
mod listener;
mod log;
mod login;
mod metrics;
mod mysql;
mod pace;
mod place;
mod postgres;
mod settings;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::arguments::TEMPLATE;
use crate::failure::{Failure, Result};
use admin::Admin;
use database::{Database, Parts};
use drain::{Drain, drain};
use log::{Level, Log};
use place::{Bound, Place, bind};
use settings::{Listener, ListenerOptions, Paces, ProgramOptions, read_file};

/// Lets every tool of this machine log in with tokens, by an address or a socket
///
/// Local clients speak PostgreSQL or MySQL, with the password of the listener or through a socket that only you can open.
/// The proxy logs in at the database with a fresh token, over verified TLS, and then passes all bytes on as
/// they are.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam proxy /run/user/1000/rdsiam/=postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
  rdsiam proxy postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app --password-file local-password
  rdsiam proxy --config proxy.toml --admin 127.0.0.1:9090
",
    after_help = "LISTEN is ADDRESS:PORT, a port of 127.0.0.1, or the path of a socket or of its folder; without it,
127.0.0.1 and the usual port. SIGTERM and SIGINT end it once queries are answered; a second one ends it at once.
Exit status: 0 after a signal; 252 to 255 as of rdsiam token."
)]
pub(crate) struct ProxyOptions {
    /// What to listen on, and the database as a URL without a password
    #[arg(value_name = "[LISTEN=]URL")]
    databases: Vec<String>,
    /// A TOML file with the same settings, and a [[database]] for each listener
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    listener: ListenerOptions,
    #[command(flatten)]
    program: ProgramOptions,
}

pub(crate) fn run(given: &ProxyOptions) -> Result<ExitCode> {
    let (program, listeners) = read(given)?;
    program.check()?;
    let log = Log(program.log.unwrap_or_default());
    let mut paces = Paces::default();
    let mut bound = Vec::new();
    for listener in &listeners {
        let opened = open(listener, &program, &mut paces, &bound, log)?;
        bound.push(opened);
    }
    let admin = program.admin.map(|address| bind(&Place::Address(address), 0)).transpose()?;
    raise_descriptors();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::general(format!("threads: {error}")))?;
    let served = runtime.block_on(serve(bound, admin, program.drain(), log));
    // Look-ups of names may hang.
    runtime.shutdown_timeout(Duration::from_millis(100));
    served.map(|()| ExitCode::SUCCESS)
}

fn read(given: &ProxyOptions) -> Result<(ProgramOptions, Vec<Listener>)> {
    let (file, mut listeners) = match &given.config {
        Some(path) => read_file(path)?,
        None => (ProgramOptions::default(), Vec::new()),
    };
    for text in &given.databases {
        listeners.push(Listener::parse(text, &given.listener)?);
    }
    if listeners.is_empty() {
        return Err(Failure::usage("no database: give [LISTEN=]URL, or --config FILE"));
    }
    Ok((given.program.clone().or(file), listeners))
}

fn open(
    listener: &Listener,
    program: &ProgramOptions,
    paces: &mut Paces,
    others: &[(Database, Bound)],
    log: Log,
) -> Result<(Database, Bound)> {
    let connection = listener.connection()?;
    let place = listener.place(&connection)?;
    if others.iter().any(|(other, _)| other.place == place) {
        return Err(Failure::usage(format!("two databases listen on {place}: give each its own")));
    }
    let mode = listener.mode()?;
    let gate = listener.gate(&place, mode)?;
    let limits = program.limits(listener.limit()?);
    let pace = paces.of(&connection, program);
    let (place, bound) = bind(&place, mode)?;
    let parts = Parts { place, connection, gate, limits, pace, log };
    Ok((Database::new(parts)?, bound))
}

/// Each connection takes two, and the soft limit is often 1,024.
fn raise_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

async fn serve(
    bound: Vec<(Database, Bound)>,
    admin: Option<(Place, Bound)>,
    drain_time: Duration,
    log: Log,
) -> Result<()> {
    let failed = |error: std::io::Error| Failure::general(error.to_string());
    // Before anything listens, so that no signal ends it in the middle.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (phase, end) = Drain::new();
    let (alive, mut all_closed) = mpsc::channel::<()>(1);
    let mut databases = Vec::new();
    for (database, bound) in bound {
        let database = Arc::new(database);
        announce(&database, log);
        databases.push(Arc::clone(&database));
        let listening = listener::listen(database, bound, end.clone(), alive.clone());
        tokio::spawn(listening);
    }
    drop(alive);
    if let Some((place, Bound::Tcp(listener))) = admin {
        let address = place.to_string();
        log.write(Level::Info, "admin", &[("listener", &address)]);
        let admin = Arc::new(Admin { databases, drain: end });
        tokio::spawn(admin.serve(listener));
    }
    log.write(Level::Info, "ready", &[]);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let seconds = drain_time.as_secs();
    log.write(Level::Info, "draining", &[("seconds", &seconds)]);
    tokio::select! {
        () = drain(&phase, drain_time, async { while all_closed.recv().await.is_some() {} }) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    log.write(Level::Info, "stopped", &[]);
    Ok(())
}

fn announce(database: &Database, log: Log) {
    let (listener, user) = (database.place.to_string(), database.connection.user.clone());
    let host = format!("{}:{}", database.connection.host, database.connection.sign_port);
    log.write(
        Level::Info,
        "listening",
        &[("listener", &listener), ("database", &host), ("user", &user)],
    );
}
