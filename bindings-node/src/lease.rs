//! Tokens on their way into JavaScript.

use std::sync::Arc;

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::{ValueType, sys};
use napi_derive::napi;
use rdsiam::{Token, binding};

/// The text of a token. V8 copies it from the buffer that is zeroized, so that no copy is left behind
/// on this side.
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
        let text = value.0.as_str();
        if !text.is_ascii() {
            // SAFETY: the caller's promise about `env` is passed on as it is.
            return unsafe { ToNapiValue::to_napi_value(env, text) };
        }
        let mut made = std::ptr::null_mut();
        // SAFETY: the text is read within the call, and ASCII is Latin 1, which V8 copies as it is.
        let status = unsafe {
            sys::napi_create_string_latin1(
                env,
                text.as_ptr().cast(),
                text.len().cast_signed(),
                &raw mut made,
            )
        };
        napi::check_status!(status, "no memory for the text of a token")?;
        Ok(made)
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
    /// When it was signed.
    pub signed_at: i64,
    /// When the server stops accepting it.
    pub expires_at: i64,
}

impl From<binding::Lease> for Lease {
    fn from(lease: binding::Lease) -> Self {
        let (signed_at, expires_at) = binding::unix_times(&lease.token);
        Self {
            token: lease.token.into(),
            fresh_from: lease.fresh.start,
            fresh_until: lease.fresh.end,
            signed_at,
            expires_at,
        }
    }
}
