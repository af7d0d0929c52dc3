//! Health and metrics over HTTP: `/startup`, `/liveness`, `/readiness`, `/metrics`.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net;

use super::database::Database;
use super::drain::{Drain, Phase};
use super::metrics;

/// For the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// After an error of the system.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Admin {
    pub(super) databases: Vec<Arc<Database>>,
    pub(super) drain: Drain,
}

impl Admin {
    /// Serves until the program ends.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        let listener = net::TcpListener::from_std(listener)?;
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let admin = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let admin = Arc::clone(&admin);
                    async move { Ok::<_, Infallible>(admin.answer(&request).await) }
                });
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(HEAD).keep_alive(false);
                // A client that hangs up is no event.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return response(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".into());
        }
        match request.uri().path() {
            // It listens before this is served.
            "/startup" | "/liveness" => response(StatusCode::OK, "ok\n".into()),
            "/readiness" => match self.unready().await {
                None => response(StatusCode::OK, "ok\n".into()),
                Some(why) => response(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
            },
            "/metrics" => {
                let names: Vec<_> =
                    self.databases.iter().map(|database| database.place.to_string()).collect();
                let all = names.iter().zip(&self.databases).map(|(name, database)| {
                    (name.as_str(), &database.metrics, database.client.client().stats())
                });
                response(StatusCode::OK, metrics::text(all))
            }
            _ => response(StatusCode::NOT_FOUND, "not here\n".into()),
        }
    }

    /// Why no connection should come here now: it ends, is full, or has no token.
    async fn unready(&self) -> Option<String> {
        if self.drain.phase() != Phase::Serving {
            return Some("the proxy stops".to_owned());
        }
        for database in &self.databases {
            let place = &database.place;
            if database.metrics.open() >= database.limits.connections {
                return Some(format!("{place}: there are as many connections as there may be"));
            }
            if let Err(error) = database.client.get(&database.connection.target()).await {
                return Some(format!("{place}: {}", error.message()));
            }
        }
        None
    }
}

fn response(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
