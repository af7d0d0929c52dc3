//! `rdsiam_client_*`.

use rdsiam::{Client, Config, Kind, Stats};

use crate::Status;
use crate::arguments::{handle, invalid};
use crate::atfork;
use crate::boundary::{ffi_free, ffi_handle, ffi_out, into_handle};
use crate::config::OwnedConfig;
use crate::error::OwnedError;

/// Signs tokens and caches them. Any number of threads may use one client at once; make one
/// for the process and keep it. A child of fork() may use the client it inherited.
pub struct OwnedClient(pub(crate) Client, pub(crate) Option<Kind>);

/// Makes a client. No file, network or environment variable is read before the first token is asked
/// for.
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
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_client_new(
    config: *const OwnedConfig,
    out: *mut *mut OwnedClient,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        atfork::register();
        // SAFETY: the caller gives NULL or a configuration that nobody writes now.
        let config = unsafe { config.as_ref() };
        let kind = config.and_then(|config| config.1);
        let config = config.map_or_else(Config::new, |config| config.0.clone());
        Ok(into_handle(OwnedClient(Client::new(config)?, kind)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_client_new", out, err, body) }
}

/// Frees a client. Its tokens and requests stay valid, and a fetch that runs ends by itself.
///
/// @param client  NULL does nothing.
///
/// Memory:  the client is gone. What its provider and its callback for events were given is freed
///          when the last fetch has ended; a provider that never returns keeps it.
/// Threads: any, but no other one may be in a call with this client, or begin one.
/// Blocks:  never, unless a function does that frees user data.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_client_free(client: *mut OwnedClient) {
    // SAFETY: the caller gives NULL or a client of this library, and gives it away.
    unsafe { ffi_free("rdsiam_client_free", client) }
}

/// Tokens that came from the cache.
pub const RDSIAM_STAT_HITS: i32 = 1;
/// Calls to the cache that had to sign.
pub const RDSIAM_STAT_MISSES: i32 = 2;
/// Signatures made.
pub const RDSIAM_STAT_SIGNATURES: i32 = 3;
/// Fetches of credentials that ended. Clients that share credentials count those they began.
pub const RDSIAM_STAT_REFRESHES: i32 = 4;
/// Fetches of credentials that run now.
pub const RDSIAM_STAT_REFRESHING: i32 = 5;
/// Fetches of credentials that failed.
pub const RDSIAM_STAT_REFRESH_FAILURES: i32 = 6;
/// Calls that waited for credentials.
pub const RDSIAM_STAT_WAITS: i32 = 7;
/// Entries removed from the cache to keep its bound.
pub const RDSIAM_STAT_EVICTIONS: i32 = 8;
/// Tokens removed because a login was refused.
pub const RDSIAM_STAT_INVALIDATIONS: i32 = 9;
/// Entries now in the cache.
pub const RDSIAM_STAT_ENTRIES: i32 = 10;

/// Reads a counter.
///
/// @param client  Not NULL.
/// @param stat    One of RDSIAM_STAT_HITS to RDSIAM_STAT_ENTRIES.
/// @param out     Receives the number, or 0 after an error.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, or RDSIAM_ERR_INVALID_ARGUMENT, also for a number that this version of the
///         library does not have.
///
/// Memory:  nothing is kept.
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_client_stat(
    client: *const OwnedClient,
    stat: i32,
    out: *mut u64,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or a client of this library.
        let client = &unsafe { handle("client", client) }?.0;
        let number = number_of(stat, &client.stats());
        number.ok_or_else(|| invalid(format!("stat is {stat}; give one of RDSIAM_STAT_*")))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_out("rdsiam_client_stat", out, 0, err, body) }
}

fn number_of(stat: i32, stats: &Stats) -> Option<u64> {
    Some(match stat {
        RDSIAM_STAT_HITS => stats.hits,
        RDSIAM_STAT_MISSES => stats.misses,
        RDSIAM_STAT_SIGNATURES => stats.signatures,
        RDSIAM_STAT_REFRESHES => stats.refreshes,
        RDSIAM_STAT_REFRESHING => stats.refreshing,
        RDSIAM_STAT_REFRESH_FAILURES => stats.refresh_failures,
        RDSIAM_STAT_WAITS => stats.waits,
        RDSIAM_STAT_EVICTIONS => stats.evictions,
        RDSIAM_STAT_INVALIDATIONS => stats.invalidations,
        RDSIAM_STAT_ENTRIES => stats.entries,
        _ => return None,
    })
}
