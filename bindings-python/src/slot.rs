//! The token of a `TokenCache` as a Python `str`: what makes a hit cheap, and the same object at
//! each hit.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyString;
use rdsiam::Token;
use rdsiam::binding::Lease;

/// The lock is never waited for: a child of `fork` may find it locked for ever, and the client has the
/// token as well.
pub(crate) struct Slot {
    held: RwLock<Option<Held>>,
    /// Changes when the slot is cleared.
    generation: AtomicU64,
}

struct Held {
    text: Py<PyString>,
    token: Arc<Token>,
    fresh: Range<i64>,
    generation: u64,
}

impl Slot {
    pub(crate) fn empty() -> Self {
        Self { held: RwLock::new(None), generation: AtomicU64::new(0) }
    }

    /// The text, if it may be returned at this second.
    pub(crate) fn fresh(&self, py: Python<'_>) -> Option<Py<PyString>> {
        let held = self.held.try_read().ok()?;
        let held = held.as_ref().filter(|held| held.generation == self.generation())?;
        held.fresh.contains(&second()).then(|| held.text.clone_ref(py))
    }

    /// To be read before a token is asked for, and given to [`keep`](Slot::keep) with it.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn clear(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Puts a token in that was asked for in this generation. Returns its text, which is the same object
    /// for the same token.
    pub(crate) fn keep(&self, py: Python<'_>, generation: u64, lease: Lease) -> Py<PyString> {
        let Lease { token, fresh } = lease;
        let text = PyString::new(py, token.as_str()).unbind();
        let Ok(mut held) = self.held.try_write() else { return text };
        if let Some(held) = held.as_ref().filter(|held| Arc::ptr_eq(&held.token, &token)) {
            return held.text.clone_ref(py);
        }
        // One of an older generation is never fresh, so it does no harm.
        *held = Some(Held { text: text.clone_ref(py), token, fresh, generation });
        text
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
    rdsiam::binding::Clock::System.now().unwrap_or(i64::MIN)
}
