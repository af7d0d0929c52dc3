//! The thread on which a value is fetched. It ends with the fetch, and there is one for a cache: callers
//! wait for it with a deadline, whatever it is held up by (a name server, a dead mount, a provider).

use std::cell::Cell;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{RefreshCache, RefreshRequest, Refreshable};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::{Mutex, thread, thread_local};

/// Threads of one cache that may hang at a time. Each was given up after the timeout.
const MOST_THREADS: u32 = 4;

thread_local! {
    /// The cache that this thread fetches for, by its address.
    static FETCHES_FOR: Cell<usize> = const { Cell::new(0) };
}

/// Runs `fetch` on a new thread. It has to end the request.
pub(crate) fn spawn<T: Refreshable>(
    request: RefreshRequest<T>,
    fetch: impl FnOnce(RefreshRequest<T>) + Send + 'static,
) {
    let cache = Arc::clone(&request.cache);
    let Some(running) = Running::begin(&cache) else {
        request.fail(too_many());
        return;
    };
    // Shared, because a closure that gets no thread is lost with all that is in it.
    let request = Arc::new(Mutex::new(Some(request)));
    let for_thread = Arc::clone(&request);
    let run = move || {
        let running = running;
        FETCHES_FOR.with(|cell| cell.set(address(&*running.0)));
        if let Some(request) = take(&for_thread) {
            fetch(request);
        }
    };
    let thread = thread::Builder::new().name("rdsiam-refresh".into());
    if let Err(error) = without_signals(|| thread.spawn(run))
        && let Some(request) = take(&request)
    {
        request.fail(no_thread(&error));
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Counts a thread while it runs, also one that panics.
struct Running<T: Refreshable>(Arc<RefreshCache<T>>);

impl<T: Refreshable> Running<T> {
    fn begin(cache: &Arc<RefreshCache<T>>) -> Option<Self> {
        let running = Self(Arc::clone(cache));
        let before = cache.shared.get().threads.fetch_add(1, Ordering::SeqCst);
        (before < MOST_THREADS).then_some(running)
    }
}

impl<T: Refreshable> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.shared.get().threads.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<T: Refreshable> RefreshCache<T> {
    /// An error if this thread fetches for this cache: it would wait for itself.
    pub(super) fn refuse_own_fetch(&self) -> Result<()> {
        if FETCHES_FOR.with(Cell::get) != address(self) {
            return Ok(());
        }
        Err(Error::provider(
            "the provider of the AWS credentials asked for a token of the client that it serves; give \
             it credentials from elsewhere",
            false,
        ))
    }
}

pub(super) fn address<T: Refreshable>(cache: &RefreshCache<T>) -> usize {
    std::ptr::from_ref(cache).addr()
}

#[cold]
fn too_many() -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "{MOST_THREADS} earlier requests for the AWS credentials still hang; their source does not \
             answer. Check the network and the source"
        ),
    )
}

#[cold]
fn no_thread(error: &io::Error) -> Error {
    Error::provider(
        format!(
            "no thread to fetch the AWS credentials on ({error}); the limit on threads or memory of \
             this process is reached"
        ),
        true,
    )
}

/// A new thread inherits the signal mask: the program's handlers run on the program's threads.
#[cfg(unix)]
fn without_signals<T>(spawn: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, SigmaskHow};
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let spawned = spawn();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    spawned
}

#[cfg(not(unix))]
fn without_signals<T>(spawn: impl FnOnce() -> T) -> T {
    spawn()
}
