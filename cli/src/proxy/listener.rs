//! Accepts connections, and sends those away that are too many.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rdsiam_wire::BoxedStream;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;

use super::database::{Database, prepare};
use super::drain::Drain;
use super::log::Level;
use super::place::{Bound, SocketFile};
use super::{mysql, postgres};
use crate::engine::Engine;

/// Held by whatever has to end before the program does.
pub(super) type Alive = mpsc::Sender<()>;

enum Listener {
    Tcp(TcpListener),
    /// The file is removed with it.
    Unix(UnixListener, #[expect(dead_code, reason = "it is dropped")] SocketFile),
}

impl Listener {
    fn new(bound: Bound) -> io::Result<Self> {
        Ok(match bound {
            Bound::Tcp(listener) => Self::Tcp(TcpListener::from_std(listener)?),
            Bound::Unix(listener, file) => Self::Unix(UnixListener::from_std(listener)?, file),
        })
    }

    async fn accept(&self) -> io::Result<BoxedStream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Some systems refuse it for a client that has hung up by now, which is no failure of
                // the listener.
                let _ = prepare(&stream);
                Ok(Box::new(stream))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// After an error of the system, such as a full table of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a listener until the proxy begins to end.
pub(super) async fn listen(
    database: Arc<Database>,
    bound: Bound,
    drain: Drain,
    alive: Alive,
) -> io::Result<()> {
    let listener = Listener::new(bound)?;
    let mut end = drain.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = end.begins() => return Ok(()),
        };
        match accepted {
            Ok(stream) => {
                let connection = connection(Arc::clone(&database), stream, drain.clone());
                let alive = alive.clone();
                tokio::spawn(async move {
                    connection.await;
                    drop(alive);
                });
            }
            // By a client that hung up before.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                let (listener, message) = (database.place.to_string(), error.to_string());
                let details = [("listener", &listener as _), ("message", &message as _)];
                database.log.write(Level::Error, "accept", &details);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

pub(super) const TOO_MANY: &str = "rdsiam proxy: too many connections at this listener";
/// For requests to cancel, where there are as many connections as there may be.
const RESERVED: u64 = 20;

async fn connection(database: Arc<Database>, stream: BoxedStream, drain: Drain) {
    let metrics = &database.metrics;
    metrics.connections.add(1);
    // Also if the session panics, or is dropped with the runtime.
    let _closed = Closed(&database);
    let excess = metrics.open().saturating_sub(database.limits.connections);
    let end = match database.connection.engine {
        // Whoever cannot connect may still cancel.
        Engine::Postgres if excess <= RESERVED => {
            postgres::serve(&database, stream, &drain, excess > 0).await
        }
        Engine::Postgres => postgres::send_away(stream, TOO_MANY).await,
        Engine::Mysql if excess > 0 => mysql::send_away(stream, TOO_MANY).await,
        Engine::Mysql => mysql::serve(&database, stream, &drain).await,
    };
    end.note(&database);
}

struct Closed<'a>(&'a Database);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.metrics.closed.add(1);
    }
}
