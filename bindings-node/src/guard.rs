//! No panic and no error of the core leaves this crate but as a `Failure`.

use std::any::Any;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::Either;
use napi_derive::napi;
use rdsiam::{Error, ErrorKind, Result};

/// An error of the core, as JavaScript gets it. `lib/errors.js` makes the error object.
#[napi(object, object_from_js = false)]
pub(crate) struct Failure {
    /// The code of the taxonomy.
    pub code: String,
    /// What went wrong and what to do about it.
    pub message: String,
    /// Whether the same call can succeed later.
    pub retryable: bool,
}

/// A value, or what went wrong.
pub(crate) type Outcome<T> = Either<T, Failure>;

/// Runs one exported function.
pub(crate) fn guard<T>(place: &'static str, work: impl FnOnce() -> Result<T>) -> Outcome<T> {
    caught(place, work).map_or_else(|error| Either::B(failure(&error)), Either::A)
}

/// Turns a panic into an error. Test builds panic here when they are told to.
fn caught<T>(place: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What a panic leaves half done is behind the locks and atomics of the core, which count
    // a broken fetch as a failed one.
    let guarded = AssertUnwindSafe(|| {
        #[cfg(rdsiam_panic_injection)]
        rdsiam::binding::panic_point(place);
        work()
    });
    catch_unwind(guarded).unwrap_or_else(|payload| {
        bury(payload);
        Err(panicked(place))
    })
}

/// Drops what a panic carried, which may panic itself; what that carries is left alone.
fn bury(payload: Box<dyn Any + Send>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(ManuallyDrop::new);
}

/// The payload is not quoted: nobody knows what is in it.
#[cold]
fn panicked(place: &str) -> Error {
    Error::new(
        ErrorKind::Panic,
        format!("a panic in {place} was caught; this is a fault of rdsiam, please report it"),
    )
}

#[cold]
fn failure(error: &Error) -> Failure {
    Failure {
        code: error.code().to_owned(),
        message: error.message().to_owned(),
        retryable: error.retryable(),
    }
}
