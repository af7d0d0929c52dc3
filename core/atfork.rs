// What a fork waits for: see `rdsiam::binding::fork`. Included by the bindings whose hosts fork, and no part of
// this crate, which has no unsafe code.

#[cfg(unix)]
unsafe extern "C" {
    fn pthread_atfork(
        before: extern "C" fn(),
        after_in_parent: extern "C" fn(),
        after_in_child: extern "C" fn(),
    ) -> std::ffi::c_int;
}

/// Once for the process. If there is no memory for it, forks do not wait.
#[cfg(unix)]
pub(crate) fn register() {
    use rdsiam::binding::fork::{after_in_child, after_in_parent, before};
    use std::sync::atomic::{AtomicBool, Ordering};

    static DONE: AtomicBool = AtomicBool::new(false);
    if !DONE.swap(true, Ordering::SeqCst) {
        // SAFETY: the functions may be called by any thread at any time, and do not unwind.
        let _ = unsafe { pthread_atfork(before, after_in_parent, after_in_child) };
    }
}

#[cfg(not(unix))]
pub(crate) fn register() {}
