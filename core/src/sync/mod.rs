//! Locks, counters, threads and thread-local state of the code that threads share: those of std. Two test
//! builds replace them. The model checker has its own, so that it decides which thread runs before each
//! step; ThreadSanitizer needs locks that are compiled with the rest.

#[cfg(rdsiam_tsan)]
mod parking_lot;

#[cfg(rdsiam_shuttle)]
pub(crate) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, atomic::AtomicU64},
    thread, thread_local,
};

#[cfg(rdsiam_tsan)]
pub(crate) use self::parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
#[cfg(not(any(rdsiam_shuttle, rdsiam_tsan)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock};
#[cfg(not(rdsiam_shuttle))]
pub(crate) use std::{sync::atomic::AtomicU64, thread, thread_local};
