//! The pure signer. Private: the known answers of every language run through it.

use pyo3::prelude::*;
use rdsiam::{Conventions, Credentials, binding};

use crate::arguments::{Login, kind, optional_text, seconds, text};
use crate::guard::guard;

/// Signs a token at a given Unix second, with no clock, cache or environment.
#[pyfunction]
#[pyo3(name = "_sign_at", signature = (
    host, port, user, region, access_key_id, secret_access_key, session_token, unix_time, expires,
    kind=None
))]
#[allow(clippy::too_many_arguments, reason = "a known answer has this many inputs")]
pub(crate) fn sign_at(
    py: Python<'_>,
    host: &Bound<'_, PyAny>,
    port: &Bound<'_, PyAny>,
    user: &Bound<'_, PyAny>,
    region: Option<&Bound<'_, PyAny>>,
    access_key_id: &Bound<'_, PyAny>,
    secret_access_key: &Bound<'_, PyAny>,
    session_token: Option<&Bound<'_, PyAny>>,
    unix_time: i64,
    expires: &Bound<'_, PyAny>,
    kind: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    guard(py, "_sign_at", || {
        let mut login = Login::read(host, port, user, region)?;
        login.kind = self::kind(kind)?;
        let credentials = Credentials::new(
            text("access_key_id", access_key_id)?,
            text("secret_access_key", secret_access_key)?,
            optional_text("session_token", session_token)?,
        )?;
        let expires = seconds("expires", expires)?;
        let conventions = Conventions::BOTOCORE;
        let token =
            binding::sign_at(&credentials, &login.target(), unix_time, expires, conventions)?;
        Ok(token.as_str().to_owned())
    })
}
