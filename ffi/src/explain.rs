//! What a token says about itself.

use std::ffi::{CString, c_char};
use std::ptr;

use rdsiam::Explanation;

use crate::Status;
use crate::arguments::text;
use crate::boundary::{ffi_free, ffi_handle, ffi_value, into_handle};
use crate::error::OwnedError;

/// The host that is signed.
pub const RDSIAM_FIELD_HOST: i32 = 1;
/// The port that is signed.
pub const RDSIAM_FIELD_PORT: i32 = 2;
/// The database user.
pub const RDSIAM_FIELD_USER: i32 = 3;
/// The region in the credential scope.
pub const RDSIAM_FIELD_REGION: i32 = 4;
/// The access key id that signed. Not a secret.
pub const RDSIAM_FIELD_ACCESS_KEY_ID: i32 = 5;
/// "true" if temporary credentials signed, which expire, else "false".
pub const RDSIAM_FIELD_HAS_SESSION_TOKEN: i32 = 6;
/// When it was signed, in Unix seconds.
pub const RDSIAM_FIELD_SIGNED_AT: i32 = 7;
/// When it expires, in Unix seconds. The credentials may expire sooner.
pub const RDSIAM_FIELD_EXPIRES_AT: i32 = 8;
/// Seconds left when it was explained; negative after the expiry.
pub const RDSIAM_FIELD_REMAINING_SECONDS: i32 = 9;
/// Bytes in the token.
pub const RDSIAM_FIELD_LENGTH: i32 = 10;
/// What it is a token for: "rds", "dsql", "dsql-admin", "elasticache", "elasticache-serverless" or
/// "memorydb".
pub const RDSIAM_FIELD_KIND: i32 = 11;

/// What can be read in a token, without its signature and its session token. Immutable, so any thread
/// may read it.
pub struct OwnedExplanation {
    /// From [`RDSIAM_FIELD_HOST`] on.
    fields: [Option<CString>; 11],
    problems: Vec<CString>,
    text: CString,
}

/// Reads a token, to find out why a login was refused.
///
/// @code
///     int why_was_it_refused(void) {
///         rdsiam_explanation *explanation = NULL;
///         const char *problem;
///         size_t i;
///         if (rdsiam_explain("not a token", &explanation, NULL) != RDSIAM_OK)
///             return 0;
///         for (i = 0; (problem = rdsiam_explanation_problem(explanation, i)) != NULL; i++)
///             fprintf(stderr, "%s\n", problem);
///         rdsiam_explanation_free(explanation);
///         return i > 0;
///     }
/// @endcode
///
/// @param token  Any text. Not NULL.
/// @param out    Receives the explanation, or NULL after an error.
/// @param err    Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, also for what is no token; RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK.
///
/// Memory:  nothing of the token is kept but what the explanation shows. It is the caller's, who frees
///          it with rdsiam_explanation_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_explain(
    token: *const c_char,
    out: *mut *mut OwnedExplanation,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a string.
        let token = unsafe { text("token", token) }?;
        Ok(into_handle(OwnedExplanation::new(&rdsiam::explain(token)?)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_explain", out, err, body) }
}

impl OwnedExplanation {
    fn new(explanation: &Explanation) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(c_string);
        let number = |number: Option<i64>| number.map(|number| c_string(&number.to_string()));
        Self {
            fields: [
                text(&explanation.host),
                number(explanation.port.map(i64::from)),
                text(&explanation.user),
                text(&explanation.region),
                text(&explanation.access_key_id),
                Some(c_string(&explanation.has_session_token.to_string())),
                number(explanation.signed_at),
                number(explanation.expires_at),
                number(explanation.remaining_seconds),
                Some(c_string(&explanation.length.to_string())),
                explanation.kind.map(|kind| c_string(kind.name())),
            ],
            problems: explanation.problems.iter().map(|problem| c_string(problem)).collect(),
            text: c_string(&explanation.to_string()),
        }
    }
}

/// Values of a token may have a NUL, percent-encoded.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\\0")).unwrap_or_default()
}

/// A part of a token.
///
/// @param explanation  NULL gives NULL.
/// @param field        One of RDSIAM_FIELD_HOST to RDSIAM_FIELD_KIND.
/// @return The text, or NULL if it is not in the token, cannot be read, or is not known to this
///         version of the library.
///
/// Memory:  the string belongs to the explanation and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_explanation_field(
    explanation: *const OwnedExplanation,
    field: i32,
) -> *const c_char {
    ffi_value("rdsiam_explanation_field", ptr::null(), || {
        // SAFETY: the caller gives NULL or an explanation of this library.
        let explanation = unsafe { explanation.as_ref() };
        let index = usize::try_from(i64::from(field) - 1).ok();
        let field = explanation.zip(index).and_then(|(known, index)| known.fields.get(index));
        field.and_then(Option::as_ref).map_or(ptr::null(), |field| field.as_ptr())
    })
}

/// What looks wrong with a token, in plain words.
///
/// @param explanation  NULL gives NULL.
/// @param index        From 0.
/// @return The text; NULL after the last one.
///
/// Memory:  the string belongs to the explanation and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_explanation_problem(
    explanation: *const OwnedExplanation,
    index: usize,
) -> *const c_char {
    ffi_value("rdsiam_explanation_problem", ptr::null(), || {
        // SAFETY: the caller gives NULL or an explanation of this library.
        let explanation = unsafe { explanation.as_ref() };
        let problem = explanation.and_then(|known| known.problems.get(index));
        problem.map_or(ptr::null(), |problem| problem.as_ptr())
    })
}

/// All of an explanation in several lines, for a person. Holds no secret.
///
/// @param explanation  NULL gives an empty string.
/// @return Never NULL.
///
/// Memory:  the string belongs to the explanation and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_explanation_text(
    explanation: *const OwnedExplanation,
) -> *const c_char {
    ffi_value("rdsiam_explanation_text", c"".as_ptr(), || {
        // SAFETY: the caller gives NULL or an explanation of this library.
        unsafe { explanation.as_ref() }.map_or(c"".as_ptr(), |known| known.text.as_ptr())
    })
}

/// Frees an explanation.
///
/// @param explanation  NULL does nothing.
///
/// Memory:  the explanation is gone, with its texts.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_explanation_free(explanation: *mut OwnedExplanation) {
    // SAFETY: the caller gives NULL or an explanation of this library, and gives it away.
    unsafe { ffi_free("rdsiam_explanation_free", explanation) }
}
