//! What the bindings need and programs do not: leases, calls that never wait, credentials that a host
//! fetches, Unix seconds, forks. Not part of the public API; it changes without notice.

use std::task::Waker;

pub use crate::client::{Action, CredentialRequest, Lease, PendingFetch};
pub use crate::clock::{Clock, ManualClock};
pub use crate::refresh_cache::Awaited;

use crate::config::Config;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::refresh_cache::{Begin, Wait};
use crate::style::Conventions;
use crate::target::Target;
use crate::token::Token;
use crate::{Client, presign};

/// For `pthread_atfork`.
pub mod fork {
    pub use crate::fork::{after_in_child, after_in_parent, before};
}

/// Called while a call waits, every 50 ms or as [`with_slice`] says, with no lock held. An error of it
/// ends the waiting and is what the call returns.
pub type Pause<'a> = &'a mut dyn FnMut() -> Result<()>;

/// As [`Client::get`].
///
/// # Errors
/// As [`Client::get`], and those of `pause`.
pub fn get_lease(client: &Client, target: &Target<'_>, pause: Pause<'_>) -> Result<Lease> {
    let token = client.try_get(target, &mut wait(client, pause))?;
    Ok(client.0.lease(token))
}

/// As [`Client::get`], if that takes no waiting and nothing has to be fetched, not even in the background.
///
/// # Errors
/// [`WouldBlock`](crate::ErrorKind::WouldBlock) and those of [`Client::get`].
pub fn glance_lease(client: &Client, target: &Target<'_>) -> Result<Lease> {
    let token = client.try_get(target, &mut Wait::Glance)?;
    Ok(client.0.lease(token))
}

/// As [`Client::sign`], on the terms of [`glance_lease`].
///
/// # Errors
/// As [`glance_lease`].
pub fn glance_sign(client: &Client, target: &Target<'_>) -> Result<Token> {
    client.0.sign(target, &mut Wait::Glance)
}

/// As [`Client::get`], but never waits.
///
/// # Errors
/// [`WouldBlock`](crate::ErrorKind::WouldBlock) and those of [`Client::get`].
pub fn try_get_lease(client: &Client, target: &Target<'_>) -> Result<Lease> {
    let token = client.try_get(target, &mut Wait::Never)?;
    Ok(client.0.lease(token))
}

/// As [`try_get_lease`]. After [`WouldBlock`](crate::ErrorKind::WouldBlock) the waker is woken when it makes
/// sense to ask again, with the same `awaited`.
///
/// # Errors
/// As [`try_get_lease`], and that of the fetch which was awaited.
pub fn lease_or_wake(
    client: &Client,
    target: &Target<'_>,
    waker: &Waker,
    awaited: &mut Awaited,
) -> Result<Lease> {
    let token = client.try_get(target, &mut Wait::wake(waker, awaited))?;
    Ok(client.0.lease(token))
}

/// As [`Client::sign`].
///
/// # Errors
/// As [`Client::sign`], and those of `pause`.
pub fn sign(client: &Client, target: &Target<'_>, pause: Pause<'_>) -> Result<Token> {
    client.0.sign(target, &mut wait(client, pause))
}

/// As [`Client::sign`], but never waits.
///
/// # Errors
/// [`WouldBlock`](crate::ErrorKind::WouldBlock) and those of [`Client::sign`].
pub fn try_sign(client: &Client, target: &Target<'_>) -> Result<Token> {
    client.0.sign(target, &mut Wait::Never)
}

/// As [`try_sign`], with a waker as [`lease_or_wake`] takes one.
///
/// # Errors
/// As [`try_sign`], and that of the fetch which was awaited.
pub fn sign_or_wake(
    client: &Client,
    target: &Target<'_>,
    waker: &Waker,
    awaited: &mut Awaited,
) -> Result<Token> {
    client.0.sign(target, &mut Wait::wake(waker, awaited))
}

/// As [`Client::region`].
///
/// # Errors
/// As [`Client::region`], and those of `pause`.
pub fn region(client: &Client, target: &Target<'_>, pause: Pause<'_>) -> Result<String> {
    client.0.region_of(target, &mut wait(client, pause))
}

/// As [`Client::region`], but never waits; with a waker as [`lease_or_wake`] takes one.
///
/// # Errors
/// [`WouldBlock`](crate::ErrorKind::WouldBlock) if only the profile has it, and those of
/// [`Client::region`].
pub fn region_or_wake(
    client: &Client,
    target: &Target<'_>,
    waker: &Waker,
    awaited: &mut Awaited,
) -> Result<String> {
    client.0.region_of(target, &mut Wait::wake(waker, awaited))
}

fn wait<'a>(client: &Client, pause: Pause<'a>) -> Wait<'a> {
    Wait::by(&client.0.config, pause)
}

/// The credentials that the client signs with, as the AWS SDK for Rust takes them.
///
/// # Errors
/// As [`Client::sign`].
#[cfg(feature = "chain")]
pub fn sdk_credentials(
    client: &Client,
    target: &Target<'_>,
) -> Result<aws_credential_types::Credentials> {
    let found = client.0.credentials(target, &mut wait(client, &mut || Ok(())))?;
    Ok(found.into_owned().into_inner())
}

/// Whether the client's credentials have to be fetched, as those of a profile or a service.
pub fn is_fetched(client: &Client) -> bool {
    client.0.is_fetched()
}

/// Makes a client whose credentials the host fetches: see [`next_lease`].
pub fn host_fetches(config: Config) -> Config {
    config.host_fetches()
}

/// What the host has to do for a token from the cache. Never waits.
///
/// # Errors
/// As [`try_get_lease`].
pub fn next_lease(client: &Client, target: &Target<'_>) -> Result<Action<Lease>> {
    client.next_lease(target, Begin::Now)
}

/// As [`next_lease`], for a call that does not wait: it returns neither [`Action::Fetch`] nor
/// [`Action::Wait`].
///
/// # Errors
/// As [`try_get_lease`].
pub fn try_next_lease(client: &Client, target: &Target<'_>) -> Result<Action<Lease>> {
    client.next_lease(target, Begin::InBackground)
}

/// What the host has to do for a new token. Never waits.
///
/// # Errors
/// As [`try_sign`].
pub fn next_signature(client: &Client, target: &Target<'_>) -> Result<Action<Token>> {
    client.next_signature(target)
}

/// Adds hits that a binding served from its own copy of a [`Lease`].
pub fn add_hits(client: &Client, hits: u64) {
    client.0.counters.hits.add(hits);
}

/// The time by the client's clock, in Unix seconds.
///
/// # Errors
/// [`Clock`](crate::ErrorKind::Clock).
pub fn now(client: &Client) -> Result<i64> {
    client.0.config.clock.now()
}

/// A configuration with a clock for tests.
pub fn with_clock(config: Config, clock: Clock) -> Config {
    config.clock(clock)
}

/// How often the [`Pause`] of a call that waits is called.
pub fn with_slice(mut config: Config, slice: std::time::Duration) -> Config {
    config.slice = slice;
    config
}

/// Credentials with an expiry in Unix seconds.
///
/// # Errors
/// As [`Credentials::new`], and for an expiry before 1970.
pub fn credentials(
    access_key_id: &str,
    secret_access_key: &str,
    session_token: Option<&str>,
    expires_at: Option<i64>,
) -> Result<Credentials> {
    Credentials::with_unix_expiry(access_key_id, secret_access_key, session_token, expires_at)
}

/// When a token was signed and when it expires, in Unix seconds.
pub fn unix_times(token: &Token) -> (i64, i64) {
    (token.unix_signed_at(), token.unix_expires_at())
}

/// As [`sign_at`](crate::sign_at), with whole seconds.
///
/// # Errors
/// As [`sign_at`](crate::sign_at).
pub fn sign_at(
    credentials: &Credentials,
    target: &Target<'_>,
    unix_time: i64,
    expires: u32,
    conventions: Conventions,
) -> Result<Token> {
    presign::sign_at_unix(credentials, target, unix_time, expires, conventions)
}

/// Test builds only: panics if the environment variable `RDSIAM_PANIC_IN` names this place, to prove that
/// no panic leaves a binding.
#[cfg(rdsiam_panic_injection)]
#[allow(clippy::panic, reason = "to panic is what it is for; never part of a shipped build")]
pub fn panic_point(place: &str) {
    if std::env::var("RDSIAM_PANIC_IN").is_ok_and(|wanted| wanted == place) {
        panic!("injected panic in {place}");
    }
}
