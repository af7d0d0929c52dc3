//! Credentials that JavaScript fetches, because its provider functions are asynchronous.

use napi_derive::napi;
use rdsiam::binding::{self, Action, CredentialRequest};
use rdsiam::{Error, ErrorKind};

use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};
use crate::lease::{Lease, Text};

/// What to do for a token. With a value: use it. With a request: call the provider function. With
/// neither: wait for the fetch that runs.
#[napi(object, object_from_js = false)]
pub(crate) struct Next {
    /// A lease, if one was asked for.
    pub lease: Option<Lease>,
    /// The text of a new token, if one was asked for.
    pub token: Option<Text>,
    /// A fetch to begin now.
    pub request: Option<Request>,
}

/// The duty to fetch credentials. If it is collected unused the fetch has failed, and after the
/// client's timeout another takes its place, so that one which was forgotten holds up nobody.
#[napi]
pub(crate) struct Request(Option<CredentialRequest>);

pub(crate) fn next_lease(action: Action<binding::Lease>) -> Next {
    let (lease, request) = parts(action);
    Next { lease: lease.map(Lease::from), token: None, request }
}

pub(crate) fn next_token(action: Action<rdsiam::Token>) -> Next {
    let (token, request) = parts(action);
    Next { lease: None, token: token.map(Text::from), request }
}

fn parts<T>(action: Action<T>) -> (Option<T>, Option<Request>) {
    match action {
        Action::Serve(value) => (Some(value), None),
        Action::ServeAndFetch(value, request) => (Some(value), Some(Request(Some(request)))),
        Action::Fetch(request) => (None, Some(Request(Some(request)))),
        Action::Wait(_) => (None, None),
    }
}

#[napi]
impl Request {
    /// Whether the provider is to be asked for newer credentials than before.
    #[napi]
    pub fn force_refresh(&self) -> Outcome<bool> {
        guard("forceRefresh", || {
            self.0.as_ref().map(CredentialRequest::force_refresh).ok_or_else(used)
        })
    }

    /// Brings credentials. If the provider has to be asked once more, another request comes back.
    #[napi]
    pub fn complete(&mut self, credentials: &Credentials) -> Outcome<Option<Request>> {
        let request = self.0.take();
        guard("complete", || {
            let next =
                request.ok_or_else(used)?.complete(rdsiam::Credentials::clone(credentials))?;
            Ok(next.map(|next| Request(Some(next))))
        })
    }

    /// Says that the provider failed. A failure that comes back is what those get who wait.
    #[napi]
    pub fn fail(&mut self, message: String, retryable: bool) -> Outcome<()> {
        let request = self.0.take();
        guard("fail", || request.ok_or_else(used)?.fail(Error::provider(message, retryable)))
    }
}

#[cold]
fn used() -> Error {
    Error::new(ErrorKind::Internal, "a request was used twice; this is a fault of rdsiam")
}
