//! Readers of Python values. Each error names the argument and quotes no value.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString};
use rdsiam::{Kind, Target};

use crate::error::{Fault, Result};

/// A `str`.
pub(crate) fn text<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> Result<&'a str> {
    let Ok(text) = value.cast::<PyString>() else {
        return Err(wrong_type(name, "str", value));
    };
    text.to_str().map_err(|_| {
        Fault::invalid(format!("{name} has a lone surrogate, which UTF-8 cannot carry"))
    })
}

/// A `str` or `None`.
pub(crate) fn optional_text<'a>(
    name: &str,
    value: Option<&'a Bound<'_, PyAny>>,
) -> Result<Option<&'a str>> {
    value.map(|value| text(name, value)).transpose()
}

/// The name of a database user: a `str`, or its UTF-8 in `bytes`, which boto3 takes as well.
pub(crate) fn user<'a>(value: &'a Bound<'_, PyAny>) -> Result<&'a str> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => std::str::from_utf8(bytes.as_bytes())
            .map_err(|_| Fault::invalid("user is not UTF-8; give the name as a str")),
        Err(_) => text("user", value),
    }
}

/// A port: an `int`, or a `str` of digits, as the environment gives it.
pub(crate) fn port(value: &Bound<'_, PyAny>) -> Result<u16> {
    let number = if let Ok(digits) = value.cast::<PyString>() {
        from_digits(&digits.to_string_lossy())
    } else if is_integer(value) {
        value.extract::<u16>().ok()
    } else {
        None
    };
    number.ok_or_else(|| {
        Fault::invalid(
            "port is not a whole number from 1 to 65535; give the database's port, for example \
             5432 or 3306",
        )
    })
}

fn from_digits(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The name of a kind, or `None`: the host tells.
pub(crate) fn kind(value: Option<&Bound<'_, PyAny>>) -> Result<Option<Kind>> {
    Ok(optional_text("kind", value)?.map(str::parse).transpose()?)
}

/// A number of seconds. Which ones are allowed the core knows.
pub(crate) fn seconds(name: &str, value: &Bound<'_, PyAny>) -> Result<u32> {
    if !is_integer(value) {
        return Err(wrong_type(name, "int", value));
    }
    value.extract().map_err(|_| {
        Fault::invalid(format!("{name} is out of range; give a number of seconds such as 900"))
    })
}

/// `True` is an `int` to Python, but as a port or a time it is a mistake.
fn is_integer(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>()
}

fn wrong_type(name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> Fault {
    let found = value.get_type().name();
    let found = found.map_or_else(|_| "another type".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {wanted}, not {found}")).into()
}

/// The endpoint, the user and the region of one login, read but not yet looked at.
pub(crate) struct Login<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) user: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) kind: Option<Kind>,
}

impl<'a> Login<'a> {
    pub(crate) fn read(
        host_: &'a Bound<'_, PyAny>,
        port_: &Bound<'_, PyAny>,
        user_: &'a Bound<'_, PyAny>,
        region: Option<&'a Bound<'_, PyAny>>,
    ) -> Result<Self> {
        Ok(Self {
            host: text("host", host_)?,
            port: port(port_)?,
            user: user(user_)?,
            region: optional_text("region", region)?,
            kind: None,
        })
    }

    /// The endpoint of a DSQL cluster, of which neither port nor user are signed.
    pub(crate) fn dsql(
        host: &'a Bound<'_, PyAny>,
        region: Option<&'a Bound<'_, PyAny>>,
        kind: Kind,
    ) -> Result<Self> {
        Ok(Self {
            host: text("host", host)?,
            port: 0,
            user: "",
            region: optional_text("region", region)?,
            kind: Some(kind),
        })
    }

    pub(crate) fn target(&self) -> Target<'a> {
        Target::new(self.host, self.port, self.user).region(self.region).kind(self.kind)
    }
}
