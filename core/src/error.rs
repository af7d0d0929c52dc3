//! The one error type, and the table of what can go wrong.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What every function of this crate that can fail returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. The numbers and codes are part of every language's API and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is not valid; the message names it and the remedy.
    InvalidArgument,
    /// No region was given and none could be found.
    RegionMissing,
    /// No source had credentials.
    CredentialsNotFound,
    /// The credentials have ended, or end too soon to be of use.
    CredentialsExpired,
    /// A source of credentials failed.
    CredentialsProvider,
    /// Credentials did not arrive in time.
    Timeout,
    /// The call may not wait, and would have had to.
    WouldBlock,
    /// The system clock cannot be right.
    Clock,
    /// A fault of this library.
    Internal,
    /// A panic, caught at the boundary of a binding.
    Panic,
}

impl ErrorKind {
    /// Every kind, in the order of the numbers.
    pub const ALL: [Self; 10] = [
        Self::InvalidArgument,
        Self::RegionMissing,
        Self::CredentialsNotFound,
        Self::CredentialsExpired,
        Self::CredentialsProvider,
        Self::Timeout,
        Self::WouldBlock,
        Self::Clock,
        Self::Internal,
        Self::Panic,
    ];

    /// Number, code, and whether trying again can help, all in one place.
    const fn row(self) -> (i32, &'static str, bool) {
        match self {
            Self::InvalidArgument => (1, "ERR_RDSIAM_INVALID_ARGUMENT", false),
            Self::RegionMissing => (3, "ERR_RDSIAM_REGION_MISSING", false),
            Self::CredentialsNotFound => (20, "ERR_RDSIAM_CREDENTIALS_NOT_FOUND", false),
            Self::CredentialsExpired => (21, "ERR_RDSIAM_CREDENTIALS_EXPIRED", true),
            Self::CredentialsProvider => (22, "ERR_RDSIAM_CREDENTIALS_PROVIDER", false),
            Self::Timeout => (31, "ERR_RDSIAM_TIMEOUT", true),
            Self::WouldBlock => (32, "ERR_RDSIAM_WOULD_BLOCK", false),
            Self::Clock => (40, "ERR_RDSIAM_CLOCK", false),
            Self::Internal => (90, "ERR_RDSIAM_INTERNAL", false),
            Self::Panic => (91, "ERR_RDSIAM_PANIC", false),
        }
    }

    /// The status number of the C API. 0 is success and no kind.
    pub const fn status(self) -> i32 {
        self.row().0
    }

    /// The code text, the same in every language.
    pub const fn code(self) -> &'static str {
        self.row().1
    }

    /// The kind with this status number.
    pub fn from_status(status: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.status() == status)
    }
}

/// An error: a kind, a message that says what to do, and perhaps a cause.
///
/// Cheap to clone, so that all callers that waited for one refresh get the same error.
/// No message quotes a secret key, a session token, a signature or a token.
///
/// ```
/// use rdsiam::{Client, Config, ErrorKind, Target};
/// let client = Client::new(Config::new())?;
/// let error = client.get(&Target::new("https://db.example.com", 5432, "app")).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
/// assert!(error.to_string().contains("host"));
/// # Ok::<(), rdsiam::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    retryable: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind; whether it is retryable follows from the kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::build(kind, message.into(), kind.row().2, None)
    }

    /// The failure of a source of credentials, which alone knows whether to try again.
    pub fn provider(message: impl Into<String>, retryable: bool) -> Self {
        Self::build(ErrorKind::CredentialsProvider, message.into(), retryable, None)
    }

    /// The failure of a source of credentials, with its cause.
    pub fn provider_caused_by(
        message: impl Into<String>,
        retryable: bool,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        let source = Some(Box::new(source) as Box<dyn StdError + Send + Sync>);
        Self::build(ErrorKind::CredentialsProvider, message.into(), retryable, source)
    }

    /// The same error with a cause.
    pub(crate) fn caused_by(self, source: impl StdError + Send + Sync + 'static) -> Self {
        let Inner { kind, message, retryable, .. } = &*self.0;
        Self::build(*kind, message.clone(), *retryable, Some(Box::new(source)))
    }

    /// The same failure in other words.
    #[cfg(feature = "chain")]
    pub(crate) fn reworded(&self, message: String) -> Self {
        Self::build(self.kind(), message, self.retryable(), None)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    #[cold]
    pub(crate) fn would_block() -> Self {
        Self::new(
            ErrorKind::WouldBlock,
            "the credentials would have to be fetched, and this call may not wait; call the \
             asynchronous form first, or give credentials that need no fetching",
        )
    }

    fn build(
        kind: ErrorKind,
        message: String,
        retryable: bool,
        source: Option<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Inner { kind, message, retryable, source }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The code text, the same in every language.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// What went wrong and what to do about it, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the same call can succeed later without a change by the caller.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The source may be foreign and its Debug text could say anything: it stays out.
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("message", &self.0.message)
            .field("retryable", &self.0.retryable)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn statuses_and_codes_are_unique_and_found_again() {
        let statuses: HashSet<i32> = ErrorKind::ALL.iter().map(|kind| kind.status()).collect();
        let codes: HashSet<&str> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!((statuses.len(), codes.len()), (10, 10));
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_status(kind.status()), Some(kind));
        }
        assert_eq!(ErrorKind::from_status(0), None);
    }

    #[test]
    fn debug_leaves_the_source_out() {
        let source = std::io::Error::other("a secret");
        let error = Error::provider_caused_by("the provider failed", true, source);
        assert!(!format!("{error:?} {error}").contains("a secret"));
        assert!(error.retryable());
    }
}
