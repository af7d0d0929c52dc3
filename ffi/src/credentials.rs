//! `rdsiam_credentials_*`.

use std::ffi::c_char;

use rdsiam::{Clock, Credentials, Result, better_of, wants_newer};

use crate::Status;
use crate::arguments::{handle, optional_text, text};
use crate::boundary::{gives, reads};
use crate::error::OwnedError;

/// An access key, its secret, and perhaps a session token and an end. The strings are copied,
/// and the copies wiped when it is freed. Immutable, so any thread may use it.
pub struct OwnedCredentials(pub(crate) Credentials);

/// Makes credentials.
///
/// @param access_key_id      Not NULL, not empty.
/// @param secret_access_key  Not NULL, not empty.
/// @param session_token      NULL or "": none.
/// @param expires_at         The Unix second they end; 0: they do not end, or nobody knows when.
/// @param out                Receives the credentials, or NULL after an error.
/// @param err                Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT.
///
/// Memory:  the texts are copied, and the copies wiped when they are freed. The credentials are the
///          caller's, who frees them with rdsiam_credentials_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
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
        let end = (expires_at != 0).then_some(expires_at);
        let credentials = Credentials::with_expiry(id, secret, session, end)?;
        Ok(Box::into_raw(Box::new(OwnedCredentials(credentials))))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_credentials_new", out, err, body) }
}

/// Whether credentials end in less than 15 minutes, which would cut a token short: their source
/// should be asked once more, for newer ones. The library does so by itself, except for a caller
/// who fetches credentials for rdsiam_ticket_bring() or rdsiam_token_sign_with().
///
/// @param credentials  NULL: false.
/// @return Whether they do.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_credentials_want_newer(
    credentials: *const OwnedCredentials,
) -> bool {
    reads("rdsiam_credentials_want_newer", false, || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { credentials.as_ref() };
        let now = Clock::default().now();
        credentials.zip(now.ok()).is_some_and(|(credentials, now)| wants_newer(&credentials.0, now))
    })
}

/// Wipes and frees credentials. What was made from them keeps its own copy.
///
/// @param credentials  NULL does nothing.
///
/// Memory:  the credentials are gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_credentials_free(credentials: *mut OwnedCredentials) {
    reads("rdsiam_credentials_free", (), || {
        if !credentials.is_null() {
            // SAFETY: the caller gives credentials of this library, and gives them away.
            drop(unsafe { Box::from_raw(credentials) });
        }
    });
}

/// What a source gave, or what it gave when it was asked once more, if that is better.
///
/// # Safety
/// Each pointer is as [`handle`] asks.
pub(crate) unsafe fn better(
    credentials: *const OwnedCredentials,
    newer: *const OwnedCredentials,
) -> Result<Credentials> {
    // SAFETY: as this function asks.
    let credentials = unsafe { handle("credentials", credentials) }?.0.clone();
    // SAFETY: as this function asks.
    let newer = unsafe { newer.as_ref() }.map(|newer| newer.0.clone());
    Ok(match newer {
        Some(newer) => better_of(credentials, newer),
        None => credentials,
    })
}
