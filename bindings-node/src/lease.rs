//! Tokens on their way into JavaScript.

use std::sync::Arc;

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::{ValueType, sys};
use napi_derive::napi;
use rdsiam::Token;

/// The text of a token. Handed to V8 from the buffer that wipes itself, so that no copy is
/// left behind on this side.
pub(crate) struct Text(Arc<Token>);

impl From<Arc<Token>> for Text {
    fn from(token: Arc<Token>) -> Self {
        Self(token)
    }
}

impl From<Token> for Text {
    fn from(token: Token) -> Self {
        Self(Arc::new(token))
    }
}

impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        // SAFETY: the caller's promise about `env` is passed on as it is.
        unsafe { ToNapiValue::to_napi_value(env, value.0.as_str()) }
    }
}

impl TypeName for Text {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

/// A token, and the Unix seconds in which JavaScript may hand it out without asking.
#[napi(object, object_from_js = false)]
pub(crate) struct Lease {
    /// The token.
    pub token: Text,
    /// The first second.
    pub fresh_from: i64,
    /// The second after the last.
    pub fresh_until: i64,
    /// When the server stops taking it.
    pub expires_at: i64,
}

impl From<rdsiam::Lease> for Lease {
    fn from(lease: rdsiam::Lease) -> Self {
        Self {
            fresh_from: lease.fresh.start,
            fresh_until: lease.fresh.end,
            expires_at: lease.token.expires_at(),
            token: lease.token.into(),
        }
    }
}
