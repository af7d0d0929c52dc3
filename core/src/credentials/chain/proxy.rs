//! Which proxy a request goes through. The SDKs read the same variables by different rules.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use zeroize::Zeroizing;

use super::settings::Settings;
use crate::error::{Error, Result};
use crate::style::Network;

/// The proxies of the environment.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    /// One that is not a URL is an error where it is needed.
    http: Option<Result<Proxy>>,
    https: Option<Result<Proxy>>,
    bypass: Bypass,
}

/// A proxy. Its URL may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) url: Zeroizing<String>,
    /// As messages call it: without user and password.
    pub(super) shown: String,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Proxy {
    pub(super) fn speaks_tls(&self) -> bool {
        self.url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
    }
}

/// The hosts that are asked directly.
#[derive(Debug, Default)]
enum Bypass {
    #[default]
    None,
    /// boto3: names and their subdomains, `*` alone for all.
    Suffixes(String),
    /// Node: exact names, `.suffix`, `*.suffix`, ranges of IPv4 addresses, `*`.
    Node(String),
    /// curl: names and their subdomains, addresses, blocks of addresses, `*`.
    Curl(String),
}

impl Proxies {
    pub(super) fn read(settings: &Settings<'_>) -> Self {
        match settings.rules {
            Network::Botocore => Self::of_urllib(settings),
            Network::Js if told_to_node(settings) => Self::of_node(settings),
            Network::Js => Self::default(),
            Network::Sdk => Self::of_curl(settings),
        }
    }

    /// The lower-case name wins, and an empty one hides the other. `ALL_PROXY` does not count.
    fn of_urllib(settings: &Settings<'_>) -> Self {
        let find = |lower: &'static str, upper: &'static str| match settings.raw(lower) {
            Some(value) => Some((lower, value)).filter(|(_, value)| !value.is_empty()),
            // A CGI script gets the header `Proxy` of a stranger under this name.
            None if lower == "http_proxy" && settings.raw("REQUEST_METHOD").is_some() => None,
            None => settings.raw(upper).filter(|v| !v.is_empty()).map(|value| (upper, value)),
        };
        let no_proxy = find("no_proxy", "NO_PROXY");
        Self {
            http: proxy(find("http_proxy", "HTTP_PROXY")),
            https: proxy(find("https_proxy", "HTTPS_PROXY")),
            bypass: no_proxy.map_or(Bypass::None, |(_, hosts)| Bypass::Suffixes(hosts)),
        }
    }

    /// As Node's own agents do when Node is told to use proxies.
    fn of_node(settings: &Settings<'_>) -> Self {
        let find = |lower: &'static str, upper: &'static str| {
            let set = |name: &'static str| settings.variable(name).map(|value| (name, value));
            set(lower).or_else(|| set(upper))
        };
        let no_proxy = find("no_proxy", "NO_PROXY");
        Self {
            http: proxy(find("http_proxy", "HTTP_PROXY")),
            https: proxy(find("https_proxy", "HTTPS_PROXY")),
            bypass: no_proxy.map_or(Bypass::None, |(_, hosts)| Bypass::Node(hosts)),
        }
    }

    /// As curl and the AWS SDK for Rust: the upper-case name first, `ALL_PROXY` last, and blocks
    /// of addresses in `NO_PROXY`.
    fn of_curl(settings: &Settings<'_>) -> Self {
        let find = |names: [&'static str; 4]| {
            names.into_iter().find_map(|name| settings.variable(name).map(|value| (name, value)))
        };
        let no_proxy = settings.variable("NO_PROXY").or_else(|| settings.variable("no_proxy"));
        let http = if settings.raw("REQUEST_METHOD").is_some() {
            None
        } else {
            find(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
        };
        let https = find(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
        Self {
            http: proxy(http),
            https: proxy(https),
            bypass: no_proxy.map_or(Bypass::None, Bypass::Curl),
        }
    }

    /// The proxy of a URL; none if its host is asked directly.
    pub(super) fn of(&self, url: &str) -> Result<Option<&Proxy>> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let proxy = if scheme.eq_ignore_ascii_case("https") { &self.https } else { &self.http };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        match proxy {
            Some(proxy) if !self.bypass.holds(&authority) => {
                proxy.as_ref().map(Some).map_err(Error::clone)
            }
            _ => Ok(None),
        }
    }
}

/// Whether Node is told to use the proxies of the environment. A flag on the command line of
/// Node is seen by the binding alone, which hands it on as this variable.
pub(super) fn told_to_node(settings: &Settings<'_>) -> bool {
    settings.raw("NODE_USE_ENV_PROXY").is_some_and(|value| value == "1")
        || settings.raw("NODE_OPTIONS").is_some_and(|options| {
            options.split_whitespace().any(|option| option == "--use-env-proxy")
        })
}

fn proxy(found: Option<(&'static str, String)>) -> Option<Result<Proxy>> {
    let (variable, value) = found?;
    let value = Zeroizing::new(value);
    let url = Zeroizing::new(match value.trim() {
        with if with.contains("://") => with.to_owned(),
        without => format!("http://{}", without.trim_start_matches("//")),
    });
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let address = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let address = address.rsplit('@').next().unwrap_or_default();
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !known || address.is_empty() || address.contains(char::is_whitespace) {
        let text = format!("{variable} is not the URL of an HTTP proxy; give http://HOST:PORT");
        return Some(Err(Error::provider(text, false)));
    }
    let shown = format!("{}://{address} of {variable}", scheme.to_ascii_lowercase());
    Some(Ok(Proxy { url, shown }))
}

impl Bypass {
    /// The authority is in lower case, and may have a port.
    fn holds(&self, authority: &str) -> bool {
        let (host, _) = split_port(authority);
        match self {
            Self::None => false,
            Self::Suffixes(hosts) if hosts == "*" => true,
            Self::Suffixes(hosts) => {
                entries(hosts).any(|entry| is_within(&entry, host) || is_within(&entry, authority))
            }
            Self::Node(hosts) => entries(hosts).any(|entry| node_entry_holds(&entry, authority)),
            Self::Curl(hosts) => entries(hosts)
                .any(|entry| entry == "*" || is_within(&entry, host) || block_holds(&entry, host)),
        }
    }
}

/// The domain itself, with or without a dot in front, or one below it.
fn is_within(domain: &str, host: &str) -> bool {
    let before = host.strip_suffix(domain.trim_start_matches('.'));
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// An address, or a block such as `10.0.0.0/8`.
fn block_holds(entry: &str, host: &str) -> bool {
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let (network, length) = match entry.split_once('/') {
        Some((network, length)) => (network, length.parse::<u32>().ok()),
        None => (entry, Some(128)),
    };
    // The bits on the left have to be equal.
    let equal = |a: u128, b: u128, width: u32, length: u32| {
        a.checked_shr(width.saturating_sub(length)).unwrap_or(0)
            == b.checked_shr(width.saturating_sub(length)).unwrap_or(0)
    };
    match (address(network), address(host), length) {
        (Some(IpAddr::V4(a)), Some(IpAddr::V4(b)), Some(length)) => {
            equal(a.to_bits().into(), b.to_bits().into(), 32, length)
        }
        (Some(IpAddr::V6(a)), Some(IpAddr::V6(b)), Some(length)) => {
            equal(a.to_bits(), b.to_bits(), 128, length)
        }
        _ => false,
    }
}

fn node_entry_holds(entry: &str, authority: &str) -> bool {
    let (host, port) = split_port(authority);
    let (name, entry_port) = split_port(entry);
    if entry_port.is_some() && entry_port != port {
        return false;
    }
    if let Some((first, last)) = name.split_once('-') {
        let address = |text: &str| text.parse::<Ipv4Addr>().ok();
        if let (Some(first), Some(last)) = (address(first), address(last)) {
            return address(host).is_some_and(|host| (first..=last).contains(&host));
        }
    }
    match (name.strip_prefix("*."), name.strip_prefix('.')) {
        _ if name == "*" => true,
        (Some(suffix), _) | (_, Some(suffix)) => {
            host.strip_suffix(suffix).is_some_and(|before| before.ends_with('.'))
        }
        _ => host == name,
    }
}

fn entries(hosts: &str) -> impl Iterator<Item = String> {
    let trimmed = hosts.split(',').map(|entry| entry.trim().to_ascii_lowercase());
    trimmed.filter(|entry| !entry.is_empty())
}

/// An IPv6 address in brackets has colons of its own.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bypassed_hosts_by_the_rules_of_boto3() {
        for (hosts, authority, expected) in [
            ("*", "sts.amazonaws.com", true),
            ("*,x", "sts.amazonaws.com", false),
            ("amazonaws.com", "sts.amazonaws.com", true),
            (".amazonaws.com", "amazonaws.com", true),
            ("amazonaws.com", "notamazonaws.com", false),
            ("STS.amazonaws.com:443", "sts.amazonaws.com:443", true),
            ("sts.amazonaws.com:80", "sts.amazonaws.com:443", false),
            ("127.0.0.0/8", "127.0.0.1:80", false),
            (" , 127.0.0.1 ", "127.0.0.1:80", true),
        ] {
            let bypass = Bypass::Suffixes(hosts.to_owned());
            assert_eq!(bypass.holds(authority), expected, "{hosts} {authority}");
        }
    }

    #[test]
    fn bypassed_hosts_by_the_rules_of_node() {
        for (hosts, authority, expected) in [
            ("*", "sts.amazonaws.com", true),
            ("amazonaws.com", "sts.amazonaws.com", false),
            (".amazonaws.com", "sts.amazonaws.com", true),
            ("*.amazonaws.com", "sts.amazonaws.com", true),
            ("sts.amazonaws.com:443", "sts.amazonaws.com:443", true),
            ("sts.amazonaws.com:80", "sts.amazonaws.com:443", false),
            ("127.0.0.1-127.0.0.9", "127.0.0.5:80", true),
            ("127.0.0.1-127.0.0.9", "127.0.0.10:80", false),
            ("[::1]", "[::1]", true),
        ] {
            let bypass = Bypass::Node(hosts.to_owned());
            assert_eq!(bypass.holds(authority), expected, "{hosts} {authority}");
        }
    }

    #[test]
    fn bypassed_hosts_by_the_rules_of_curl() {
        for (hosts, authority, expected) in [
            ("x, *", "sts.amazonaws.com", true),
            ("amazonaws.com", "sts.amazonaws.com:443", true),
            ("amazonaws.com", "notamazonaws.com", false),
            ("127.0.0.0/8", "127.3.0.1:80", true),
            ("127.0.0.0/16", "127.3.0.1:80", false),
            ("0.0.0.0/0", "127.3.0.1:80", true),
            ("127.0.0.1", "127.0.0.1:80", true),
            ("fd00::/8", "[fd00:ec2::254]:80", true),
            ("fd00::/8", "[fe00::1]", false),
            ("127.0.0.0/x", "127.0.0.1:80", false),
        ] {
            let bypass = Bypass::Curl(hosts.to_owned());
            assert_eq!(bypass.holds(authority), expected, "{hosts} {authority}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let value = "http://user:SECRET@proxy.example:3128/".to_owned();
        let found = proxy(Some(("HTTPS_PROXY", value))).unwrap().unwrap();
        assert_eq!(found.shown, "http://proxy.example:3128 of HTTPS_PROXY");
        assert!(!format!("{found:?}").contains("SECRET"));
        let bare = proxy(Some(("HTTPS_PROXY", "proxy.example:3128".to_owned())));
        assert_eq!(&**bare.unwrap().unwrap().url, "http://proxy.example:3128");
        for odd in ["socks5://user:SECRET@proxy", "http://", "http://a b"] {
            let error = proxy(Some(("HTTPS_PROXY", odd.to_owned()))).unwrap().unwrap_err();
            assert!(error.message().contains("HTTPS_PROXY"), "{error}");
            assert!(!error.message().contains("SECRET"), "{error}");
        }
    }
}
