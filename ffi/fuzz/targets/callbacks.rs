//! The callbacks of the program that `calls` plays: its provider keeps its word in some manners, and not in
//! others.

use std::ffi::c_void;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Status;
use crate::credentials::*;
use crate::error::*;
use crate::event::*;

/// In each secret and session token, so that a message that quotes one is found.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI";

/// Small numbers are seconds from now on, so that ends that are near are found.
pub(crate) fn end(number: i64) -> i64 {
    if (1..2000).contains(&number) { now() + number - 1000 } else { number }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs().cast_signed())
}

/// What the library hands to the provider and frees in the end.
pub(crate) struct UserData {
    pub(crate) manner: i64,
    pub(crate) freed: Arc<AtomicUsize>,
}

pub(crate) unsafe extern "C" fn free_data(data: *mut c_void) {
    // SAFETY: made by `set_provider`, and given back by the library once.
    let data = unsafe { Box::from_raw(data.cast::<UserData>()) };
    data.freed.fetch_add(1, Ordering::SeqCst);
}

pub(crate) unsafe extern "C" fn provide(
    data: *mut c_void,
    force: bool,
    out: *mut *mut OwnedCredentials,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: made by `set_provider` and not freed while a call runs.
    let manner = unsafe { &*data.cast::<UserData>() }.manner;
    let (gives, says) = (manner / 8 % 3, manner / 24);
    if manner % 3 == 0 {
        // SAFETY: a string.
        let error = unsafe { rdsiam_error_new(says as Status, c"it is sealed".as_ptr(), force) };
        // SAFETY: the place that the library gave.
        unsafe { *err = error };
    }
    let end = match gives {
        0 => return says as Status,
        1 => end(manner / 100 % 2000),
        _ if force => 0,
        _ => now() + 30,
    };
    // SAFETY: strings, and the place that the library gave.
    let status = unsafe {
        rdsiam_credentials_new(
            c"AKID".as_ptr(),
            c"wJalrXUtnFEMI".as_ptr(),
            null(),
            end,
            out,
            std::ptr::null_mut(),
        )
    };
    assert_eq!(status, RDSIAM_OK);
    if manner % 2 == 0 { RDSIAM_OK } else { says as Status }
}

/// Looks at an event as a program may.
pub(crate) unsafe extern "C" fn on_event(data: *mut c_void, event: *const OwnedEvent) {
    // SAFETY: made by `set_on_event` and not freed while a call runs.
    assert_eq!(unsafe { &*data.cast::<UserData>() }.manner, 0);
    // SAFETY: an event that lives as long as this call.
    let kind = unsafe { rdsiam_event_kind(event) };
    // SAFETY: as above.
    let error = unsafe { rdsiam_event_error(event) };
    assert!(kind != RDSIAM_EVENT_OTHER && error.is_null() == (kind != RDSIAM_EVENT_REFRESH_FAILED));
    // SAFETY: as above.
    let message = unsafe { rdsiam_event_message(event) };
    // SAFETY: the string of an event, which ends with a NUL.
    let message = unsafe { std::ffi::CStr::from_ptr(message) };
    assert!(message.to_str().is_ok_and(|text| !text.is_empty() && !text.contains(SECRET)));
}
