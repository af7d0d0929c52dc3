//! Forks and the default chain: none comes while the AWS SDK is at work.
//!
//! The SDK and its TLS make much at their first use, behind locks that wait for ever if the
//! thread that makes it is gone. A child of `fork` has one thread: what another thread of the
//! parent was making is half made there, and the child's first look at it never returns. Seen
//! with the endpoints of STS and with the system's certificates.
//!
//! So a fork waits until no thread is amid the SDK's code, and none begins meanwhile. Threads
//! that wait for the network are not amid anything: it is a matter of milliseconds. The faces
//! have these functions called by `pthread_atfork`; a program in Rust that forks amid threads
//! can do the same.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Threads amid the SDK's code, and forks under way.
static AWAKE: AtomicU32 = AtomicU32::new(0);
static FORKING: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Whether this thread is one of those: a fork that the SDK itself makes waits for the others.
    static MINE: Cell<u32> = const { Cell::new(0) };
}

/// How long each side waits for the other at most: a fork must not hang either.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_micros(200);

/// To be called before a fork, by the thread that forks. Returns in milliseconds.
pub extern "C" fn before() {
    FORKING.fetch_add(1, Ordering::SeqCst);
    let mine = MINE.get();
    wait_until(|| AWAKE.load(Ordering::SeqCst) <= mine);
}

/// To be called after a fork, in the parent.
pub extern "C" fn after_in_parent() {
    FORKING.fetch_sub(1, Ordering::SeqCst);
}

/// To be called after a fork, in the child, whose one thread is this.
pub extern "C" fn after_in_child() {
    FORKING.store(0, Ordering::SeqCst);
    AWAKE.store(MINE.get(), Ordering::SeqCst);
}

/// While it lives, this thread is amid the SDK's code, but for the time between [`rest`] and
/// [`wake`].
#[cfg(feature = "chain")]
pub(crate) struct Awake(());

#[cfg(feature = "chain")]
impl Awake {
    pub(crate) fn begin() -> Self {
        wake();
        Self(())
    }
}

#[cfg(feature = "chain")]
impl Drop for Awake {
    fn drop(&mut self) {
        rest();
    }
}

/// From now on this thread is amid the SDK's code. Waits while another one forks.
#[cfg(feature = "chain")]
pub(crate) fn wake() {
    let counted = wait_until(|| {
        // Counted first and looked at second; a fork does it the other way round.
        AWAKE.fetch_add(1, Ordering::SeqCst);
        let free = FORKING.load(Ordering::SeqCst) == 0;
        if !free {
            subtract(1);
        }
        free
    });
    if !counted {
        AWAKE.fetch_add(1, Ordering::SeqCst);
    }
    MINE.set(1);
}

/// From now on it is not.
#[cfg(feature = "chain")]
pub(crate) fn rest() {
    subtract(MINE.replace(0));
}

/// Runs what may block, such as reading a file, while this thread is not amid the SDK's code.
#[cfg(feature = "chain")]
pub(crate) fn at_rest<T>(work: impl FnOnce() -> T) -> T {
    let was_awake = MINE.get() > 0;
    rest();
    let result = work();
    if was_awake {
        wake();
    }
    result
}

#[cfg(feature = "chain")]
fn subtract(threads: u32) {
    let less = |awake: u32| Some(awake.saturating_sub(threads));
    let _ = AWAKE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
}

/// False if it took too long.
fn wait_until(free: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !free() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(PAUSE);
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
        // The SDK's own fork does not wait for itself, and a child counts its one thread.
        let began = Instant::now();
        let awake = Awake::begin();
        before();
        after_in_child();
        before();
        after_in_parent();
        assert!(began.elapsed() < PATIENCE / 2);
        drop(awake);

        let (tell, told) = mpsc::channel();
        let awake = thread::spawn(move || {
            let awake = Awake::begin();
            tell.send(()).unwrap();
            thread::sleep(Duration::from_millis(300));
            // Parked: a fork may come, and is waited for.
            rest();
            thread::sleep(Duration::from_millis(100));
            let parked = Instant::now();
            wake();
            drop(awake);
            parked.elapsed()
        });
        told.recv().unwrap();
        let began = Instant::now();
        before();
        let waited = began.elapsed();
        thread::sleep(Duration::from_millis(400));
        after_in_parent();
        assert!(waited >= Duration::from_millis(250) && waited < PATIENCE / 2, "{waited:?}");
        assert!(awake.join().unwrap() >= Duration::from_millis(150));
    }
}
