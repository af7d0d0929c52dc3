//! One plain request, for the sources that need no client of the SDK: the metadata service, a
//! container, the sign-in service.

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use zeroize::Zeroizing;

use super::failure;
use super::http::RecordingHttpClient;
use crate::error::{Error, ErrorKind};

/// The first pause before a request is tried again; each one after it is twice as long. The
/// SDK's own is a second, which is a long time in front of a login.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a str,
    pub(super) headers: Vec<(&'static str, Zeroizing<String>)>,
    pub(super) body: Zeroizing<String>,
    /// For the connection, and for each wait for the answer.
    pub(super) timeout: Duration,
    /// Past all proxies.
    pub(super) direct: bool,
}

/// Why there is no answer.
pub(super) struct Failure {
    pub(super) error: Error,
    /// Nothing listens at the address, or there is no way to it.
    pub(super) nobody_is_there: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, nobody_is_there: false }
    }
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        self.error
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl<'a> Request<'a> {
    pub(super) fn get(url: &'a str, timeout: Duration) -> Self {
        let (headers, body) = (Vec::new(), Zeroizing::default());
        Self { method: "GET", url, headers, body, timeout, direct: false }
    }

    /// Sends it as often as is allowed, until it is answered with something other than a fault
    /// of the server.
    pub(super) async fn send(
        &self,
        client: &RecordingHttpClient,
        attempts: u32,
    ) -> Result<Answer, Failure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..attempts {
            match self.once(client).await {
                Ok(answer) if !answer.may_pass() => return Ok(answer),
                Err(failure) if failure.nobody_is_there || !failure.error.retryable() => {
                    return Err(failure);
                }
                _ => tokio::time::sleep(pause).await,
            }
            pause = pause.saturating_mul(2);
        }
        self.once(client).await
    }

    async fn once(&self, client: &RecordingHttpClient) -> Result<Answer, Failure> {
        // The address is not shown: a user and a password may be in it.
        let unusable = || Error::provider("the address of its endpoint is not a URL", false);
        let mut request = HttpRequest::new(SdkBody::from(self.body.as_bytes()));
        request.set_method(self.method).map_err(|_| unusable())?;
        request.set_uri(self.url).map_err(|_| unusable())?;
        for (name, value) in &self.headers {
            let value = value.to_string();
            request
                .headers_mut()
                .try_insert(*name, value)
                .map_err(|_| Error::provider(format!("the header {name} cannot be sent"), false))?;
        }
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(self.timeout)
            .read_timeout(self.timeout)
            .build();
        let answer = client.send(request, &settings, self.direct).await;
        let answer = answer.map_err(|error| Failure {
            nobody_is_there: failure::nobody_is_there(&error),
            error: failure::of_any(&error, client),
        })?;
        let status = answer.status().as_u16();
        let body = self.within(ByteStream::new(answer.into_body()).collect(), client).await?;
        let body = body.map_err(|error| failure::of_any(&error, client))?;
        Ok(Answer { status, body: Zeroizing::new(body.to_vec()) })
    }

    /// The limit of the client ends with the headers.
    async fn within<T>(
        &self,
        body: impl Future<Output = T>,
        client: &RecordingHttpClient,
    ) -> Result<T, Error> {
        let late = |_| Error::new(ErrorKind::Timeout, client.last().unwrap_or_default());
        tokio::time::timeout(self.timeout, body).await.map_err(late)
    }
}

impl Answer {
    /// For an answer other than the one that was hoped for.
    pub(super) fn refusal(&self, client: &RecordingHttpClient) -> Error {
        Error::provider(client.last().unwrap_or_default(), self.may_pass())
    }

    /// A service that is busy, or at fault, may serve later.
    pub(super) fn may_pass(&self) -> bool {
        self.status >= 500 || self.status == 429
    }
}
