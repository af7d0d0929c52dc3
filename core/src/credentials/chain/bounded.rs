//! Runs what asks a source, to its end or to the bound, whatever thread this is.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use crate::clock::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::fork;

/// `waiting` tells at the deadline what it was that did not come.
pub(crate) fn run<T>(
    deadline: &mut Deadline,
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
    let run = || runtime.block_on(within(deadline, work));
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
    result.unwrap_or_else(|| Err(overdue(deadline, waiting())))
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

#[cold]
fn no_runtime(error: &io::Error) -> Error {
    Error::provider(
        format!(
            "cannot start what fetches the credentials ({error}); the limit on open files or threads \
             of this process is reached"
        ),
        true,
    )
}
