//! `rdsiam local`: an RDS for tests, in front of a database or of none.
//!
//! It never uses the signer that it judges: see [`verify`].

mod child;
mod database;
mod environment;
mod faults;
mod http;
mod journal;
mod keys;
mod listener;
mod mysql;
mod none;
mod policy;
mod postgres;
mod private;
mod rds;
mod service;
mod unverified;
mod verify;

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use rdsiam_wire::tls::Authority;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::arguments::TEMPLATE;
use crate::engine::Engine;
use crate::failure::{Failure, Result};
use crate::output;
use child::Signals;
use database::Wish;
use environment::Told;
use faults::{Fault, Faults};
use http::Services;
use journal::Journal;
use keys::{Key, KeyRing, random_text};
use listener::{Behind, Listener};
use policy::Policies;
use private::Private;
use rds::{Endpoint, Rds, parse_user};
use service::Service;

/// Runs an RDS for tests: it asks for tokens and verifies them
///
/// It listens with TLS by a certificate authority of its own, checks each token as RDS does (signature, host,
/// port, region, user, 15 minutes, policy), and relays to a database or answers a handful of queries itself.
/// The command gets the addresses, the authority and keys in variables, and all ends with it. Without a
/// command the variables are printed, and it serves until a signal. It is no RDS: put nothing real behind it.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam local -- pytest
  rdsiam local --database postgres -- npm test
  rdsiam local --database postgres://postgres:secret@localhost/app --user app=postgres -- go test ./...
  rdsiam local --fault refuse=1 --json
",
    after_help = "Exit status: that of the command; 127 it is not there, 126 it cannot be run."
)]
pub(crate) struct LocalOptions {
    /// What stands behind: none, none:postgres, none:mysql, postgres (a private one), or the URL of a
    /// server. More than once for several
    #[arg(long, value_name = "DATABASE", default_value = "none")]
    database: Vec<String>,
    /// The port to listen on, one for each database. Default: any that is free
    #[arg(long, value_name = "PORT")]
    port: Vec<u16>,
    /// What clients sign for, one for each database: an endpoint of Aurora DSQL makes it one of DSQL.
    /// Default: localhost and the port
    #[arg(long, value_name = "HOST[:PORT]")]
    endpoint: Vec<String>,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// A user who may log in, and the login at the database behind
    #[arg(long, short = 'U', value_name = "USER[=LOGIN[:PASSWORD]]", default_value = "app")]
    user: Vec<String>,
    /// The name of the database, where there is none or a private one
    #[arg(long, value_name = "NAME", default_value = "app")]
    database_name: String,
    /// The region
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// The account, in ARNs
    #[arg(long, default_value = "123456789012")]
    account: String,
    /// The resource id of the databases, in ARNs
    #[arg(long, default_value = "db-LOCALRDSFORTESTS123456")]
    resource_id: String,
    /// A file with a policy, for everybody or for one role or user. Default: everything is allowed
    #[arg(long, value_name = "[ARN=]FILE")]
    policy: Vec<String>,
    /// How the command gets its keys
    #[arg(long, value_enum, default_value = "environment")]
    keys: Keys,
    /// Keys to know, in place of new ones
    #[arg(long, value_name = "ID:SECRET[:SESSION_TOKEN]")]
    access_key: Vec<String>,
    /// What goes wrong: expired, throttled[=LOGINS_A_SECOND], wrong-region[=REGION], skew=SECONDS,
    /// credentials-expire=SECONDS, refuse[=LOGINS]
    #[arg(long, value_name = "FAULT")]
    fault: Vec<String>,
    /// The port of STS, the container endpoint and the control. Default: any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// Where the certificate of the authority is written. Default: a file that goes at the end
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Say nothing of refused logins
    #[arg(long, short)]
    quiet: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// End when standard input ends, as it does when the program that started this is gone
    #[arg(long)]
    until_input_ends: bool,
    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How a command gets its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Keys {
    /// In variables
    Environment,
    /// From an endpoint, as on ECS and EKS: temporary, of a role
    Container,
}

pub(crate) fn run(given: &LocalOptions) -> Result<ExitCode> {
    let faults =
        given.fault.iter().map(|text| text.parse()).collect::<std::result::Result<Vec<Fault>, _>>();
    let rds = Arc::new(rds(given, faults.map_err(Failure::usage)?)?);
    let key = keys(&given.access_key, &rds)?;
    let ca = CaFile::write(given.ca.as_deref(), &rds.authority.pem())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::general(format!("the runtime: {error}")))?;
    runtime.block_on(serve(given, rds, &key, ca.path()))
}

fn rds(given: &LocalOptions, faults: Vec<Fault>) -> Result<Rds> {
    let state = Faults::default();
    state.set(faults);
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !plain(&given.region) {
        return Err(Failure::usage("--region has other characters than a region"));
    }
    if given.account.len() != 12 || !given.account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::usage("--account is no account: give its 12 digits"));
    }
    // By this name the helpers for drivers take it for one of RDS's.
    let name = format!("Amazon RDS {} Root CA ECC256 G1", given.region);
    let failed = |error: io::Error| Failure::general(format!("the certificate authority: {error}"));
    Ok(Rds {
        authority: Authority::new(&name).map_err(failed)?,
        region: given.region.clone(),
        account: given.account.clone(),
        resource_id: given.resource_id.clone(),
        users: given.user.iter().map(|text| parse_user(text)).collect::<Result<_>>()?,
        keys: KeyRing::default(),
        policies: Policies::load(&given.policy)?,
        faults: state,
        journal: Journal::new(!given.quiet),
    })
}

/// The keys of the options, or one that is new: the first is the command's.
fn keys(options: &[String], rds: &Rds) -> Result<Arc<Key>> {
    let mut first = None;
    for option in options {
        let mut parts = option.splitn(3, ':');
        let (Some(id), Some(secret)) = (parts.next(), parts.next()) else {
            return Err(Failure::usage("--access-key is ID:SECRET or ID:SECRET:SESSION_TOKEN"));
        };
        let key = rds.keys.insert(Key {
            id: id.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
            session_token: parts.next().map(|token| Zeroizing::new(token.to_owned())),
            expires_at: None,
            principal: rds.user(),
        });
        first.get_or_insert(key);
    }
    first.map_or_else(|| rds.keys.permanent(rds.user()), Ok)
}

/// Where clients find the authority.
enum CaFile {
    Named(PathBuf),
    Temporary(tempfile::TempPath),
}

impl CaFile {
    fn write(named: Option<&Path>, pem: &str) -> Result<Self> {
        let failed = |error: io::Error| Failure::general(format!("the file of the CA: {error}"));
        if let Some(path) = named {
            std::fs::write(path, pem).map_err(failed)?;
            return Ok(Self::Named(std::path::absolute(path).map_err(failed)?));
        }
        let mut file = tempfile::Builder::new()
            .prefix("rdsiam-local-")
            .suffix(".pem")
            // A certificate is no secret, and clients may be other users.
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile()
            .map_err(failed)?;
        io::Write::write_all(&mut file, pem.as_bytes()).map_err(failed)?;
        Ok(Self::Temporary(file.into_temp_path()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Temporary(path) => path,
        }
    }
}

async fn serve(given: &LocalOptions, rds: Arc<Rds>, key: &Key, ca: &Path) -> Result<ExitCode> {
    // From now on a signal ends it in order: a private server stops.
    let signals = Signals::new()?;
    let mut privates = Vec::new();
    let listeners = listen(given, &rds, &mut privates).await?;
    let (http, address) = bind(given.listen, given.http_port).await?;
    let services = Arc::new(Services {
        rds,
        authorization: random_text(30)?,
        control: keys::random_bytes(16).map(|bytes| verify::signature::hex(&bytes))?,
    });
    tokio::spawn(http::serve(http, Arc::clone(&services)));
    let told = Told {
        services: &services,
        listeners: &listeners,
        database: &given.database_name,
        ca,
        http: address,
        key,
        keys: given.keys,
    };
    if given.command.is_empty() {
        output::print(&if given.json { told.json().to_string() } else { told.shell() })?;
        return until_end(signals, given.until_input_ends).await;
    }
    child::run(&given.command, told.variables(), signals).await
}

async fn listen(
    given: &LocalOptions,
    rds: &Arc<Rds>,
    privates: &mut Vec<Private>,
) -> Result<Vec<Arc<Listener>>> {
    let mut wishes = Vec::new();
    for text in &given.database {
        wishes.extend(database::parse(text)?);
    }
    for (name, count) in [("--port", given.port.len()), ("--endpoint", given.endpoint.len())] {
        if count > wishes.len() {
            return Err(Failure::usage(format!(
                "{name} is given {count} times, for {} databases (none alone is two)",
                wishes.len()
            )));
        }
    }
    let mut listeners = Vec::new();
    for (at, wish) in wishes.into_iter().enumerate() {
        let (engine, behind) = match wish {
            Wish::None(engine) => (engine, Behind::None),
            Wish::Server(server) => (server.engine, Behind::Server(server)),
            Wish::Private => {
                let private = Private::start(&rds.users, &given.database_name)?;
                let server = private.server.clone();
                privates.push(private);
                (server.engine, Behind::Server(server))
            }
        };
        let port = given.port.get(at).copied().unwrap_or(0);
        let (socket, address) = bind(given.listen, port).await?;
        let endpoint = endpoint(given.endpoint.get(at).map(String::as_str), address.port())?;
        if engine == Engine::Mysql && Service::of(&endpoint.host) == Service::Dsql {
            return Err(Failure::usage(
                "--endpoint: a cluster of Aurora DSQL is a PostgreSQL; give --database none:postgres, or another",
            ));
        }
        let names = [endpoint.host.clone(), "localhost".into(), "127.0.0.1".into(), "::1".into()];
        let tls = rds
            .authority
            .server(&names)
            .map_err(|error| Failure::usage(format!("--endpoint: no certificate: {error}")))?;
        let rds = Arc::clone(rds);
        let listener = Arc::new(Listener { engine, address, endpoint, behind, tls, rds });
        tokio::spawn(Arc::clone(&listener).serve(socket));
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error: io::Error| Failure::general(format!("{address}:{port}: {error}"));
    let socket = TcpListener::bind((address, port)).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok((socket, address))
}

fn endpoint(text: Option<&str>, port: u16) -> Result<Endpoint> {
    let Some(text) = text else { return Ok(Endpoint { host: "localhost".into(), port }) };
    let wrong = || Failure::usage("--endpoint is HOST or HOST:PORT, the host in lower case");
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (text, port),
    };
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
    if host.is_empty() || !host.bytes().all(is_plain) || port == 0 {
        return Err(wrong());
    }
    Ok(Endpoint { host: host.to_owned(), port })
}

async fn until_end(mut signals: Signals, with_input: bool) -> Result<ExitCode> {
    let input_ends = async {
        let mut buffer = [0; 1024];
        let mut input = tokio::io::stdin();
        while input.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    };
    tokio::select! {
        _ = signals.next() => {}
        () = input_ends, if with_input => {}
    }
    Ok(ExitCode::SUCCESS)
}
