//! A token where a text gives some of its characters a meaning of their own.

use pyo3::prelude::*;
use pyo3::types::PyString;
use rdsiam::Quoting;

use crate::arguments::text;
use crate::error::Result;
use crate::guard::guard;

/// The token for the place of the password in a URL, where it may not stand as it is.
///
/// >>> import rdsiam
/// >>> rdsiam.url_quote("db:5432/?Action=connect")
/// 'db%3A5432%2F%3FAction%3Dconnect'
#[pyfunction]
pub(crate) fn url_quote<'py>(
    py: Python<'py>,
    token: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyString>> {
    guard(py, "url_quote", || quoted(token, Quoting::Url))
}

/// The token for the last field of a line of .pgpass.
///
/// >>> import rdsiam
/// >>> print(rdsiam.pgpass_quote("db:5432/?Action=connect"))
/// db\:5432/?Action=connect
#[pyfunction]
pub(crate) fn pgpass_quote<'py>(
    py: Python<'py>,
    token: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyString>> {
    guard(py, "pgpass_quote", || quoted(token, Quoting::Pgpass))
}

/// The token for PWD= in a connection string of ODBC.
///
/// With `percent`, also as psqlODBC wants it, which decodes percent signs in a password.
///
/// >>> import rdsiam
/// >>> rdsiam.odbc_quote("db:5432/?User=a%2Bb", percent=True)
/// '{db:5432/?User=a%252Bb}'
#[pyfunction]
#[pyo3(signature = (token, *, percent=false))]
pub(crate) fn odbc_quote<'py>(
    py: Python<'py>,
    token: &Bound<'py, PyAny>,
    percent: bool,
) -> PyResult<Bound<'py, PyString>> {
    let place = if percent { Quoting::OdbcPercent } else { Quoting::Odbc };
    guard(py, "odbc_quote", || quoted(token, place))
}

fn quoted<'py>(token: &Bound<'py, PyAny>, place: Quoting) -> Result<Bound<'py, PyString>> {
    let quoted = rdsiam::quote(text("token", token)?, place);
    Ok(PyString::new(token.py(), quoted.as_str()))
}
