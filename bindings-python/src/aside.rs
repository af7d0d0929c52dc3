//! What has to wait until the interpreter is held again, and what is done while a call waits.
//!
//! The core is called with the interpreter released. A warning and an interrupt are put aside and dealt
//! with after the call: so a warning shows the caller's line and a filter may turn it into an exception,
//! and Ctrl-C stays a Ctrl-C even where the core has something to return.

use std::cell::RefCell;
use std::ffi::CString;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use rdsiam::{Client, Config, Error, Event, binding};

use crate::error::Result;
use crate::shutdown::Call;

#[derive(Default)]
struct Aside {
    warnings: Vec<String>,
    interrupt: Option<PyErr>,
}

thread_local! {
    static ASIDE: RefCell<Aside> = RefCell::default();
}

/// Calls the core with the interpreter released. While the call waits, Python's signal handlers run, and
/// with gevent the other greenlets.
pub(crate) fn released<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(binding::Pause<'_>) -> rdsiam::Result<T> + Send,
) -> Result<T> {
    settled(py, py.detach(|| work(&mut pause)))
}

/// The result of a call of the core, after what it put aside.
pub(crate) fn settled<T>(py: Python<'_>, outcome: rdsiam::Result<T>) -> Result<T> {
    settle(py)?;
    Ok(outcome?)
}

/// Adds what every client of this binding needs: events, and short pauses where greenlets wait.
pub(crate) fn configure(py: Python<'_>, config: Config) -> Config {
    let config = config.on_event(on_event);
    if gevent(py).is_some() {
        binding::with_slice(config, Duration::from_millis(1))
    } else {
        config
    }
}

/// The region that the client signs for.
pub(crate) fn region(
    py: Python<'_>,
    client: &Client,
    target: &rdsiam::Target<'_>,
) -> Result<String> {
    released(py, |pause| binding::region(client, target, pause))
}

fn pause() -> rdsiam::Result<()> {
    let outcome = Python::try_attach(|py| {
        py.check_signals()?;
        match gevent(py) {
            // Its `sleep` runs the other greenlets of this thread.
            Some(gevent) => gevent.call_method1("sleep", (0.005,)).map(drop),
            None => Ok(()),
        }
    });
    match outcome {
        Some(Err(error)) => {
            interrupt(error);
            Err(Error::provider("the call was interrupted", true))
        }
        Some(Ok(())) => Ok(()),
        None => Err(Error::provider("the interpreter is shutting down", false)),
    }
}

/// The module, if the program has had it patch `time`: then to wait without it stops all greenlets.
fn gevent(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    let modules = py.import("sys").and_then(|sys| sys.getattr("modules")).ok()?;
    let monkey = modules.get_item("gevent.monkey").ok()?;
    let patched = monkey.call_method1("is_module_patched", ("time",)).ok()?;
    if patched.is_truthy().ok()? { modules.get_item("gevent").ok() } else { None }
}

fn on_event(event: &Event) {
    match event {
        // Put aside, on the thread that called.
        Event::RegionMismatch(text) => change(|aside| aside.warnings.push(text.clone())),
        // On a thread of the core.
        other => log(&other.to_string()),
    }
}

/// Logs a warning, if the program uses `logging` at all.
fn log(text: &str) {
    let Some(_call) = Call::begin() else { return };
    Python::try_attach(|py| {
        let modules = py.import("sys").and_then(|sys| sys.getattr("modules")).ok()?;
        let logging = modules.get_item("logging").ok()?;
        let logger = logging.call_method1("getLogger", ("rdsiam",)).ok()?;
        // Without a handler, Python would print it. One that raises is no reason to fail a fetch.
        if !logger.call_method0("hasHandlers").ok()?.is_truthy().ok()? {
            return None;
        }
        logger.call_method1("warning", ("%s", text)).ok().map(drop)
    });
}

/// Keeps an exception that is no `Exception`, such as `KeyboardInterrupt`, for later.
fn interrupt(error: PyErr) {
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
        log(&text);
        static CATEGORY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let category = CATEGORY.import(py, "rdsiam.errors", "RdsIamWarning")?;
        let text = CString::new(text).unwrap_or_default();
        PyErr::warn(py, category, &text, 1)?;
    }
    Ok(())
}
