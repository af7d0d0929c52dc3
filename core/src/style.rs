//! Where the SDKs differ: the order of the parameters, the `:443` rule, the environment, and the
//! order of the sources of credentials. The tests of the bindings compare them with the SDKs.

#[cfg(feature = "chain")]
use crate::credentials::Source;

/// Which SDK a client behaves like. The rules are here; a binding only selects a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conventions {
    pub(crate) style: Style,
    /// Names of the environment variables that hold the region, first one first.
    pub(crate) region_variables: [&'static str; 2],
    /// Those that hold the name of the profile, first one first.
    pub(crate) profile_variables: &'static [&'static str],
    /// Whether AWS_PROFILE in the environment hides the keys there, as for the JS SDK; for the
    /// others the keys win. A profile that the caller names hides them everywhere.
    pub(crate) aws_profile_hides_keys: bool,
    /// What becomes of one half of a key, in the environment or in a profile.
    pub(crate) half_a_key: HalfAKey,
    /// Names of the environment variables that hold the session token, first one first.
    pub(crate) session_variables: &'static [&'static str],
    /// Whether the search ends at a profile that is named and not there, as with boto3; with
    /// the JS SDK the next source serves.
    #[cfg(feature = "chain")]
    pub(crate) missing_profile_ends_the_search: bool,
    /// Whether a profile that the caller names hides a web identity in the environment.
    #[cfg(feature = "chain")]
    pub(crate) named_profile_hides_web_identity: bool,
    /// Whether the profile completes the web identity of the environment, as with boto3: each of
    /// its three settings is looked up in the environment first and in the profile second.
    #[cfg(feature = "chain")]
    pub(crate) profile_completes_web_identity: bool,
    /// How the shared config and credentials files are found and read.
    #[cfg(feature = "chain")]
    pub(crate) files: FileRules,
    /// The order in which sources are looked at behind the keys in the environment. The first
    /// one that is configured has to serve.
    #[cfg(feature = "chain")]
    pub(crate) sources: &'static [Source],
    /// Whose rules hold for proxies, certificates and the metadata service.
    #[cfg(feature = "chain")]
    pub(crate) network: Network,
}

/// An SDK, by how it reads the settings of the network.
#[cfg(feature = "chain")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// boto3: urllib's proxies, `AWS_CA_BUNDLE`.
    Botocore,
    /// The JS SDK: proxies and certificates as Node is told.
    Js,
    /// The other SDKs: proxies as curl, `AWS_CA_BUNDLE`.
    Sdk,
}

/// What is done about an access key without its secret, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HalfAKey {
    /// An error, whichever half it is.
    Refused,
    /// An error, but for a secret alone, which counts as nothing.
    RefusedWithoutSecret,
    /// Counts as nothing.
    PassedOver,
}

/// How the shared config and credentials files are found and read.
#[cfg(feature = "chain")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileRules {
    pub(crate) dialect: Dialect,
    /// Whether `$NAME` in the path of a file is replaced by the variable.
    pub(crate) path_has_variables: bool,
    /// Whether an empty path means no file, rather than that in the home directory.
    pub(crate) empty_path_is_none: bool,
    /// Whether a pipe or a device is skipped. boto3 takes regular files alone.
    pub(crate) regular_files_alone: bool,
    /// Settings that hold the session token. The first one that is there counts.
    pub(crate) session_settings: &'static [&'static str],
    /// Settings of which each makes a profile one of SSO.
    pub(crate) sso_settings: &'static [&'static str],
    /// Whether a profile and its SSO session may contradict each other; then the session counts.
    pub(crate) sso_session_overrides: bool,
    /// Whether a role or web identity that lacks a setting is skipped, as with the JS SDK. For the
    /// others it is an error.
    pub(crate) incomplete_role_is_skipped: bool,
    /// Whether `credential_process` is a command for the shell, or words that start a program.
    pub(crate) process_in_shell: bool,
}

/// Who reads the text of a file.
#[cfg(feature = "chain")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Python's `configparser`, which refuses a file with one odd line.
    Python,
    /// `parseIni` of the JS SDK, which skips what is odd.
    Js,
    /// What either of them takes; where they differ, as the AWS CLI.
    Tolerant,
}

impl Conventions {
    /// boto3 and the AWS CLI: parameters in botocore's order, `AWS_DEFAULT_REGION` first.
    pub const BOTOCORE: Self = Self {
        style: Style::Botocore,
        region_variables: ["AWS_DEFAULT_REGION", "AWS_REGION"],
        profile_variables: &["AWS_DEFAULT_PROFILE", "AWS_PROFILE"],
        aws_profile_hides_keys: false,
        half_a_key: HalfAKey::RefusedWithoutSecret,
        session_variables: &["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"],
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: true,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: true,
        #[cfg(feature = "chain")]
        profile_completes_web_identity: true,
        #[cfg(feature = "chain")]
        files: FileRules {
            dialect: Dialect::Python,
            path_has_variables: true,
            empty_path_is_none: true,
            regular_files_alone: true,
            session_settings: &["aws_security_token", "aws_session_token"],
            sso_settings: &["sso_role_name", "sso_account_id"],
            sso_session_overrides: false,
            incomplete_role_is_skipped: false,
            process_in_shell: false,
        },
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::WebIdentity,
            Source::ProfileWebIdentity,
            Source::Sso,
            Source::KeysOfCredentialsFile,
            Source::Login,
            Source::Process,
            Source::KeysOfConfigFile,
            Source::Legacy,
            Source::Container,
            Source::Instance,
        ],
        #[cfg(feature = "chain")]
        network: Network::Botocore,
    };
    /// `@aws-sdk/rds-signer`: parameters in the alphabet's order, `AWS_REGION` first, and
    /// `AWS_PROFILE` hides the keys of the environment.
    pub const JS: Self = Self {
        style: Style::Js,
        region_variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
        profile_variables: &["AWS_PROFILE"],
        aws_profile_hides_keys: true,
        half_a_key: HalfAKey::PassedOver,
        session_variables: &["AWS_SESSION_TOKEN"],
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: false,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: false,
        #[cfg(feature = "chain")]
        profile_completes_web_identity: false,
        #[cfg(feature = "chain")]
        files: FileRules {
            dialect: Dialect::Js,
            path_has_variables: false,
            empty_path_is_none: false,
            regular_files_alone: false,
            session_settings: &["aws_session_token"],
            sso_settings: &[
                "sso_start_url",
                "sso_account_id",
                "sso_session",
                "sso_region",
                "sso_role_name",
            ],
            sso_session_overrides: true,
            incomplete_role_is_skipped: true,
            process_in_shell: true,
        },
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::Keys,
            Source::ProfileWebIdentity,
            Source::Process,
            Source::Sso,
            Source::Login,
            Source::WebIdentity,
            Source::Container,
            Source::Instance,
        ],
        #[cfg(feature = "chain")]
        network: Network::Js,
    };
    /// The other SDKs: botocore's order of parameters, `AWS_REGION` first.
    pub const SDK: Self = Self {
        style: Style::Botocore,
        region_variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
        profile_variables: &["AWS_PROFILE"],
        aws_profile_hides_keys: false,
        half_a_key: HalfAKey::Refused,
        session_variables: &["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: true,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: false,
        #[cfg(feature = "chain")]
        profile_completes_web_identity: false,
        #[cfg(feature = "chain")]
        files: FileRules {
            dialect: Dialect::Tolerant,
            path_has_variables: true,
            empty_path_is_none: false,
            regular_files_alone: false,
            session_settings: &["aws_session_token", "aws_security_token"],
            sso_settings: &["sso_session", "sso_start_url"],
            sso_session_overrides: true,
            incomplete_role_is_skipped: false,
            process_in_shell: true,
        },
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::ProfileWebIdentity,
            Source::Sso,
            Source::Login,
            Source::Process,
            Source::Keys,
            Source::WebIdentity,
            Source::Container,
            Source::Instance,
        ],
        #[cfg(feature = "chain")]
        network: Network::Sdk,
    };
}

impl Default for Conventions {
    fn default() -> Self {
        Self::SDK
    }
}

/// The two measured forms of a token. The signature is over the sorted parameters in both, so
/// only the order in the text differs, and the host that is signed at port 443.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `...Expires, SignedHeaders, [Security-Token], Signature`; `:443` is not signed.
    Botocore,
    /// `...Expires, [Security-Token], Signature, SignedHeaders`; `:443` is signed.
    Js,
}

impl Style {
    pub(crate) fn signs_port(self, port: u16) -> bool {
        port != 443 || self == Self::Js
    }
}
