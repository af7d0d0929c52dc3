//! The one guard around every export: outputs are cleared first and written only on success, errors
//! are handed over, and no panic crosses into C.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rdsiam::Result;

use crate::Status;
use crate::arguments::invalid;
use crate::error::{ErrorHandle, OwnedError, PANIC};

/// Where a result goes: a pointer of the caller's, which may be NULL.
pub(crate) struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// Writes `empty` there, so that nothing stale is taken for a result.
    ///
    /// # Safety
    /// `out` is NULL or may be written.
    pub(crate) unsafe fn cleared(out: *mut T, empty: T) -> Self {
        let out = Self(out);
        // SAFETY: as this function asks.
        unsafe { out.write(empty) };
        out
    }

    /// # Safety
    /// The pointer this was made from may still be written.
    pub(crate) unsafe fn write(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, so as this function asks.
            unsafe { self.0.write(value) };
        }
    }

    pub(crate) fn check(&self, name: &str) -> Result<()> {
        if self.0.is_null() { Err(invalid(format!("{name} is NULL"))) } else { Ok(()) }
    }
}

/// Runs a call that returns a handle.
///
/// # Safety
/// `out` and `err` are NULL or may be written.
pub(crate) unsafe fn ffi_handle<T>(
    name: &'static str,
    out: *mut *mut T,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<*mut T>,
) -> Status {
    // SAFETY: the same is asked.
    unsafe { ffi_out(name, out, std::ptr::null_mut(), err, body) }
}

/// Runs a call that returns a value, and `empty` after an error.
///
/// # Safety
/// `out` and `err` are NULL or may be written.
pub(crate) unsafe fn ffi_out<T: Copy>(
    name: &'static str,
    out: *mut T,
    empty: T,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<T>,
) -> Status {
    // SAFETY: as this function asks.
    let out = unsafe { Out::cleared(out, empty) };
    let body = || {
        out.check("out")?;
        let value = body()?;
        // SAFETY: as this function asks.
        unsafe { out.write(value) };
        Ok(())
    };
    // SAFETY: as this function asks.
    unsafe { ffi_status(name, err, body) }
}

/// Runs a call that returns nothing but its success.
///
/// # Safety
/// `err` is NULL or may be written.
pub(crate) unsafe fn ffi_status(
    name: &'static str,
    err: *mut *mut OwnedError,
    body: impl FnOnce() -> Result<()>,
) -> Status {
    // SAFETY: as this function asks.
    let err = unsafe { Out::cleared(err, std::ptr::null_mut()) };
    let error = match caught(name, body) {
        Some(Ok(())) => return 0,
        Some(Err(error)) => ErrorHandle::Owned(OwnedError::new(&error)),
        None => ErrorHandle::Panic(&PANIC),
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

/// Runs a call that cannot fail; a panic returns the fallback.
pub(crate) fn ffi_value<T>(name: &'static str, fallback: T, body: impl FnOnce() -> T) -> T {
    caught(name, body).unwrap_or(fallback)
}

/// Frees a handle that was made by [`into_handle`].
///
/// # Safety
/// `handle` is NULL or came from there, and nobody uses it any more.
pub(crate) unsafe fn ffi_free<T>(name: &'static str, handle: *mut T) {
    ffi_value(name, (), || {
        if !handle.is_null() {
            // SAFETY: as this function asks.
            drop(unsafe { Box::from_raw(handle) });
        }
    });
}

pub(crate) fn into_handle<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// The guard. None is a panic.
fn caught<T>(name: &'static str, body: impl FnOnce() -> T) -> Option<T> {
    let body = || {
        panic_point(name);
        body()
    };
    // After a panic the caller gets an error, and may only free the handles it gave: what they hold is
    // behind locks and atomics that stay sound.
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
use rdsiam::binding::panic_point;

#[cfg(not(rdsiam_panic_injection))]
fn panic_point(_name: &str) {}
