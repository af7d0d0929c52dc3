//! After a refused login.

use std::ffi::c_char;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Status;
use crate::arguments::{Key, text};
use crate::boundary::{ffi_out, ffi_status};
use crate::client::OwnedClient;
use crate::error::OwnedError;

/// Removes the token of a target from the cache, whichever it is. The next call signs a new one, and
/// asks the source for newer credentials unless that was done within the last minute.
///
/// @param client  Not NULL.
/// @param host    What the token was asked for with.
/// @param port    What the token was asked for with.
/// @param user    What the token was asked for with.
/// @param region  What the token was asked for with.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, also if there was none; RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK.
///
/// Memory:  handles of the old token stay readable.
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_invalidate(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        client.invalidate(&target)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_token_invalidate", err, body) }
}

/// As rdsiam_token_invalidate(), for a token that the database refused. A newer token that is in the
/// cache by now stays there.
///
/// @param client  Not NULL.
/// @param host    What the token was asked for with.
/// @param port    What the token was asked for with.
/// @param user    What the token was asked for with.
/// @param region  What the token was asked for with.
/// @param token   The text of the refused token. Not NULL.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, also if it was not there; RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK.
///
/// Memory:  handles of the old token stay readable.
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_invalidate_if(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    token: *const c_char,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        // SAFETY: the caller gives NULL or a string.
        client.invalidate_token(&target, unsafe { text("token", token) }?)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_token_invalidate_if", err, body) }
}

/// To be called when the database refused a login: removes the token from the cache, and says whether
/// to log in once more with a new one. It is worth it if the token was signed before the login began
/// and no fresh token of the target was refused within the last minute, so that N refused logins cost
/// at most N + 1 attempts.
///
/// @code
///     int log_in_again_if_refused(const rdsiam_client *client) {
///         static const char *const host = "mydb.abc123.us-east-1.rds.amazonaws.com";
///         const int64_t began = (int64_t)time(NULL);
///         rdsiam_token *token = NULL;
///         bool retry = true;
///         int good = 0;
///         while (!good && retry &&
///                rdsiam_token_get(client, host, 5432, "app", NULL, &token, NULL) == RDSIAM_OK) {
///             good = log_in(rdsiam_token_str(token));
///             if (!good && rdsiam_login_refused(client, host, 5432, "app", NULL,
///                                               rdsiam_token_str(token), began, &retry,
///                                               NULL) != RDSIAM_OK)
///                 retry = false;
///             rdsiam_token_free(token);
///         }
///         return good;
///     }
/// @endcode
///
/// @param client       Not NULL.
/// @param host         What the token was asked for with.
/// @param port         What the token was asked for with.
/// @param user         What the token was asked for with.
/// @param region       What the token was asked for with.
/// @param token        The text of the refused token. Not NULL.
/// @param login_began  When the login began, in Unix seconds: before the token was asked for.
/// @param out          Receives whether to try once more, or false after an error.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK.
///
/// Memory:  handles of the old token stay readable.
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_login_refused(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    token: *const c_char,
    login_began: i64,
    out: *mut bool,
    err: *mut *mut OwnedError,
) -> Status {
    let key = Key { client, host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client and strings.
        let (client, target) = unsafe { key.read() }?;
        // SAFETY: the caller gives NULL or a string.
        let token = unsafe { text("token", token) }?;
        client.login_refused(&target, token, system_time(login_began))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_out("rdsiam_login_refused", out, false, err, body) }
}

/// Times out of range are as good as the nearest one in range.
fn system_time(unix_time: i64) -> SystemTime {
    const LAST: u64 = 253_402_300_799; // of the year 9999
    let seconds = u64::try_from(unix_time).unwrap_or_default().min(LAST);
    UNIX_EPOCH + Duration::from_secs(seconds)
}
