//! Why a login is refused. Nothing of the token is quoted.

use std::fmt;

/// In the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Malformed(&'static str),
    WrongPath,
    WrongHost,
    WrongPort,
    WrongAction { wanted: &'static str },
    WrongUser,
    WrongExpires { longest: i64 },
    FromTheFuture { ahead: i64 },
    Expired { ago: i64 },
    WrongRegion,
    WrongService,
    UnknownKey,
    MissingSessionToken,
    WrongSessionToken,
    BadSignature,
    CredentialsExpired,
    NotAllowed { permission: &'static str },
    Denied { permission: &'static str },
    UnknownUser,
    NoTls,
    Throttled { most: u32 },
    Requested,
}

impl Reason {
    /// The error of RDS's own log of these logins, with its status.
    pub(crate) fn aws_error(self) -> (u16, &'static str) {
        match self {
            Self::Expired { .. } | Self::CredentialsExpired => (400, "ExpiredToken"),
            Self::NotAllowed { .. } | Self::Denied { .. } => (403, "NotAuthorized"),
            Self::Throttled { .. } => (429, "ThrottlingException"),
            Self::Requested => (500, "InternalError"),
            _ => (400, "InvalidToken"),
        }
    }

    /// A word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::WrongPath => "wrong-path",
            Self::WrongHost => "wrong-host",
            Self::WrongPort => "wrong-port",
            Self::WrongAction { .. } => "wrong-action",
            Self::WrongUser => "wrong-user",
            Self::WrongExpires { .. } => "wrong-expires",
            Self::FromTheFuture { .. } => "from-the-future",
            Self::Expired { .. } => "expired",
            Self::WrongRegion => "wrong-region",
            Self::WrongService => "wrong-service",
            Self::UnknownKey => "unknown-key",
            Self::MissingSessionToken => "missing-session-token",
            Self::WrongSessionToken => "wrong-session-token",
            Self::BadSignature => "bad-signature",
            Self::CredentialsExpired => "credentials-expired",
            Self::NotAllowed { .. } => "not-allowed",
            Self::Denied { .. } => "denied",
            Self::UnknownUser => "unknown-user",
            Self::NoTls => "no-tls",
            Self::Throttled { .. } => "throttled",
            Self::Requested => "requested",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(how) => write!(to, "the token is malformed: {how}"),
            Self::WrongPath => to.write_str("the path between host:port and ? is not /"),
            Self::WrongHost => to.write_str("the token is for another host"),
            Self::WrongPort => to.write_str("the token is for another port"),
            Self::WrongAction { wanted } => write!(to, "Action is not {wanted}"),
            Self::WrongUser => to.write_str("DBUser is not the user who logs in"),
            Self::WrongExpires { longest } => write!(to, "X-Amz-Expires is not 1 to {longest}"),
            Self::FromTheFuture { ahead } => {
                write!(to, "the token was signed {ahead} s in the future: a clock is wrong")
            }
            Self::Expired { ago } => write!(to, "the token expired {ago} s ago"),
            Self::WrongRegion => to.write_str("the token is signed for another region"),
            Self::WrongService => to.write_str("the token is signed for another service"),
            Self::UnknownKey => to.write_str("the access key is none of those handed out here"),
            Self::MissingSessionToken => {
                to.write_str("the access key is temporary, and its session token is missing")
            }
            Self::WrongSessionToken => to.write_str("the session token is not that of the key"),
            Self::BadSignature => to.write_str("the signature does not match"),
            Self::CredentialsExpired => {
                to.write_str("the credentials that signed the token have expired")
            }
            Self::NotAllowed { permission } => {
                write!(to, "no policy allows {permission} for this user")
            }
            Self::Denied { permission } => write!(to, "a policy denies {permission} for this user"),
            Self::UnknownUser => to.write_str("the database user does not exist: see --user"),
            Self::NoTls => to.write_str("the connection has no TLS"),
            Self::Throttled { most } => write!(to, "more than {most} new logins in a second"),
            Self::Requested => to.write_str("a refusal was asked for"),
        }
    }
}
