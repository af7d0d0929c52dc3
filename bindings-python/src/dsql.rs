//! What stands in for a boto3 client for Aurora DSQL.

use std::sync::Mutex;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyString;
use rdsiam::{Client, Config, Kind};

use crate::arguments::{Login, seconds};
use crate::client::{Meta, region_name, sign};
use crate::error::Result;
use crate::guard::guard;

/// Signs tokens, in place of a boto3 client for Aurora DSQL. Made by `client("dsql")`.
///
/// Any number of threads may use it at once.
#[pyclass(frozen, name = "DSQLClient", module = "rdsiam")]
pub(crate) struct DsqlClient {
    config: Config,
    /// Of the usual life.
    client: Client,
    /// That of the last other life: callers give the same one again.
    other: Mutex<Option<(u32, Client)>>,
}

impl DsqlClient {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let client = Client::new(config.clone())?;
        Ok(Self { config, client, other: Mutex::new(None) })
    }

    /// A client of this life. Those of the same settings share their credentials.
    fn living(&self, expires: u32) -> Result<Client> {
        if expires == rdsiam::MAX_EXPIRES {
            return Ok(self.client.clone());
        }
        let mut other = self.other.try_lock().ok();
        if let Some(Some((life, client))) = other.as_deref()
            && *life == expires
        {
            return Ok(client.clone());
        }
        let life = Duration::from_secs(expires.into());
        let client = Client::new(self.config.clone().expires(life))?;
        if let Some(other) = other.as_deref_mut() {
            *other = Some((expires, client.clone()));
        }
        Ok(client)
    }

    fn sign(
        &self,
        py: Python<'_>,
        kind: Kind,
        host: &Bound<'_, PyAny>,
        region: Option<&Bound<'_, PyAny>>,
        expires: Option<&Bound<'_, PyAny>>,
    ) -> Result<Py<PyString>> {
        let expires = expires.map_or(Ok(rdsiam::MAX_EXPIRES), |value| seconds("expires", value))?;
        sign(py, &self.living(expires)?, &Login::dsql(host, region, kind)?)
    }
}

#[pymethods]
impl DsqlClient {
    /// Signs a new token for any database user but `admin`.
    ///
    /// As boto3's method of this name. `ExpiresIn` is 1 to 604800 seconds, 900 without it.
    ///
    /// >>> import rdsiam
    /// >>> dsql = rdsiam.client("dsql")
    /// >>> dsql.generate_db_connect_auth_token("abc.dsql.us-east-1.on.aws")[:43]
    /// 'abc.dsql.us-east-1.on.aws/?Action=DbConnect'
    #[pyo3(signature = (Hostname, Region=None, ExpiresIn=None),
        text_signature = "($self, Hostname, Region=None, ExpiresIn=900)")]
    #[allow(non_snake_case, reason = "the names of the arguments are boto3's")]
    fn generate_db_connect_auth_token(
        &self,
        py: Python<'_>,
        Hostname: &Bound<'_, PyAny>,
        Region: Option<&Bound<'_, PyAny>>,
        ExpiresIn: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyString>> {
        guard(py, "DSQLClient.generate_db_connect_auth_token", || {
            self.sign(py, Kind::DsqlConnect, Hostname, Region, ExpiresIn)
        })
    }

    /// Signs a new token for the database user `admin`.
    ///
    /// As boto3's method of this name. `ExpiresIn` is 1 to 604800 seconds, 900 without it.
    ///
    /// >>> import rdsiam
    /// >>> dsql = rdsiam.client("dsql")
    /// >>> dsql.generate_db_connect_admin_auth_token("abc.dsql.us-east-1.on.aws")[:48]
    /// 'abc.dsql.us-east-1.on.aws/?Action=DbConnectAdmin'
    #[pyo3(signature = (Hostname, Region=None, ExpiresIn=None),
        text_signature = "($self, Hostname, Region=None, ExpiresIn=900)")]
    #[allow(non_snake_case, reason = "the names of the arguments are boto3's")]
    fn generate_db_connect_admin_auth_token(
        &self,
        py: Python<'_>,
        Hostname: &Bound<'_, PyAny>,
        Region: Option<&Bound<'_, PyAny>>,
        ExpiresIn: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyString>> {
        guard(py, "DSQLClient.generate_db_connect_admin_auth_token", || {
            self.sign(py, Kind::DsqlAdmin, Hostname, Region, ExpiresIn)
        })
    }

    /// `meta.region_name` is where boto3 keeps the client's region.
    #[getter]
    fn meta(&self) -> Meta {
        Meta(self.client.clone())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guard(py, "DSQLClient.__repr__", || match region_name(py, &self.client)? {
            Some(region) => Ok(format!("<rdsiam.DSQLClient region_name='{region}'>")),
            None => Ok("<rdsiam.DSQLClient region_name=None>".to_owned()),
        })
    }
}
