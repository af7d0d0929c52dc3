//! `rdsiam_token_*`: what a token is; [`make`] has where it comes from.

pub mod make;

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use rdsiam::Token;

use crate::Status;
use crate::arguments::{TargetArguments, handle};
use crate::boundary::{does, reads};
use crate::client::OwnedClient;
use crate::error::OwnedError;

/// A token: the password of one login. Owned by whoever received it; free it with
/// rdsiam_token_free(), which wipes its text when nobody else holds the same one. Immutable,
/// so any thread may read it.
pub struct SharedToken {
    _is_a_token: [u8; 0],
}

/// Drops a token from the cache, after the database refused a login with it. The next
/// rdsiam_token_get() makes a new one.
///
/// @code
///     // Once more with a new token: the role may have changed since the old one was made.
///     int log_in_twice(const rdsiam_client *client) {
///         static const char *const host = "mydb.abc123.us-east-1.rds.amazonaws.com";
///         int attempt, good = 0;
///         for (attempt = 0; attempt < 2 && !good; attempt++) {
///             rdsiam_token *token = NULL;
///             if (rdsiam_token_get(client, host, 5432, "app", NULL, &token, NULL) != RDSIAM_OK)
///                 break;
///             good = log_in(rdsiam_token_str(token));
///             rdsiam_token_free(token);
///             if (!good)
///                 (void)rdsiam_token_invalidate(client, host, 5432, "app", NULL, NULL);
///         }
///         return good;
///     }
/// @endcode
///
/// @param client  Not NULL.
/// @param host    What the token was asked for with.
/// @param port    What the token was asked for with.
/// @param user    What the token was asked for with.
/// @param region  What the token was asked for with.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, also if there was none; or RDSIAM_ERR_INVALID_ARGUMENT.
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
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client of this library.
        let client = &unsafe { handle("client", client) }?.0;
        // SAFETY: the caller gives NULL or strings.
        client.invalidate(&unsafe { target.read() }?)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { does("rdsiam_token_invalidate", err, body) }
}

/// The text of a token, to be given to the driver as the password. In a URL it would have to be
/// percent-encoded; do not log it.
///
/// @param token  NULL gives NULL.
/// @return The text, in ASCII, which ends with a NUL.
///
/// Memory:  the text belongs to the token and lives as long as its handle.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_str(token: *const SharedToken) -> *const c_char {
    reads("rdsiam_token_str", ptr::null(), || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(ptr::null(), |token| token.as_c_str().as_ptr())
    })
}

/// The length of the text of a token. Some tools cut a password at 512, 1,024 or 2,048 bytes.
///
/// @param token  NULL gives 0.
/// @return Bytes without the NUL: 350 to 3,000.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_len(token: *const SharedToken) -> usize {
    reads("rdsiam_token_len", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, |token| token.as_str().len())
    })
}

/// When the database stops taking a token: 15 minutes after its signing, or at the end of the
/// credentials that signed it if that is sooner.
///
/// @param token  NULL gives 0.
/// @return A Unix second.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_expires_at(token: *const SharedToken) -> i64 {
    reads("rdsiam_token_expires_at", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, Token::expires_at)
    })
}

/// Gives a token back. Its text is wiped when nobody holds it any more.
///
/// @param token  NULL does nothing.
///
/// Memory:  the handle is gone, and the text with the last handle of the same token.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_free(token: *mut SharedToken) {
    reads("rdsiam_token_free", (), || {
        if !token.is_null() {
            // SAFETY: the handle was made by hand_over, and the caller gives it away.
            drop(unsafe { Arc::from_raw(token.cast_const().cast::<Token>()) });
        }
    });
}

/// # Safety
/// `token` is NULL or was made by [`hand_over`] and lives for `'a`.
unsafe fn view<'a>(token: *const SharedToken) -> Option<&'a Token> {
    // SAFETY: as this function asks.
    unsafe { token.cast::<Token>().as_ref() }
}

/// A hit costs C one count of references and no copy.
pub(crate) fn hand_over(token: Arc<Token>) -> *mut SharedToken {
    Arc::into_raw(token).cast_mut().cast()
}
