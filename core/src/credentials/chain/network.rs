//! The settings of the network that all sources share, and which of those that are set have no
//! effect.

use super::proxy::{Proxies, told_to_node};
use super::settings::{Found, Settings};
use super::trust::Trust;
use crate::error::{Error, Result};
use crate::style::Network as Rules;

/// Read once for each fetch.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) proxies: Proxies,
    pub(super) trust: Trust,
    /// An odd value is an error where it is needed.
    variant: Result<Variant>,
    /// What is set and has no effect, in words, for the message of a fetch that fails.
    unused: Vec<String>,
}

/// Which endpoints of a service are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Network {
    pub(super) fn read(settings: &Settings<'_>) -> Self {
        let dual_stack = dual_stack(settings);
        Self {
            proxies: Proxies::read(settings),
            trust: Trust::read(settings),
            variant: fips(settings).map(|fips| Variant { fips, dual_stack }),
            unused: unused(settings),
        }
    }

    pub(super) fn variant(&self) -> Result<Variant> {
        self.variant.clone()
    }

    /// What a message about a failure says about settings without effect.
    pub(super) fn remark(&self) -> String {
        let mut unused = self.unused.clone();
        unused.extend(self.trust.ignored().map(str::to_owned));
        if unused.is_empty() {
            String::new()
        } else {
            format!(" Set, but without effect here: {}.", unused.join("; "))
        }
    }
}

/// Who asks for FIPS endpoints gets them or an error. The SDKs take a value that they do not
/// know for a no, which nobody would notice.
fn fips(settings: &Settings<'_>) -> Result<bool> {
    let Some(Found { value, name }) = settings.find("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
    else {
        return Ok(false);
    };
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Error::provider(
            format!(
                "{name} is neither true nor false, so it is not clear whether FIPS endpoints are to be asked"
            ),
            false,
        )),
    }
}

fn dual_stack(settings: &Settings<'_>) -> bool {
    let found = settings.find("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    found.is_some_and(|found| found.value.trim().eq_ignore_ascii_case("true"))
}

const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
const ALL_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];

fn unused(settings: &Settings<'_>) -> Vec<String> {
    let mut unused = Vec::new();
    let mut note = |name: &str, why: &str| {
        if settings.variable(name).is_some() {
            unused.push(format!("{name} ({why})"));
        }
    };
    match settings.rules {
        Rules::Botocore => {
            ALL_PROXY.iter().for_each(|name| note(name, "boto3 does not use it either"));
            let legacy = settings.find("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
            if let Some(found) = legacy.filter(|found| found.value == "legacy") {
                unused.push(format!("{} (the endpoint of the region is asked)", found.name));
            }
        }
        Rules::Js => {
            if !told_to_node(settings) {
                let why =
                    "as with the JS SDK, until NODE_USE_ENV_PROXY=1 tells Node to use proxies";
                PROXIES.iter().for_each(|name| note(name, why));
            }
            ALL_PROXY.iter().for_each(|name| note(name, "Node does not use it"));
            let why = "as with the JS SDK; Node's variable is NODE_EXTRA_CA_CERTS";
            note("AWS_CA_BUNDLE", why);
            note("NODE_TLS_REJECT_UNAUTHORIZED", "certificates are always verified");
            unused.extend(settings.profile("ca_bundle").map(|found| found.name));
        }
        Rules::Sdk => {}
    }
    for line in ["proxy_ca_bundle", "proxy_client_cert", "proxy_use_forwarding_for_https"] {
        if let (Rules::Botocore, Some(found)) = (settings.rules, settings.profile(line)) {
            unused.push(found.name);
        }
    }
    unused
}
