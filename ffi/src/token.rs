//! `rdsiam_token_*`: getting, signing, reading and freeing tokens.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use rdsiam::{Client, Conventions, Result, Target, Token, sign_at};

use crate::Status;
use crate::arguments::{TargetArguments, handle};
use crate::boundary::{does, gives, reads};
use crate::client::OwnedClient;
use crate::credentials::{OwnedCredentials, better};
use crate::error::OwnedError;

/// A token: the password of one login. Owned by whoever received it; free it with
/// rdsiam_token_free(), which wipes its text when nobody else holds the same one. Immutable,
/// so any thread may read it.
pub struct SharedToken {
    _is_a_token: [u8; 0],
}

/// Gets a token from the cache, good for at least another 10 seconds.
///
/// A token in its first 14 minutes is handed out at once: no lock, no I/O. In the minute
/// after that the old one is handed out and a new one is made behind it. Only without a
/// usable token does the call block, while credentials are fetched (10 seconds at most with
/// the default chain); all callers of the same token wait for the same fetch.
///
/// @param client  Not NULL. Any number of threads may use it at once.
/// @param host    The endpoint of the database as AWS shows it, which is not always what is
///                dialled (a tunnel, a name of your own). Not NULL.
/// @param port    Of that endpoint, 1 to 65535.
/// @param user    The database user. Not NULL, not empty.
/// @param region  NULL: the one in the host's name, then the configuration's, then
///                AWS_REGION, AWS_DEFAULT_REGION and the profile.
/// @param out  Receives the token, owned by the caller: free it with rdsiam_token_free().
///             NULL after an error.
/// @param err  Receives the error, owned by the caller. May be NULL.
/// @return RDSIAM_OK or any of RDSIAM_ERR_* but RDSIAM_ERR_WOULD_BLOCK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_get(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe {
        by_client(client, &target, |client, target| client.get(target).map(hand_over))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_get", out, err, body) }
}

/// As rdsiam_token_get(), but never waits: for an event loop, or before a call that may wait is
/// moved to another thread.
///
/// A refresh behind a token that is still good begins here too. Credentials given in code or by
/// the environment are at hand, so that with them this call only fails as rdsiam_token_get()
/// would, or while another thread is signing the same token.
///
/// @param client  As for rdsiam_token_get(), as all other arguments and the result.
/// @param host    See there.
/// @param port    See there.
/// @param user    See there.
/// @param region  See there.
/// @param out     See there.
/// @param err     See there.
/// @return RDSIAM_OK; RDSIAM_ERR_WOULD_BLOCK if credentials or the region would have to be
///         fetched first, or another thread's refresh waited for; or any other of RDSIAM_ERR_*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_try_get(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let try_get = |client: &Client, target: &Target<'_>| {
        client.try_get_lease(target).map(|lease| hand_over(lease.token))
    };
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe { by_client(client, &target, try_get) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_try_get", out, err, body) }
}

/// Signs a new token at each call and leaves the cache alone. Credentials of the default
/// chain are kept for a minute, and beyond that while they are good for another 15.
///
/// @param client  As for rdsiam_token_get(), as all other arguments and the result.
/// @param host    See there.
/// @param port    See there.
/// @param user    See there.
/// @param region  See there.
/// @param out     See there.
/// @param err     See there.
/// @return See there. Blocks while credentials have to be fetched.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let sign =
        |client: &Client, target: &Target<'_>| client.sign(target).map(Arc::new).map(hand_over);
    // SAFETY: the caller gives NULL or a client and strings.
    let body = || unsafe { by_client(client, &target, sign) };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign", out, err, body) }
}

/// Signs a new token with credentials of the caller's, by the rules of the client, and leaves the
/// cache alone.
///
/// @param client       As for rdsiam_token_get(), as all other arguments and the result.
/// @param credentials  As for rdsiam_ticket_bring().
/// @param newer        As for rdsiam_ticket_bring().
/// @param host         See there.
/// @param port         See there.
/// @param user         See there.
/// @param region       See there, but for the profile, which is not read.
/// @param out          See there.
/// @param err          See there.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, RDSIAM_ERR_CREDENTIALS_EXPIRED,
///         RDSIAM_ERR_WOULD_BLOCK if only the profile can tell the region, or RDSIAM_ERR_CLOCK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_with(
    client: *const OwnedClient,
    credentials: *const OwnedCredentials,
    newer: *const OwnedCredentials,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { better(credentials, newer) }?;
        let sign = |client: &Client, target: &Target<'_>| {
            client.sign_with(target, &credentials).map(Arc::new).map(hand_over)
        };
        // SAFETY: the caller gives NULL or a client and strings.
        unsafe { by_client(client, &target, sign) }
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign_with", out, err, body) }
}

/// Signs a token for a given second. Pure: no client, cache, clock, file or network; the
/// environment is not looked at.
///
/// @param credentials  Not NULL.
/// @param host         As for rdsiam_token_get().
/// @param port         1 to 65535.
/// @param user         Not NULL, not empty.
/// @param region       NULL: the one in the host's name.
/// @param unix_time    The second of the signature, from 0 (1970) to the end of 9999.
/// @param expires_s    How long the token lives: 1 to 900 seconds.
/// @param out  Receives the token, owned by the caller: free it with rdsiam_token_free().
///             NULL after an error.
/// @param err  Receives the error, owned by the caller. May be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT, RDSIAM_ERR_REGION_MISSING, or
///         RDSIAM_ERR_CREDENTIALS_EXPIRED if they end at or before unix_time. Does not block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_sign_at(
    credentials: *const OwnedCredentials,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    unix_time: i64,
    expires_s: u32,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = &unsafe { handle("credentials", credentials) }?.0;
        // SAFETY: the caller gives NULL or strings.
        let target = unsafe { target.read() }?;
        sign_at(credentials, &target, unix_time, expires_s, Conventions::SDK)
            .map(|token| hand_over(Arc::new(token)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_token_sign_at", out, err, body) }
}

/// Drops a token from the cache, after the database refused a login with it. The next
/// rdsiam_token_get() makes a new one. Handles of the old token stay readable.
///
/// @param client  Not NULL.
/// @param host    The arguments that the token was asked for with.
/// @param port    See host.
/// @param user    See host.
/// @param region  See host.
/// @param err     Receives the error, owned by the caller. May be NULL.
/// @return RDSIAM_OK, also if there was none; RDSIAM_ERR_INVALID_ARGUMENT. Does not block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_invalidate(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    let body = || {
        // SAFETY: the caller gives NULL or a client of this library.
        let client = &unsafe { handle("client", client) }?.0;
        // SAFETY: the caller gives NULL or strings.
        client.invalidate(&unsafe { target.read() }?)
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { does("rdsiam_token_invalidate", err, body) }
}

/// The text of a token, to be given to the driver as the password. In a URL it would have to
/// be percent-encoded; do not log it.
///
/// @param token  NULL gives NULL.
/// @return A string that lives as long as the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_str(token: *const SharedToken) -> *const c_char {
    reads("rdsiam_token_str", ptr::null(), || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(ptr::null(), |token| token.as_c_str().as_ptr())
    })
}

/// The length of the text in bytes, without its NUL: 350 to 3,000. Some tools cut a password
/// at 512, 1,024 or 2,048.
///
/// @param token  NULL gives 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_len(token: *const SharedToken) -> usize {
    reads("rdsiam_token_len", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, |token| token.as_str().len())
    })
}

/// When the database stops taking the token, in Unix seconds: 15 minutes after its signing,
/// or the end of the credentials that signed it if that is sooner.
///
/// @param token  NULL gives 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_expires_at(token: *const SharedToken) -> i64 {
    reads("rdsiam_token_expires_at", 0, || {
        // SAFETY: the caller gives NULL or a token of this library.
        unsafe { view(token) }.map_or(0, Token::expires_at)
    })
}

/// Gives a token back. Its text is wiped when nobody holds it any more.
///
/// @param token  NULL is allowed and does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_token_free(token: *mut SharedToken) {
    reads("rdsiam_token_free", (), || {
        if !token.is_null() {
            // SAFETY: the handle was made by hand_over, and the caller gives it away.
            drop(unsafe { Arc::from_raw(token.cast_const().cast::<Token>()) });
        }
    });
}

/// # Safety
/// `client` is NULL or a client of this library; the pointers of `target` are NULL or strings.
pub(crate) unsafe fn by_client<T>(
    client: *const OwnedClient,
    target: &TargetArguments,
    call: impl FnOnce(&Client, &Target<'_>) -> Result<T>,
) -> Result<T> {
    // SAFETY: as this function asks.
    let client = &unsafe { handle("client", client) }?.0;
    // SAFETY: as this function asks.
    let target = unsafe { target.read() }?;
    call(client, &target)
}

/// # Safety
/// `token` is NULL or was made by [`hand_over`] and lives for `'a`.
unsafe fn view<'a>(token: *const SharedToken) -> Option<&'a Token> {
    // SAFETY: as this function asks.
    unsafe { token.cast::<Token>().as_ref() }
}

/// A hit costs C one count of references and no copy.
pub(crate) fn hand_over(token: Arc<Token>) -> *mut SharedToken {
    Arc::into_raw(token).cast_mut().cast()
}
