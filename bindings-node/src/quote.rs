//! A token where a text gives some of its characters a meaning of their own.

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::{ValueType, sys};
use napi_derive::napi;
use rdsiam::Quoting;
use zeroize::Zeroizing;

use crate::guard::{Outcome, guard};

/// Handed to V8 from the buffer that wipes itself.
pub(crate) struct Quoted(rdsiam::Quoted);

/// For the password of a URL.
#[napi]
pub(crate) fn url_quote(token: String) -> Outcome<Quoted> {
    guard("urlQuote", || Ok(quoted(token, Quoting::Url)))
}

/// For the last field of a line of `.pgpass`.
#[napi]
pub(crate) fn pgpass_quote(token: String) -> Outcome<Quoted> {
    guard("pgpassQuote", || Ok(quoted(token, Quoting::Pgpass)))
}

/// For `PWD` in a connection string of ODBC; with `percent`, of psqlODBC.
#[napi]
pub(crate) fn odbc_quote(token: String, percent: bool) -> Outcome<Quoted> {
    let place = if percent { Quoting::OdbcPercent } else { Quoting::Odbc };
    guard("odbcQuote", || Ok(quoted(token, place)))
}

fn quoted(token: String, place: Quoting) -> Quoted {
    Quoted(rdsiam::quote(&Zeroizing::new(token), place))
}

impl ToNapiValue for Quoted {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        // SAFETY: the caller's promise about `env` is passed on as it is.
        unsafe { ToNapiValue::to_napi_value(env, value.0.as_str()) }
    }
}

impl TypeName for Quoted {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}
