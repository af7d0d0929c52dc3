//! Settings that boto3 or the JS SDK reads and this library does not. Where one is set and no
//! credentials come, the error names it: it may be the reason. docs/settings.md has the whole list.

use super::profile::Profiles;
use crate::environment::Environment;

const VARIABLES: [&str; 6] = [
    "AWS_MAX_ATTEMPTS",
    "AWS_RETRY_MODE",
    "AWS_DEFAULTS_MODE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_CREDENTIAL_SCOPE",
];
const SETTINGS: [&str; 9] = [
    "max_attempts",
    "retry_mode",
    "defaults_mode",
    "sts_regional_endpoints",
    "account_id_endpoint_mode",
    "aws_credential_scope",
    "proxy_ca_bundle",
    "proxy_client_cert",
    "proxy_use_forwarding_for_https",
];

/// Those that are set, in words.
pub(super) fn told(environment: &Environment, profiles: Option<&Profiles>) -> Option<String> {
    let variables = VARIABLES.iter().filter(|name| environment.is_set(name));
    let of_profile = |name: &&&str| profiles.is_some_and(|all| all.set().get(name).is_some());
    let settings = SETTINGS.iter().filter(of_profile);
    let names = variables.copied().map(str::to_owned);
    let names = names.chain(settings.map(|name| format!("{name} of the profile")));
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}
