//! The HTTP client of the sources. It is made when a source first sends a request, and the part
//! of it that speaks TLS when a request first needs that, since reading the trusted certificates
//! is the dear part. One for each call: a shared one would keep sockets open, and a child of
//! `fork` could find it half made. It remembers its last requests, for messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use once_cell::sync::OnceCell;

#[derive(Debug, Clone, Default)]
pub(super) struct Wire(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    plain: OnceCell<SharedHttpClient>,
    tls: OnceCell<SharedHttpClient>,
    log: Mutex<Log>,
}

/// The last request, and the other one before it.
#[derive(Debug, Default)]
struct Log {
    before: Option<Exchange>,
    last: Option<Exchange>,
}

/// A request, without what may be secret in it, and how it ended.
#[derive(Debug)]
struct Exchange {
    request: String,
    times: u32,
    ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Answered(u16),
    Broken,
}

impl Exchange {
    fn in_words(&self) -> String {
        let Self { request, times, ended } = self;
        let what = match ended {
            Some(Ended::Answered(status)) => format!("was answered with status {status}"),
            Some(Ended::Broken) => "got no answer".to_owned(),
            None => "has not been answered".to_owned(),
        };
        let tried = if *times > 1 { format!(", tried {times} times") } else { String::new() };
        format!("{request} {what}{tried}")
    }

    fn failed(&self) -> bool {
        !matches!(self.ended, Some(Ended::Answered(200..=299)))
    }
}

impl Wire {
    /// The last request and what came of it, in words.
    pub(super) fn last(&self) -> Option<String> {
        self.lock().last.as_ref().map(Exchange::in_words)
    }

    /// The other request before the last, if it failed, and whether that may pass.
    pub(super) fn failed_before(&self) -> Option<(String, bool)> {
        let log = self.lock();
        let before = log.before.as_ref().filter(|before| before.failed())?;
        let for_good = matches!(before.ended, Some(Ended::Answered(401 | 403)));
        Some((before.in_words(), !for_good))
    }

    /// The status of the last answer.
    pub(super) fn last_status(&self) -> Option<u16> {
        match self.lock().last.as_ref()?.ended? {
            Ended::Answered(status) => Some(status),
            Ended::Broken => None,
        }
    }

    fn begin(&self, request: String) {
        let mut log = self.lock();
        match &mut log.last {
            Some(last) if last.request == request => {
                last.times = last.times.saturating_add(1);
                last.ended = None;
            }
            _ => {
                log.before = log.last.take();
                log.last = Some(Exchange { request, times: 1, ended: None });
            }
        }
    }

    fn end(&self, how: Ended) {
        if let Some(exchange) = self.lock().last.as_mut() {
            exchange.ended = Some(how);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, uri: &str) -> &SharedHttpClient {
        let builder = || Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        if uri.starts_with("http://") {
            // The same client for both: one that speaks no TLS would be half a megabyte more.
            self.0.plain.get_or_init(|| builder().tls_context(trusting_nobody()).build_https())
        } else {
            self.0.tls.get_or_init(|| builder().build_https())
        }
    }
}

fn trusting_nobody() -> TlsContext {
    // Building it only moves the store into it, so there is no error to tell.
    let context = TlsContext::builder().with_trust_store(TrustStore::empty());
    context.build().unwrap_or_default()
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Route {
            wire: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Chooses by the scheme, which is known only with the request.
#[derive(Debug)]
struct Route {
    wire: Wire,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Route {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.wire.clone();
        let without_query = request.uri().split('?').next().unwrap_or_default();
        wire.begin(format!("{} {without_query}", request.method()));
        let client = wire.client(request.uri());
        let answer = client.http_connector(&self.settings, &self.components).call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            wire.end(match &answer {
                Ok(answer) => Ended::Answered(answer.status().as_u16()),
                Err(_) => Ended::Broken,
            });
            answer
        })
    }
}
