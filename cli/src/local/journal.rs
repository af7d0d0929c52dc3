//! Who logged in and who was refused, and why. Nothing of a token is in it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::verify::Reason;
use crate::output;
use crate::time::rfc3339;

/// How many are kept.
const MOST: usize = 10_000;

/// One login.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) engine: &'static str,
    pub(crate) user: String,
    pub(crate) refusal: Option<Reason>,
}

#[derive(Debug)]
pub(crate) struct Journal {
    entries: Mutex<VecDeque<Entry>>,
    /// Whether a refusal is said on standard error, since its client does not learn the reason.
    is_loud: bool,
}

impl Journal {
    pub(crate) fn new(is_loud: bool) -> Self {
        Self { entries: Mutex::default(), is_loud }
    }

    pub(crate) fn add(&self, entry: Entry) {
        if let (true, Some(reason)) = (self.is_loud, entry.refusal) {
            let (status, error) = reason.aws_error();
            output::note(&format!(
                "rdsiam local: {} refused {:?}: {reason} ({status} {error})",
                entry.engine, entry.user
            ));
        }
        let mut entries = self.lock();
        if entries.len() >= MOST {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub(crate) fn json(&self) -> Value {
        self.lock().iter().map(Entry::json).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn json(&self) -> Value {
        let mut told = json!({
            "at": rfc3339(self.at),
            "engine": self.engine,
            "user": self.user,
            "accepted": self.refusal.is_none(),
        });
        if let (Some(reason), Some(told)) = (self.refusal, told.as_object_mut()) {
            let (status, error) = reason.aws_error();
            told.insert("reason".into(), reason.word().into());
            told.insert("message".into(), reason.to_string().into());
            told.insert("error".into(), error.into());
            told.insert("status".into(), status.into());
        }
        told
    }
}
