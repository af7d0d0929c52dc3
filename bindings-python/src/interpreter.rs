//! One interpreter only. Classes and functions of Python that are looked up once are kept for the
//! whole process, as PyO3 does it: in a second interpreter they would be those of the first, and
//! dead after that one has ended.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// The main interpreter's.
const MAIN: i64 = 0;

/// Refuses to be loaded into a subinterpreter. CPython itself refuses those with a lock of their
/// own from 3.12 on, but lets the others pass.
pub(crate) fn check(_py: Python<'_>) -> PyResult<()> {
    // SAFETY: this thread is attached to an interpreter.
    let interpreter = unsafe { ffi::PyInterpreterState_Get() };
    // SAFETY: it is the one that this thread is attached to, so it lives.
    if unsafe { ffi::PyInterpreterState_GetID(interpreter) } == MAIN {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "rdsiam does not support subinterpreters: import it in the main interpreter only (under \
         mod_wsgi: WSGIApplicationGroup %{GLOBAL})",
    ))
}
