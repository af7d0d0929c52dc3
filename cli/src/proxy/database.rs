//! A database of RDS behind a listener: how it is reached, and whom the token is for.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdsiam::{AsyncClient, Client};
use rdsiam_wire::postgres::scram::Verifier;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::cancel::Cancels;
use super::log::{Level, Log};
use super::metrics::Metrics;
use super::pace::Pace;
use super::place::Place;
use crate::connection::Connection;
use crate::failure::{Failure, Result};
use crate::target;

/// One listener with the database behind it.
pub(super) struct Database {
    pub(super) place: Place,
    pub(super) connection: Connection,
    pub(super) client: AsyncClient,
    tls: Arc<ClientConfig>,
    pub(super) gate: Gate,
    pub(super) limits: Limits,
    pub(super) pace: Arc<Pace>,
    pub(super) cancels: Cancels,
    pub(super) metrics: Metrics,
    pub(super) log: Log,
}

/// Who may come in from this side.
pub(super) struct Gate {
    /// None: the permissions of the socket decide.
    pub(super) password: Option<LocalPassword>,
    /// For clients that ask for TLS.
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) needs_tls: bool,
}

/// What checks the password of local clients.
pub(super) struct LocalPassword {
    pub(super) scram: Verifier,
    /// The protocol of MySQL has nothing that checks without it.
    pub(super) plain: Zeroizing<String>,
}

/// What bounds a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: u64,
    /// How long a client may take until its login is on the way.
    pub(super) handshake: Duration,
    /// How long the login at the database may take, with the wait for its turn.
    pub(super) login: Duration,
}

/// Connections that the network has lost are found after about two minutes.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
/// For one of the addresses of a name.
const CONNECT: Duration = Duration::from_secs(5);

/// Everything about a database that does not change.
pub(super) struct Parts {
    pub(super) place: Place,
    pub(super) connection: Connection,
    pub(super) gate: Gate,
    pub(super) limits: Limits,
    pub(super) pace: Arc<Pace>,
    pub(super) log: Log,
}

impl Database {
    pub(super) fn new(parts: Parts) -> Result<Self> {
        let Parts { place, connection, gate, limits, pace, log } = parts;
        let name = place.to_string();
        let config = target::config(&connection.aws).on_event(move |event| {
            let message = event.to_string();
            log.write(Level::Warning, "credentials", &[("listener", &name), ("message", &message)]);
        });
        let client = Client::new(config)?.into();
        let tls = verified_tls(&connection)?;
        let (cancels, metrics) = (Cancels::default(), Metrics::default());
        Ok(Self { place, connection, client, tls, gate, limits, pace, cancels, metrics, log })
    }

    /// Waits for the turn of a login.
    pub(super) async fn wait_for_turn(&self) -> io::Result<()> {
        let Some(wait) = self.pace.turn(Instant::now(), self.limits.login) else {
            return Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                "too many logins wait for their turn",
            ));
        };
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Connects to one of the addresses of the host's name, in their order.
    pub(super) async fn dial(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let name = self.connection.dialled_name();
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let mut last = io::Error::new(io::ErrorKind::NotFound, "its name leads to no address");
        for address in tokio::net::lookup_host((bare, self.connection.port)).await? {
            match self.dial_address(address).await {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(super) async fn dial_address(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let connecting = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        let stream = connecting.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        prepare(&stream)?;
        Ok(stream)
    }

    /// The TLS of a connection, verified for the name that is signed.
    pub(super) async fn encrypt(&self, stream: TcpStream) -> io::Result<Upstream> {
        rdsiam_wire::tls::connect(&self.tls, &self.connection.host, stream).await
    }
}

/// A verified connection to the database.
pub(super) type Upstream = rdsiam_wire::tls::ToServer<TcpStream>;

/// Sends at once what is written, and notices a peer that is gone.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

fn verified_tls(connection: &Connection) -> Result<Arc<ClientConfig>> {
    let file = connection.ca_file()?;
    let failed = |error: &dyn std::fmt::Display| {
        Failure::configuration(format!("{}: {error}", file.display()))
    };
    let text = std::fs::read(&file).map_err(|error| failed(&error))?;
    let roots: Vec<_> = CertificateDer::pem_slice_iter(&text).flatten().collect();
    if roots.is_empty() {
        return Err(failed(&"there is no certificate in it: give the file that rdsiam ca names"));
    }
    rdsiam_wire::tls::client(roots).map_err(|error| failed(&error))
}
