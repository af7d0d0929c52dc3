//! What can be wrong: one code and one exit status each. Neither is used for anything else later.

/// A cause, and what to do about it is said where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    NameNotFound,
    NameIsNotRds,
    RegionMismatch,
    RegionMissing,
    ConnectionRefused,
    ConnectionTimeout,
    Unreachable,
    TlsNotOffered,
    OtherProtocol,
    TlsFailed,
    CertificateUnknown,
    CertificateWrongName,
    CertificateExpired,
    CertificateNotYetValid,
    CaMissing,
    ClockWrong,
    CredentialsMissing,
    CredentialsExpired,
    CredentialsSourceFailed,
    CredentialsRejected,
    CredentialsIncomplete,
    IamOff,
    IamPending,
    ResourceAbsent,
    ResourceNotAvailable,
    ProxyIamOff,
    PolicyMissing,
    PolicyDenied,
    PolicyBounded,
    UserAsksForPassword,
    UserMissing,
    UserMayNotLogIn,
    DatabaseMissing,
    DatabaseNotAllowed,
    HostNotAllowed,
    TooManyConnections,
    ServerNotReady,
    TokenRefused,
    ProxyRefused,
    ServerRefused,
}

impl Cause {
    /// Code, exit status, and the sentence for it.
    const fn row(self) -> (&'static str, u8, &'static str) {
        match self {
            Self::NameNotFound => ("name-not-found", 20, "the host name leads to no address"),
            Self::NameIsNotRds => {
                ("name-is-not-rds", 21, "the host name that is signed is not the endpoint of RDS")
            }
            Self::RegionMismatch => {
                ("region-mismatch", 22, "the token is signed for another region than the host's")
            }
            Self::RegionMissing => ("region-missing", 23, "no region is known to sign for"),
            Self::ConnectionRefused => {
                ("connection-refused", 30, "nothing listens at this address and port")
            }
            Self::ConnectionTimeout => ("connection-timeout", 31, "the connection is not answered"),
            Self::Unreachable => ("unreachable", 32, "the network does not lead to the address"),
            Self::TlsNotOffered => ("tls-not-offered", 40, "the server does not offer TLS"),
            Self::OtherProtocol => {
                ("other-protocol", 41, "what listens there does not speak this protocol")
            }
            Self::TlsFailed => ("tls-failed", 42, "the TLS handshake fails"),
            Self::CertificateUnknown => (
                "certificate-unknown",
                43,
                "the server's certificate is of an authority that is not in the CA file",
            ),
            Self::CertificateWrongName => {
                ("certificate-wrong-name", 44, "the server's certificate is for another name")
            }
            Self::CertificateExpired => {
                ("certificate-expired", 45, "the server's certificate has expired")
            }
            Self::CertificateNotYetValid => {
                ("certificate-not-yet-valid", 46, "the server's certificate is not valid yet")
            }
            Self::CaMissing => ("ca-missing", 47, "no file with the certificates of RDS serves"),
            Self::ClockWrong => ("clock-wrong", 50, "the clock of this machine is wrong"),
            Self::CredentialsMissing => ("credentials-missing", 60, "there are no AWS credentials"),
            Self::CredentialsExpired => {
                ("credentials-expired", 61, "the AWS credentials have expired")
            }
            Self::CredentialsSourceFailed => {
                ("credentials-source-failed", 62, "the source of the AWS credentials fails")
            }
            Self::CredentialsRejected => {
                ("credentials-rejected", 63, "AWS does not accept the credentials")
            }
            Self::CredentialsIncomplete => {
                ("credentials-incomplete", 64, "temporary credentials lack their session token")
            }
            Self::IamOff => ("iam-off", 70, "IAM authentication is off for this database"),
            Self::IamPending => {
                ("iam-pending", 71, "IAM authentication waits for the maintenance window")
            }
            Self::ResourceAbsent => {
                ("resource-absent", 72, "this account has no database with this endpoint")
            }
            Self::ResourceNotAvailable => {
                ("resource-not-available", 73, "the database is not available")
            }
            Self::ProxyIamOff => ("proxy-iam-off", 74, "the proxy does not take IAM logins"),
            Self::PolicyMissing => {
                ("policy-missing", 80, "no policy allows the identity rds-db:connect")
            }
            Self::PolicyDenied => {
                ("policy-denied", 81, "a policy denies the identity rds-db:connect")
            }
            Self::PolicyBounded => {
                ("policy-bounded", 82, "a boundary takes rds-db:connect away from the identity")
            }
            Self::UserAsksForPassword => (
                "user-asks-for-password",
                90,
                "the server asks for something else than a token for this user",
            ),
            Self::UserMissing => ("user-missing", 91, "the database user does not exist"),
            Self::UserMayNotLogIn => {
                ("user-may-not-log-in", 92, "the database user may not log in")
            }
            Self::DatabaseMissing => ("database-missing", 93, "the database does not exist"),
            Self::DatabaseNotAllowed => {
                ("database-not-allowed", 94, "the user may not connect to this database")
            }
            Self::HostNotAllowed => {
                ("host-not-allowed", 95, "the server takes no login of this user from here")
            }
            Self::TooManyConnections => {
                ("too-many-connections", 96, "the server has no free connection")
            }
            Self::ServerNotReady => {
                ("server-not-ready", 97, "the server is starting, stopping or recovering")
            }
            Self::TokenRefused => ("token-refused", 98, "the server refused the token"),
            Self::ProxyRefused => ("proxy-refused", 99, "RDS Proxy refused the login"),
            Self::ServerRefused => ("server-refused", 100, "the server refused the login"),
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        self.row().0
    }

    pub(crate) const fn status(self) -> u8 {
        self.row().1
    }

    pub(crate) const fn sentence(self) -> &'static str {
        self.row().2
    }
}
