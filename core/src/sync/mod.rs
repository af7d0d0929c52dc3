//! Locks, atomics, threads and swapped pointers of what several threads share. They are those of
//! std and arc-swap. Two builds for tests have others: that for the model checker its own, so that
//! it decides who runs before each of them, and that for ThreadSanitizer a lock that is compiled
//! with the rest, since the one of std is not and the tool would not see it.

#[cfg(feature = "model-checking")]
mod checked;
#[cfg(feature = "thread-sanitizer")]
mod seen;

#[cfg(feature = "model-checking")]
pub(crate) use checked::*;

#[cfg(not(feature = "model-checking"))]
pub(crate) use arc_swap::{ArcSwap, ArcSwapOption, Guard};
#[cfg(feature = "thread-sanitizer")]
pub(crate) use seen::{Condvar, Mutex, MutexGuard};
#[cfg(not(feature = "model-checking"))]
pub(crate) use std::sync::atomic::AtomicU64;
#[cfg(not(any(feature = "model-checking", feature = "thread-sanitizer")))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(feature = "model-checking"))]
pub(crate) use std::thread;
