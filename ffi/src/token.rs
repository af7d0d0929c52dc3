//! `rdsiam_token_*`: what a token is; [`get`] has where it comes from, [`refused`] what to do when a
//! login failed.

pub mod get;
pub mod refused;

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use rdsiam::{Token, binding};

use crate::boundary::ffi_value;

/// A token: the password of one login. Owned by whoever received it; free it with
/// rdsiam_token_free(), which zeroizes its text when nobody else holds the same one. Immutable,
/// so any thread may read it.
pub struct SharedToken {
    _is_a_token: [u8; 0],
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
    ffi_value("rdsiam_token_str", ptr::null(), || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(ptr::null(), |token| token.as_c_str().as_ptr())
    })
}

/// The length of the text of a token. It depends on host, user and session token, and has no bound:
/// 271 to 4,344 bytes were measured. Some tools cut a password at 512, 1,024 or 2,048 bytes.
///
/// @param token  NULL gives 0.
/// @return Bytes without the NUL.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_len(token: *const SharedToken) -> usize {
    ffi_value("rdsiam_token_len", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, |token| token.as_str().len())
    })
}

/// When a token was signed: the X-Amz-Date in its text.
///
/// @param token  NULL gives 0.
/// @return Unix seconds.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_signed_at(token: *const SharedToken) -> i64 {
    ffi_value("rdsiam_token_signed_at", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, |token| binding::unix_times(token).0)
    })
}

/// When the database stops accepting a token: at the end of its own life, or at the expiry of the
/// credentials that signed it if that is sooner.
///
/// @param token  NULL gives 0.
/// @return Unix seconds.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_expires_at(token: *const SharedToken) -> i64 {
    ffi_value("rdsiam_token_expires_at", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, |token| binding::unix_times(token).1)
    })
}

/// Frees a handle of a token. The text is zeroized with the last handle of the same token.
///
/// @param token  NULL does nothing.
///
/// Memory:  the handle is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_free(token: *mut SharedToken) {
    ffi_value("rdsiam_token_free", (), || {
        if !token.is_null() {
            // SAFETY: the handle was made by into_token, and the caller gives it away.
            drop(unsafe { Arc::from_raw(token.cast_const().cast::<Token>()) });
        }
    });
}

/// # Safety
/// `token` is NULL or was made by [`into_token`] and lives for `'a`.
unsafe fn view<'a>(token: *const SharedToken) -> Option<&'a Token> {
    // SAFETY: as this function asks.
    unsafe { token.cast::<Token>().as_ref() }
}

/// A hit costs C one count of references and no copy.
pub(crate) fn into_token(token: Arc<Token>) -> *mut SharedToken {
    Arc::into_raw(token).cast_mut().cast()
}
