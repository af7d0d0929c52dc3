//! A token inside a text that gives some of its characters a meaning of their own.

use std::ffi::c_char;
use std::ptr;

use rdsiam::Quoting;
use zeroize::Zeroizing;

use crate::Status;
use crate::arguments::{invalid, text};
use crate::boundary::{ffi_free, ffi_handle, ffi_value, into_handle};
use crate::error::OwnedError;

/// The password of a URL: all but the unreserved characters of RFC 3986 is encoded.
pub const RDSIAM_QUOTE_URL: i32 = 1;
/// The last field of a line of .pgpass.
pub const RDSIAM_QUOTE_PGPASS: i32 = 2;
/// PWD= in a connection string of ODBC.
pub const RDSIAM_QUOTE_ODBC: i32 = 3;
/// The same for psqlODBC, which also decodes percent signs in a password.
pub const RDSIAM_QUOTE_ODBC_PERCENT: i32 = 4;

/// A quoted token. Immutable, so any thread may read it.
pub struct OwnedQuoted(Zeroizing<Vec<u8>>);

/// Quotes a token, or any other text, so that what reads it at that place reads it as it was. Where a
/// driver takes the password by itself, give it rdsiam_token_str() as it is.
///
/// @param token  Not NULL.
/// @param place  One of RDSIAM_QUOTE_URL, RDSIAM_QUOTE_PGPASS, RDSIAM_QUOTE_ODBC and
///               RDSIAM_QUOTE_ODBC_PERCENT.
/// @param out    Receives the quoted text, or NULL after an error.
/// @param err    Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT.
///
/// Memory:  the quoted text is the caller's, who frees it with rdsiam_quoted_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_quote(
    token: *const c_char,
    place: i32,
    out: *mut *mut OwnedQuoted,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a string.
        let token = unsafe { text("token", token) }?;
        let place = match place {
            RDSIAM_QUOTE_URL => Quoting::Url,
            RDSIAM_QUOTE_PGPASS => Quoting::Pgpass,
            RDSIAM_QUOTE_ODBC => Quoting::Odbc,
            RDSIAM_QUOTE_ODBC_PERCENT => Quoting::OdbcPercent,
            _ => return Err(invalid(format!("place is {place}; give one of RDSIAM_QUOTE_*"))),
        };
        let quoted = rdsiam::quote(token, place);
        // One buffer of exactly the size, so that no copy is left behind when it grows.
        let mut bytes = Zeroizing::new(Vec::with_capacity(quoted.as_str().len() + 1));
        bytes.extend_from_slice(quoted.as_str().as_bytes());
        bytes.push(0);
        Ok(into_handle(OwnedQuoted(bytes)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_quote", out, err, body) }
}

/// The text of a quoted token. Do not log it.
///
/// @param quoted  NULL gives NULL.
/// @return The text, which ends with a NUL.
///
/// Memory:  the text belongs to the handle and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_quoted_str(quoted: *const OwnedQuoted) -> *const c_char {
    ffi_value("rdsiam_quoted_str", ptr::null(), || {
        // SAFETY: the caller gives NULL or a quoted text of this library.
        unsafe { quoted.as_ref() }.map_or(ptr::null(), |quoted| quoted.0.as_ptr().cast())
    })
}

/// Frees a quoted token, and zeroizes its text.
///
/// @param quoted  NULL does nothing.
///
/// Memory:  the handle is gone, with its text.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_quoted_free(quoted: *mut OwnedQuoted) {
    // SAFETY: the caller gives NULL or a quoted text of this library, and gives it away.
    unsafe { ffi_free("rdsiam_quoted_free", quoted) }
}
