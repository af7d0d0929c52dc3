//! Tokens for programs that fetch credentials themselves.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use rdsiam::binding::{self, Action, CredentialRequest, PendingFetch};
use rdsiam::{Client, Result, Target, Token};

use crate::Status;
use crate::arguments::{Key, handle, handle_mut, invalid};
use crate::boundary::{Out, ffi_free, ffi_handle, ffi_out, ffi_status, ffi_value, into_handle};
use crate::client::OwnedClient;
use crate::credentials::OwnedCredentials;
use crate::error::{OwnedError, as_error, of_source};
use crate::token::{SharedToken, into_token};

/// The duty to fetch credentials for a client, of which there is one at a time. Not for use by two
/// threads at once, but any thread may use it. Outlives its client.
///
/// One that has not ended after the timeout of the client is replaced: the next caller gets another.
/// Credentials that it is completed with then are still used.
pub struct OwnedRequest(Option<CredentialRequest>);

/// A fetch of another caller's. Any thread may use it. Outlives its client.
pub struct OwnedPending {
    client: Client,
    fetch: PendingFetch,
}

/// Gets a token of a client made with rdsiam_config_set_host_fetches(), or says what to do for one.
///
/// A token alone: use it. A token and a request: use it, and fetch credentials for later ones. A
/// request alone: fetch credentials, then ask again. Neither: another caller fetches; wait for that
/// with rdsiam_pending_wait(), then ask again.
///
/// @code
///     int log_in_with_own_credentials(const rdsiam_client *client) {
///         rdsiam_token *token = NULL;
///         int good = 0;
///         while (token == NULL) {
///             rdsiam_request *request = NULL;
///             rdsiam_pending *pending = NULL;
///             rdsiam_status status = rdsiam_token_get_or_fetch(
///                 client, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app", NULL, &token,
///                 &request, &pending, NULL);
///             bool again = request != NULL;
///             while (again && status == RDSIAM_OK) {
///                 rdsiam_credentials *fetched = NULL;
///                 // Fetch, as long as it takes; newer ones than before if
///                 // rdsiam_request_force_refresh(request).
///                 status = rdsiam_credentials_new("ASIAEXAMPLE", "SECRET", "SESSION", 0, &fetched,
///                                                 NULL);
///                 if (status == RDSIAM_OK)
///                     status = rdsiam_request_complete(request, fetched, &again, NULL);
///                 rdsiam_credentials_free(fetched);
///             }
///             if (status == RDSIAM_OK && pending != NULL)
///                 status = rdsiam_pending_wait(pending, NULL);
///             rdsiam_request_free(request);
///             rdsiam_pending_free(pending);
///             if (status != RDSIAM_OK)
///                 break;
///         }
///         if (token != NULL)
///             good = log_in(rdsiam_token_str(token));
///         rdsiam_token_free(token);
///         return good;
///     }
/// @endcode
///
/// @param client   Not NULL.
/// @param host     As for rdsiam_token_get().
/// @param port     As for rdsiam_token_get().
/// @param user     As for rdsiam_token_get().
/// @param region   As for rdsiam_token_get().
/// @param out      Receives the token or NULL. Not NULL itself.
/// @param request  Receives the request or NULL. Not NULL itself.
/// @param pending  Receives the fetch to wait for or NULL. Not NULL itself.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, also for a client that fetches by itself;
///         RDSIAM_ERR_REGION_MISSING, RDSIAM_ERR_CREDENTIALS_EXPIRED, RDSIAM_ERR_CLOCK, or
///         RDSIAM_ERR_WOULD_BLOCK if only the profile can tell the region.
///
/// Memory:  all three are the caller's, who frees them with rdsiam_token_free(),
///          rdsiam_request_free() and rdsiam_pending_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_get_or_fetch(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    request: *mut *mut OwnedRequest,
    pending: *mut *mut OwnedPending,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let next = |client: &Client, target: &Target<'_>| {
        binding::next_lease(client, target).map(|action| action_with(action, |lease| lease.token))
    };
    // SAFETY: the caller gives NULL, a client and strings, or what may be written.
    unsafe { next_action("rdsiam_token_get_or_fetch", &key, next, out, request, pending, err) }
}

/// As rdsiam_token_get_or_fetch(), for a new token at each call; the cache of tokens is left alone.
///
/// @param client   Not NULL.
/// @param host     As for rdsiam_token_get().
/// @param port     As for rdsiam_token_get().
/// @param user     As for rdsiam_token_get().
/// @param region   As for rdsiam_token_get().
/// @param out      Receives the token or NULL. Not NULL itself.
/// @param request  Receives the request or NULL. Not NULL itself.
/// @param pending  Receives the fetch to wait for or NULL. Not NULL itself.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return As rdsiam_token_get_or_fetch(): RDSIAM_OK or an RDSIAM_ERR_* of there.
///
/// Memory:  as for rdsiam_token_get_or_fetch().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_or_fetch(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    request: *mut *mut OwnedRequest,
    pending: *mut *mut OwnedPending,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let next = |client: &Client, target: &Target<'_>| {
        binding::next_signature(client, target).map(|action| action_with(action, Arc::new))
    };
    // SAFETY: the caller gives NULL, a client and strings, or what may be written.
    unsafe { next_action("rdsiam_token_sign_or_fetch", &key, next, out, request, pending, err) }
}

fn action_with<T>(action: Action<T>, token: impl FnOnce(T) -> Arc<Token>) -> Action<Arc<Token>> {
    match action {
        Action::Serve(found) => Action::Serve(token(found)),
        Action::ServeAndFetch(found, request) => Action::ServeAndFetch(token(found), request),
        Action::Fetch(request) => Action::Fetch(request),
        Action::Wait(fetch) => Action::Wait(fetch),
    }
}

/// # Safety
/// As [`Key::read`] for the key; each other pointer is NULL or may be written.
unsafe fn next_action(
    name: &'static str,
    key: &Key,
    next: impl FnOnce(&Client, &Target<'_>) -> Result<Action<Arc<Token>>>,
    out: *mut *mut SharedToken,
    request: *mut *mut OwnedRequest,
    pending: *mut *mut OwnedPending,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: as this function asks.
    let request = unsafe { Out::cleared(request, ptr::null_mut()) };
    // SAFETY: as this function asks.
    let pending = unsafe { Out::cleared(pending, ptr::null_mut()) };
    let body = || {
        request.check("request")?;
        pending.check("pending")?;
        // SAFETY: as this function asks.
        let (client, target) = unsafe { key.read() }?;
        let (token, new, running) = match next(client, &target)? {
            Action::Serve(token) => (Some(token), None, None),
            Action::ServeAndFetch(token, new) => (Some(token), Some(new), None),
            Action::Fetch(new) => (None, Some(new), None),
            Action::Wait(running) => (None, None, Some(running)),
        };
        if let Some(new) = new {
            // SAFETY: as this function asks.
            unsafe { request.write(into_handle(OwnedRequest(Some(new)))) };
        }
        if let Some(fetch) = running {
            let running = OwnedPending { client: client.clone(), fetch };
            // SAFETY: as this function asks.
            unsafe { pending.write(into_handle(running)) };
        }
        Ok(token.map_or(ptr::null_mut(), into_token))
    };
    // SAFETY: as this function asks.
    unsafe { ffi_handle(name, out, err, body) }
}

/// Whether to ask the source for newer credentials than it returned before, past any cache that the
/// source has. Those expire within 15 minutes, or a login with them was refused.
///
/// @param request  NULL: false.
/// @return Whether newer ones are wanted; false for one that has ended.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one request.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_request_force_refresh(request: *const OwnedRequest) -> bool {
    ffi_value("rdsiam_request_force_refresh", false, || {
        // SAFETY: the caller gives NULL or a request of this library.
        let request = unsafe { request.as_ref() }.and_then(|request| request.0.as_ref());
        request.is_some_and(CredentialRequest::force_refresh)
    })
}

/// Completes a request with the credentials that were fetched. All who wait for them go on.
///
/// If they expire within 15 minutes, `out` becomes true and the request has not ended: ask the source
/// once more, for newer ones, and complete or fail the request again. The better ones are used.
///
/// @param request      Not NULL.
/// @param credentials  Not NULL.
/// @param out          Receives whether to fetch once more. Not NULL.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK; RDSIAM_ERR_CREDENTIALS_EXPIRED for credentials that have expired, which are not
///         used; RDSIAM_ERR_CLOCK; or RDSIAM_ERR_INVALID_ARGUMENT, also for a request that has ended.
///
/// Memory:  the credentials are copied; the caller still owns and frees both.
/// Threads: any, one at a time for one request.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_request_complete(
    request: *mut OwnedRequest,
    credentials: *const OwnedCredentials,
    out: *mut bool,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { handle("credentials", credentials) }?.0.clone();
        // SAFETY: the caller gives NULL or a request that nobody else uses now.
        let request = unsafe { handle_mut("request", request) }?;
        let open = request.0.take().ok_or_else(ended)?;
        request.0 = open.complete(credentials)?;
        Ok(request.0.is_some())
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_out("rdsiam_request_complete", out, false, err, body) }
}

/// Says that the fetch failed. All who wait for it get the error that this function returns: the one
/// that it is given, unless the source answered before with credentials that expire within 15 minutes.
/// Then those are used, or reported as expired.
///
/// @param request  Not NULL.
/// @param error    Why, made by rdsiam_error_new(). Not NULL.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK if the first answer is used; the status of the error otherwise; or
///         RDSIAM_ERR_INVALID_ARGUMENT, also for a request that has ended.
///
/// Memory:  the error is copied; the caller still owns and frees both.
/// Threads: any, one at a time for one request.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_request_fail(
    request: *mut OwnedRequest,
    error: *const OwnedError,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or an error of this library.
        let error = unsafe { as_error(error) };
        let error = error.ok_or_else(|| invalid("error is NULL".to_owned()))?;
        // SAFETY: the caller gives NULL or a request that nobody else uses now.
        let request = unsafe { handle_mut("request", request) }?.0.take().ok_or_else(ended)?;
        let error = of_source(error.kind().status(), error.message(), error.retryable());
        request.fail(error)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_request_fail", err, body) }
}

/// Frees a request. One that has not ended has failed: all who wait for it get a retryable
/// RDSIAM_ERR_CREDENTIALS_PROVIDER, and the next caller without a usable token gets a new request.
///
/// @param request  NULL does nothing.
///
/// Memory:  the request is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_request_free(request: *mut OwnedRequest) {
    // SAFETY: the caller gives NULL or a request of this library, and gives it away.
    unsafe { ffi_free("rdsiam_request_free", request) }
}

/// Waits until the fetch of another caller has ended. Ask for the token again then.
///
/// @param pending  Not NULL.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK; the error of the fetch, if it failed and there are no usable credentials;
///         RDSIAM_ERR_TIMEOUT after the timeout of the client; or RDSIAM_ERR_INVALID_ARGUMENT.
///
/// Memory:  nothing is kept.
/// Threads: any number at once.
/// Blocks:  until the fetch has ended or been replaced, at most for the timeout of the client.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_pending_wait(
    pending: *const OwnedPending,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a fetch of this library.
        let pending = unsafe { handle("pending", pending) }?;
        pending.fetch.wait()?;
        pending.fetch.outcome(&pending.client)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_pending_wait", err, body) }
}

/// Frees what rdsiam_pending_wait() waits for. The fetch goes on.
///
/// @param pending  NULL does nothing.
///
/// Memory:  the handle is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_pending_free(pending: *mut OwnedPending) {
    // SAFETY: the caller gives NULL or a fetch of this library, and gives it away.
    unsafe { ffi_free("rdsiam_pending_free", pending) }
}

fn ended() -> rdsiam::Error {
    invalid("request has ended already; ask for a token to get another".to_owned())
}
