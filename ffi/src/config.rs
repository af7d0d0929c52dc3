//! `rdsiam_config_*`, and credentials from a callback.

use std::ffi::{c_char, c_void};
use std::io::Write;
use std::ptr;

use rdsiam::{Config, Credentials, CredentialsSource, Error, ErrorKind, Result};

use crate::Status;
use crate::arguments::{handle, handle_mut, invalid, text};
use crate::boundary::{does, makes, reads};
use crate::credentials::OwnedCredentials;
use crate::error::{OwnedError, RDSIAM_OK};

/// What a client is made from. A client copies it, so it may be changed or freed afterwards.
/// Not for use by two threads at once.
///
/// Where credentials come from: rdsiam_config_set_credentials(), rdsiam_config_set_provider() and
/// rdsiam_config_set_external() replace each other, the last call holds. Without any of them it is
/// the default chain of the AWS SDKs: environment, profile, web identity, container, EC2.
pub struct OwnedConfig(pub(crate) Config);

/// Makes a configuration: default chain of credentials, default rules.
///
/// @return The configuration; NULL only without memory, or after a fault of the library.
///
/// Memory:  the caller's, who frees it with rdsiam_config_free().
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn rdsiam_config_new() -> *mut OwnedConfig {
    makes("rdsiam_config_new", || {
        Box::into_raw(Box::new(OwnedConfig(Config::new().on_warning(warn))))
    })
}

/// The default of a warning is the default of libpq's notices: a line on standard error.
pub(crate) fn warn(text: &str) {
    // Standard error may be closed; that is no reason to fail.
    let _ = writeln!(std::io::stderr(), "rdsiam: warning: {text}");
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
    unsafe { does("rdsiam_config_set_region", err, body) }
}

/// Names the profile of the shared config and credentials files. Keys in the environment then do
/// not count.
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
    unsafe { does("rdsiam_config_set_profile", err, body) }
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
    unsafe { does("rdsiam_config_set_credentials", err, body) }
}

/// Gives credentials when a token needs them.
///
/// It must return: no exception and no longjmp out of it. It must not ask the same client for the
/// token that it is called for.
///
/// @param user_data      As given to rdsiam_config_set_provider().
/// @param force_refresh  True if those of the call before end in less than 15 minutes: newer
///                       ones are wanted, but what there is will do.
/// @param out            To be set to new credentials made by rdsiam_credentials_new().
/// @return RDSIAM_OK, or a status other than 0 if there are none:
///         RDSIAM_ERR_CREDENTIALS_NOT_FOUND, RDSIAM_ERR_CREDENTIALS_EXPIRED and
///         RDSIAM_ERR_TIMEOUT reach the caller of the token as they are, anything else as a
///         retryable RDSIAM_ERR_CREDENTIALS_PROVIDER whose message has the number.
///
/// Memory:  the library takes the credentials over and frees them, also after a failure.
/// Threads: called by the thread that asks for a token, or by a thread of the library that
///          refreshes one that is still good; so by several at once. No lock of the library is
///          held meanwhile.
/// Blocks:  it may, and callers of the same token wait for it.
/// Since:   0.1.0
pub type ProviderFn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        force_refresh: bool,
        out: *mut *mut OwnedCredentials,
    ) -> Status,
>;

/// Frees user data.
///
/// @param user_data  As given to rdsiam_config_set_provider().
///
/// Memory:  user_data is the function's.
/// Threads: called by any.
/// Blocks:  it may, and holds up whoever freed the last of client and configuration.
/// Since:   0.1.0
pub type FreeFn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Takes credentials from a callback.
///
/// @code
///     // Called when a token is due, every 14 minutes or so, and not at each login.
///     static rdsiam_status from_vault(void *vault, bool force_refresh, rdsiam_credentials **out) {
///         const char *const *keys = (const char *const *)vault;
///         (void)force_refresh; // a vault without a cache gives new ones in any case
///         return rdsiam_credentials_new(keys[0], keys[1], keys[2], 0, out, NULL);
///     }
///
///     int client_of_a_vault(void) {
///         static const char *vault[] = {"ASIAEXAMPLE", "SECRET", "SESSION"};
///         rdsiam_config *config = rdsiam_config_new();
///         rdsiam_client *client = NULL;
///         int made = rdsiam_config_set_provider(config, from_vault, vault, NULL, NULL) ==
///                        RDSIAM_OK &&
///                    rdsiam_client_new(config, &client, NULL) == RDSIAM_OK;
///         rdsiam_config_free(config);
///         rdsiam_client_free(client); // or rather keep it
///         return made;
///     }
/// @endcode
///
/// @param config          Not NULL.
/// @param provider        Not NULL.
/// @param user_data       Handed to the callback at each call. May be NULL.
/// @param free_user_data  Called once with user_data when the configuration and all clients made
///                        from it are freed, or the provider is replaced; also after an error of
///                        this call, so that user_data never leaks. May be NULL.
/// @param err             Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  user_data stays the caller's until free_user_data is called with it.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_provider(
    config: *mut OwnedConfig,
    provider: ProviderFn,
    user_data: *mut c_void,
    free_user_data: FreeFn,
    err: *mut *mut OwnedError,
) -> Status {
    // Made here, so that it is dropped, which frees the data, whatever becomes of the rest.
    let source = Callback { provider, user_data, free: free_user_data };
    let body = move || {
        if provider.is_none() {
            return Err(invalid("provider is NULL".to_owned()));
        }
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.source(source)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { does("rdsiam_config_set_provider", err, body) }
}

/// Leaves the fetching of credentials to the caller, who asks rdsiam_ticket_take() for tokens: for
/// a program whose sources of credentials are asynchronous, or must not be called by a thread of
/// the library. rdsiam_token_get() then only serves what is cached.
///
/// @param config  Not NULL.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_external(
    config: *mut OwnedConfig,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, Config::external) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { does("rdsiam_config_set_external", err, body) }
}

/// Sets from when on a token is refreshed while it is still handed out.
///
/// @param config   Not NULL.
/// @param seconds  Before the end of the token: 0 to 900. Default 60.
/// @param err      Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_refresh_before(
    config: *mut OwnedConfig,
    seconds: u32,
    err: *mut *mut OwnedError,
) -> Status {
    // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
    let body = || unsafe { change(config, |config| config.refresh_before(seconds)) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { does("rdsiam_config_set_refresh_before", err, body) }
}

/// Frees a configuration. Clients made from it stay as they are.
///
/// @param config  NULL does nothing.
///
/// Memory:  the configuration is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never, unless the function does that frees what its provider was given.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_free(config: *mut OwnedConfig) {
    reads("rdsiam_config_free", (), || {
        if !config.is_null() {
            // SAFETY: the caller gives a configuration of this library, and gives it away.
            drop(unsafe { Box::from_raw(config) });
        }
    });
}

/// Changes a configuration if the result is valid.
///
/// # Safety
/// As [`handle_mut`].
unsafe fn change(config: *mut OwnedConfig, change: impl FnOnce(Config) -> Config) -> Result<()> {
    // SAFETY: as this function asks.
    let config = unsafe { handle_mut("config", config) }?;
    let changed = change(config.0.clone());
    changed.check()?;
    config.0 = changed;
    Ok(())
}

/// A callback and what belongs to it.
struct Callback {
    provider: ProviderFn,
    user_data: *mut c_void,
    free: FreeFn,
}

// SAFETY: the header asks that the callbacks may be called by any thread, several at once.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the caller gave this function for this data.
            unsafe { free(self.user_data) };
        }
    }
}

impl CredentialsSource for Callback {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        let mut out = ptr::null_mut();
        let status = match self.provider {
            // SAFETY: the caller gave this function for this data.
            Some(provider) => unsafe { provider(self.user_data, force_refresh, &raw mut out) },
            None => RDSIAM_OK,
        };
        let given = if out.is_null() {
            None
        } else {
            // SAFETY: the callback gives credentials of this library, and gives them away.
            Some(unsafe { Box::from_raw(out) })
        };
        match (status, given) {
            (RDSIAM_OK, Some(credentials)) => Ok(credentials.0),
            (RDSIAM_OK, None) => Err(Error::provider(
                "the provider callback returned RDSIAM_OK but set no credentials",
                false,
            )),
            (status, _) => Err(failed(status)),
        }
    }
}

fn failed(status: Status) -> Error {
    match ErrorKind::from_status(status) {
        Some(
            kind @ (ErrorKind::CredentialsNotFound
            | ErrorKind::CredentialsExpired
            | ErrorKind::Timeout),
        ) => Error::new(kind, format!("the provider callback returned {}", kind.code())),
        _ => Error::provider(format!("the provider callback returned status {status}"), true),
    }
}
