//! The AWS services that know about a database: RDS, IAM and STS, by the clients of the AWS SDK.

pub(crate) mod account;
pub(crate) mod endpoint;
pub(crate) mod resource;
pub(crate) mod simulate;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::failure::{Failure, Result, SERVICE};

/// Asks services, with one set of credentials, in one region.
pub(crate) struct Aws {
    runtime: tokio::runtime::Runtime,
    pub(crate) config: SdkConfig,
    dates: Dates,
}

/// Why a service gave no answer.
#[derive(Debug, Clone)]
pub(crate) struct Denied {
    /// The permission that was needed.
    pub(crate) action: &'static str,
    /// The code of the error, such as `AccessDenied`. None where the service was not reached.
    pub(crate) code: Option<String>,
    message: String,
}

impl Denied {
    pub(crate) fn is_permission(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        code.contains("AccessDenied") || code.contains("UnauthorizedOperation")
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, code, message } = self;
        match code {
            Some(_) if self.is_permission() => {
                write!(f, "{action} is not allowed to this identity")
            }
            Some(code) => write!(f, "{action} failed: {code}: {message}"),
            None => write!(f, "{action} got no answer: {message}"),
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::new(SERVICE, denied.to_string())
    }
}

impl Aws {
    pub(crate) fn new(credentials: Credentials, region: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::general(error.to_string()))?;
        let limits = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(4))
            .operation_timeout(Duration::from_secs(12))
            .build();
        let dates = Dates::default();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(credentials)
            .region(Region::new(region.to_owned()))
            .http_client(http_client(trust()?))
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(limits);
        let config = runtime.block_on(loader.load());
        Ok(Self { runtime, config, dates })
    }

    /// Waits for an answer. `action` is the permission that the request needs.
    pub(crate) fn ask<T, E>(
        &self,
        action: &'static str,
        request: impl Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    ) -> std::result::Result<T, Denied>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.runtime.block_on(request).map_err(|error| {
            let code = error.code().map(str::to_owned);
            let message = match error.message() {
                Some(message) => message.to_owned(),
                None => with_causes(&error),
            };
            Denied { action, code, message }
        })
    }

    /// Records the `Date` of the answers.
    pub(crate) fn dates(&self) -> &Dates {
        &self.dates
    }
}

/// The SDK's own text says "dispatch failure" and no more.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

fn http_client(trust: TrustStore) -> impl HttpClient + 'static {
    Builder::new().build_with_connector_fn(move |settings, _: Option<&RuntimeComponents>| {
        let context = TlsContext::builder().with_trust_store(trust.clone()).build();
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env());
        if let Ok(context) = context {
            connector = connector.tls_context(context);
        }
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(default_async_sleep());
        connector.build()
    })
}

/// The certificates of the system, or those that the AWS CLI would take.
fn trust() -> Result<TrustStore> {
    let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(TrustStore::default());
    };
    let failed = |why: &str| {
        let path = std::path::Path::new(&path).display();
        Failure::configuration(format!("AWS_CA_BUNDLE: {path}: {why}"))
    };
    let pem = std::fs::read(&path).map_err(|error| failed(&error.to_string()))?;
    // The HTTP client panics at what it cannot parse.
    let mut certificates = CertificateDer::pem_slice_iter(&pem).peekable();
    if certificates.peek().is_none() || !certificates.all(|one| one.is_ok()) {
        return Err(failed("it has no certificates"));
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
}

/// What time the services say it is, beside the time here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dates(Arc<Mutex<Option<i64>>>);

impl Dates {
    pub(crate) fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(self.clone())
    }

    /// How many seconds this clock is ahead of the service's.
    pub(crate) fn ahead(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Dates {
    fn name(&self) -> &'static str {
        "Dates"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> std::result::Result<(), aws_smithy_runtime_api::box_error::BoxError> {
        let date = context.response().headers().get("date").and_then(|date| {
            let form = aws_smithy_types::date_time::Format::HttpDate;
            aws_smithy_types::DateTime::from_str(date, form).ok()
        });
        if let Some(date) = date {
            let ahead = crate::time::now().saturating_sub(date.secs());
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
        Ok(())
    }
}
