//! `rdsiam_token_get` and the other functions that return tokens.

use std::ffi::c_char;
use std::sync::Arc;

use rdsiam::{Conventions, binding};

use crate::Status;
use crate::arguments::{Key, handle, target};
use crate::boundary::ffi_handle;
use crate::client::OwnedClient;
use crate::credentials::OwnedCredentials;
use crate::error::OwnedError;
use crate::token::{SharedToken, into_token};

/// Gets a token from the cache, valid for at least another 10 seconds.
///
/// In the first 14 minutes of a token that is a hit: no I/O and no wait for any. Later a new one is signed in
/// the call, with the credentials of the client, which are refreshed in the background while they
/// can still be used. Only without usable credentials does a call wait; all callers wait for the same
/// fetch, and get its error if it fails.
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
///         rdsiam_config_set_host_fetches().
///
/// Memory:  the texts are copied. The token is the caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  only without a usable token and with credentials that have to be fetched, and then at
///          most for the timeout of the client: see rdsiam_config_set_timeout_ms().
/// Since:   0.1.0
#[must_use]
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
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        client.get(&target).map(into_token)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_get", out, err, body) }
}

/// As rdsiam_token_get(), but never waits: for an event loop, or before a call that may wait is
/// moved to another thread.
///
/// It begins a fetch where one is needed, so that a later call finds credentials, but does not report
/// how that ended: after RDSIAM_ERR_WOULD_BLOCK call rdsiam_token_get() on a thread that may wait,
/// rather than this in a loop. Credentials given in code or by the environment never block.
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
///         first; or any other of RDSIAM_ERR_*.
///
/// Memory:  as for rdsiam_token_get().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
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
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        binding::try_get_lease(client, &target).map(|lease| into_token(lease.token))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_try_get", out, err, body) }
}

/// Signs a new token at each call and leaves the cache of tokens alone. The credentials are those
/// that rdsiam_token_get() uses.
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
#[must_use]
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
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        client.sign(&target).map(Arc::new).map(into_token)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_sign", out, err, body) }
}

/// As rdsiam_token_sign(), but never waits.
///
/// @param client  Not NULL.
/// @param host    As for rdsiam_token_get().
/// @param port    As for rdsiam_token_get().
/// @param user    As for rdsiam_token_get().
/// @param region  As for rdsiam_token_get().
/// @param out     Receives the token, or NULL after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return As rdsiam_token_try_get(): RDSIAM_ERR_WOULD_BLOCK if something has to be fetched first.
///
/// Memory:  as for rdsiam_token_get().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_try_sign(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        binding::try_sign(client, &target).map(Arc::new).map(into_token)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_try_sign", out, err, body) }
}

/// Signs a token for a given second. Pure: no client, cache, clock, file, network or environment.
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
///         RDSIAM_ERR_CREDENTIALS_EXPIRED if they expire at or before unix_time.
///
/// Memory:  the token is the caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
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
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = &unsafe { handle("credentials", credentials) }?.0;
        // SAFETY: the caller gives NULL or strings.
        let target = unsafe { target(host, port, user, region) }?;
        binding::sign_at(credentials, &target, unix_time, expires_s, Conventions::SDK)
            .map(|token| into_token(Arc::new(token)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_sign_at", out, err, body) }
}
