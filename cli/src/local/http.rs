//! What SDKs fetch credentials from: STS and a container endpoint, and the control of the faults.

mod container;
mod control;
mod sts;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::rds::Rds;

const LONGEST_BODY: usize = 1 << 20;

/// What is served beside the databases.
pub(crate) struct Services {
    pub(crate) rds: Arc<Rds>,
    /// What the container endpoint wants to see.
    pub(crate) authorization: Zeroizing<String>,
    /// A part of the path of the control: other users of the machine do not know it.
    pub(crate) control: String,
}

type Answer = Response<Full<Bytes>>;

/// Serves until the program ends.
pub(crate) async fn serve(listener: TcpListener, services: Arc<Services>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files: they become fewer.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let services = Arc::clone(&services);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&services, request));
            // A client that is gone needs no answer.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(services: &Services, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(text(StatusCode::PAYLOAD_TOO_LARGE, "the body is cut or too long")),
    };
    let mut answer = route(services, &head, &body);
    if let Some(date) = http_date(services.rds.now()) {
        answer.headers_mut().insert(DATE, date);
    }
    Ok(answer)
}

fn route(services: &Services, head: &Parts, body: &[u8]) -> Answer {
    let path = head.uri.path();
    let control = path.strip_prefix('/').and_then(|path| path.strip_prefix(&*services.control));
    match (&head.method, path, control) {
        (_, _, Some(rest)) => control::answer(&services.rds, &head.method, rest, body),
        (&Method::POST, "/", _) => sts::answer(&services.rds, head, body),
        (&Method::GET, container::PATH, _) => container::answer(services, head),
        _ => text(StatusCode::NOT_FOUND, "nothing is served here"),
    }
}

/// By the clock of the service: a client with another one sees the difference.
fn http_date(now: i64) -> Option<HeaderValue> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = OffsetDateTime::from_unix_timestamp(now).ok()?.format(format).ok()?;
    HeaderValue::from_str(&date).ok()
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn json(status: StatusCode, body: &serde_json::Value) -> Answer {
    respond(status, "application/json", body.to_string())
}

fn text(status: StatusCode, body: &str) -> Answer {
    respond(status, "text/plain", format!("{body}\n"))
}
