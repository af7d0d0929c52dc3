//! What a program may want to log.

use std::ffi::{CString, c_char, c_void};
use std::io::Write;
use std::ptr;

use rdsiam::{Config, Event};

use crate::Status;
use crate::arguments::invalid;
use crate::boundary::{ffi_status, ffi_value};
use crate::config::{OwnedConfig, change};
use crate::error::OwnedError;
use crate::user_data::{FreeFn, UserData};

/// An event that this version of the library has no number for.
pub const RDSIAM_EVENT_OTHER: i32 = 0;
/// The region that was asked for is not the region of the host. Reported once for each target in a
/// row.
pub const RDSIAM_EVENT_REGION_MISMATCH: i32 = 1;
/// Credentials could not be fetched. rdsiam_event_error() has the reason.
pub const RDSIAM_EVENT_REFRESH_FAILED: i32 = 2;

/// Something that happened beside a call, or that a call that succeeded has to report. Lives as long
/// as the call of the callback.
pub struct OwnedEvent {
    kind: i32,
    message: CString,
    error: Option<OwnedError>,
}

/// Is called when something happens that a program may want to log.
///
/// It must return: no exception and no longjmp out of it. It must not ask for a token of a client
/// that it is called for.
///
/// @param user_data  As given to rdsiam_config_set_on_event().
/// @param event      What happened. Not NULL.
///
/// Memory:  the event and its texts are the library's, and gone when the function returns.
/// Threads: called by the thread where it happens, which may be one of the library, several at once.
///          No lock of the library is held meanwhile.
/// Blocks:  it may, and holds up the call or the fetch that it reports on.
/// Since:   0.1.0
pub type EventFn = Option<unsafe extern "C" fn(user_data: *mut c_void, event: *const OwnedEvent)>;

/// Has a function called for each event. Without it nothing is reported.
///
/// @code
///     static void to_log(void *log, const rdsiam_event *event) {
///         fprintf((FILE *)log, "rdsiam: %s\n", rdsiam_event_message(event));
///     }
///
///     int client_that_logs(void) {
///         rdsiam_config *config = rdsiam_config_new();
///         rdsiam_client *client = NULL;
///         int made =
///             rdsiam_config_set_on_event(config, to_log, stderr, NULL, NULL) == RDSIAM_OK &&
///             rdsiam_client_new(config, &client, NULL) == RDSIAM_OK;
///         rdsiam_config_free(config);
///         rdsiam_client_free(client);
///         return made;
///     }
/// @endcode
///
/// @param config          Not NULL.
/// @param on_event        Not NULL. Replaces an earlier one.
/// @param user_data       Handed to the callback at each call. May be NULL.
/// @param free_user_data  As for rdsiam_config_set_provider().
/// @param err             Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  user_data stays the caller's until free_user_data is called with it.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_on_event(
    config: *mut OwnedConfig,
    on_event: EventFn,
    user_data: *mut c_void,
    free_user_data: FreeFn,
    err: *mut *mut OwnedError,
) -> Status {
    // Made here, so that it is dropped, which frees the data, whatever becomes of the rest.
    let user_data = UserData { data: user_data, free: free_user_data };
    let body = move || {
        let call = on_event.ok_or_else(|| invalid("on_event is NULL".to_owned()))?;
        let listener = move |event: &Event| {
            let user_data = &user_data;
            let event = OwnedEvent::new(event);
            // SAFETY: the caller gave this function for this data.
            unsafe { call(user_data.data, &raw const event) };
        };
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.on_event(listener)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_on_event", err, body) }
}

/// Writes a line on standard error for each event, in the place of a callback.
///
/// @param config  Not NULL.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_log_stderr(
    config: *mut OwnedConfig,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, log_stderr) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_log_stderr", err, body) }
}

fn log_stderr(config: Config) -> Config {
    config.on_event(|event| {
        // Standard error may be closed; that is no reason to fail.
        let _ = writeln!(std::io::stderr(), "rdsiam: warning: {event}");
    })
}

impl OwnedEvent {
    fn new(event: &Event) -> Self {
        let (kind, error) = match event {
            Event::RegionMismatch(_) => (RDSIAM_EVENT_REGION_MISMATCH, None),
            Event::RefreshFailed(error) => (RDSIAM_EVENT_REFRESH_FAILED, Some(error)),
            _ => (RDSIAM_EVENT_OTHER, None),
        };
        let message = event.to_string().replace('\0', "\\0");
        Self {
            kind,
            message: CString::new(message).unwrap_or_default(),
            error: error.map(OwnedError::new),
        }
    }
}

/// What kind of event it is.
///
/// @param event  NULL: RDSIAM_EVENT_OTHER.
/// @return One of RDSIAM_EVENT_REGION_MISMATCH, RDSIAM_EVENT_REFRESH_FAILED, or a number of a later
///         version.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_event_kind(event: *const OwnedEvent) -> i32 {
    ffi_value("rdsiam_event_kind", RDSIAM_EVENT_OTHER, || {
        // SAFETY: the caller gives NULL or an event of this library.
        unsafe { event.as_ref() }.map_or(RDSIAM_EVENT_OTHER, |event| event.kind)
    })
}

/// The event in one sentence, in English. Holds no secret.
///
/// @param event  NULL: an empty string.
/// @return Never NULL.
///
/// Memory:  the string belongs to the event and lives as long.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_event_message(event: *const OwnedEvent) -> *const c_char {
    ffi_value("rdsiam_event_message", c"".as_ptr(), || {
        // SAFETY: the caller gives NULL or an event of this library.
        unsafe { event.as_ref() }.map_or(c"".as_ptr(), |event| event.message.as_ptr())
    })
}

/// The error that an event reports.
///
/// @param event  NULL: NULL.
/// @return NULL if it reports none.
///
/// Memory:  the error belongs to the event and lives as long; it must not be freed.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_event_error(event: *const OwnedEvent) -> *const OwnedError {
    ffi_value("rdsiam_event_error", ptr::null(), || {
        // SAFETY: the caller gives NULL or an event of this library.
        let event = unsafe { event.as_ref() };
        event.and_then(|event| event.error.as_ref()).map_or(ptr::null(), ptr::from_ref)
    })
}
