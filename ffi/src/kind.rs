//! What a token is for.

use std::ffi::c_char;
use std::sync::Arc;

use rdsiam::{Conventions, Kind, Result, binding};

use crate::Status;
use crate::arguments::{handle, handle_mut, invalid, target};
use crate::boundary::{ffi_handle, ffi_status};
use crate::config::OwnedConfig;
use crate::credentials::OwnedCredentials;
use crate::error::OwnedError;
use crate::token::{SharedToken, into_token};

/// DSQL if the host is the endpoint of a DSQL cluster, as admin if that is the user; RDS otherwise.
pub const RDSIAM_KIND_BY_NAME: i32 = 0;
/// RDS, Aurora, RDS Proxy.
pub const RDSIAM_KIND_RDS: i32 = 1;
/// Aurora DSQL, as any user but admin.
pub const RDSIAM_KIND_DSQL: i32 = 2;
/// Aurora DSQL, as admin.
pub const RDSIAM_KIND_DSQL_ADMIN: i32 = 3;
/// An ElastiCache replication group: its name is the host, its port is not signed.
pub const RDSIAM_KIND_ELASTICACHE: i32 = 4;
/// An ElastiCache serverless cache, by its name.
pub const RDSIAM_KIND_ELASTICACHE_SERVERLESS: i32 = 5;
/// A MemoryDB cluster, by its name.
pub const RDSIAM_KIND_MEMORYDB: i32 = 6;

/// Sets what the tokens of a client are for: RDS, Aurora DSQL, ElastiCache or MemoryDB.
///
/// Without it a client signs for DSQL where the host is the endpoint of a DSQL cluster, and for RDS
/// otherwise. ElastiCache and MemoryDB sign the name of the cache, not its endpoint: give that as the host,
/// and any port. The user of a DSQL target is not signed; it tells one token of the cache from another.
///
/// @param config  Not NULL.
/// @param kind    One of RDSIAM_KIND_BY_NAME to RDSIAM_KIND_MEMORYDB. Default RDSIAM_KIND_BY_NAME.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK or RDSIAM_ERR_INVALID_ARGUMENT; the configuration is then as before.
///
/// Memory:  nothing is kept.
/// Threads: any, one at a time for one configuration.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_config_set_kind(
    config: *mut OwnedConfig,
    kind: i32,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        let kind = from_c(kind)?;
        // SAFETY: the caller gives NULL or a configuration that nobody else uses now.
        unsafe { handle_mut("config", config) }?.1 = kind;
        Ok(())
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_status("rdsiam_config_set_kind", err, body) }
}

/// As rdsiam_token_sign_at(), for a kind.
///
/// @code
///     int token_of_a_cache(void) {
///         rdsiam_credentials *credentials = NULL;
///         rdsiam_token *token = NULL;
///         int good = 0;
///         if (rdsiam_credentials_new("AKIDEXAMPLE", "SECRET", NULL, 0, &credentials, NULL) ==
///                 RDSIAM_OK &&
///             rdsiam_token_sign_kind_at(credentials, RDSIAM_KIND_ELASTICACHE, "my-cache", 6379, "app",
///                                       "us-east-1", 1717243200, 900, &token, NULL) == RDSIAM_OK)
///             good = rdsiam_token_expires_at(token) == 1717243200 + 900;
///         rdsiam_token_free(token);
///         rdsiam_credentials_free(credentials);
///         return good;
///     }
/// @endcode
///
/// @param credentials  Not NULL.
/// @param kind         One of RDSIAM_KIND_BY_NAME to RDSIAM_KIND_MEMORYDB.
/// @param host         As for rdsiam_token_get(), or the name of a cache.
/// @param port         1 to 65535 for RDS. It is not signed by the others.
/// @param user         Not NULL.
/// @param region       NULL: the one in the host's name.
/// @param unix_time    The second of the signature, from 0 (1970) to the end of 9999.
/// @param expires_s    How long the token lives: 1 to 900 seconds, for DSQL up to 604800.
/// @param out          Receives the token, or NULL after an error.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, RDSIAM_ERR_REGION_MISSING, or
///         RDSIAM_ERR_CREDENTIALS_EXPIRED if they expire at or before unix_time.
///
/// Memory:  the token is the caller's, who frees it with rdsiam_token_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_kind_at(
    credentials: *const OwnedCredentials,
    kind: i32,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    unix_time: i64,
    expires_s: u32,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = &unsafe { handle("credentials", credentials) }?.0;
        // SAFETY: the caller gives NULL or strings.
        let target = unsafe { target(host, port, user, region) }?.kind(from_c(kind)?);
        binding::sign_at(credentials, &target, unix_time, expires_s, Conventions::SDK)
            .map(|token| into_token(Arc::new(token)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { ffi_handle("rdsiam_token_sign_kind_at", out, err, body) }
}

fn from_c(kind: i32) -> Result<Option<Kind>> {
    Ok(Some(match kind {
        RDSIAM_KIND_BY_NAME => return Ok(None),
        RDSIAM_KIND_RDS => Kind::Rds,
        RDSIAM_KIND_DSQL => Kind::DsqlConnect,
        RDSIAM_KIND_DSQL_ADMIN => Kind::DsqlAdmin,
        RDSIAM_KIND_ELASTICACHE => Kind::ElastiCache,
        RDSIAM_KIND_ELASTICACHE_SERVERLESS => Kind::ElastiCacheServerless,
        RDSIAM_KIND_MEMORYDB => Kind::MemoryDb,
        _ => {
            let message =
                "kind is unknown; give one of RDSIAM_KIND_BY_NAME to RDSIAM_KIND_MEMORYDB";
            return Err(invalid(message.to_owned()));
        }
    }))
}
