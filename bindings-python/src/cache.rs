//! `TokenCache`: one login's token, from the cache.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use rdsiam::binding::{self, Lease};
use rdsiam::{Client, ErrorKind, Kind, Target, region_of_host};

use crate::arguments::{Login, kind, optional_text, seconds, text};
use crate::aside::{released, settled};
use crate::client::config;
use crate::error::{Fault, Result};
use crate::guard::guard;
use crate::provider::{Callable, configure};
use crate::slot::Slot;

/// The compiled part of `rdsiam.TokenCache`, which adds what has to be Python.
#[pyclass(frozen, subclass, module = "rdsiam._rdsiam")]
pub(crate) struct TokenCache {
    client: Client,
    host: String,
    port: u16,
    user: String,
    region: Option<String>,
    kind: Kind,
    /// The token as a `str`: what makes a hit cheap, and the same object at each hit.
    slot: Slot,
    callable: Option<Arc<Callable>>,
}

#[pymethods]
impl TokenCache {
    #[new]
    #[pyo3(signature = (
        host, port, user, region=None, *, profile=None, credentials=None, refresh_before=None,
        min_remaining=None, expires=None, timeout=None, kind=None
    ), text_signature = "(host, port, user, region=None, *, profile=None, credentials=None, \
        refresh_before=60, min_remaining=10, expires=900, timeout=10, kind=None)")]
    #[allow(clippy::too_many_arguments, reason = "all but three are keywords with a default")]
    fn new(
        py: Python<'_>,
        host: &Bound<'_, PyAny>,
        port: &Bound<'_, PyAny>,
        user: &Bound<'_, PyAny>,
        region: Option<&Bound<'_, PyAny>>,
        profile: Option<&Bound<'_, PyAny>>,
        credentials: Option<&Bound<'_, PyAny>>,
        refresh_before: Option<&Bound<'_, PyAny>>,
        min_remaining: Option<&Bound<'_, PyAny>>,
        expires: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
        kind: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guard(py, "TokenCache", || {
            let mut config = config(py);
            if let Some(profile) = optional_text("profile", profile)? {
                config = config.profile(profile);
            }
            if let Some(value) = refresh_before {
                config = config.refresh_before(whole_seconds("refresh_before", value)?);
            }
            if let Some(value) = min_remaining {
                config = config.min_remaining(whole_seconds("min_remaining", value)?);
            }
            if let Some(value) = expires {
                config = config.expires(whole_seconds("expires", value)?);
            }
            if let Some(seconds) = timeout {
                // What is no duration is refused with the others by the core.
                config = config.timeout(Duration::try_from_secs_f64(seconds).unwrap_or_default());
            }
            let mut login = Login::read(host, port, user, region)?;
            login.kind = self::kind(kind)?;
            let (config, callable) = match credentials {
                Some(value) => configure(py, config, value)?,
                None => (config, None),
            };
            Self::of(Client::new(config)?, &login, callable)
        })
    }

    /// A token that is valid for at least `min_remaining` seconds, as a str.
    ///
    /// A hit does no I/O, runs no Python code, and returns the very same object each time. Otherwise the
    /// token is signed here; if credentials have to be fetched first, the call waits for that with the
    /// interpreter released, at most `timeout` seconds. Safe to call from any thread.
    ///
    /// Raises RegionMissingError, CredentialsError (also while the credentials cannot be
    /// fetched), and ClockError.
    ///
    /// >>> import rdsiam
    /// >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
    /// >>> cache.get_token() is cache.get_token()
    /// True
    fn get_token(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        guard(py, "TokenCache.get_token", || self.text(py))
    }

    fn __call__(&self, py: Python<'_>) -> PyResult<Py<PyString>> {
        guard(py, "TokenCache.__call__", || self.text(py))
    }

    /// The token's text and the Unix second it ends at.
    fn _get(&self, py: Python<'_>) -> PyResult<(Py<PyString>, i64)> {
        guard(py, "TokenCache._get", || {
            let generation = self.slot.generation();
            let lease = self.lease(py)?;
            let (_, expires_at) = binding::unix_times(&lease.token);
            Ok((self.slot.keep(py, generation, lease), expires_at))
        })
    }

    /// The token if it can be had without waiting, or None.
    fn _try_get_token(&self, py: Python<'_>) -> PyResult<Option<Py<PyString>>> {
        guard(py, "TokenCache._try_get_token", || {
            if let Some(text) = self.hit(py) {
                return Ok(Some(text));
            }
            let generation = self.slot.generation();
            match settled(py, binding::try_get_lease(&self.client, &self.target())) {
                Ok(lease) => Ok(Some(self.slot.keep(py, generation, lease))),
                Err(Fault::Core(error)) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    /// Removes the token after a login with it was refused; the next call signs a new one. With
    /// `token`, only if that is still the one in the cache. The source of the credentials is asked for
    /// newer ones, at most once a minute.
    ///
    /// >>> import rdsiam
    /// >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
    /// >>> cache.invalidate(cache.get_token())
    #[pyo3(signature = (token=None))]
    fn invalidate(&self, py: Python<'_>, token: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        guard(py, "TokenCache.invalidate", || {
            match token {
                None => self.client.invalidate(&self.target())?,
                Some(token) => {
                    self.client.invalidate_token(&self.target(), text("token", token)?)?;
                }
            }
            // After the client's, so that nobody puts the old token back in between.
            self.slot.clear();
            Ok(())
        })
    }

    /// To be called after the server refused a login with `token`, which began at the Unix time
    /// `began`. Removes the token, and returns whether to log in once more with a new one: only if the
    /// token was signed before the login began, and no new token of this login was refused within the
    /// last minute. So N refused logins cost at most N + 1 attempts.
    ///
    /// >>> import rdsiam, time
    /// >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
    /// >>> began = time.time()
    /// >>> cache.login_refused(cache.get_token(), began)
    /// False
    fn login_refused(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        began: f64,
    ) -> PyResult<bool> {
        guard(py, "TokenCache.login_refused", || {
            let began = Duration::try_from_secs_f64(began).unwrap_or_default();
            let began = SystemTime::UNIX_EPOCH + began;
            let again = self.client.login_refused(&self.target(), text("token", token)?, began)?;
            self.slot.clear();
            Ok(again)
        })
    }

    /// What the cache has done so far, as a dict of ints.
    ///
    /// `hits`, `misses`, `signatures`, `refreshes`, `refresh_failures`, `waits`, `evictions`,
    /// `invalidations`, and `entries`, the tokens now in it.
    ///
    /// >>> import rdsiam
    /// >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
    /// >>> cache.get_token() is cache.get_token() and cache.stats()["hits"]
    /// 1
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guard(py, "TokenCache.stats", || {
            let stats = self.client.stats();
            let dict = PyDict::new(py);
            for (name, value) in [
                ("hits", stats.hits),
                ("misses", stats.misses),
                ("signatures", stats.signatures),
                ("refreshes", stats.refreshes),
                ("refresh_failures", stats.refresh_failures),
                ("waits", stats.waits),
                ("evictions", stats.evictions),
                ("invalidations", stats.invalidations),
                ("entries", stats.entries),
            ] {
                dict.set_item(name, value)?;
            }
            Ok(dict)
        })
    }

    /// The host that is signed, as it was given.
    #[getter]
    fn host(&self) -> &str {
        &self.host
    }

    /// The port that is signed.
    #[getter]
    fn port(&self) -> u16 {
        self.port
    }

    /// The database user.
    #[getter]
    fn user(&self) -> &str {
        &self.user
    }

    /// What the token is for: `"rds"`, `"dsql"`, `"dsql-admin"`, `"elasticache"`,
    /// `"elasticache-serverless"` or `"memorydb"`; as it was given, or else as host and user tell.
    #[getter]
    fn kind(&self) -> &str {
        self.kind.name()
    }

    /// The region as it was given, or else the one in the host name; None if the environment
    /// or the profile has to tell.
    #[getter]
    fn region(&self) -> Option<String> {
        self.region.clone().or_else(|| {
            let host = self.host.to_ascii_lowercase();
            region_of_host(host.strip_suffix('.').unwrap_or(&host)).map(str::to_owned)
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guard(py, "TokenCache.__repr__", || {
            let quote = |text: &str| Ok::<_, PyErr>(PyString::new(py, text).repr()?.to_string());
            let region = self.region().map_or(Ok("None".to_owned()), |region| quote(&region))?;
            let (host, port, user) = (quote(&self.host)?, self.port, quote(&self.user)?);
            let kind = match self.kind {
                Kind::Rds => String::new(),
                kind => format!(", kind='{kind}'"),
            };
            Ok(format!("TokenCache(host={host}, port={port}, user={user}, region={region}{kind})"))
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        self.callable.as_ref().map_or(Ok(()), |callable| callable.traverse(&visit))
    }

    fn __clear__(&self) {
        if let Some(callable) = &self.callable {
            callable.clear();
        }
    }
}

impl TokenCache {
    fn of(client: Client, login: &Login<'_>, callable: Option<Arc<Callable>>) -> Result<Self> {
        client.check(&login.target())?;
        Ok(Self {
            client,
            host: login.host.to_owned(),
            port: login.port,
            user: login.user.to_owned(),
            region: login.region.map(str::to_owned),
            kind: login.target().resolved_kind()?,
            slot: Slot::empty(),
            callable,
        })
    }

    fn target(&self) -> Target<'_> {
        Target::new(&self.host, self.port, &self.user)
            .region(self.region.as_deref())
            .kind(Some(self.kind))
    }

    fn text(&self, py: Python<'_>) -> Result<Py<PyString>> {
        if let Some(text) = self.hit(py) {
            return Ok(text);
        }
        let generation = self.slot.generation();
        let lease = self.lease(py)?;
        Ok(self.slot.keep(py, generation, lease))
    }

    /// What needs no waiting is done without releasing the interpreter: that would take longer.
    fn lease(&self, py: Python<'_>) -> Result<Lease> {
        let target = self.target();
        match binding::glance_lease(&self.client, &target) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                released(py, |pause| binding::get_lease(&self.client, &target, pause))
            }
            outcome => settled(py, outcome),
        }
    }

    fn hit(&self, py: Python<'_>) -> Option<Py<PyString>> {
        let text = self.slot.fresh(py)?;
        binding::add_hits(&self.client, 1);
        Some(text)
    }
}

fn whole_seconds(name: &str, value: &Bound<'_, PyAny>) -> Result<Duration> {
    Ok(Duration::from_secs(seconds(name, value)?.into()))
}
