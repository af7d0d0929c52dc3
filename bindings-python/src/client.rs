//! What stands in for boto3: `generate_db_auth_token` and `client("rds")`. A new token at each
//! call, because callers of boto3 keep these themselves.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use rdsiam::{Client, Config, Conventions, Credentials, ErrorKind, Target, binding};

use crate::arguments::{Login, optional_text, text};
use crate::aside::{self, released, settled};
use crate::dsql::DsqlClient;
use crate::error::{Fault, Result};
use crate::guard::guard;

/// The rules that every client of this binding shares.
pub(crate) fn config(py: Python<'_>) -> Config {
    aside::configure(py, Config::new().conventions(Conventions::BOTOCORE))
}

/// Signs a new token with the default credentials of the AWS SDKs.
///
/// As boto3's method of this name; `DBUser` is another name for `DBUsername`. The token is a
/// str, the password of one login, good for 900 seconds. Nothing is cached but, for a while,
/// the credentials: use TokenCache where many logins are made.
///
/// Without `Region` it is the one in the host name, or else AWS_DEFAULT_REGION, AWS_REGION or
/// the profile's. May be called from any thread; other threads run while credentials are
/// fetched.
///
/// Raises InvalidArgumentError (also a ValueError), RegionMissingError, CredentialsError,
/// ClockError, and TypeError.
///
/// >>> import rdsiam
/// >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
/// >>> token = rdsiam.generate_db_auth_token(host, 5432, "app")
/// >>> token.startswith(host + ":5432/?Action=connect&DBUser=app&")
/// True
#[pyfunction]
#[pyo3(signature = (DBHostname, Port, DBUsername=None, Region=None, *, DBUser=None))]
#[allow(non_snake_case, reason = "the names of the arguments are boto3's")]
pub(crate) fn generate_db_auth_token(
    py: Python<'_>,
    DBHostname: &Bound<'_, PyAny>,
    Port: &Bound<'_, PyAny>,
    DBUsername: Option<&Bound<'_, PyAny>>,
    Region: Option<&Bound<'_, PyAny>>,
    DBUser: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<PyString>> {
    guard(py, "generate_db_auth_token", || {
        let user = one_user(DBUsername, DBUser)?;
        sign(py, shared(py)?, &Login::read(DBHostname, Port, user, Region)?)
    })
}

/// The client of the process, made at the first call.
fn shared(py: Python<'_>) -> Result<&'static Client> {
    static SHARED: PyOnceLock<Client> = PyOnceLock::new();
    Ok(SHARED.get_or_try_init(py, || Client::new(config(py)))?)
}

fn one_user<'a, 'py>(
    username: Option<&'a Bound<'py, PyAny>>,
    user: Option<&'a Bound<'py, PyAny>>,
) -> Result<&'a Bound<'py, PyAny>> {
    match (username, user) {
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => Err(type_error("missing 1 required positional argument: 'DBUsername'")),
        (Some(_), Some(_)) => Err(type_error("got both 'DBUsername' and 'DBUser'")),
    }
}

fn type_error(what: &str) -> Fault {
    PyTypeError::new_err(format!("generate_db_auth_token() {what}")).into()
}

/// From the buffer that wipes itself straight to Python, with no copy left behind here.
pub(crate) fn sign(py: Python<'_>, client: &Client, login: &Login<'_>) -> Result<Py<PyString>> {
    // To let the interpreter go and take it back would last longer than what needs no waiting.
    // No Python code is behind these clients, so that nobody waits for it while we hold it.
    let token = match binding::glance_sign(client, &login.target()) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            released(py, |pause| binding::sign(client, &login.target(), pause))?
        }
        outcome => settled(py, outcome)?,
    };
    Ok(PyString::new(py, token.as_str()).unbind())
}

/// A client that signs tokens, in place of `boto3.client("rds")` and `boto3.client("dsql")`.
///
/// Other services are not known. With keys it signs with these; without, with the default
/// credentials, or those of `profile_name`. `region_name` serves hosts that carry no region.
/// Makes no connection and reads nothing before the first token.
///
/// Raises InvalidArgumentError for another service, half a key pair, or a bad region.
///
/// >>> import rdsiam
/// >>> rds = rdsiam.client("rds", region_name="us-east-1",
/// ...     aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="SECRETKEYEXAMPLE")
/// >>> rds.generate_db_auth_token(DBHostname="db.example.com", Port=3306, DBUsername="app")[:20]
/// 'db.example.com:3306/'
#[pyfunction]
#[pyo3(signature = (
    service_name, region_name=None, aws_access_key_id=None, aws_secret_access_key=None,
    aws_session_token=None, profile_name=None
))]
pub(crate) fn client(
    py: Python<'_>,
    service_name: &Bound<'_, PyAny>,
    region_name: Option<&Bound<'_, PyAny>>,
    aws_access_key_id: Option<&Bound<'_, PyAny>>,
    aws_secret_access_key: Option<&Bound<'_, PyAny>>,
    aws_session_token: Option<&Bound<'_, PyAny>>,
    profile_name: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<PyAny>> {
    guard(py, "client", || {
        let service = text("service_name", service_name)?;
        if !matches!(service, "rds" | "dsql") {
            return Err(Fault::invalid(
                "service_name is neither \"rds\" nor \"dsql\", the services rdsiam stands in for",
            ));
        }
        let mut config = config(py);
        if let Some(region) = optional_text("region_name", region_name)? {
            config = config.region(region);
        }
        if let Some(profile) = optional_text("profile_name", profile_name)? {
            config = config.profile(profile);
        }
        if let Some(credentials) = key_pair(
            optional_text("aws_access_key_id", aws_access_key_id)?,
            optional_text("aws_secret_access_key", aws_secret_access_key)?,
            optional_text("aws_session_token", aws_session_token)?,
        )? {
            config = config.credentials(credentials);
        }
        Ok(match service {
            "rds" => Py::new(py, RdsClient(Client::new(config)?))?.into_any(),
            _ => Py::new(py, DsqlClient::new(config)?)?.into_any(),
        })
    })
}

fn key_pair(
    id: Option<&str>,
    secret: Option<&str>,
    session: Option<&str>,
) -> Result<Option<Credentials>> {
    let missing = match (id, secret, session) {
        (Some(id), Some(secret), session) => {
            return Ok(Some(Credentials::new(id, secret, session)?));
        }
        (None, None, None) => return Ok(None),
        (Some(_), None, _) => "aws_secret_access_key is",
        (None, Some(_), _) => "aws_access_key_id is",
        (None, None, Some(_)) => "aws_access_key_id and aws_secret_access_key are",
    };
    Err(Fault::invalid(format!(
        "{missing} missing; give both parts of the key, or neither to use the default credentials"
    )))
}

/// Signs tokens, in place of a boto3 client for RDS. Made by `client("rds")`.
///
/// Any number of threads may use it at once.
#[pyclass(frozen, name = "RDSClient", module = "rdsiam")]
pub(crate) struct RdsClient(Client);

#[pymethods]
impl RdsClient {
    /// Signs a new token: see `rdsiam.generate_db_auth_token`.
    ///
    /// >>> import rdsiam
    /// >>> rds = rdsiam.client("rds", region_name="us-east-1")
    /// >>> "us-east-1" in rds.generate_db_auth_token("db.example.com", 5432, "app")
    /// True
    #[pyo3(signature = (DBHostname, Port, DBUsername=None, Region=None, *, DBUser=None))]
    #[allow(non_snake_case, reason = "the names of the arguments are boto3's")]
    fn generate_db_auth_token(
        &self,
        py: Python<'_>,
        DBHostname: &Bound<'_, PyAny>,
        Port: &Bound<'_, PyAny>,
        DBUsername: Option<&Bound<'_, PyAny>>,
        Region: Option<&Bound<'_, PyAny>>,
        DBUser: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyString>> {
        guard(py, "RDSClient.generate_db_auth_token", || {
            let user = one_user(DBUsername, DBUser)?;
            sign(py, &self.0, &Login::read(DBHostname, Port, user, Region)?)
        })
    }

    /// `meta.region_name` is where boto3 keeps the client's region.
    #[getter]
    fn meta(&self) -> Meta {
        Meta(self.0.clone())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guard(py, "RDSClient.__repr__", || match region_name(py, &self.0)? {
            Some(region) => Ok(format!("<rdsiam.RDSClient region_name='{region}'>")),
            None => Ok("<rdsiam.RDSClient region_name=None>".to_owned()),
        })
    }
}

/// What is known about a client.
#[pyclass(frozen, name = "ClientMeta", module = "rdsiam")]
pub(crate) struct Meta(pub(crate) Client);

#[pymethods]
impl Meta {
    /// The region of hosts that carry none: the one given, or else the environment's or the
    /// profile's; None if there is none.
    #[getter]
    fn region_name(&self, py: Python<'_>) -> PyResult<Option<String>> {
        guard(py, "ClientMeta.region_name", || region_name(py, &self.0))
    }
}

pub(crate) fn region_name(py: Python<'_>, client: &Client) -> Result<Option<String>> {
    // Any host without a region of its own will do.
    match aside::region(py, client, &Target::new("localhost", 1, "any")) {
        Ok(region) => Ok(Some(region)),
        Err(Fault::Core(error)) if error.kind() == ErrorKind::RegionMissing => Ok(None),
        Err(fault) => Err(fault),
    }
}
