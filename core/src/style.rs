//! Where the peers differ: the order of the parameters, the `:443` rule, the environment, and
//! the order of the sources of credentials. Held against the peers themselves by the tests of
//! the faces.

#[cfg(feature = "chain")]
use crate::credentials::Source;

/// Which peer a client stands in for. The rules are here; a face only selects a row.
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
    /// What becomes of one half of a key in the environment.
    pub(crate) half_a_key: HalfAKey,
    /// Whether the search ends at a profile that is named and not there, as with boto3; with
    /// the JS SDK the next source serves.
    #[cfg(feature = "chain")]
    pub(crate) missing_profile_ends_the_search: bool,
    /// Whether a profile that the caller names hides a web identity in the environment.
    #[cfg(feature = "chain")]
    pub(crate) named_profile_hides_web_identity: bool,
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

impl Conventions {
    /// boto3 and the AWS CLI: parameters in botocore's order, `AWS_DEFAULT_REGION` first.
    pub const BOTOCORE: Self = Self {
        style: Style::Botocore,
        region_variables: ["AWS_DEFAULT_REGION", "AWS_REGION"],
        profile_variables: &["AWS_DEFAULT_PROFILE", "AWS_PROFILE"],
        aws_profile_hides_keys: false,
        half_a_key: HalfAKey::RefusedWithoutSecret,
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: true,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: true,
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::WebIdentity,
            Source::ProfileWebIdentity,
            Source::Sso,
            Source::KeysOfCredentialsFile,
            Source::Process,
            Source::Keys,
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
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: false,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: false,
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::Keys,
            Source::ProfileWebIdentity,
            Source::Process,
            Source::Sso,
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
        #[cfg(feature = "chain")]
        missing_profile_ends_the_search: true,
        #[cfg(feature = "chain")]
        named_profile_hides_web_identity: false,
        #[cfg(feature = "chain")]
        sources: &[
            Source::Role,
            Source::ProfileWebIdentity,
            Source::Sso,
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
