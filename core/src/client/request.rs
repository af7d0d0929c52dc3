//! One fetch of credentials, and the rules about what was fetched.

use std::sync::Arc;

use super::Shared;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::freshness::wants_newer;
use crate::refresh_cache::{RefreshRequest, Refreshable};

/// The duty to fetch credentials for a client, of which there is one at a time. A request that is
/// dropped has failed. One that has not ended after the client's timeout is replaced; what it brings
/// then is still used.
pub struct CredentialRequest {
    client: Arc<Shared>,
    request: RefreshRequest<Credentials>,
    /// What the source returned first, if that expires soon.
    first: Option<Credentials>,
}

impl CredentialRequest {
    pub(super) fn new(client: Arc<Shared>, request: RefreshRequest<Credentials>) -> Self {
        Self { client, request, first: None }
    }

    /// Whether to ask the source for newer credentials than it returned before.
    pub fn force_refresh(&self) -> bool {
        self.request.force() || self.first.is_some()
    }

    /// Brings credentials. If they expire within 15 minutes, a request comes back: then the source is
    /// to be asked once more, with [`force_refresh`](Self::force_refresh), and the better are used.
    ///
    /// # Errors
    /// [`CredentialsExpired`](crate::ErrorKind::CredentialsExpired) for credentials that have expired,
    /// which never sign, and those of the clock.
    pub fn complete(mut self, credentials: Credentials) -> Result<Option<Self>> {
        let now = match self.client.config.clock.now() {
            Ok(now) => now,
            Err(error) => return self.end(Err(error), 0).map(|()| None),
        };
        if !self.force_refresh() && wants_newer(credentials.unix_expiry(), now) {
            self.first = Some(credentials);
            return Ok(Some(self));
        }
        let best = self.first.take().filter(|first| first.outlives(&credentials));
        let best = best.unwrap_or(credentials);
        let result = best.check_expiry(now).map(|()| best);
        self.end(result, now).map(|()| None)
    }

    /// Says that the fetch failed. What the source returned first is used if it has not expired; then
    /// this is no error.
    ///
    /// # Errors
    /// What callers who wait for credentials get.
    pub fn fail(mut self, error: Error) -> Result<()> {
        let now = self.client.config.clock.now().unwrap_or_default();
        let result = match self.first.take() {
            None => Err(error),
            Some(first) => match first.check_expiry(now) {
                Ok(()) => Ok(first),
                Err(expired) => Err(both(&expired, error)),
            },
        };
        self.end(result, now)
    }

    /// Fetches until the request has ended.
    pub(super) fn drive(self, mut fetch: impl FnMut(bool) -> Result<Credentials>) {
        let mut next = Some(self);
        while let Some(request) = next {
            next = match fetch(request.force_refresh()) {
                Ok(credentials) => request.complete(credentials).unwrap_or_default(),
                Err(error) => {
                    // Counted, and told to those who wait.
                    let _ = request.fail(error);
                    None
                }
            };
        }
    }

    fn end(self, result: Result<Credentials>, now: i64) -> Result<()> {
        let outcome = result.as_ref().map(drop).map_err(Error::clone);
        // Counted first: who waits may look at the counters at once.
        self.client.counters.refreshes.add(1);
        if let Err(error) = &outcome {
            self.client.counters.refresh_failures.add(1);
            if self.request.is_in_background() {
                self.client.config.emit(&Event::RefreshFailed(error.clone()));
            }
        }
        self.request.end(result, now);
        outcome
    }
}

fn both(expired: &Error, error: Error) -> Error {
    Error::new(
        expired.kind(),
        format!("{expired}. The source was asked for newer ones and failed: {error}"),
    )
    .caused_by(error)
}
