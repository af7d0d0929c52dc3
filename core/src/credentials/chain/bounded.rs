//! Runs what asks a source, to its end or to the bound, whatever thread this is.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use crate::clock::Patience;
use crate::credentials::BOUND;
use crate::error::{Error, ErrorKind, Result};
use crate::fork;

/// `waiting` tells at the bound what it was that did not come.
pub(super) fn run<T: Send>(
    patience: &mut Patience,
    work: impl Future<Output = Result<T>> + Send,
    waiting: impl Fn() -> Option<String> + Send,
) -> Result<T> {
    if tokio::runtime::Handle::try_current().is_err() {
        return run_here(patience, work, waiting);
    }
    // Inside a runtime of the caller's, blocking is only allowed on another thread.
    std::thread::scope(|scope| {
        let run = || run_here(patience, work, waiting);
        match std::thread::Builder::new().spawn_scoped(scope, run).map(|thread| thread.join()) {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(Error::new(
                ErrorKind::Panic,
                "resolving the credentials panicked; please report this",
            )),
            Err(error) => Err(no_runtime(&error)),
        }
    })
}

fn run_here<T>(
    patience: &mut Patience,
    work: impl Future<Output = Result<T>>,
    waiting: impl Fn() -> Option<String>,
) -> Result<T> {
    // Not while another thread forks; a fork does not wait for one that is parked.
    let _awake = fork::Awake::begin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_park(fork::rest)
        .on_thread_unpark(fork::wake)
        .enable_all()
        .build()
        .map_err(|error| no_runtime(&error))?;
    // The SDK panics at some answers of a metadata service.
    let run = || runtime.block_on(within(patience, work));
    let result = catch_unwind(AssertUnwindSafe(run));
    // A name look-up that hangs must not hold the caller.
    runtime.shutdown_background();
    let result = result.map_err(|_panic| {
        Error::provider(
            "the AWS SDK could not make sense of what the source answered; what it printed on \
             standard error tells more",
            true,
        )
    })?;
    result.unwrap_or_else(|| Err(overdue(waiting())))
}

/// What the work gives, or none when the patience is used up.
async fn within<T>(patience: &mut Patience, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    while let Some(wait) = patience.next_wait() {
        if let Ok(done) = tokio::time::timeout(wait, work.as_mut()).await {
            return Some(done);
        }
    }
    None
}

#[cold]
fn overdue(waiting: Option<String>) -> Error {
    let seconds = BOUND.as_secs();
    let waiting = waiting.unwrap_or_else(|| "its process has not ended".to_owned());
    Error::new(ErrorKind::Timeout, format!("nothing came within {seconds} s: {waiting}"))
}

#[cold]
fn no_runtime(error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!(
            "cannot start what resolves the credentials ({error}); is a limit on threads or files \
             reached?"
        ),
    )
}
