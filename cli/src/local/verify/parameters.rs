//! The parameters of a token: each known one once, in canonical percent-encoding.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use time::OffsetDateTime;
use time::macros::format_description;

use super::reason::Reason;
use crate::local::service::Service;

/// Signed for RDS, and unknown to DSQL.
const USER: &str = "DBUser";
const REQUIRED: [&str; 7] = [
    "Action",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    SIGNATURE,
];
const SESSION_TOKEN: &str = "X-Amz-Security-Token";
const SIGNATURE: &str = "X-Amz-Signature";

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Sorted by name, as they are signed.
#[derive(Debug)]
pub(super) struct Parameters(BTreeMap<&'static str, String>);

impl Parameters {
    pub(super) fn parse(query: &str, service: Service) -> Result<Self, Reason> {
        let user = (service == Service::Rds).then_some(&USER);
        let required = || REQUIRED.iter().chain(user);
        let mut found = BTreeMap::new();
        for pair in query.split('&') {
            let (name, raw) =
                pair.split_once('=').ok_or(Reason::Malformed("a parameter without ="))?;
            let name = *required()
                .chain([&SESSION_TOKEN])
                .find(|known| **known == name)
                .ok_or(Reason::Malformed("a parameter that no token has"))?;
            let value = percent_decode_str(raw)
                .decode_utf8()
                .ok()
                .filter(|value| encode(value) == raw)
                .ok_or(Reason::Malformed("the percent-encoding is not the one that is signed"))?;
            if found.insert(name, value.into_owned()).is_some() {
                return Err(Reason::Malformed("a parameter twice"));
            }
        }
        if required().all(|name| found.contains_key(name)) {
            Ok(Self(found))
        } else {
            Err(Reason::Malformed("a parameter is missing"))
        }
    }

    /// Empty for a name that is not required.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn session_token(&self) -> Option<&str> {
        self.0.get(SESSION_TOKEN).map(String::as_str)
    }

    pub(super) fn signature(&self) -> &str {
        self.get(SIGNATURE)
    }

    /// What is signed of them.
    pub(super) fn canonical_query(&self) -> String {
        let pairs = self.0.iter().filter(|(name, _)| **name != SIGNATURE);
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.join("&")
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Of a date like 20240601T120000Z.
pub(super) fn unix_time(date: &str) -> Option<i64> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    let parsed = time::PrimitiveDateTime::parse(date, format).ok()?;
    (date.len() == 16 && digits == 14).then(|| OffsetDateTime::unix_timestamp(parsed.assume_utc()))
}
