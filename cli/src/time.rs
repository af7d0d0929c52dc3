//! Times as people and programs read them.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Whole seconds since 1970, rounded down.
pub(crate) fn unix(at: SystemTime) -> i64 {
    let after = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(after.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn now() -> i64 {
    unix(SystemTime::now())
}

/// `2026-11-27T14:20:16Z`
pub(crate) fn rfc3339(unix_time: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_time)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{unix_time} (Unix seconds)"))
}
