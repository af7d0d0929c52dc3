//! `rdsiam_error_*`: errors that the caller owns.

use std::ffi::{CStr, CString, c_char};

use rdsiam::{Error, ErrorKind};

use crate::Status;
use crate::boundary::{ffi_free, ffi_value, into_handle};

/// Success.
pub const RDSIAM_OK: Status = 0;
/// An argument is not valid; the message names it and the remedy.
pub const RDSIAM_ERR_INVALID_ARGUMENT: Status = 1;
/// No region was given, and neither host, environment nor profile has one.
pub const RDSIAM_ERR_REGION_MISSING: Status = 3;
/// No source had credentials.
pub const RDSIAM_ERR_CREDENTIALS_NOT_FOUND: Status = 20;
/// The credentials have expired, or expire too soon to be of use. Retryable.
pub const RDSIAM_ERR_CREDENTIALS_EXPIRED: Status = 21;
/// A source of credentials failed. rdsiam_error_retryable() tells whether to try again.
pub const RDSIAM_ERR_CREDENTIALS_PROVIDER: Status = 22;
/// Credentials did not arrive in time. Retryable.
pub const RDSIAM_ERR_TIMEOUT: Status = 31;
/// The call may not wait, and would have had to.
pub const RDSIAM_ERR_WOULD_BLOCK: Status = 32;
/// The system clock cannot be right.
pub const RDSIAM_ERR_CLOCK: Status = 40;
/// A fault of this library.
pub const RDSIAM_ERR_INTERNAL: Status = 90;
/// A fault of this library, caught before it reached the caller. Handles that were given to the
/// call may only be freed.
pub const RDSIAM_ERR_PANIC: Status = 91;

/// The header needs literals; the table is the core's.
const _: () = {
    assert!(RDSIAM_ERR_INVALID_ARGUMENT == ErrorKind::InvalidArgument.status());
    assert!(RDSIAM_ERR_REGION_MISSING == ErrorKind::RegionMissing.status());
    assert!(RDSIAM_ERR_CREDENTIALS_NOT_FOUND == ErrorKind::CredentialsNotFound.status());
    assert!(RDSIAM_ERR_CREDENTIALS_EXPIRED == ErrorKind::CredentialsExpired.status());
    assert!(RDSIAM_ERR_CREDENTIALS_PROVIDER == ErrorKind::CredentialsProvider.status());
    assert!(RDSIAM_ERR_TIMEOUT == ErrorKind::Timeout.status());
    assert!(RDSIAM_ERR_WOULD_BLOCK == ErrorKind::WouldBlock.status());
    assert!(RDSIAM_ERR_CLOCK == ErrorKind::Clock.status());
    assert!(RDSIAM_ERR_INTERNAL == ErrorKind::Internal.status());
    assert!(RDSIAM_ERR_PANIC == ErrorKind::Panic.status());
};

/// An error: a status, a code, a message. Owned by whoever received it through an `err`
/// argument; free it with rdsiam_error_free(). Immutable, so any thread may read it.
pub struct OwnedError {
    error: Error,
    code: CString,
    message: CString,
}

/// An error on its way to C.
pub(crate) enum ErrorHandle {
    Owned(OwnedError),
    Panic(&'static PanicError),
}

/// The error of a panic. After one nothing more should run, so it was made beforehand: its address
/// stands for it in C, where it is compared and never freed.
pub(crate) struct PanicError {
    code: &'static CStr,
    message: &'static CStr,
}

pub(crate) static PANIC: PanicError = PanicError {
    code: c"ERR_RDSIAM_PANIC",
    message: c"a fault in rdsiam was caught; the handles given to this call may only be freed; \
please report what was printed on standard error",
};

impl OwnedError {
    pub(crate) fn new(error: &Error) -> Self {
        let message = error.message().replace('\0', "\\0");
        Self {
            error: error.clone(),
            code: CString::new(error.code()).unwrap_or_default(),
            message: CString::new(message).unwrap_or_default(),
        }
    }
}

impl ErrorHandle {
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Owned(error) => error.error.kind().status(),
            Self::Panic(_) => RDSIAM_ERR_PANIC,
        }
    }

    pub(crate) fn into_raw(self) -> *mut OwnedError {
        match self {
            Self::Owned(error) => into_handle(error),
            Self::Panic(error) => address_of(error),
        }
    }
}

fn address_of(error: &'static PanicError) -> *mut OwnedError {
    std::ptr::from_ref(error).cast_mut().cast()
}

enum View<'a> {
    None,
    Owned(&'a OwnedError),
    Panic(&'static PanicError),
}

/// # Safety
/// `error` is NULL or came from this library and was not freed.
unsafe fn view<'a>(error: *const OwnedError) -> View<'a> {
    if error == address_of(&PANIC).cast_const() {
        return View::Panic(&PANIC);
    }
    // SAFETY: as this function asks, and not the address of a constant above.
    unsafe { error.as_ref() }.map_or(View::None, View::Owned)
}

/// What the caller's own source of credentials says about its failure.
///
/// # Safety
/// As [`rdsiam_error_message`].
pub(crate) unsafe fn as_error(error: *const OwnedError) -> Option<Error> {
    // SAFETY: as this function asks.
    match unsafe { view(error) } {
        View::None => None,
        View::Owned(error) => Some(error.error.clone()),
        View::Panic(error) => Some(Error::new(ErrorKind::Panic, error.message.to_string_lossy())),
    }
}

/// The failure of a source of credentials. Three kinds stay as they are; every other one is the
/// source's own.
pub(crate) fn of_source(status: Status, message: &str, retryable: bool) -> Error {
    match ErrorKind::from_status(status) {
        Some(
            kind @ (ErrorKind::CredentialsNotFound
            | ErrorKind::CredentialsExpired
            | ErrorKind::Timeout),
        ) => Error::new(kind, message),
        _ => Error::provider(message, retryable),
    }
}

/// Makes an error of a source of credentials: for a callback of rdsiam_config_set_provider(), or for
/// rdsiam_request_fail().
///
/// @param status     RDSIAM_ERR_CREDENTIALS_NOT_FOUND, RDSIAM_ERR_CREDENTIALS_EXPIRED or
///                   RDSIAM_ERR_TIMEOUT. Every other number becomes
///                   RDSIAM_ERR_CREDENTIALS_PROVIDER.
/// @param message    What went wrong and what to do about it, without a secret: it is shown to
///                   whoever asked for a token. NULL or "" gives a general text; what is not
///                   UTF-8 is replaced.
/// @param retryable  With RDSIAM_ERR_CREDENTIALS_PROVIDER: whether the same call can succeed later.
///                   The other three have their own answer.
/// @return The error; NULL only after a fault of the library.
///
/// Memory:  the message is copied. The error is the caller's, who frees it with rdsiam_error_free()
///          or hands it over where a function says so.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_new(
    status: Status,
    message: *const c_char,
    retryable: bool,
) -> *mut OwnedError {
    ffi_value("rdsiam_error_new", std::ptr::null_mut(), || {
        let message = if message.is_null() {
            c""
        } else {
            // SAFETY: the caller gives a string.
            unsafe { CStr::from_ptr(message) }
        };
        let message = match &*message.to_string_lossy() {
            "" => "the source of the AWS credentials failed and did not say why".to_owned(),
            text => text.to_owned(),
        };
        into_handle(OwnedError::new(&of_source(status, &message, retryable)))
    })
}

/// The status of an error.
///
/// @param error  NULL is no error: RDSIAM_OK.
/// @return One of RDSIAM_ERR_*, the same that the call returned.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_status(error: *const OwnedError) -> Status {
    // SAFETY: the caller gives NULL or an error of this library.
    ffi_value("rdsiam_error_status", RDSIAM_ERR_PANIC, || match unsafe { view(error) } {
        View::None => RDSIAM_OK,
        View::Owned(error) => error.error.kind().status(),
        View::Panic(_) => RDSIAM_ERR_PANIC,
    })
}

/// The code of an error, such as "ERR_RDSIAM_TIMEOUT": the same text in every language.
///
/// @param error  NULL is no error: an empty string.
/// @return Never NULL.
///
/// Memory:  the string belongs to the error and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_code(error: *const OwnedError) -> *const c_char {
    // SAFETY: the caller gives NULL or an error of this library.
    ffi_value("rdsiam_error_code", c"".as_ptr(), || match unsafe { view(error) } {
        View::None => c"".as_ptr(),
        View::Owned(error) => error.code.as_ptr(),
        View::Panic(error) => error.code.as_ptr(),
    })
}

/// What went wrong and what to do about it, in English. Holds no secret.
///
/// @param error  NULL is no error: an empty string.
/// @return Never NULL.
///
/// Memory:  the string belongs to the error and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_message(error: *const OwnedError) -> *const c_char {
    // SAFETY: the caller gives NULL or an error of this library.
    ffi_value("rdsiam_error_message", c"".as_ptr(), || match unsafe { view(error) } {
        View::None => c"".as_ptr(),
        View::Owned(error) => error.message.as_ptr(),
        View::Panic(error) => error.message.as_ptr(),
    })
}

/// Whether the same call can succeed later without a change by the caller.
///
/// @param error  NULL is no error: false.
/// @return Whether it can.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_retryable(error: *const OwnedError) -> bool {
    // SAFETY: the caller gives NULL or an error of this library.
    ffi_value("rdsiam_error_retryable", false, || match unsafe { view(error) } {
        View::None => false,
        View::Owned(error) => error.error.retryable(),
        View::Panic(_) => false,
    })
}

/// Frees an error.
///
/// @param error  NULL does nothing.
///
/// Memory:  the error is gone, with its code and message.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_error_free(error: *mut OwnedError) {
    if error != address_of(&PANIC) {
        // SAFETY: the caller gives NULL or an error of this library, and gives it away.
        unsafe { ffi_free("rdsiam_error_free", error) }
    }
}
