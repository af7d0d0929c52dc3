//! Credentials from a callback.

use std::ffi::c_void;
use std::ptr;

use rdsiam::{Credentials, CredentialsSource, Error, ErrorKind, Result};

use crate::Status;
use crate::arguments::invalid;
use crate::boundary::ffi_status;
use crate::config::{OwnedConfig, change};
use crate::credentials::OwnedCredentials;
use crate::error::{OwnedError, RDSIAM_OK, as_error, of_source, rdsiam_error_free};
use crate::user_data::{FreeFn, UserData};

/// Returns credentials when a client needs them.
///
/// It must return: no exception and no longjmp out of it. If it does not return within the timeout
/// of the client, its callers get RDSIAM_ERR_TIMEOUT and the next one has it called again. It must
/// not ask a client that it serves for a token; that fails.
///
/// @param user_data      As given to rdsiam_config_set_provider().
/// @param force_refresh  True if newer credentials than before are wanted: those of the last call
///                       expire in less than 15 minutes, or a login with them was refused. If there
///                       are none, the same ones again are no error.
/// @param out            To be set to new credentials made by rdsiam_credentials_new().
/// @param err            May be set to an error, made by rdsiam_error_new() or by a function that
///                       failed: its message reaches the caller of the token.
/// @return RDSIAM_OK, or a status other than 0 if there are no credentials:
///         RDSIAM_ERR_CREDENTIALS_NOT_FOUND, RDSIAM_ERR_CREDENTIALS_EXPIRED and
///         RDSIAM_ERR_TIMEOUT reach the caller of the token as they are, anything else as
///         RDSIAM_ERR_CREDENTIALS_PROVIDER, which is retryable if an error in err says so.
///
/// Memory:  the library takes over credentials and error and frees them, whatever is returned.
/// Threads: called by a thread of the library, which has all signals blocked and ends with the
///          fetch; one call at a time for each client, unless an earlier one is overdue. No lock of
///          the library is held meanwhile.
/// Blocks:  it may: callers without a usable token wait for it.
/// Since:   0.1.0
pub type ProviderFn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        force_refresh: bool,
        out: *mut *mut OwnedCredentials,
        err: *mut *mut OwnedError,
    ) -> Status,
>;

/// Takes credentials from a callback.
///
/// @code
///     // Called when credentials are due, and not at each login.
///     static rdsiam_status from_vault(void *vault, bool force_refresh, rdsiam_credentials **out,
///                                     rdsiam_error **err) {
///         const char *const *keys = (const char *const *)vault;
///         (void)force_refresh; // a vault without a cache returns new ones in any case
///         if (keys[0] == NULL) {
///             *err = rdsiam_error_new(RDSIAM_ERR_CREDENTIALS_PROVIDER, "the vault is sealed", true);
///             return RDSIAM_ERR_CREDENTIALS_PROVIDER;
///         }
///         return rdsiam_credentials_new(keys[0], keys[1], keys[2], 0, out, err);
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
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_provider(
    config: *mut OwnedConfig,
    provider: ProviderFn,
    user_data: *mut c_void,
    free_user_data: FreeFn,
    err: *mut *mut OwnedError,
) -> Status {
    // Made here, so that it is dropped, which frees the data, whatever becomes of the rest.
    let source =
        Callback { provider, user_data: UserData { data: user_data, free: free_user_data } };
    let body = move || {
        if provider.is_none() {
            return Err(invalid("provider is NULL".to_owned()));
        }
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { change(config, |config| config.source(source)) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_provider", err, body) }
}

struct Callback {
    provider: ProviderFn,
    user_data: UserData,
}

impl CredentialsSource for Callback {
    fn provide(&self, force_refresh: bool) -> Result<Credentials> {
        let (mut out, mut err) = (ptr::null_mut(), ptr::null_mut());
        let (credentials, error) = (&raw mut out, &raw mut err);
        let status = match self.provider {
            // SAFETY: the caller gave this function for this data.
            Some(call) => unsafe { call(self.user_data.data, force_refresh, credentials, error) },
            None => RDSIAM_OK,
        };
        // SAFETY: the callback sets an error of this library, or none.
        let error = unsafe { as_error(err) };
        // SAFETY: as above, and it gives the error away.
        unsafe { rdsiam_error_free(err) };
        let credentials = if out.is_null() {
            None
        } else {
            // SAFETY: the callback sets credentials of this library, and gives them away.
            Some(unsafe { Box::from_raw(out) })
        };
        match (status, credentials) {
            (RDSIAM_OK, Some(credentials)) => Ok(credentials.0),
            (RDSIAM_OK, None) => Err(Error::provider(
                "the provider callback returned RDSIAM_OK but set no credentials",
                false,
            )),
            (status, _) => Err(failure(status, error.as_ref())),
        }
    }
}

fn failure(status: Status, error: Option<&Error>) -> Error {
    let retryable = error.is_some_and(Error::retryable);
    let message = match (error, ErrorKind::from_status(status)) {
        (Some(error), _) => format!("the provider callback failed: {error}"),
        (None, Some(kind)) => format!("the provider callback returned {}", kind.code()),
        (None, None) => format!("the provider callback returned status {status}"),
    };
    of_source(status, &message, retryable)
}
