//! The classes, each made when it is first asked for. `generate_db_auth_token` needs none of them, and
//! to make them all would be an eighth of its cold start.

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::cache::TokenCache;
use crate::client::{Meta, RdsClient};
use crate::dsql::DsqlClient;
use crate::error::Fault;
use crate::explain::Explanation;
use crate::guard::guard;

/// What Python asks for names that are not in the module.
#[pyfunction]
#[pyo3(name = "__getattr__")]
pub(crate) fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    guard(py, "__getattr__", || match name {
        "ClientMeta" => Ok(py.get_type::<Meta>()),
        "DSQLClient" => Ok(py.get_type::<DsqlClient>()),
        "Explanation" => Ok(py.get_type::<Explanation>()),
        "RDSClient" => Ok(py.get_type::<RdsClient>()),
        "TokenCache" => Ok(py.get_type::<TokenCache>()),
        _ => {
            let text = format!("module 'rdsiam._rdsiam' has no attribute '{name}'");
            Err(Fault::Python(PyAttributeError::new_err(text)))
        }
    })
}
