//! Runs what asks a source, to its end or to the bound.

use std::any::Any;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use super::failure;
use crate::clock::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::fork;

/// `waiting` tells at the deadline what it was that did not come. Not inside another runtime: the
/// caller's thread is one of the core's own.
pub(crate) fn run<T>(
    deadline: &mut Deadline,
    work: impl Future<Output = Result<T>>,
    waiting: impl Fn() -> Option<String>,
) -> Result<T> {
    // A fork waits for this thread, except while the thread is parked or reads a file
    // (`fork::outside`).
    let _guard = fork::ForkGuard::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_park(fork::leave)
        .on_thread_unpark(fork::enter)
        .enable_all()
        .build()
        .map_err(|error| no_runtime(&error))?;
    // The SDK panics at some answers.
    let run = || runtime.block_on(within(deadline, work));
    let result = catch_unwind(AssertUnwindSafe(run));
    // A look-up of a name cannot be interrupted: `getaddrinfo` runs on a thread of tokio's, and
    // returns when the resolver of the system gives up (5 s for each server and attempt, unless
    // resolv.conf says otherwise). Nobody waits for that thread; until then it and its socket
    // are all that is left of this call.
    runtime.shutdown_background();
    let result = result.map_err(|panic| explained(panic.as_ref()))?;
    result.unwrap_or_else(|| Err(overdue(deadline, waiting())))
}

/// tokio panics where it gets no thread to look up a name on, and the SDK at some answers.
#[cold]
fn explained(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().map_or("", String::as_str);
    if text.contains("spawn worker thread") {
        return Error::provider(failure::LIMIT_OF_THREADS, true);
    }
    Error::provider(
        "the AWS SDK could not make sense of what the source answered; what it printed on \
         standard error tells more",
        true,
    )
}

/// What the work gives, or none at the deadline.
async fn within<T>(deadline: &mut Deadline, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    while let Some(wait) = deadline.next_wait() {
        if let Ok(done) = tokio::time::timeout(wait, work.as_mut()).await {
            return Some(done);
        }
    }
    None
}

#[cold]
fn overdue(deadline: &Deadline, waiting: Option<String>) -> Error {
    let seconds = deadline.limit().as_secs_f64();
    let waiting = waiting.unwrap_or_else(|| "its process has not ended".to_owned());
    Error::new(ErrorKind::Timeout, format!("nothing came within {seconds} s: {waiting}"))
}

/// Making it takes a few descriptors.
#[cold]
fn no_runtime(error: &io::Error) -> Error {
    failure::of_limit(error).unwrap_or_else(|| {
        Error::provider(format!("what sends its requests cannot be started: {error}"), true)
    })
}
