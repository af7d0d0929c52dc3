//! Tokens on their way into JavaScript.

use std::borrow::Borrow;
use std::sync::Arc;

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::{ValueType, sys};
use napi_derive::napi;
use rdsiam::Token;

/// The text of a token. Handed to V8 from the buffer that wipes itself, so that no copy is
/// left behind on this side.
pub(crate) struct Text<T>(T);

/// One from the cache, which others have as well.
pub(crate) type Kept = Text<Arc<Token>>;
/// A new one.
pub(crate) type Signed = Text<Token>;

impl<T> From<T> for Text<T> {
    fn from(token: T) -> Self {
        Self(token)
    }
}

impl<T: Borrow<Token>> ToNapiValue for Text<T> {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        let text = value.0.borrow().as_str();
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

impl<T> TypeName for Text<T> {
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
    pub token: Kept,
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
