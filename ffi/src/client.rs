//! `rdsiam_client_*`.

use rdsiam::{Client, Config};

use crate::Status;
use crate::atfork;
use crate::boundary::{gives, reads};
use crate::config::{OwnedConfig, warn};
use crate::error::OwnedError;

/// Signs tokens and caches them. Any number of threads may use one client at once; make one
/// for the process and keep it. A child of fork() may use the client it inherited.
pub struct OwnedClient(pub(crate) Client);

/// Makes a client. No file, network or environment variable is looked at before the first token is
/// asked for.
///
/// @param config  What it is made from; NULL for the defaults.
/// @param out     Receives the client, or NULL after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT.
///
/// Memory:  the configuration is copied and stays the caller's. The client is the caller's, who
///          frees it with rdsiam_client_free().
/// Threads: any, while no other one changes the configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_client_new(
    config: *const OwnedConfig,
    out: *mut *mut OwnedClient,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        atfork::register();
        // SAFETY: the caller gives NULL or a configuration that nobody writes now.
        let config = unsafe { config.as_ref() }
            .map_or_else(|| Config::new().on_warning(warn), |config| config.0.clone());
        Ok(Box::into_raw(Box::new(OwnedClient(Client::new(config)?))))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_client_new", out, err, body) }
}

/// Frees a client. Tokens that it gave stay good, tickets too, and a refresh that it began behind a
/// token ends by itself.
///
/// @param client  NULL does nothing.
///
/// Memory:  the client is gone. What its provider was given is freed with the last refresh.
/// Threads: any, but no other one may be in a call with this client, or begin one.
/// Blocks:  never, unless the function does that frees what the provider was given.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_client_free(client: *mut OwnedClient) {
    reads("rdsiam_client_free", (), || {
        if !client.is_null() {
            // SAFETY: the caller gives a client of this library, and gives it away.
            drop(unsafe { Box::from_raw(client) });
        }
    });
}
