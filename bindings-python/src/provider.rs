//! Credentials that come from Python: a value, a callable, or a boto3 session. And tokens that
//! come from there: those that a client of boto3 made.
//!
//! Which shapes are taken, and how they are read, is written in `_credentials.py`.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rdsiam::{Clock, Config, Credentials, CredentialsSource, Error, ErrorKind, Token, TokenSource};
use zeroize::Zeroizing;

use crate::aside;
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
        let callable = Arc::new(Callable(ArcSwapOption::from_pointee(read.unbind())));
        return Ok((config.source(Source(Arc::clone(&callable))), Some(callable)));
    }
    Ok((config.credentials(credentials(&read.extract()?)?), None))
}

fn credentials((id, secret, session, expires_at): &Parts) -> rdsiam::Result<Credentials> {
    let session = session.as_ref().map(|session| session.0.as_str());
    Credentials::with_expiry(id, &secret.0, session, *expires_at)
}

/// A Python function that takes `force_refresh` and returns [`Parts`]. Empty after the garbage
/// collector has cleared it.
pub(crate) struct Callable(ArcSwapOption<Py<PyAny>>);

struct Source(Arc<Callable>);

impl CredentialsSource for Source {
    fn provide(&self, force_refresh: bool) -> rdsiam::Result<Credentials> {
        attached(|py| self.0.ask(py, force_refresh))
    }
}

/// Adds a function that makes tokens to a configuration, whose cache then keeps these.
pub(crate) fn configure_tokens(
    config: Config,
    make: &Bound<'_, PyAny>,
) -> (Config, Option<Arc<Callable>>) {
    let callable = Arc::new(Callable(ArcSwapOption::from_pointee(make.clone().unbind())));
    (config.tokens(Maker(Arc::clone(&callable))), Some(callable))
}

struct Maker(Arc<Callable>);

impl TokenSource for Maker {
    fn make(&self) -> rdsiam::Result<Token> {
        attached(|py| self.0.make(py))
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
        let function = self.0.load().as_ref().map(|function| function.clone_ref(py));
        function.ok_or_else(|| Error::provider("the provider is gone", false))
    }

    fn make(&self, py: Python<'_>) -> rdsiam::Result<Token> {
        let now = Clock::System.now()?;
        let text = self.function(py)?.call0(py).and_then(|value| value.extract::<Secret>(py));
        let text = text.map_err(|error| {
            let message = "the client that makes the tokens failed";
            Error::provider_caused_by(message, false, Raised::as_itself(error))
        })?;
        Token::signed_elsewhere(&text.0, now)
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
        match self.0.load().as_ref() {
            Some(function) => visit.call(&**function),
            None => Ok(()),
        }
    }

    pub(crate) fn clear(&self) {
        drop(self.0.swap(None));
    }
}

/// What the callers of the token see of an exception of the provider: its type, not its text.
fn failed(py: Python<'_>, error: PyErr) -> Error {
    if let Some(error) = refused(py, &error) {
        return error;
    }
    if !error.is_instance_of::<PyException>(py) {
        aside::interrupt(error.clone_ref(py));
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
