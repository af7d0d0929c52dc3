//! How a connection of a client ended.

use super::database::Database;
use super::drain::Stopped;
use super::log::Level;
use super::metrics::Rejection;

/// How a connection ended, for the log and the counters.
pub(super) enum End {
    /// A request to cancel, which is no session.
    Cancel,
    /// Sent away before the login reached the database.
    Rejected(Rejection),
    /// There was no login to be had: why.
    Failed(String),
    /// The database refused, in its own words.
    Refused { code: String, text: String },
    /// There was a session.
    Closed(Stopped),
}

impl End {
    /// Counts and logs it. Sessions that ended well are counted alone.
    pub(super) fn note(&self, database: &Database) {
        let listener = database.place.to_string();
        let log = |level, event, name: &'static str, text: &str| {
            let text = text.to_owned();
            database.log.write(level, event, &[("listener", &listener), (name, &text)]);
        };
        match self {
            Self::Cancel | Self::Closed(Stopped::Closed | Stopped::Idle) => {}
            Self::Rejected(rejection) => {
                database.metrics.reject(*rejection);
                log(Level::Warning, "rejected", "reason", rejection.name());
            }
            Self::Failed(text) => log(Level::Error, "failed", "message", text),
            Self::Refused { code, text } => {
                log(Level::Error, "refused", "message", &format!("{code}: {text}"));
            }
            Self::Closed(Stopped::Broken) => {
                log(Level::Info, "broken", "message", "a connection broke");
            }
            Self::Closed(Stopped::Cut) => {
                log(Level::Warning, "cut", "message", "a query was in flight when the proxy ended");
            }
        }
    }
}
