//! What to listen on and for which databases, from options and a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::database::{Gate, Limits, LocalPassword};
use super::log::LogFormat;
use super::pace::Pace;
use super::place::Place;
use crate::arguments::AwsOptions;
use crate::connection::{Connection, ConnectionOptions};
use crate::failure::{Failure, Result};

/// The longest time that can be asked for, in seconds.
const DAY: u64 = 86_400;

/// For the whole program. Options win over the file.
#[derive(Debug, Args, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ProgramOptions {
    /// Serve health and metrics over HTTP here
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) admin: Option<SocketAddr>,
    /// Begin at most so many logins a second at one database; the others wait. RDS refuses more than 200
    /// [default: 180]
    #[arg(long, value_name = "COUNT")]
    pub(super) logins_per_second: Option<u32>,
    /// At the end, wait so many seconds for connections that are in use [default: 20]
    #[arg(long, value_name = "SECONDS")]
    pub(super) drain: Option<u64>,
    /// How long a client may take to log in [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(super) handshake_timeout: Option<u64>,
    /// How long a login at the database may take [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(super) login_timeout: Option<u64>,
    /// How to write the log, on standard error [default: json]
    #[arg(long, value_enum)]
    pub(super) log: Option<LogFormat>,
}

impl ProgramOptions {
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            admin: self.admin.or(other.admin),
            logins_per_second: self.logins_per_second.or(other.logins_per_second),
            drain: self.drain.or(other.drain),
            handshake_timeout: self.handshake_timeout.or(other.handshake_timeout),
            login_timeout: self.login_timeout.or(other.login_timeout),
            log: self.log.or(other.log),
        }
    }

    /// Refuses what would let nobody in, and times that no clock reaches.
    pub(super) fn check(&self) -> Result<()> {
        let rate = self.logins_per_second.map(u64::from);
        for (name, value, range) in [
            ("logins-per-second", rate, 1..=10_000),
            ("handshake-timeout", self.handshake_timeout, 1..=DAY),
            ("login-timeout", self.login_timeout, 1..=DAY),
            ("drain", self.drain, 0..=DAY),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (from, to) = (range.start(), range.end());
                return Err(Failure::usage(format!("{name} is {value}: give {from} to {to}")));
            }
        }
        Ok(())
    }

    pub(super) fn pace(&self) -> Pace {
        Pace::new(self.logins_per_second.unwrap_or(180))
    }

    pub(super) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain.unwrap_or(20))
    }

    pub(super) fn limits(&self, connections: u64) -> Limits {
        Limits {
            connections,
            handshake: Duration::from_secs(self.handshake_timeout.unwrap_or(10)),
            login: Duration::from_secs(self.login_timeout.unwrap_or(30)),
        }
    }
}

/// For one listener. As options, for each that they name.
#[derive(Debug, Args, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ListenerOptions {
    /// A file that only you can read, with the password that local clients log in with. Needed on an address
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// The permissions of a socket, in octal. Others than 0600 need a password [default: 0600]
    #[arg(long, value_name = "MODE")]
    pub(super) socket_mode: Option<String>,
    /// Offer TLS to local clients, with a certificate that is made now
    #[arg(long)]
    pub(super) tls: bool,
    /// Offer TLS to local clients, with this certificate and its chain
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// The key of the certificate
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(super) tls_key: Option<PathBuf>,
    /// The most connections at a time [default: 1000]
    #[arg(long, value_name = "COUNT")]
    pub(super) max_connections: Option<u64>,
    /// The region of the database. Default: the one in the host name, the environment, the profile
    #[arg(long)]
    pub(super) region: Option<String>,
    /// The profile of the AWS config and credentials files
    #[arg(long)]
    pub(super) profile: Option<String>,
    /// A file with the certificates of RDS, or `system`. Default: what `rdsiam ca` finds; for RDS Proxy, system
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<String>,
    /// The endpoint that RDS shows, where the URL's host is a tunnel. Signed and verified
    #[arg(long, value_name = "ENDPOINT")]
    pub(super) sign_host: Option<String>,
    /// Its port. Default: the URL's, or with --sign-host the usual one
    #[arg(long, value_name = "PORT")]
    pub(super) sign_port: Option<u16>,
}

/// One listener, as it was asked for.
pub(super) struct Listener {
    pub(super) listen: Option<String>,
    pub(super) url: String,
    pub(super) options: ListenerOptions,
}

impl Listener {
    /// Of `[LISTEN=]URL`.
    pub(super) fn parse(text: &str, options: &ListenerOptions) -> Result<Self> {
        let scheme = text.find("://").ok_or_else(|| {
            Failure::usage(format!("{text}: give [LISTEN=]URL, with postgresql:// or mysql://"))
        })?;
        let (listen, url) = match text.split_once('=') {
            Some((listen, url)) if listen.len() < scheme => (Some(listen.to_owned()), url),
            _ => (None, text),
        };
        Ok(Self { listen, url: url.to_owned(), options: options.clone() })
    }

    pub(super) fn connection(&self) -> Result<Connection> {
        let options = &self.options;
        let given = ConnectionOptions {
            sign_host: options.sign_host.clone(),
            sign_port: options.sign_port,
            ca: options.ca.clone(),
            aws: AwsOptions { region: options.region.clone(), profile: options.profile.clone() },
            ..ConnectionOptions::default()
        };
        Connection::new(&given, Some(&self.url), None)
    }

    pub(super) fn place(&self, connection: &Connection) -> Result<Place> {
        match &self.listen {
            Some(text) => Place::parse(text, connection.engine),
            None => Ok(Place::usual(connection.engine)),
        }
    }

    pub(super) fn mode(&self) -> Result<u32> {
        let Some(text) = &self.options.socket_mode else { return Ok(0o600) };
        u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777).ok_or_else(|| {
            Failure::usage(format!("the socket mode {text} is none: write 0600 or 0660"))
        })
    }

    pub(super) fn limit(&self) -> Result<u64> {
        match self.options.max_connections {
            Some(0) => Err(Failure::usage("max-connections is 0: give 1 or more")),
            given => Ok(given.unwrap_or(1000)),
        }
    }

    /// Who may connect. Whoever can is somebody at the database, so that nobody but the user may without a
    /// password.
    pub(super) fn gate(&self, place: &Place, mode: u32) -> Result<Gate> {
        let options = &self.options;
        let tls = match (&options.tls_certificate, &options.tls_key) {
            (Some(certificate), Some(key)) => Some(tls_of_files(certificate, key)?),
            (None, None) if options.tls => Some(tls_of_now()?),
            (None, None) => None,
            _ => return Err(Failure::usage("tls-certificate and tls-key go together")),
        };
        let needs_tls = place.is_public();
        if needs_tls && tls.is_none() {
            return Err(Failure::usage(format!(
                "{place} can be reached from other machines: give --tls-certificate and --tls-key, or \
                 listen on 127.0.0.1"
            )));
        }
        let is_private = matches!(place, Place::Socket(_)) && mode & 0o077 == 0;
        let password = match &options.password_file {
            Some(file) => Some(read_password(file)?),
            None if is_private => None,
            None => {
                return Err(Failure::usage(format!(
                    "{place} can be reached by every user of this machine, who would be logged in to the \
                     database: give --password-file FILE, or listen on a socket with the mode 0600 \
                     (/FOLDER/=URL)"
                )));
            }
        };
        Ok(Gate { password, tls, needs_tls })
    }
}

fn tls_of_files(certificate: &Path, key: &Path) -> Result<tokio_rustls::TlsAcceptor> {
    let read = |path: &Path| {
        let text = std::fs::read(path).map(Zeroizing::new);
        text.map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))
    };
    rdsiam_wire::tls::server_of_pem(&read(certificate)?, &read(key)?)
        .map_err(|error| Failure::configuration(format!("{}: {error}", certificate.display())))
}

fn tls_of_now() -> Result<tokio_rustls::TlsAcceptor> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    rdsiam_wire::tls::self_signed(&names).map_err(|error| Failure::general(error.to_string()))
}

const SHORTEST_PASSWORD: usize = 16;

fn read_password(path: &Path) -> Result<LocalPassword> {
    use std::os::unix::fs::MetadataExt as _;
    let wrong = |what: &dyn std::fmt::Display| {
        Failure::configuration(format!("{}: {what}", path.display()))
    };
    let state = std::fs::metadata(path).map_err(|error| wrong(&error))?;
    // A secret that Kubernetes mounts has a group and the owner root.
    if state.mode() & 0o027 != 0 {
        return Err(wrong(&"others can read it: chmod 600"));
    }
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| wrong(&error))?;
    let password = text.trim_end_matches(['\n', '\r']);
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(wrong(&format!(
            "the password has less than {SHORTEST_PASSWORD} characters: openssl rand -hex 16"
        )));
    }
    let scram =
        rdsiam_wire::postgres::scram::Verifier::new(password).map_err(|error| wrong(&error))?;
    Ok(LocalPassword { scram, plain: Zeroizing::new(password.to_owned()) })
}

/// The file: settings of the program, and `[[database]]` for each listener.
pub(super) fn read_file(path: &Path) -> Result<(ProgramOptions, Vec<Listener>)> {
    let wrong = |what: &dyn std::fmt::Display| {
        Failure::configuration(format!("{}: {what}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let mut all: toml::Table = toml::from_str(&text).map_err(|error| wrong(&error))?;
    let databases = all.remove("database").unwrap_or_else(|| toml::Value::Array(Vec::new()));
    let databases: Vec<toml::Table> = databases
        .try_into()
        .map_err(|_| wrong(&"database is no list of tables: write [[database]] before each"))?;
    let program = all.try_into().map_err(|error| wrong(&in_one_line(&error)))?;
    let listener = |mut table: toml::Table| {
        let mut take = |name: &str| match table.remove(name) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(&format!("{name} of a database is no string"))),
        };
        let listen = take("listen")?;
        let url = take("url")?.ok_or_else(|| wrong(&"a [[database]] has no url"))?;
        let options = table
            .try_into()
            .map_err(|error| wrong(&format!("the database {url}: {}", in_one_line(&error))))?;
        Ok(Listener { listen, url, options })
    };
    Ok((program, databases.into_iter().map(listener).collect::<Result<_>>()?))
}

/// With the name of the setting, which is on a line of its own.
fn in_one_line(error: &toml::de::Error) -> String {
    error.to_string().trim_end().replace('\n', " ")
}

/// One pace for each database, whatever the number of its listeners.
#[derive(Default)]
pub(super) struct Paces(Vec<((String, u16), Arc<Pace>)>);

impl Paces {
    pub(super) fn of(&mut self, connection: &Connection, program: &ProgramOptions) -> Arc<Pace> {
        let key = (connection.host.clone(), connection.sign_port);
        if let Some((_, pace)) = self.0.iter().find(|(known, _)| *known == key) {
            return Arc::clone(pace);
        }
        let pace = Arc::new(program.pace());
        self.0.push((key, Arc::clone(&pace)));
        pace
    }
}
