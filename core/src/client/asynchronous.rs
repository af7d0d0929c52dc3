//! The same client for programs on an asynchronous runtime.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use super::Client;
use crate::error::{ErrorKind, Result};
use crate::refresh_cache::{Awaited, Wait};
use crate::target::Target;
use crate::token::Token;

/// A [`Client`] that waits without blocking a thread of the caller's runtime.
///
/// Credentials are fetched on a thread of the client; any runtime will do. On a Tokio runtime a call
/// also ends after the client's [`timeout`](crate::Config::timeout), which needs the runtime's timer
/// (`enable_time`, or `#[tokio::main]`).
///
/// ```
/// use rdsiam::{AsyncClient, Config, Credentials, Target};
///
/// # async fn log_in() -> Result<(), rdsiam::Error> {
/// let client = AsyncClient::new(Config::new())?;
/// let target = Target::new("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app");
/// let password = client.get(&target).await?;
/// # drop(password);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AsyncClient(Client);

impl AsyncClient {
    /// As [`Client::new`].
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn new(config: crate::Config) -> Result<Self> {
        Client::new(config).map(Self)
    }

    /// As [`Client::get`].
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn get(&self, target: &Target<'_>) -> Result<Arc<Token>> {
        self.ready(|wait| self.0.try_get(target, wait)).await
    }

    /// As [`Client::sign`].
    ///
    /// # Errors
    /// As [`Client::sign`].
    pub async fn sign(&self, target: &Target<'_>) -> Result<Token> {
        self.ready(|wait| self.0.0.sign(target, wait)).await
    }

    /// The client, for what needs no waiting.
    pub fn client(&self) -> &Client {
        &self.0
    }

    async fn ready<T>(&self, mut call: impl FnMut(&mut Wait<'_>) -> Result<T>) -> Result<T> {
        let mut awaited = Awaited::default();
        let work = poll_fn(|context| match call(&mut Wait::wake(context.waker(), &mut awaited)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        });
        self.in_time(work).await
    }

    #[cfg(feature = "chain")]
    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if tokio::runtime::Handle::try_current().is_err() {
            return work.await;
        }
        let timeout = self.0.0.config.timeout;
        match tokio::time::timeout(timeout, work).await {
            Ok(result) => result,
            Err(_elapsed) => Err(crate::refresh_cache::overdue(timeout)),
        }
    }

    #[cfg(not(feature = "chain"))]
    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        work.await
    }
}

/// Shares the caches of the client.
impl From<Client> for AsyncClient {
    fn from(client: Client) -> Self {
        Self(client)
    }
}
