//! The guard around everything that Python calls, but for getters that only read a field.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use rdsiam::{Error, ErrorKind};

use crate::aside;
use crate::error::{self, Result};

/// Runs the body of the function `name`, and turns its error into an exception.
///
/// A panic becomes an `InternalError` as well. Left to PyO3 it would be a `PanicException`,
/// which is no `Exception` and so slips through `except Exception` and ends the program.
pub(crate) fn guard<T>(
    py: Python<'_>,
    name: &'static str,
    body: impl FnOnce() -> Result<T>,
) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(|| at(name, body))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(fault.into_exception(py)),
        Err(payload) => {
            // The payload can be anything, even something that panics when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            aside::forget();
            let error = Error::new(
                ErrorKind::Panic,
                format!("{name} panicked; this is a fault of rdsiam, please report it"),
            );
            Err(error::exception(py, &error))
        }
    }
}

fn at<T>(name: &'static str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    #[cfg(rdsiam_panic_injection)]
    rdsiam::binding::panic_point(name);
    #[cfg(not(rdsiam_panic_injection))]
    let _ = name;
    body()
}
