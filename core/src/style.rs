//! Where the peers differ: the order of the parameters, the `:443` rule, and the environment.

/// Which peer a client stands in for. The rules are here; a face only selects a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conventions {
    pub(crate) style: Style,
    /// Names of the environment variables that hold the region, first one first.
    pub(crate) region_variables: [&'static str; 2],
    /// Whether AWS_PROFILE in the environment hides the keys there, as for the JS SDK; for the
    /// others the keys win. A profile that the caller names hides them everywhere.
    pub(crate) aws_profile_hides_keys: bool,
}

impl Conventions {
    /// boto3 and the AWS CLI: parameters in botocore's order, `AWS_DEFAULT_REGION` first.
    pub const BOTOCORE: Self = Self {
        style: Style::Botocore,
        region_variables: ["AWS_DEFAULT_REGION", "AWS_REGION"],
        aws_profile_hides_keys: false,
    };
    /// `@aws-sdk/rds-signer`: parameters in the alphabet's order, `AWS_REGION` first, and
    /// `AWS_PROFILE` hides the keys of the environment.
    pub const JS: Self = Self {
        style: Style::Js,
        region_variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
        aws_profile_hides_keys: true,
    };
    /// The other SDKs: botocore's order of parameters, `AWS_REGION` first.
    pub const SDK: Self = Self {
        style: Style::Botocore,
        region_variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
        aws_profile_hides_keys: false,
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
