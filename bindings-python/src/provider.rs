//! Credentials that come from Python: a value, a callable, or a boto3 session.
//!
//! Which shapes are taken, and how they are read, is written in `_credentials.py`.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rdsiam::{Config, Credentials, CredentialsSource, Error, ErrorKind, binding};
use zeroize::Zeroizing;

use crate::error::{Fault, Raised, Result};
use crate::shutdown::Call;

/// What `_credentials.py` makes of the shapes: key id, secret, session token, Unix second.
type Parts = (String, Secret, Option<Secret>, Option<i64>);

/// A text of Python's whose copy here is wiped. Python's own cannot be.
struct Secret(Zeroizing<String>);

impl<'a, 'py> FromPyObject<'a, 'py> for Secret {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Zeroizing::new(value.extract()?)))
    }
}

/// Adds the caller's `credentials` to a configuration. The callable is returned as well, for
/// the garbage collector to see.
pub(crate) fn configure(
    py: Python<'_>,
    config: Config,
    value: &Bound<'_, PyAny>,
) -> Result<(Config, Option<Arc<Callable>>)> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let read = READ.import(py, "rdsiam._credentials", "read")?.call1((value,));
    let read = read.map_err(|error| match refused(py, &error) {
        Some(error) => Fault::Core(error),
        None => Fault::Python(error),
    })?;
    if read.is_callable() {
        let callable = Arc::new(Callable(Mutex::new(Some(read.unbind()))));
        return Ok((config.source(Source(Arc::clone(&callable))), Some(callable)));
    }
    Ok((config.credentials(credentials(&read.extract()?)?), None))
}

fn credentials((id, secret, session, expires_at): &Parts) -> rdsiam::Result<Credentials> {
    let session = session.as_ref().map(|session| session.0.as_str());
    binding::credentials(id, &secret.0, session, *expires_at)
}

/// A Python function that takes `force_refresh` and returns [`Parts`]. Empty after the garbage
/// collector has cleared it.
pub(crate) struct Callable(Mutex<Option<Py<PyAny>>>);

struct Source(Arc<Callable>);

impl CredentialsSource for Source {
    fn provide(&self, force_refresh: bool) -> rdsiam::Result<Credentials> {
        attached(|py| self.0.ask(py, force_refresh))
    }
}

fn attached<T>(ask: impl FnOnce(Python<'_>) -> rdsiam::Result<T>) -> rdsiam::Result<T> {
    // Ends after the interpreter was let go, which is when the exit may go on.
    let call = Call::begin();
    call.as_ref()
        .and_then(|_| Python::try_attach(ask))
        .unwrap_or_else(|| Err(Error::provider("the interpreter is shutting down", false)))
}

impl Callable {
    /// Cloned, so that it lives as long as the call even if it is cleared meanwhile.
    fn function(&self, py: Python<'_>) -> rdsiam::Result<Py<PyAny>> {
        let function = self.lock().as_ref().map(|function| function.clone_ref(py));
        function.ok_or_else(|| Error::provider("the provider is gone", false))
    }

    /// Held for moments, and never while Python runs.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, py: Python<'_>, force_refresh: bool) -> rdsiam::Result<Credentials> {
        let parts = self
            .function(py)?
            .call1(py, (force_refresh,))
            .and_then(|value| value.extract::<Parts>(py))
            .map_err(|error| failed(py, error))?;
        credentials(&parts).map_err(|error| {
            Error::provider(format!("the credentials provider: {}", error.message()), false)
        })
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        match &*self.lock() {
            Some(function) => visit.call(function),
            None => Ok(()),
        }
    }

    pub(crate) fn clear(&self) {
        let function = self.lock().take();
        drop(function);
    }
}

/// What the callers of the token see of an exception of the provider: its type, not its text.
fn failed(py: Python<'_>, error: PyErr) -> Error {
    if let Some(error) = refused(py, &error) {
        return error;
    }
    if !error.is_instance_of::<PyException>(py) {
        // Such as SystemExit: it comes out where the token was asked for.
        let message = "the credentials provider was interrupted";
        return Error::provider_caused_by(message, false, Raised::as_itself(error));
    }
    let name = error.get_type(py).name();
    let name = name.as_ref().map_or_else(|_| "an exception".into(), ToString::to_string);
    let message = format!("the credentials provider raised {name}");
    Error::provider_caused_by(message, retryable(py, &error), Raised::as_cause(error))
}

/// An error of `_credentials.py` itself, whose text is ours.
fn refused(py: Python<'_>, error: &PyErr) -> Option<Error> {
    static REFUSED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = REFUSED.import(py, "rdsiam._credentials", "Refused").ok()?;
    if !error.is_instance(py, class) {
        return None;
    }
    let args = error.value(py).getattr("args").ok()?;
    let (status, message): (i32, String) = args.extract().ok()?;
    let kind = ErrorKind::from_status(status).unwrap_or(ErrorKind::Internal);
    Some(Error::new(kind, message))
}

fn retryable(py: Python<'_>, error: &PyErr) -> bool {
    static RETRYABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    RETRYABLE
        .import(py, "rdsiam._credentials", "is_retryable")
        .and_then(|ask| ask.call1((error.value(py),)))
        .and_then(|answer| answer.extract())
        .unwrap_or(false)
}
