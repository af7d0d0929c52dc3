//! What a certificate says, as far as it bears on RDS.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::LazyLock;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::der::{Decode as _, Tag, Tagged as _};
use x509_cert::ext::pkix::BasicConstraints;

use crate::time::{rfc3339, unix};

/// A certificate of an authority.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// The common name of its subject.
    pub(crate) name: String,
    /// The region, of a root of RDS.
    pub(crate) region: Option<String>,
    /// Whether its fingerprint is that of one that RDS has published.
    pub(crate) is_published: bool,
    pub(crate) is_authority: bool,
    /// When it begins and ends to be valid, in Unix seconds.
    pub(crate) begin: i64,
    pub(crate) end: i64,
    /// SHA-256, in hexadecimal digits.
    pub(crate) fingerprint: String,
}

impl Certificate {
    /// `None`: it cannot be parsed.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let read = x509_cert::Certificate::from_der(der).ok()?;
        let fingerprint = base16ct::lower::encode_string(&Sha256::digest(der));
        let name = common_name(&read.tbs_certificate.subject).unwrap_or_default();
        let known = PUBLISHED.get(fingerprint.as_str());
        let named = || region_in(&name).map(str::to_owned);
        let validity = &read.tbs_certificate.validity;
        Some(Self {
            region: known.copied().flatten().map(str::to_owned).or_else(named),
            is_published: known.is_some(),
            is_authority: is_authority(&read),
            begin: unix(validity.not_before.to_system_time()),
            end: unix(validity.not_after.to_system_time()),
            name,
            fingerprint,
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "region": self.region,
            "not_before": rfc3339(self.begin),
            "not_after": rfc3339(self.end),
            "published": self.is_published,
            "sha256": self.fingerprint,
        })
    }
}

/// The authorities in a file. None where it has anything that cannot be parsed: a client would refuse it.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<Certificate>> {
    Ok(read_pem(&std::fs::read(path)?))
}

fn read_pem(pem: &[u8]) -> Vec<Certificate> {
    let each = CertificateDer::pem_slice_iter(pem).map(|one| Certificate::from_der(&one.ok()?));
    let all: Option<Vec<_>> = each.collect();
    all.unwrap_or_default().into_iter().filter(|one| one.is_authority).collect()
}

fn is_authority(certificate: &x509_cert::Certificate) -> bool {
    match certificate.tbs_certificate.get::<BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca,
        _ => false,
    }
}

fn common_name(subject: &x509_cert::name::Name) -> Option<String> {
    const COMMON_NAME: x509_cert::der::oid::ObjectIdentifier =
        x509_cert::der::oid::ObjectIdentifier::new_unwrap("2.5.4.3");
    let mut parts = subject.0.iter().flat_map(|part| part.0.iter());
    let value = &parts.find(|part| part.oid == COMMON_NAME)?.value;
    match value.tag() {
        Tag::Utf8String => Some(value.decode_as::<Utf8StringRef<'_>>().ok()?.as_str().to_owned()),
        Tag::PrintableString => {
            Some(value.decode_as::<PrintableStringRef<'_>>().ok()?.as_str().to_owned())
        }
        _ => None,
    }
}

/// The region in `Amazon RDS us-east-1 Root CA RSA2048 G1`; of a preview, `Beta` or `Preview` stands before it.
fn region_in(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("Amazon RDS ")?;
    let rest =
        ["Beta ", "Preview "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    let (region, rest) = rest.split_once(" Root CA ")?;
    let (algorithm, generation) = rest.split_once(" G")?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_root = !region.is_empty()
        && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !algorithm.is_empty()
        && algorithm.chars().all(is_word)
        && !generation.is_empty()
        && generation.bytes().all(|b| b.is_ascii_digit());
    is_root.then_some(region)
}

/// Where to look, and what RDS has published; Python and Node read the same file.
static KNOWN: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("rds-roots.json")).unwrap_or_default());

/// The `trusted` or the `open` places.
pub(super) fn places(kind: &str) -> impl Iterator<Item = &'static str> {
    KNOWN.get(kind).into_iter().flat_map(texts)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The fingerprints of what RDS has published, with the region of each root.
static PUBLISHED: LazyLock<HashMap<&str, Option<&str>>> = LazyLock::new(|| {
    let others = KNOWN.get("others").into_iter().flat_map(texts).map(|one| (one, None));
    let regions = KNOWN.get("roots").and_then(Value::as_object).into_iter().flatten();
    let roots =
        regions.flat_map(|(region, list)| texts(list).map(move |one| (one, Some(region.as_str()))));
    others.chain(roots).collect()
});
