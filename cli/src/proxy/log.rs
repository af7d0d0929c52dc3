//! The log: one JSON object a line on standard error, or the same as text. Nothing secret is in it.

use std::io::Write as _;
use std::time::SystemTime;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    #[default]
    Json,
    Text,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Level {
    Info,
    Warning,
    Error,
}

/// Writes lines in one form.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Log(pub(super) LogFormat);

impl Log {
    /// Something that happened, with its details. Nobody may be reading.
    pub(super) fn write(self, level: Level, event: &str, details: &[(&str, &dyn ToValue)]) {
        let at = OffsetDateTime::from(SystemTime::now()).format(&Rfc3339).unwrap_or_default();
        let level = match level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let line = match self.0 {
            LogFormat::Json => {
                let mut line = Map::new();
                for (name, value) in [("time", at.as_str()), ("level", level), ("event", event)] {
                    line.insert(name.to_owned(), value.into());
                }
                for (name, value) in details {
                    line.insert((*name).to_owned(), value.to_value());
                }
                Value::Object(line).to_string()
            }
            LogFormat::Text => {
                let mut line = format!("{at} {level} {event}");
                for (name, value) in details {
                    line.push_str(&format!(" {name}={}", value.to_value()));
                }
                line
            }
        };
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// What a detail can be.
pub(super) trait ToValue: Sync {
    fn to_value(&self) -> Value;
}

impl<T: Clone + Sync> ToValue for T
where
    Value: From<T>,
{
    fn to_value(&self) -> Value {
        self.clone().into()
    }
}
