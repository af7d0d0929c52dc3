//! Forks and the default chain: `fork` waits until no thread is inside the AWS SDK.
//!
//! The SDK and its TLS library initialize much at first use, behind locks. A child of `fork` has one
//! thread. What another thread of the parent was initializing stays locked there, and the child's
//! first use never returns. Seen with the endpoints of STS and with the system's certificates.
//!
//! So `fork` blocks while a thread is inside the SDK, and no thread enters it meanwhile. A thread
//! that waits for the network, or reads a file, does not count: the wait is milliseconds. The
//! bindings register these functions with `pthread_atfork`. A Rust program that forks while other
//! threads fetch credentials can do the same.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Threads inside the SDK.
static INSIDE: AtomicU32 = AtomicU32::new(0);
/// Forks that have begun and not returned.
static FORKING: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// 1 if this thread is one of those. A fork that the SDK itself makes waits for the others only.
    static THIS_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// The longest that a fork and a thread wait for each other: a fork must not hang either.
const TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// Call before `fork`, in the thread that forks. Returns in milliseconds.
pub extern "C" fn before() {
    FORKING.fetch_add(1, Ordering::SeqCst);
    let mine = THIS_THREAD.get();
    wait_until(|| INSIDE.load(Ordering::SeqCst) <= mine);
}

/// Call after `fork`, in the parent.
pub extern "C" fn after_in_parent() {
    FORKING.fetch_sub(1, Ordering::SeqCst);
}

/// Call after `fork`, in the child.
pub extern "C" fn after_in_child() {
    FORKING.store(0, Ordering::SeqCst);
    INSIDE.store(THIS_THREAD.get(), Ordering::SeqCst);
}

/// While it lives, this thread is inside the SDK, except between [`leave`] and [`enter`].
#[cfg(feature = "chain")]
pub(crate) struct ForkGuard(());

#[cfg(feature = "chain")]
impl ForkGuard {
    pub(crate) fn new() -> Self {
        enter();
        Self(())
    }
}

#[cfg(feature = "chain")]
impl Drop for ForkGuard {
    fn drop(&mut self) {
        leave();
    }
}

/// Counts this thread as inside the SDK. Waits while another thread forks.
#[cfg(feature = "chain")]
pub(crate) fn enter() {
    let counted = wait_until(|| {
        // This counts and then reads FORKING; `before` counts there and then reads INSIDE. So one of
        // the two sees the other.
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let free = FORKING.load(Ordering::SeqCst) == 0;
        if !free {
            subtract(1);
        }
        free
    });
    if !counted {
        INSIDE.fetch_add(1, Ordering::SeqCst);
    }
    THIS_THREAD.set(1);
}

/// Counts this thread as outside the SDK.
#[cfg(feature = "chain")]
pub(crate) fn leave() {
    subtract(THIS_THREAD.replace(0));
}

/// Runs what may block, such as reading a file, with this thread counted as outside the SDK.
#[cfg(feature = "chain")]
pub(crate) fn outside<T>(work: impl FnOnce() -> T) -> T {
    let was_inside = THIS_THREAD.get() > 0;
    leave();
    let result = work();
    if was_inside {
        enter();
    }
    result
}

#[cfg(feature = "chain")]
fn subtract(threads: u32) {
    let less = |inside: u32| Some(inside.saturating_sub(threads));
    let _ = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
}

/// False after the timeout.
fn wait_until(free: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + TIMEOUT;
    while !free() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL_INTERVAL);
    }
    true
}

#[cfg(all(test, feature = "chain"))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// One test, since the counts are those of the process.
    #[test]
    fn a_fork_and_the_sdk_wait_for_each_other() {
        // The SDK's own fork does not wait for its own thread, which a child still counts.
        let began = Instant::now();
        let guard = ForkGuard::new();
        before();
        after_in_child();
        before();
        after_in_parent();
        assert!(began.elapsed() < TIMEOUT / 2);
        drop(guard);

        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let guard = ForkGuard::new();
            tell.send(()).unwrap();
            thread::sleep(Duration::from_millis(300));
            // Parked: a fork may begin, and `enter` waits for it.
            leave();
            thread::sleep(Duration::from_millis(100));
            let parked = Instant::now();
            enter();
            drop(guard);
            parked.elapsed()
        });
        told.recv().unwrap();
        let began = Instant::now();
        before();
        let waited = began.elapsed();
        thread::sleep(Duration::from_millis(400));
        after_in_parent();
        assert!(waited >= Duration::from_millis(250) && waited < TIMEOUT / 2, "{waited:?}");
        assert!(thread.join().unwrap() >= Duration::from_millis(150));
    }
}
