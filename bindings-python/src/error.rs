//! From what can go wrong in Rust to the exceptions of `rdsiam.errors`.

use std::error::Error as _;
use std::fmt;
use std::iter::successors;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rdsiam::{Error, ErrorKind};

/// Either kind of failure that the body of a function can have.
pub(crate) enum Fault {
    Core(Error),
    Python(PyErr),
}

pub(crate) type Result<T> = std::result::Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl Fault {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Core(Error::new(ErrorKind::InvalidArgument, message))
    }

    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Core(error) => exception(py, &error),
            Self::Python(error) => error,
        }
    }
}

/// What Python code of the caller's raised, on its way through the core.
pub(crate) struct Raised {
    exception: PyErr,
    as_itself: bool,
}

impl Raised {
    /// To be the cause of the exception for the error.
    pub(crate) fn as_cause(exception: PyErr) -> Self {
        Self { exception, as_itself: false }
    }

    /// To come out in place of the exception for the error.
    pub(crate) fn as_itself(exception: PyErr) -> Self {
        Self { exception, as_itself: true }
    }
}

/// The text of a foreign exception may hold a secret: it is not shown.
impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an exception of the credentials provider")
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Raised {}

/// The exception for an error. Which class a code has is written in `errors.py` alone.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    match instance(py, error) {
        Ok(exception) => exception,
        Err(failure) => failure,
    }
}

fn instance(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    static OF: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let mut sources = successors(error.source(), |&source| source.source());
    let raised = sources.find_map(|source| source.downcast_ref::<Raised>());
    if let Some(Raised { exception, as_itself: true }) = raised {
        return Ok(exception.clone_ref(py));
    }
    let value = OF.import(py, "rdsiam.errors", "_of")?.call1((
        error.code(),
        error.message(),
        error.retryable(),
    ))?;
    let exception = PyErr::from_value(value);
    // Several callers may have waited for one provider: each gets an exception of its own, with
    // the one cause.
    if let Some(raised) = raised {
        exception.set_cause(py, Some(raised.exception.clone_ref(py)));
    }
    Ok(exception)
}
