//! The HTTP client of the sources. Its connectors are made when a request first needs one, since
//! reading the trusted certificates is the dear part. One client for each call: a shared one
//! would keep sockets open, and a child of `fork` could find it half made. It remembers its last
//! request, for messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::network::Network;
use super::proxy::Proxy;
use super::trust::Trust;
use crate::error::{Error, Result};

/// Sends requests as the settings of the network say, and records what became of them.
#[derive(Debug, Clone)]
pub(super) struct RecordingHttpClient(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    network: Network,
    connectors: Mutex<Vec<(Route, SharedHttpConnector)>>,
    last: Mutex<Option<Exchange>>,
}

/// What tells connectors apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    tls: bool,
    proxy: Option<Proxy>,
    limits: (Option<Duration>, Option<Duration>),
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
}

impl RecordingHttpClient {
    pub(super) fn new(network: Network) -> Self {
        let (connectors, last) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { network, connectors, last }))
    }

    /// The settings that its requests follow.
    pub(super) fn network(&self) -> &Network {
        &self.0.network
    }

    /// The last request and what came of it, in words.
    pub(super) fn last(&self) -> Option<String> {
        self.lock().as_ref().map(Exchange::in_words)
    }

    /// The status of the last answer.
    pub(super) fn last_status(&self) -> Option<u16> {
        match self.lock().as_ref()?.ended? {
            Ended::Answered(status) => Some(status),
            Ended::Broken => None,
        }
    }

    fn begin(&self, request: String) {
        let mut exchange = self.lock();
        match &mut *exchange {
            Some(last) if last.request == request => {
                last.times = last.times.saturating_add(1);
                last.ended = None;
            }
            _ => {
                *exchange = Some(Exchange { request, times: 1, ended: None });
            }
        }
    }

    fn end(&self, how: Ended) {
        if let Some(exchange) = self.lock().as_mut() {
            exchange.ended = Some(how);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Exchange>> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request. `direct` is for addresses that no proxy knows.
    pub(super) fn send(
        &self,
        request: HttpRequest,
        settings: &HttpConnectorSettings,
        direct: bool,
    ) -> HttpConnectorFuture {
        let url = request.uri();
        let proxy = if direct { Ok(None) } else { self.0.network.proxies.of(url) };
        let through = match &proxy {
            Ok(Some(proxy)) => format!(" through {}", proxy.shown),
            _ => String::new(),
        };
        self.begin(format!("{} {}{through}", request.method(), without_secrets(url)));
        let connector = proxy.and_then(|proxy| {
            let route = Route {
                // A URL without a scheme is refused by either connector.
                tls: !url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://")),
                proxy: proxy.cloned(),
                limits: (settings.connect_timeout(), settings.read_timeout()),
            };
            self.connector(route, settings)
        });
        let answer = match connector {
            Ok(connector) => connector.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let client = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            client.end(match &answer {
                Ok(answer) => Ended::Answered(answer.status().as_u16()),
                Err(_) => Ended::Broken,
            });
            answer
        })
    }

    fn connector(
        &self,
        route: Route,
        settings: &HttpConnectorSettings,
    ) -> Result<SharedHttpConnector> {
        let known = || self.0.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().iter().find(|(other, _)| *other == route).map(|(_, c)| c.clone());
        if let Some(connector) = found {
            return Ok(connector);
        }
        // Without the lock: this may read a file.
        let connector = SharedHttpConnector::new(self.build(&route, settings)?);
        known().push((route, connector.clone()));
        Ok(connector)
    }

    fn build(&self, route: &Route, settings: &HttpConnectorSettings) -> Result<Connector> {
        // A proxy may be spoken to over TLS as well.
        let tls = route.tls || route.proxy.as_ref().is_some_and(Proxy::speaks_tls);
        let context = if tls { self.0.network.trust.context()? } else { Trust::nobody()? };
        let mut connector = Connector::builder()
            // The same for both: one that speaks no TLS would be half a megabyte more.
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .connector_settings(settings.clone());
        connector.set_sleep_impl(default_async_sleep());
        if let Some(proxy) = &route.proxy {
            connector.set_proxy_config(Some(config(proxy)?));
        }
        Ok(connector.build())
    }
}

fn config(proxy: &Proxy) -> Result<ProxyConfig> {
    ProxyConfig::all(proxy.url.as_str())
        .map_err(|_| Error::provider(format!("the proxy {} is not a URL", proxy.shown), false))
}

/// A URL without its query and without a user and password.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

impl HttpClient for RecordingHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(WithSettings(self.clone(), settings.clone()))
    }
}

/// The connector is chosen by the address, which is known only with the request.
#[derive(Debug)]
struct WithSettings(RecordingHttpClient, HttpConnectorSettings);

impl HttpConnector for WithSettings {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.send(request, &self.1, false)
    }
}
