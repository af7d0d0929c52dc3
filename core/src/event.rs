//! What a program may want to log.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// Something that happened beside a call, or that a call that succeeded has to tell. `Display` is one
/// sentence, without anything secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The region that was asked for is not the region of the host. Reported once for each target in a
    /// row.
    RegionMismatch(String),
    /// Credentials could not be refreshed in the background. Those that are cached are still used.
    RefreshFailed(Error),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegionMismatch(text) => f.write_str(text),
            Self::RefreshFailed(error) => {
                write!(f, "the AWS credentials could not be refreshed: {error}")
            }
        }
    }
}

pub(crate) type Listener = Arc<dyn Fn(&Event) + Send + Sync>;
