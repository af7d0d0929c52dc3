//! The region to sign for: from the argument, the host name, the client, or the environment.

use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

/// The region that the host name of RDS or Aurora DSQL carries, if it carries one.
///
/// Works for every partition without a list of regions: the name has to end with a domain of
/// AWS, and the region stands beside the `rds` label, on either side of it. A global endpoint
/// of Aurora, a custom name, an address and `localhost` carry none.
///
/// ```
/// use rdsiam::region_of_host;
/// assert_eq!(region_of_host("db.abc.eu-west-1.rds.amazonaws.com"), Some("eu-west-1"));
/// assert_eq!(region_of_host("db.abc.rds.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
/// assert_eq!(region_of_host("abc.dsql.us-east-1.on.aws"), Some("us-east-1"));
/// assert_eq!(region_of_host("db.example.com"), None);
/// ```
///
/// The host has to be in lower case and without a trailing dot.
pub fn region_of_host(host: &str) -> Option<&str> {
    dsql_region(host).or_else(|| rds_region(host))
}

/// Whether it is the endpoint of a DSQL cluster, such as `id.dsql.us-east-1.on.aws`, or
/// `id.dsql-suffix.us-east-1.on.aws` behind PrivateLink.
pub(crate) fn is_dsql_host(host: &str) -> bool {
    dsql_region(host).is_some()
}

fn dsql_region(host: &str) -> Option<&str> {
    let mut labels = labels_from_end(host.strip_suffix(".on.aws")?);
    let (region, service, id) = (labels.next()?, labels.next()?, labels.next()?);
    let is_dsql = service == "dsql" || service.starts_with("dsql-");
    (is_dsql && !id.is_empty() && looks_like_region(region)).then_some(region)
}

fn rds_region(host: &str) -> Option<&str> {
    let before =
        PARTITION_DOMAINS.iter().find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))?;
    let mut labels = labels_from_end(before);
    let (last, previous) = (labels.next()?, labels.next()?);
    let region = match (is_rds(last), is_rds(previous)) {
        (true, false) => previous,
        (false, true) => last,
        _ => return None,
    };
    // Without a label before the two it would be the service's own API endpoint.
    labels.next().filter(|label| !label.is_empty())?;
    looks_like_region(region).then_some(region)
}

/// Byte by byte: names are too short for the search that `str::rsplit` does.
fn labels_from_end(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(name);
    std::iter::from_fn(move || {
        let name = rest?;
        let dot = name.bytes().rposition(|byte| byte == b'.');
        rest = dot.and_then(|dot| name.get(..dot));
        name.get(dot.map_or(0, |dot| dot + 1)..)
    })
}

/// The DNS suffixes of the partitions, from botocore's partitions.json.
const PARTITION_DOMAINS: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

fn is_rds(label: &str) -> bool {
    matches!(label, "rds" | "rds-fips")
}

/// `us-east-1`, `eusc-de-east-1`, and regions yet to come: words and a number, joined by
/// dashes. `global` and the identifier of an account have no dash and a number.
fn looks_like_region(label: &str) -> bool {
    let mut parts = label.as_bytes().rsplit(|&byte| byte == b'-');
    let is_of = |part: &[u8], is: fn(&u8) -> bool| !part.is_empty() && part.iter().all(is);
    let has_number = parts.next().is_some_and(|number| is_of(number, u8::is_ascii_digit));
    has_number
        && parts.clone().count() >= 2
        && parts.all(|word| is_of(word, u8::is_ascii_lowercase))
}

/// The bound of botocore, that of a label of DNS.
const LONGEST: usize = 63;

/// Refuses a region that could not be part of a credential scope.
pub(crate) fn check(region: &str) -> Result<()> {
    if region.is_empty() {
        return Err(Error::invalid(
            "region is empty; leave it out to take the one in the host name, or give one such \
             as us-east-1",
        ));
    }
    if region.len() > LONGEST {
        return Err(Error::invalid(format!(
            "region has {} characters; a region has at most {LONGEST}",
            region.len()
        )));
    }
    if region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        Ok(())
    } else {
        Err(Error::invalid(
            "region may have only lower-case letters, digits and dashes, for example us-east-1",
        ))
    }
}

/// The region in the environment, by the first of these variables that is set and not empty.
pub(crate) fn from_environment(
    environment: &Environment,
    variables: [&str; 2],
) -> Result<Option<String>> {
    for name in variables {
        if let Some(value) = environment.text(name)? {
            check(&value).map_err(|error| {
                Error::invalid(format!("the environment variable {name}: {error}"))
            })?;
            return Ok(Some(value));
        }
    }
    Ok(None)
}

#[cold]
pub(crate) fn missing(variables: [&str; 2]) -> Error {
    let [first, second] = variables;
    Error::new(
        ErrorKind::RegionMissing,
        format!(
            "no region: the host name carries none, none was given, and neither {first}, {second} \
             nor the profile names one; pass the region of the database"
        ),
    )
}

/// The region of the argument, the host or the client: the first that there is.
pub(crate) fn explicit<'a>(
    target: &Target<'a>,
    endpoint: &'a Endpoint,
    of_client: Option<&'a str>,
) -> Option<&'a str> {
    target.region.or_else(|| region_of_host(endpoint.host())).or(of_client)
}

/// What to tell a caller whose region argument is not the region of the host, if it is not.
pub(crate) fn mismatch(argument: &str, host: &str) -> Option<String> {
    let of_host = region_of_host(host).filter(|of_host| *of_host != argument)?;
    Some(format!(
        "the token is signed for region {argument}, as asked, but the host {host} is in \
         {of_host}; the database will probably refuse it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_the_rds_label_that_are_no_region() {
        for host in [
            "g.global-abc123.global.rds.amazonaws.com",
            "us-east-1.rds.amazonaws.com",
            ".us-east-1.rds.amazonaws.com",
            "rds.us-east-1.amazonaws.com",
            "db.abc.us-east-1.rds.amazonaws.com.evil.example",
            "db.abc.us-east-1.rds.amazonaws.org",
            "db.abc.us-east-1.rdsamazonaws.com",
            "db.abc.rds.rds.amazonaws.com",
            "db.abc.1-2.rds.amazonaws.com",
            "db.abc.us--1.rds.amazonaws.com",
            "db.abc.us--east-1.rds.amazonaws.com",
            "db.abc.east-1.rds.amazonaws.com",
            "db.abc.us-3ast-1.rds.amazonaws.com",
            "rds.amazonaws.com",
            "amazonaws.com",
            "",
        ] {
            assert_eq!(region_of_host(host), None, "{host}");
        }
    }

    #[test]
    fn names_of_dsql_and_what_only_looks_like_one() {
        for (host, region) in [
            ("abc.dsql.us-east-1.on.aws", Some("us-east-1")),
            ("abc.dsql-fnh4.eu-west-2.on.aws", Some("eu-west-2")),
            ("a.b.dsql.us-east-1.on.aws", Some("us-east-1")),
            ("dsql.us-east-1.on.aws", None),
            (".dsql.us-east-1.on.aws", None),
            ("abc.dsql.on.aws", None),
            ("abc.dsqlx.us-east-1.on.aws", None),
            ("abc.dsql.global.on.aws", None),
            ("abc.dsql.us-east-1.on.aws.evil.example", None),
            ("abc.dsql.us-east-1.xon.aws", None),
        ] {
            assert_eq!(region_of_host(host), region, "{host}");
            assert_eq!(is_dsql_host(host), region.is_some(), "{host}");
        }
        assert!(!is_dsql_host("db.abc.us-east-1.rds.amazonaws.com"));
    }

    #[test]
    fn the_first_variable_that_is_set_names_the_region() {
        let found = |variables: &[(&str, &str)]| {
            let given = variables.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
            from_environment(&Environment::given(given), ["FIRST", "SECOND"])
        };
        assert_eq!(found(&[]).unwrap(), None);
        let both = [("FIRST", "eu-west-1"), ("SECOND", "us-east-1")];
        assert_eq!(found(&both).unwrap().as_deref(), Some("eu-west-1"));
        let second = [("FIRST", ""), ("SECOND", "us-east-1")];
        assert_eq!(found(&second).unwrap().as_deref(), Some("us-east-1"));
        assert!(found(&[("FIRST", "no region")]).unwrap_err().message().contains("FIRST"));
    }

    #[test]
    fn a_mismatch_of_region_and_host_is_reported() {
        let host = "db.abc.us-east-1.rds.amazonaws.com";
        assert_eq!(mismatch("us-east-1", host), None);
        assert_eq!(mismatch("eu-west-1", "db.example.com"), None);
        assert!(mismatch("eu-west-1", host).unwrap().contains("us-east-1"));
    }

    #[test]
    fn regions_that_could_not_be_in_a_scope_are_refused() {
        for bad in ["", "US-EAST-1", "us east", "us/east", "us-east-1\n", "é"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        check("aws-global").unwrap();
        check(&"a".repeat(63)).unwrap();
        assert!(check(&"a".repeat(64)).unwrap_err().message().contains("64 characters"));
    }
}
