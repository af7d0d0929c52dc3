//! What has to wait until the interpreter is held again.
//!
//! The core is called with the interpreter let go. A warning that it gives, and an interrupt
//! that a provider raised on the calling thread, are put aside and dealt with after the call:
//! so a warning shows the caller's line and a filter may turn it into an exception, and Ctrl-C
//! in a provider stays a Ctrl-C even where the core would have gone on without the provider.

use std::cell::RefCell;
use std::ffi::CString;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::error::Result;

#[derive(Default)]
struct Aside {
    warnings: Vec<String>,
    interrupt: Option<PyErr>,
}

thread_local! {
    static ASIDE: RefCell<Aside> = RefCell::default();
}

/// Calls the core with the interpreter let go.
pub(crate) fn released<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> rdsiam::Result<T> + Send,
) -> Result<T> {
    settled(py, py.detach(work))
}

/// What a call of the core gave, after what it put aside.
pub(crate) fn settled<T>(py: Python<'_>, outcome: rdsiam::Result<T>) -> Result<T> {
    settle(py)?;
    Ok(outcome?)
}

/// Keeps a warning of the core for later.
pub(crate) fn warn(text: &str) {
    change(|aside| aside.warnings.push(text.to_owned()));
}

/// Keeps a `KeyboardInterrupt` or `SystemExit` for later.
pub(crate) fn interrupt(error: PyErr) {
    change(|aside| aside.interrupt = Some(error));
}

/// Drops what a panic left behind.
pub(crate) fn forget() {
    drop(take());
}

fn change(how: impl FnOnce(&mut Aside)) {
    // A thread that is being torn down has nobody left to tell.
    let _ = ASIDE.try_with(|aside| how(&mut aside.borrow_mut()));
}

fn take() -> Aside {
    ASIDE.try_with(RefCell::take).unwrap_or_default()
}

fn settle(py: Python<'_>) -> PyResult<()> {
    let Aside { warnings, interrupt } = take();
    if let Some(interrupt) = interrupt {
        return Err(interrupt);
    }
    for text in warnings {
        static CATEGORY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let category = CATEGORY.import(py, "rdsiam.errors", "RdsIamWarning")?;
        let text = CString::new(text).unwrap_or_default();
        PyErr::warn(py, category, &text, 1)?;
    }
    Ok(())
}
