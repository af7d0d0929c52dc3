//! `rdsiam_error_*`: errors that the caller owns.

use std::ffi::{CStr, CString, c_char};

use rdsiam::{Error, ErrorKind};

use crate::Status;
use crate::boundary::reads;

/// Success.
pub const RDSIAM_OK: Status = 0;
/// An argument is not valid; the message names it and the remedy.
pub const RDSIAM_ERR_INVALID_ARGUMENT: Status = 1;
/// No region was given, and neither host, environment nor profile has one.
pub const RDSIAM_ERR_REGION_MISSING: Status = 3;
/// No source had credentials.
pub const RDSIAM_ERR_CREDENTIALS_NOT_FOUND: Status = 20;
/// The credentials have ended, or end too soon to be of use. Retryable.
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
/// A fault of this library, caught at its border. Handles that were given to the call may
/// only be freed.
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
    kind: ErrorKind,
    code: CString,
    message: CString,
    retryable: bool,
}

/// An error on its way to C.
pub(crate) enum ErrorHandle {
    Owned(Box<OwnedError>),
    Constant(&'static Constant),
}

/// An error that was made beforehand, for when nothing may be allocated, or should run at all. Its
/// address stands for it in C, where it is compared and never freed.
pub(crate) struct Constant {
    kind: ErrorKind,
    code: &'static CStr,
    message: &'static CStr,
    retryable: bool,
}

pub(crate) static PANIC: Constant = Constant {
    kind: ErrorKind::Panic,
    code: c"ERR_RDSIAM_PANIC",
    message: c"a fault in rdsiam was caught; the handles given to this call may only be freed; \
please report what was printed on standard error",
    retryable: false,
};

pub(crate) static NO_MEMORY: Constant = Constant {
    kind: ErrorKind::Internal,
    code: c"ERR_RDSIAM_INTERNAL",
    message: c"there is not enough memory for this call; nothing was done",
    retryable: true,
};

impl OwnedError {
    pub(crate) fn handle(error: &Error) -> ErrorHandle {
        let message = error.message().replace('\0', "\\0");
        ErrorHandle::Owned(Box::new(Self {
            kind: error.kind(),
            code: CString::new(error.code()).unwrap_or_default(),
            message: CString::new(message).unwrap_or_default(),
            retryable: error.retryable(),
        }))
    }
}

impl ErrorHandle {
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Owned(error) => error.kind.status(),
            Self::Constant(error) => error.kind.status(),
        }
    }

    pub(crate) fn into_raw(self) -> *mut OwnedError {
        match self {
            Self::Owned(error) => Box::into_raw(error),
            Self::Constant(error) => address_of(error),
        }
    }
}

fn address_of(error: &'static Constant) -> *mut OwnedError {
    std::ptr::from_ref(error).cast_mut().cast()
}

/// The constant that an address from C stands for.
fn constant(error: *const OwnedError) -> Option<&'static Constant> {
    [&PANIC, &NO_MEMORY].into_iter().find(|one| address_of(one).cast_const() == error)
}

enum View<'a> {
    None,
    Owned(&'a OwnedError),
    Constant(&'static Constant),
}

/// # Safety
/// `error` is NULL or came from this library and was not freed.
unsafe fn view<'a>(error: *const OwnedError) -> View<'a> {
    if let Some(constant) = constant(error) {
        return View::Constant(constant);
    }
    // SAFETY: as this function asks, and not the address of a constant above.
    unsafe { error.as_ref() }.map_or(View::None, View::Owned)
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
    reads("rdsiam_error_status", RDSIAM_ERR_PANIC, || match unsafe { view(error) } {
        View::None => RDSIAM_OK,
        View::Owned(error) => error.kind.status(),
        View::Constant(error) => error.kind.status(),
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
    reads("rdsiam_error_code", c"".as_ptr(), || match unsafe { view(error) } {
        View::None => c"".as_ptr(),
        View::Owned(error) => error.code.as_ptr(),
        View::Constant(error) => error.code.as_ptr(),
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
    reads("rdsiam_error_message", c"".as_ptr(), || match unsafe { view(error) } {
        View::None => c"".as_ptr(),
        View::Owned(error) => error.message.as_ptr(),
        View::Constant(error) => error.message.as_ptr(),
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
    reads("rdsiam_error_retryable", false, || match unsafe { view(error) } {
        View::None => false,
        View::Owned(error) => error.retryable,
        View::Constant(error) => error.retryable,
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
    reads("rdsiam_error_free", (), || {
        if !error.is_null() && constant(error).is_none() {
            // SAFETY: the caller gives an error of this library, and gives it away.
            drop(unsafe { Box::from_raw(error) });
        }
    });
}
