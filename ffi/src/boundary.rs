//! The one guard around every export: outputs are cleared first and written only on success,
//! errors are handed over, no panic crosses into C, and a heap that is full is an error where it
//! can be one.

use std::any::Any;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use rdsiam::Result;

use crate::Status;
use crate::arguments::invalid;
use crate::error::{ErrorHandle, NO_MEMORY, OwnedError, PANIC};

/// Where a result goes: a pointer of the caller's, which may be NULL.
pub(crate) struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// Sets the caller's pointer to NULL, so that nothing stale is taken for a result.
    ///
    /// # Safety
    /// `out` is NULL or may be written.
    pub(crate) unsafe fn cleared(out: *mut *mut T) -> Self {
        let out = Self(out);
        // SAFETY: as this function asks.
        unsafe { out.write(ptr::null_mut()) };
        out
    }

    /// # Safety
    /// The pointer this was made from may still be written.
    pub(crate) unsafe fn write(&self, value: *mut T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, so as this function asks.
            unsafe { self.0.write(value) };
        }
    }
}

/// Runs what makes a handle.
///
/// # Safety
/// `out` and `err` are NULL or may be written.
pub(crate) unsafe fn gives<T>(
    name: &'static str,
    out: *mut *mut T,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<*mut T>,
) -> Status {
    // SAFETY: the same is asked.
    unsafe { gives_if(memory_at_hand(), name, out, err, body) }
}

/// Runs what mostly finds a handle that is there, so that it is not worth asking for memory first.
///
/// # Safety
/// As [`gives`].
pub(crate) unsafe fn serves<T>(
    name: &'static str,
    out: *mut *mut T,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<*mut T>,
) -> Status {
    // SAFETY: the same is asked.
    unsafe { gives_if(true, name, out, err, body) }
}

/// Runs what gives nothing but its success.
///
/// # Safety
/// `err` is NULL or may be written.
pub(crate) unsafe fn does(
    name: &'static str,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<()>,
) -> Status {
    // SAFETY: the same is asked.
    unsafe { does_if(memory_at_hand(), name, err, body) }
}

/// # Safety
/// As [`gives`].
unsafe fn gives_if<T>(
    memory: bool,
    name: &'static str,
    out: *mut *mut T,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<*mut T>,
) -> Status {
    // SAFETY: as this function asks.
    let result = unsafe { Out::cleared(out) };
    let body = || {
        if out.is_null() {
            return Err(invalid("out is NULL".to_owned()));
        }
        let handle = body()?;
        // SAFETY: as this function asks.
        unsafe { result.write(handle) };
        Ok(())
    };
    // SAFETY: as this function asks.
    unsafe { does_if(memory, name, err, body) }
}

/// # Safety
/// As [`does`].
unsafe fn does_if(
    memory: bool,
    name: &'static str,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<()>,
) -> Status {
    // SAFETY: as this function asks.
    let err = unsafe { Out::cleared(err) };
    let error = if memory {
        match caught(name, body) {
            Some(Ok(())) => return 0,
            Some(Err(error)) => OwnedError::handle(&error),
            None => ErrorHandle::Constant(&PANIC),
        }
    } else {
        ErrorHandle::Constant(&NO_MEMORY)
    };
    let status = error.status();
    if err.0.is_null() {
        drop(error);
    } else {
        // SAFETY: as this function asks.
        unsafe { err.write(error.into_raw()) };
    }
    status
}

/// Whether a call may count on the memory that it needs, which is a fraction of this for all but
/// the default chain. Where it is not there in the middle of a call, Rust ends the process.
fn memory_at_hand() -> bool {
    const MORE_THAN_ENOUGH: usize = 64 * 1024;
    let mut asked = Vec::<u8>::new();
    let got = asked.try_reserve_exact(MORE_THAN_ENOUGH).is_ok();
    // Without this the compiler sees that nobody uses it, and does not ask.
    black_box(asked);
    got
}

/// Runs what makes a handle and has no error to give: NULL says that it failed.
pub(crate) fn makes<T>(name: &'static str, body: impl FnOnce() -> *mut T) -> *mut T {
    if memory_at_hand() { reads(name, ptr::null_mut(), body) } else { ptr::null_mut() }
}

/// Runs what cannot fail; a panic gives the fallback.
pub(crate) fn reads<T>(name: &'static str, fallback: T, body: impl FnOnce() -> T) -> T {
    caught(name, body).unwrap_or(fallback)
}

/// The guard. None is a panic.
fn caught<T>(name: &'static str, body: impl FnOnce() -> T) -> Option<T> {
    let body = || {
        injected(name);
        body()
    };
    // After a panic the caller gets an error, and may only free the handles it gave: what they
    // hold is behind locks and atomics that stay sound.
    catch_unwind(AssertUnwindSafe(body)).map_err(discard).ok()
}

/// A payload may panic when it is dropped; that stays here too.
#[allow(clippy::mem_forget, reason = "the payload of a second panic is never to be dropped")]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

#[cfg(rdsiam_panic_injection)]
fn injected(name: &str) {
    rdsiam::binding::panic_point(name);
}

#[cfg(not(feature = "fault-injection"))]
fn injected(_name: &str) {}
