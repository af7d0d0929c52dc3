//! `rdsiam_config_*`.

use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

use rdsiam::{Config, Kind, Result, binding};

use crate::Status;
use crate::arguments::{handle, handle_mut, text};
use crate::boundary::{ffi_free, ffi_status, ffi_value, into_handle};
use crate::credentials::OwnedCredentials;
use crate::error::OwnedError;

/// What a client is made from. A client copies it, so it may be changed or freed afterwards.
/// Not for use by two threads at once.
///
/// Where credentials come from: rdsiam_config_set_credentials(), rdsiam_config_set_provider() and
/// rdsiam_config_set_host_fetches() replace each other, the last call holds. Without any of them it is
/// the default chain of the AWS SDKs: environment, profile, web identity, container, EC2.
pub struct OwnedConfig(pub(crate) Config, pub(crate) Option<Kind>);

/// Makes a configuration: default chain of credentials, default rules.
///
/// @return The configuration; NULL only after a fault of the library.
///
/// Memory:  the caller's, who frees it with rdsiam_config_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn rdsiam_config_new() -> *mut OwnedConfig {
    ffi_value("rdsiam_config_new", ptr::null_mut(), || {
        into_handle(OwnedConfig(Config::new(), None))
    })
}

/// Sets the region for hosts whose names carry none. Without it: AWS_REGION, then
/// AWS_DEFAULT_REGION, then the profile.
///
/// @param config  Not NULL.
/// @param region  Such as "us-east-1": small letters, digits and dashes. Not NULL.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  the text is copied.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_region(
    config: *mut OwnedConfig,
    region: *const c_char,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a string.
        let region = unsafe { text("region", region) }?;
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.region(region)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_region", err, body) }
}

/// Names the profile of the shared config and credentials files. Keys in the environment are then
/// ignored.
///
/// @param config   Not NULL.
/// @param profile  Not NULL, not empty. Whether it exists is seen when credentials are needed.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  the text is copied.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_profile(
    config: *mut OwnedConfig,
    profile: *const c_char,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a string.
        let profile = unsafe { text("profile", profile) }?;
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.profile(profile)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_profile", err, body) }
}

/// Signs with these credentials and nothing else. Nothing has to be fetched then.
///
/// @param config       Not NULL.
/// @param credentials  Not NULL.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  the credentials are copied; the caller still owns and frees them.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_credentials(
    config: *mut OwnedConfig,
    credentials: *const OwnedCredentials,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { handle("credentials", credentials) }?.0.clone();
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.credentials(credentials)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_credentials", err, body) }
}

/// Leaves the fetching of credentials to the caller, who asks rdsiam_token_get_or_fetch() for tokens:
/// for a program whose sources of credentials are asynchronous, or must not be called by a thread of
/// the library. Such a client starts no thread. rdsiam_token_get() then waits for a fetch that
/// another caller has begun, and fails with RDSIAM_ERR_WOULD_BLOCK if there is none.
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
pub unsafe extern "C" fn rdsiam_config_set_host_fetches(
    config: *mut OwnedConfig,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, binding::host_fetches) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_host_fetches", err, body) }
}

/// Sets how long before its expiry a cached token is replaced.
///
/// @param config   Not NULL.
/// @param seconds  0 to 900. Default 60. At most half of what rdsiam_config_set_expires() sets is used.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_refresh_before(
    config: *mut OwnedConfig,
    seconds: u32,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, |config| config.refresh_before(seconds_of(seconds))) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_refresh_before", err, body) }
}

/// Sets for how long a token from the cache is valid at least.
///
/// @param config   Not NULL.
/// @param seconds  0 to 900. Default 10. At most half of what rdsiam_config_set_expires() sets is used.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_min_remaining(
    config: *mut OwnedConfig,
    seconds: u32,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, |config| config.min_remaining(seconds_of(seconds))) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_min_remaining", err, body) }
}

/// Sets for how long a token is valid.
///
/// @param config   Not NULL.
/// @param seconds  1 to 900, for DSQL up to 604800. Default 900. More than 900 for anything else is an
///                 error of the call that asks for a token.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_expires(
    config: *mut OwnedConfig,
    seconds: u32,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, |config| config.expires(seconds_of(seconds))) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_expires", err, body) }
}

/// Sets how long a call waits for credentials, files and name servers included.
///
/// @param config        Not NULL.
/// @param milliseconds  1 to 3600000. Default 10000, which is 10 seconds.
/// @param err           Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_timeout_ms(
    config: *mut OwnedConfig,
    milliseconds: u32,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe {
        change(config, |config| config.timeout(Duration::from_millis(milliseconds.into())))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_timeout_ms", err, body) }
}

/// Sets how many targets the cache holds. Beyond that, the least recently used are removed.
///
/// @param config   Not NULL.
/// @param entries  At least 1. Default 1024.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_max_entries(
    config: *mut OwnedConfig,
    entries: usize,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, |config| config.max_entries(entries)) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_max_entries", err, body) }
}

/// Frees a configuration. Clients made from it stay as they are.
///
/// @param config  NULL does nothing.
///
/// Memory:  the configuration is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never, unless a function does that frees user data.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_free(config: *mut OwnedConfig) {
    // SAFETY: the caller gives NULL or a configuration of this library, and gives it away.
    unsafe { ffi_free("rdsiam_config_free", config) }
}

fn seconds_of(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// Changes a configuration if the result is valid.
///
/// # Safety
/// As [`handle_mut`].
pub(crate) unsafe fn change(
    config: *mut OwnedConfig,
    change: impl FnOnce(Config) -> Config,
) -> Result<()> {
    // SAFETY: as this function asks.
    let config = unsafe { handle_mut("config", config) }?;
    let changed = change(config.0.clone());
    changed.check()?;
    config.0 = changed;
    Ok(())
}
