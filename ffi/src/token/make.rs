//! `rdsiam_token_get` and the other functions that give tokens.

use std::ffi::c_char;
use std::sync::Arc;

use rdsiam::{Client, Conventions, Result, Target, sign_at};

use crate::Status;
use crate::arguments::{TargetArguments, handle};
use crate::boundary::{gives, serves};
use crate::client::OwnedClient;
use crate::credentials::{OwnedCredentials, better};
use crate::error::OwnedError;
use crate::token::{SharedToken, hand_over};

/// Gets a token from the cache, good for at least another 10 seconds.
///
/// A token in its first 14 minutes is handed out at once: no lock, no I/O. In the minute after that
/// the old one is handed out and a new one is made behind it. Only without a usable token are
/// credentials fetched first; all callers of the same token wait for the same fetch.
///
/// @code
///     int log_in_from_cache(const rdsiam_client *client) {
///         rdsiam_token *token = NULL;
///         rdsiam_error *err = NULL;
///         int good = 0;
///         if (rdsiam_token_get(client, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app",
///                              NULL, &token, &err) == RDSIAM_OK)
///             good = log_in(rdsiam_token_str(token));
///         else
///             fprintf(stderr, "%s: %s\n", rdsiam_error_code(err), rdsiam_error_message(err));
///         rdsiam_token_free(token);
///         rdsiam_error_free(err);
///         return good;
///     }
/// @endcode
///
/// @param client  Not NULL.
/// @param host    The endpoint of the database as AWS shows it, which is not always what is dialled
///                (a tunnel, a name of your own). Not NULL.
/// @param port    Of that endpoint, 1 to 65535.
/// @param user    The database user. Not NULL, not empty.
/// @param region  NULL: the one in the host's name, then the configuration's, then AWS_REGION,
///                AWS_DEFAULT_REGION and the profile.
/// @param out     Receives the token, or NULL after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or any of RDSIAM_ERR_*; RDSIAM_ERR_WOULD_BLOCK only from a client made with
///         rdsiam_config_set_external().
///
/// Memory:  the texts are copied. The token is the caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  only without a usable token and with credentials that have to be fetched: 10 seconds at
///          most with the default chain, as long as it takes with a provider, and 15 seconds at
///          most for the fetch of another caller.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_get(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe {
        by_client(client, &target, |client, target| client.get(target).map(hand_over))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { serves("rdsiam_token_get", out, err, body) }
}

/// As rdsiam_token_get(), but never waits: for an event loop, or before a call that may wait is
/// moved to another thread.
///
/// A refresh behind a token that is still good begins here too. Credentials given in code or by the
/// environment are at hand, so that with them it only would block while another thread is signing
/// the same token.
///
/// @code
///     // -1: the call is for a thread that may wait.
///     int log_in_at_once(const rdsiam_client *client) {
///         rdsiam_token *token = NULL;
///         rdsiam_status status = rdsiam_token_try_get(
///             client, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app", NULL, &token, NULL);
///         int good = status == RDSIAM_ERR_WOULD_BLOCK ? -1 : 0;
///         if (status == RDSIAM_OK)
///             good = log_in(rdsiam_token_str(token));
///         rdsiam_token_free(token);
///         return good;
///     }
/// @endcode
///
/// @param client  Not NULL.
/// @param host    As for rdsiam_token_get().
/// @param port    As for rdsiam_token_get().
/// @param user    As for rdsiam_token_get().
/// @param region  As for rdsiam_token_get().
/// @param out     Receives the token, or NULL after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK; RDSIAM_ERR_WOULD_BLOCK if credentials or the region would have to be fetched
///         first, or another thread's refresh waited for; or any other of RDSIAM_ERR_*.
///
/// Memory:  as for rdsiam_token_get().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_try_get(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let try_get = |client: &Client, target: &Target<'_>| {
        client.try_get_lease(target).map(|lease| hand_over(lease.token))
    };
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe { by_client(client, &target, try_get) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { serves("rdsiam_token_try_get", out, err, body) }
}

/// Signs a new token at each call and leaves the cache alone. Credentials of the default chain are
/// kept for a minute, and beyond that while they are good for another 15.
///
/// @param client  Not NULL.
/// @param host    As for rdsiam_token_get().
/// @param port    As for rdsiam_token_get().
/// @param user    As for rdsiam_token_get().
/// @param region  As for rdsiam_token_get().
/// @param out     Receives the token, or NULL after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return As rdsiam_token_get().
///
/// Memory:  as for rdsiam_token_get().
/// Threads: any number at once.
/// Blocks:  while credentials have to be fetched, as rdsiam_token_get().
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let sign =
        |client: &Client, target: &Target<'_>| client.sign(target).map(Arc::new).map(hand_over);
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe { by_client(client, &target, sign) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign", out, err, body) }
}

/// Signs a new token with credentials of the caller's, by the rules of the client, and leaves the
/// cache alone.
///
/// @param client       Not NULL.
/// @param credentials  Not NULL.
/// @param newer        As for rdsiam_ticket_bring().
/// @param host         As for rdsiam_token_get().
/// @param port         As for rdsiam_token_get().
/// @param user         As for rdsiam_token_get().
/// @param region       As for rdsiam_token_get(), but for the profile, which is not read.
/// @param out          Receives the token, or NULL after an error.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, RDSIAM_ERR_CREDENTIALS_EXPIRED,
///         RDSIAM_ERR_CLOCK, or RDSIAM_ERR_WOULD_BLOCK if only the profile can tell the region.
///
/// Memory:  the credentials are copied; the caller still owns and frees them. The token is the
///          caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_with(
    client: *const OwnedClient,
    credentials: *const OwnedCredentials,
    newer: *const OwnedCredentials,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { better(credentials, newer) }?;
        let sign = |client: &Client, target: &Target<'_>| {
            client.sign_with(target, &credentials).map(Arc::new).map(hand_over)
        };
        // SAFETY: the caller gives NULL or a client and strings.
        unsafe { by_client(client, &target, sign) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign_with", out, err, body) }
}

/// Signs a token for a given second. Pure: no client, cache, clock, file or network; the
/// environment is not looked at.
///
/// @code
///     int token_of_a_known_second(void) {
///         rdsiam_credentials *credentials = NULL;
///         rdsiam_token *token = NULL;
///         int good = 0;
///         if (rdsiam_credentials_new("AKIDEXAMPLE", "SECRET", NULL, 0, &credentials, NULL) ==
///                 RDSIAM_OK &&
///             rdsiam_token_sign_at(credentials, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432,
///                                  "app", NULL, 1717243200, 900, &token, NULL) == RDSIAM_OK)
///             good = rdsiam_token_expires_at(token) == 1717243200 + 900;
///         rdsiam_token_free(token);
///         rdsiam_credentials_free(credentials);
///         return good;
///     }
/// @endcode
///
/// @param credentials  Not NULL.
/// @param host         As for rdsiam_token_get().
/// @param port         1 to 65535.
/// @param user         Not NULL, not empty.
/// @param region       NULL: the one in the host's name.
/// @param unix_time    The second of the signature, from 0 (1970) to the end of 9999.
/// @param expires_s    How long the token lives: 1 to 900 seconds.
/// @param out          Receives the token, or NULL after an error.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, RDSIAM_ERR_REGION_MISSING, or
///         RDSIAM_ERR_CREDENTIALS_EXPIRED if they end at or before unix_time.
///
/// Memory:  the token is the caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_at(
    credentials: *const OwnedCredentials,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    unix_time: i64,
    expires_s: u32,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = &unsafe { handle("credentials", credentials) }?.0;
        // SAFETY: the caller gives NULL or strings.
        let target = unsafe { target.read() }?;
        sign_at(credentials, &target, unix_time, expires_s, Conventions::SDK)
            .map(|token| hand_over(Arc::new(token)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign_at", out, err, body) }
}

/// # Safety
/// `client` is NULL or a client of this library; the pointers of `target` are NULL or strings.
pub(crate) unsafe fn by_client<T>(
    client: *const OwnedClient,
    target: &TargetArguments,
    call: impl FnOnce(&Client, &Target<'_>) -> Result<T>,
) -> Result<T> {
    // SAFETY: as this function asks.
    let client = &unsafe { handle("client", client) }?.0;
    // SAFETY: as this function asks.
    let target = unsafe { target.read() }?;
    call(client, &target)
}
