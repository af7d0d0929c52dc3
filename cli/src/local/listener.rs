//! One port, and what stands behind it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::database::Server;
use super::engine::Engine;
use super::rds::{Endpoint, Rds};
use super::{mysql, postgres, redis};
use crate::output;

/// As of PostgreSQL's `authentication_timeout`.
const LOGIN: Duration = Duration::from_secs(60);

pub(crate) struct Listener {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    /// What clients sign for.
    pub(crate) endpoint: Endpoint,
    pub(crate) behind: Behind,
    pub(crate) tls: TlsAcceptor,
    pub(crate) rds: Arc<Rds>,
}

pub(crate) enum Behind {
    None,
    Server(Server),
}

impl Listener {
    /// Serves until the program ends.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((stream, peer)) = listener.accept().await else {
                // Too many open files: they become fewer.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let this = Arc::clone(&self);
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let stream = Box::new(stream);
                // A connection that breaks is its client's to notice.
                let _ = match this.engine {
                    Engine::Postgres => postgres::serve(&this, stream, peer).await,
                    Engine::Mysql => mysql::serve(&this, stream, peer).await,
                    Engine::Redis => redis::serve(&this, stream).await,
                };
            });
        }
    }

    /// A part of a login: nobody may take for ever.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        match tokio::time::timeout(LOGIN, work).await {
            Ok(done) => done,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Says why the database behind does not serve: that is a mistake of the set-up, and no test.
    pub(super) fn complain(&self, server: &Server, why: &str) {
        output::note(&format!("rdsiam local: the database behind, {}: {why}", server.describe()));
    }
}
