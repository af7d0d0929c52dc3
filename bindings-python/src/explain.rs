//! What a token says about itself.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arguments::text;
use crate::guard::guard;

/// What can be read in a token, without its signature and its session token.
///
/// Made by `explain`. What is not in the token, or cannot be read, is None and has its line in
/// `problems`. `str()` of it is several lines for a person.
#[pyclass(frozen, module = "rdsiam")]
pub(crate) struct Explanation(rdsiam::Explanation);

/// Reads a token and says what looks wrong with it.
///
/// Takes any text and never fails because of it. Whether the signature is right only AWS can
/// tell. Nothing that it returns holds the signature or the session token.
///
/// Raises TypeError if `token` is not a str, and ClockError if the system clock cannot be right.
///
/// >>> import rdsiam
/// >>> rdsiam.explain("not a token").problems[0]
/// 'this is not a token: it has to look like host:port/?Action=connect&...'
#[pyfunction]
pub(crate) fn explain(py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<Explanation> {
    guard(py, "explain", || Ok(Explanation(rdsiam::explain(text("token", token)?)?)))
}

#[pymethods]
impl Explanation {
    /// What it is a token for: "rds", "dsql", "dsql-admin", "elasticache", "elasticache-serverless" or
    /// "memorydb".
    #[getter]
    fn kind(&self) -> Option<&str> {
        self.0.kind.map(rdsiam::Kind::name)
    }

    /// The host that is signed, which has to be the endpoint of RDS or DSQL, or the name of a cache.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// The port that is signed, by RDS alone.
    #[getter]
    fn port(&self) -> Option<u16> {
        self.0.port
    }

    /// The database user.
    #[getter]
    fn user(&self) -> Option<&str> {
        self.0.user.as_deref()
    }

    /// The region in the credential scope.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// Which access key signed. Not a secret.
    #[getter]
    fn access_key_id(&self) -> Option<&str> {
        self.0.access_key_id.as_deref()
    }

    /// Whether temporary credentials signed, which end by themselves.
    #[getter]
    fn has_session_token(&self) -> bool {
        self.0.has_session_token
    }

    /// When it was signed, in Unix seconds.
    #[getter]
    fn signed_at(&self) -> Option<i64> {
        self.0.signed_at
    }

    /// When it ends, in Unix seconds. The credentials may end sooner; the token cannot tell.
    #[getter]
    fn expires_at(&self) -> Option<i64> {
        self.0.expires_at
    }

    /// Seconds left when it was explained; negative after the end.
    #[getter]
    fn remaining_seconds(&self) -> Option<i64> {
        self.0.remaining_seconds
    }

    /// Bytes in the token. Some tools cut a password at 512, 1,024 or 2,048.
    #[getter]
    fn length(&self) -> usize {
        self.0.length
    }

    /// What looks wrong, in plain words; empty if nothing does.
    #[getter]
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.problems)
    }

    /// All of it as a dict, for a log or for JSON.
    ///
    /// >>> import rdsiam
    /// >>> rdsiam.explain("not a token").to_dict()["length"]
    /// 11
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guard(py, "Explanation.to_dict", || Ok(self.dict(py)?))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guard(py, "Explanation.__str__", || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guard(py, "Explanation.__repr__", || {
            let mut parts = Vec::new();
            for (name, value) in self.dict(py)? {
                parts.push(format!("{name}={}", value.repr()?));
            }
            Ok(format!("Explanation({})", parts.join(", ")))
        })
    }
}

impl Explanation {
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = &self.0;
        let dict = PyDict::new(py);
        dict.set_item("kind", self.kind())?;
        dict.set_item("host", &told.host)?;
        dict.set_item("port", told.port)?;
        dict.set_item("user", &told.user)?;
        dict.set_item("region", &told.region)?;
        dict.set_item("access_key_id", &told.access_key_id)?;
        dict.set_item("has_session_token", told.has_session_token)?;
        dict.set_item("signed_at", told.signed_at)?;
        dict.set_item("expires_at", told.expires_at)?;
        dict.set_item("remaining_seconds", told.remaining_seconds)?;
        dict.set_item("length", told.length)?;
        dict.set_item("problems", &told.problems)?;
        Ok(dict)
    }
}
