//! `rdsiam_ticket_*`: tokens for programs that fetch credentials themselves.

use std::ffi::c_char;
use std::ptr;

use rdsiam::{Step, Ticket};

use crate::Status;
use crate::arguments::{TargetArguments, handle_mut, invalid};
use crate::boundary::{Out, gives, reads};
use crate::client::OwnedClient;
use crate::credentials::{OwnedCredentials, better};
use crate::error::OwnedError;
use crate::token::{SharedToken, by_client, hand_over};

/// The duty to fetch credentials for one token: there is one ticket for it at a time. Not for use
/// by two threads at once, but any thread may use it. Outlives its client.
pub struct OwnedTicket(Option<Ticket>);

/// Gets a token of a client made with rdsiam_config_set_external(), or says what to do for one.
///
/// A token alone: use it. A token and a ticket: use it, and fetch credentials for the next one
/// meanwhile. A ticket alone: fetch credentials, and bring them for a token. Neither: another
/// caller has the ticket; ask again when that one is done.
///
/// @param client  As for rdsiam_token_get(), as the arguments that are not named here.
/// @param host    See there.
/// @param port    See there.
/// @param user    See there.
/// @param region  See there.
/// @param out     Receives the token or NULL, owned by the caller: free it with
///                rdsiam_token_free().
/// @param ticket  Receives the ticket or NULL, owned by the caller: free it with
///                rdsiam_ticket_free(). Not NULL.
/// @param err     Receives the error, owned by the caller. May be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK. Does not block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_ticket_take(
    client: *const OwnedClient,
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
    out: *mut *mut SharedToken,
    ticket: *mut *mut OwnedTicket,
    err: *mut *mut OwnedError,
) -> Status {
    let target = TargetArguments { host, port, user, region };
    // SAFETY: the caller gives NULL or what may be written.
    let taken = unsafe { Out::cleared(ticket) };
    let body = || {
        if ticket.is_null() {
            return Err(invalid("ticket is NULL".to_owned()));
        }
        // SAFETY: the caller gives NULL or a client and strings.
        let step = unsafe { by_client(client, &target, |client, target| client.step(target)) }?;
        let (lease, given) = match step {
            Step::Serve(lease) => (Some(lease), None),
            Step::ServeAndFetch(lease, ticket) => (Some(lease), Some(ticket)),
            Step::Fetch(ticket) => (None, Some(ticket)),
            Step::Wait => (None, None),
        };
        if let Some(ticket) = given {
            let ticket = Box::new(OwnedTicket(Some(ticket)));
            // SAFETY: as above.
            unsafe { taken.write(Box::into_raw(ticket)) };
        }
        Ok(lease.map_or(ptr::null_mut(), |lease| hand_over(lease.token)))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_ticket_take", out, err, body) }
}

/// Brings the credentials that were fetched, and signs.
///
/// @param ticket       Not NULL. Serves once, whatever comes of it; still owned by the caller, who
///                     frees it afterwards.
/// @param credentials  Not NULL. Copied: the caller still owns and frees them.
/// @param newer        If rdsiam_credentials_want_newer() said so: what the source gave when it was
///                     asked once more. The better ones sign. Copied as well. May be NULL.
/// @param out          Receives the token, owned by the caller: free it with rdsiam_token_free().
///                     The client keeps it as well. NULL after an error.
/// @param err          Receives the error, owned by the caller. May be NULL.
/// @return RDSIAM_OK; RDSIAM_ERR_CREDENTIALS_EXPIRED if they have ended or end within 10 seconds;
///         RDSIAM_ERR_INVALID_ARGUMENT, also for a ticket that has served; and others of
///         RDSIAM_ERR_* for the region or the clock. Does not block, unless the region has to be
///         read from the profile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_ticket_bring(
    ticket: *mut OwnedTicket,
    credentials: *const OwnedCredentials,
    newer: *const OwnedCredentials,
    out: *mut *mut SharedToken,
    err: *mut *mut OwnedError,
) -> Status {
    let body = || {
        // SAFETY: the caller gives NULL or credentials of this library.
        let credentials = unsafe { better(credentials, newer) }?;
        // SAFETY: the caller gives NULL or a ticket that nobody else uses now.
        let ticket = unsafe { handle_mut("ticket", ticket) }?.0.take();
        let ticket = ticket.ok_or_else(|| invalid("ticket has served already".to_owned()))?;
        ticket.bring(credentials).map(|lease| hand_over(lease.token))
    };
    // SAFETY: the caller gives NULL or what may be written.
    unsafe { gives("rdsiam_ticket_bring", out, err, body) }
}

/// Frees a ticket. One that has brought no token counts as a failed refresh: the next caller
/// without a token gets a ticket at once, one with a token that still serves after a pause.
///
/// @param ticket  NULL is allowed and does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_ticket_free(ticket: *mut OwnedTicket) {
    reads("rdsiam_ticket_free", (), || {
        if !ticket.is_null() {
            // SAFETY: the caller gives a ticket of this library, and gives it away.
            drop(unsafe { Box::from_raw(ticket) });
        }
    });
}
