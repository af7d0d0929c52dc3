//! The places that the AWS SDKs look at behind the keys in the environment.

/// One of them. In which order they are looked at differs between the SDKs: see
/// [`Conventions`](crate::Conventions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A profile's `role_arn`, with `source_profile` or `credential_source`.
    Role,
    /// A profile's `role_arn` with `web_identity_token_file`.
    ProfileWebIdentity,
    /// A profile's `sso_session`, or the older `sso_start_url`.
    Sso,
    /// A profile's `credential_process`.
    Process,
    /// A profile's `aws_access_key_id` and `aws_secret_access_key`, in either file.
    Keys,
    /// The same in the credentials file alone, which boto3 prefers to a process.
    KeysOfCredentialsFile,
    /// The same in the config file alone, which boto3 looks at last.
    KeysOfConfigFile,
    /// A profile's `login_session`, written by `aws login`.
    Login,
    /// AWS_WEB_IDENTITY_TOKEN_FILE, as in a pod of EKS.
    WebIdentity,
    /// The files of boto 2 and of the first tools for EC2, which boto3 still reads.
    Legacy,
    /// AWS_CONTAINER_CREDENTIALS_*_URI, as in a task of ECS or with EKS Pod Identity.
    Container,
    /// The metadata service of an EC2 instance, in its second version.
    Instance,
}

impl Source {
    /// As messages call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::WebIdentity => "web identity",
            Self::Legacy => "boto 2 file",
            Self::Container => "container",
            Self::Instance => "EC2 instance metadata",
            _ => "profile",
        }
    }

    /// Whether it is a setting of a profile.
    pub(crate) fn is_of_profile(self) -> bool {
        !matches!(self, Self::WebIdentity | Self::Legacy | Self::Container | Self::Instance)
    }
}
