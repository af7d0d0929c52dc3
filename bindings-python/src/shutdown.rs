//! The end of the interpreter, and providers that still run on other threads.
//!
//! Once the interpreter is finalizing, CPython before 3.14 ends each other thread that wants to
//! go on with Python code, by unwinding it. Unwound through Rust that is "Fatal Python error"
//! and an abort, at the exit of a program that was done well. So the interpreter waits for these
//! calls first, as it does for threads of its own, and no new ones begin.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::guard::guard;

/// How long the exit waits for providers. As long as a caller of the token would.
const PATIENCE: Duration = Duration::from_secs(15);

/// The process in the upper half, the number of its calls in the lower: a child of `fork` does
/// not have the threads that the parent counted.
static RUNNING: AtomicU64 = AtomicU64::new(0);

/// The thread that ends the interpreter. Its own exit handlers may still ask for tokens.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// One call of a provider. Held until the thread has let the interpreter go.
pub(crate) struct Call(());

impl Call {
    /// None if the interpreter is about to end.
    pub(crate) fn begin() -> Option<Self> {
        change(|count| count + 1);
        // Counted first and looked at second; the exit does it the other way round.
        let call = Self(());
        let ending = ENDING.get().is_some_and(|ending| *ending != thread::current().id());
        (!ending).then_some(call)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        change(|count| count.saturating_sub(1));
    }
}

fn change(how: impl Fn(u64) -> u64) {
    let process = process();
    let changed = |value: u64| Some(process | (how(count_in(process, value)) & COUNT));
    let _ = RUNNING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, changed);
}

const COUNT: u64 = u32::MAX as u64;

fn process() -> u64 {
    u64::from(std::process::id()) << 32
}

fn count_in(process: u64, value: u64) -> u64 {
    if value & !COUNT == process { value & COUNT } else { 0 }
}

/// Waits for the providers that run on other threads, and lets no more begin there. For
/// `atexit`; `_shutdown.py` registers it.
#[pyfunction]
#[pyo3(name = "_await_providers")]
pub(crate) fn await_providers(py: Python<'_>) -> PyResult<()> {
    guard(py, "_await_providers", || {
        ENDING.get_or_init(|| thread::current().id());
        let deadline = Instant::now() + PATIENCE;
        while count_in(process(), RUNNING.load(Ordering::SeqCst)) > 0 && Instant::now() < deadline {
            py.check_signals()?;
            py.detach(|| thread::sleep(Duration::from_millis(2)));
        }
        Ok(())
    })
}
