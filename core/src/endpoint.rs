//! What is signed as the host, validated once and typed from there on.

use std::net::Ipv6Addr;

use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::target::Target;

/// The longest name that DNS can carry.
const MAX_HOST: usize = 253;

/// A host that can be signed, with its port where that is signed as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Lower case, without a trailing dot, with brackets if it is an IPv6 address.
    host: String,
    port: u16,
    kind: Kind,
}

impl Endpoint {
    /// Takes a host name, an IPv4 address, an IPv6 address with or without brackets, or the name of a cache.
    pub(crate) fn of(target: &Target<'_>) -> Result<Self> {
        let port = target.port;
        let host = match target.kind {
            Some(kind) if kind.is_cache() => cache_name(target.host, kind)?,
            Some(kind) if !kind.signs_port() => normalize(target.host)?,
            // The port first: what is wrong with it hides no other mistake.
            _ if port == 0 => {
                return Err(Error::invalid(
                    "port is 0; give the database's port, for example 5432 or 3306",
                ));
            }
            _ => normalize(target.host)?,
        };
        let kind = target.kind.unwrap_or_else(|| Kind::of(&host, target.user));
        Ok(Self { host, port, kind })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, if it is signed.
    pub(crate) fn port(&self) -> Option<u16> {
        self.kind.signs_port().then_some(self.port)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

/// The name of a replication group, a serverless cache or a cluster. AWS stores it in lower case.
fn cache_name(name: &str, kind: Kind) -> Result<String> {
    if name.is_empty() {
        return Err(Error::invalid("host is empty; give the name of the cache"));
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !name.is_empty() {
        return Ok(name.to_ascii_lowercase());
    }
    let wanted = match kind {
        Kind::ElastiCacheServerless => "the serverless cache",
        Kind::MemoryDb => "the MemoryDB cluster",
        _ => "the replication group",
    };
    Err(Error::invalid(format!(
        "host is not the name of a cache, which has letters, digits and dashes; give the name of \
         {wanted}, not its endpoint"
    )))
}

/// The host as it goes into the token and the signature. The SDKs disagree about upper case
/// and a trailing dot (measured: botocore signs in lower case, the JS SDK as typed); lower case
/// without the dot is right under either reading.
fn normalize(host: &str) -> Result<String> {
    if host.is_empty() {
        return Err(Error::invalid("host is empty; give the endpoint of the database"));
    }
    if !host.bytes().all(is_host_byte) {
        return ipv6(host).unwrap_or_else(|| Err(refused(host)));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.as_bytes().split(|&byte| byte == b'.').any(<[u8]>::is_empty) {
        return Err(Error::invalid("host has an empty label; check its dots"));
    }
    if name.len() > MAX_HOST {
        return Err(Error::invalid(format!(
            "host has {} characters; a host name has at most {MAX_HOST}",
            name.len()
        )));
    }
    Ok(name.to_ascii_lowercase())
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// Something if `host` is meant as an IPv6 address. The text is kept as typed but for its case,
/// since the SDKs sign it so.
fn ipv6(host: &str) -> Option<Result<String>> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if inner.is_none() && host.matches(':').count() < 2 {
        return None;
    }
    let address = inner.unwrap_or(host);
    if address.parse::<Ipv6Addr>().is_ok() {
        return Some(Ok(format!("[{}]", address.to_ascii_lowercase())));
    }
    // `https://name:5432` has two colons as well and deserves the better message.
    if inner.is_none() && address.chars().any(|c| !c.is_ascii_hexdigit() && c != ':' && c != '.') {
        return None;
    }
    Some(Err(Error::invalid(
        "host looks like an IPv6 address but is not a valid one; give it without a zone, \
         for example 2001:db8::1 or [2001:db8::1]",
    )))
}

/// Why a character of it may not stand in a host. The host itself is not quoted: what was put
/// there by mistake may be a whole URL with a password in it.
#[cold]
fn refused(host: &str) -> Error {
    let is_bad = |c: &char| !u8::try_from(*c).is_ok_and(is_host_byte);
    Error::invalid(match host.chars().find(is_bad).unwrap_or_default() {
        _ if host.contains("://") => {
            "host has a scheme; give the bare host name, without https:// or postgresql://".into()
        }
        '\0' => "host has an interior NUL".into(),
        c if !c.is_ascii() => {
            "host is not ASCII; give the A-label form of the name (xn--...)".to_owned()
        }
        c if c.is_ascii_control() => {
            format!("host has a control character (0x{:02x})", u32::from(c))
        }
        ' ' => "host has a space; remove it".into(),
        ':' => "host has a port; give the port as the port argument".into(),
        '/' => "host has a path; give the bare host name".into(),
        '@' => "host has an '@'; give the user as the user argument".into(),
        c => format!("host has a '{c}', which a host name may not have"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn host(text: &str) -> Result<String> {
        Endpoint::of(&Target::new(text, 5432, "u")).map(|endpoint| endpoint.host)
    }

    #[test]
    fn names_are_lower_cased_and_lose_one_dot() {
        assert_eq!(host("MyDB.Example.COM.").unwrap(), "mydb.example.com");
        assert_eq!(host("10.0.0.1").unwrap(), "10.0.0.1");
        assert_eq!(host("under_score").unwrap(), "under_score");
        let longest = "a".repeat(253);
        assert_eq!(host(&format!("{longest}.")).unwrap(), longest);
    }

    #[test]
    fn ipv6_is_taken_with_and_without_brackets() {
        assert_eq!(host("2001:DB8::1").unwrap(), "[2001:db8::1]");
        assert_eq!(host("[::1]").unwrap(), "[::1]");
        assert_eq!(host("::1").unwrap(), "[::1]");
        for bad in ["[::1", "::1]", "[1::2::3]", "1::2::3", "fe80::1%eth0", "[]", "[db.example]"] {
            assert_eq!(host(bad).unwrap_err().kind(), ErrorKind::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn each_refusal_names_the_host_and_the_remedy() {
        for (bad, word) in [
            ("", "empty"),
            ("https://db.example.com", "scheme"),
            ("https://db.example.com:5432", "scheme"),
            ("db.example.com:5432", "port"),
            ("db.example.com/x", "path"),
            ("db example.com", "space"),
            ("db\n.example.com", "control"),
            ("db\0.example.com", "NUL"),
            ("u@db.example.com", "user"),
            ("db.example.com?x", "'?'"),
            ("db.example.com#x", "'#'"),
            ("db%2e", "'%'"),
            ("dbé.example.com", "A-label"),
            ("a..b", "label"),
            (".", "label"),
            ("..", "label"),
            (".a", "label"),
            ("a..", "label"),
            (&"a".repeat(254), "254"),
            ("1::2::3", "IPv6"),
            ("::ffff:1.2.3", "IPv6"),
            ("[db.example]", "IPv6"),
            ("a::z", "port"),
        ] {
            let error = host(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().starts_with("host"), "{bad}: {error}");
            assert!(error.message().contains(word), "{bad}: {error}");
        }
        assert!(
            Endpoint::of(&Target::new("db", 0, "u")).unwrap_err().message().starts_with("port")
        );
    }

    #[test]
    fn a_cache_is_named_in_lower_case_and_not_by_its_endpoint() {
        let of = |kind, name| Endpoint::of(&Target::cache(kind, name, "u"));
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_cache()) {
            let endpoint = of(kind, "My-Cache-1").unwrap();
            assert_eq!((endpoint.host(), endpoint.port()), ("my-cache-1", None));
            let (master, words) = ("master.my-cache.abc.use1.cache.amazonaws.com", "endpoint");
            for (bad, word) in [("", "empty"), (".", words), (master, words), ("a:6379", words)] {
                let error = of(kind, bad).unwrap_err();
                assert!(error.message().starts_with("host"), "{bad}: {error}");
                assert!(error.message().contains(word), "{bad}: {error}");
            }
        }
        let told = of(Kind::ElastiCacheServerless, "a.b").unwrap_err();
        assert!(told.message().contains("the serverless cache"), "{told}");
        let told = of(Kind::MemoryDb, "a.b").unwrap_err();
        assert!(told.message().contains("the MemoryDB cluster"), "{told}");
    }

    #[test]
    fn the_port_of_dsql_is_not_signed() {
        let host = "ABC.dsql.us-east-1.on.aws.";
        let told = Endpoint::of(&Target::new(host, 5432, "admin")).unwrap();
        assert_eq!((told.kind(), told.port()), (Kind::DsqlAdmin, None));
        let given = Target::new("localhost", 0, "").kind(Some(Kind::DsqlConnect));
        let given = Endpoint::of(&given).unwrap();
        assert_eq!((given.kind(), given.port()), (Kind::DsqlConnect, None));
        let rds = Target::new(host, 5432, "admin").kind(Some(Kind::Rds));
        assert_eq!(Endpoint::of(&rds).unwrap().port(), Some(5432));
    }
}
