//! The token of a `TokenCache` as a Python `str`: what makes a hit cheap, and the same object at
//! each hit. Read without a lock, and so right without the interpreter's lock as well.

use std::ops::Range;
use std::sync::Arc;

use arc_swap::ArcSwap;
use pyo3::prelude::*;
use pyo3::types::PyString;
use rdsiam::{Lease, Token};

/// Replaced whole, and by a new allocation each time, so that a look and a later
/// compare-and-swap tell whether anything happened in between.
pub(crate) struct Slot(ArcSwap<Content>);

pub(crate) struct Content(Option<Held>);

struct Held {
    text: Py<PyString>,
    token: Arc<Token>,
    fresh: Range<i64>,
}

impl Slot {
    pub(crate) fn empty() -> Self {
        Self(ArcSwap::from_pointee(Content(None)))
    }

    /// The text, if it may be handed out at this second.
    pub(crate) fn fresh(&self, py: Python<'_>) -> Option<Py<PyString>> {
        let content = self.0.load();
        let held = content.0.as_ref().filter(|held| held.fresh.contains(&second()))?;
        Some(held.text.clone_ref(py))
    }

    /// What is in it, to be given to [`keep`](Slot::keep) later.
    pub(crate) fn look(&self) -> Arc<Content> {
        self.0.load_full()
    }

    pub(crate) fn clear(&self) {
        self.0.store(Arc::new(Content(None)));
    }

    /// Puts a token in, unless the slot has changed since `before`: then another thread was
    /// quicker, or the token was dropped meanwhile and must not come back. Returns its text.
    pub(crate) fn keep(&self, py: Python<'_>, before: &Arc<Content>, lease: Lease) -> Py<PyString> {
        if let Some(text) = self.0.load().text_of(py, &lease.token) {
            return text;
        }
        let Lease { token, fresh } = lease;
        let text = PyString::new(py, token.as_str()).unbind();
        let held = Held { text: text.clone_ref(py), token: Arc::clone(&token), fresh };
        let found = self.0.compare_and_swap(before, Arc::new(Content(Some(held))));
        found.text_of(py, &token).unwrap_or(text)
    }
}

impl Content {
    fn text_of(&self, py: Python<'_>, token: &Arc<Token>) -> Option<Py<PyString>> {
        let held = self.0.as_ref().filter(|held| Arc::ptr_eq(&held.token, token))?;
        Some(held.text.clone_ref(py))
    }
}

/// The Unix second, as of the kernel's last tick: at most 10 ms ago, which is nothing beside the
/// margins of a lease. To read the clock itself would take as long as the rest of a hit. After a
/// sleep of the machine the kernel's is right as well, since the interrupt that ends the sleep sets
/// it before any process goes on. A second that cannot be right is in no lease.
#[cfg(all(unix, target_pointer_width = "64"))]
fn second() -> i64 {
    unsafe extern "C" {
        fn time(also: *mut i64) -> i64;
    }
    // SAFETY: without a place to put it as well, it only returns the second.
    unsafe { time(std::ptr::null_mut()) }
}

#[cfg(not(all(unix, target_pointer_width = "64")))]
fn second() -> i64 {
    rdsiam::Clock::System.now().unwrap_or(i64::MIN)
}
