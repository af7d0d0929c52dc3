//! `rdsiam_ticket_*`: tokens for programs that fetch credentials themselves.

use std::ffi::c_char;
use std::ptr;

use rdsiam::{Step, Ticket};

use crate::Status;
use crate::arguments::{TargetArguments, handle_mut, invalid};
use crate::boundary::{Out, gives, reads, serves};
use crate::client::OwnedClient;
use crate::credentials::{OwnedCredentials, better};
use crate::error::OwnedError;
use crate::token::make::by_client;
use crate::token::{SharedToken, hand_over};

/// The duty to fetch credentials for one token: there is one ticket for it at a time. Not for use
/// by two threads at once, but any thread may use it. Outlives its client.
pub struct OwnedTicket(Option<Ticket>);

/// Gets a token of a client made with rdsiam_config_set_external(), or says what to do for one.
///
/// A token alone: use it. A token and a ticket: use it, and fetch credentials for the next one
/// meanwhile. A ticket alone: fetch credentials, and bring them for a token. Neither: another
/// caller has the ticket; ask again when that one is done.
///
/// @code
///     int log_in_with_own_credentials(const rdsiam_client *client) {
///         rdsiam_token *token = NULL;
///         rdsiam_ticket *ticket = NULL;
///         rdsiam_error *err = NULL;
///         int good = 0;
///         (void)rdsiam_ticket_take(client, "mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app",
///                                  NULL, &token, &ticket, &err);
///         if (token == NULL && ticket != NULL) {
///             rdsiam_credentials *fetched = NULL; // as long as it takes, and without this library
///             if (rdsiam_credentials_new("ASIAEXAMPLE", "SECRET", "SESSION", 0, &fetched, &err) ==
///                 RDSIAM_OK)
///                 (void)rdsiam_ticket_bring(ticket, fetched, NULL, &token, &err);
///             rdsiam_credentials_free(fetched);
///         }
///         if (token != NULL)
///             good = log_in(rdsiam_token_str(token));
///         else if (err != NULL)
///             fprintf(stderr, "%s\n", rdsiam_error_message(err));
///         rdsiam_ticket_free(ticket);
///         rdsiam_token_free(token);
///         rdsiam_error_free(err);
///         return good;
///     }
/// @endcode
///
/// @param client  Not NULL.
/// @param host    As for rdsiam_token_get().
/// @param port    As for rdsiam_token_get().
/// @param user    As for rdsiam_token_get().
/// @param region  As for rdsiam_token_get().
/// @param out     Receives the token or NULL. Not NULL itself.
/// @param ticket  Receives the ticket or NULL. Not NULL itself.
/// @param err     Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK, RDSIAM_ERR_INVALID_ARGUMENT or RDSIAM_ERR_CLOCK.
///
/// Memory:  token and ticket are the caller's, who frees them with rdsiam_token_free() and
///          rdsiam_ticket_free().
/// Threads: any number at once.
/// Blocks:  never.
/// Since:   0.1.0
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
    unsafe { serves("rdsiam_ticket_take", out, err, body) }
}

/// Brings the credentials that were fetched, and signs.
///
/// @param ticket       Not NULL. Serves once, whatever comes of it.
/// @param credentials  Not NULL.
/// @param newer        If rdsiam_credentials_want_newer() said so: what the source gave when it was
///                     asked once more. The better ones sign. May be NULL.
/// @param out          Receives the token, or NULL after an error.
/// @param err          Receives the error or NULL. May itself be NULL.
/// @return RDSIAM_OK; RDSIAM_ERR_CREDENTIALS_EXPIRED if they have ended or end within 10 seconds;
///         RDSIAM_ERR_INVALID_ARGUMENT, also for a ticket that has served;
///         RDSIAM_ERR_REGION_MISSING; RDSIAM_ERR_CREDENTIALS_PROVIDER if the profile with the
///         region cannot be read; or RDSIAM_ERR_CLOCK.
///
/// Memory:  the credentials are copied; all that the caller owned it owns still. The token is the
///          caller's, who frees it with rdsiam_token_free(); the client keeps it as well.
/// Threads: any, one at a time for one ticket.
/// Blocks:  never, unless the region has to be read from the profile.
/// Since:   0.1.0
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
/// @param ticket  NULL does nothing.
///
/// Memory:  the ticket is gone.
/// Threads: any, but no other one may use it any more.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rdsiam_ticket_free(ticket: *mut OwnedTicket) {
    reads("rdsiam_ticket_free", (), || {
        if !ticket.is_null() {
            // SAFETY: the caller gives a ticket of this library, and gives it away.
            drop(unsafe { Box::from_raw(ticket) });
        }
    });
}
