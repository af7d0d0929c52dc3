//! `rdsiam_credentials_*`.

use std::ffi::c_char;

use rdsiam::{Credentials, binding};

use crate::Status;
use crate::arguments::{optional_text, text};
use crate::boundary::{ffi_free, ffi_handle, into_handle};
use crate::error::OwnedError;

/// An access key, its secret, and perhaps a session token and an expiry. The strings are
/// copied, and the copies zeroized when it is freed. Immutable, so any thread may use it.
pub struct OwnedCredentials(pub(crate) Credentials);

/// Makes credentials.
///
/// @param access_key_id      Not NULL, not empty.
/// @param secret_access_key  Not NULL, not empty.
/// @param session_token      NULL or "": none.
/// @param expires_at         When they expire, in Unix seconds; 0: never, or nobody knows when.
/// @param out                Receives the credentials, or NULL after an error.
/// @param err                Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT.
///
/// Memory:  the texts are copied, and the copies zeroized when they are freed. The credentials are the
///          caller's, who frees them with rdsiam_credentials_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_credentials_new(
    access_key_id: *const c_char,
    secret_access_key: *const c_char,
    session_token: *const c_char,
    expires_at: i64,
    out: *mut *mut OwnedCredentials,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a string.
        let id = unsafe { text("access_key_id", access_key_id) }?;
        // SAFETY: the caller gives NULL or a string.
        let secret = unsafe { text("secret_access_key", secret_access_key) }?;
        // SAFETY: the caller gives NULL or a string.
        let session = unsafe { optional_text("session_token", session_token) }?;
        let expires_at = (expires_at != 0).then_some(expires_at);
        binding::credentials(id, secret, session, expires_at).map(OwnedCredentials).map(into_handle)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_credentials_new", out, err, body) }
}

/// Frees credentials. What was made from them keeps its own copy.
///
/// @param credentials  NULL does nothing.
///
/// Memory:  the credentials are gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_credentials_free(credentials: *mut OwnedCredentials) {
    // SAFETY: the caller gives NULL or credentials of this library, and gives them away.
    unsafe { ffi_free("rdsiam_credentials_free", credentials) }
}
