//! A cache whose credentials JavaScript fetches, because its providers are asynchronous.

use napi_derive::napi;
use rdsiam::{Error, ErrorKind, Result};

use crate::credentials::Credentials;
use crate::guard::{Outcome, guard};
use crate::lease::Lease;

/// What to do. A lease: hand it out. A ticket: call the provider. Neither: wait for what the
/// ticket that is out will bring.
#[napi(object, object_from_js = false)]
pub(crate) struct Step {
    /// To hand out now.
    pub lease: Option<Lease>,
    /// To come back with.
    pub ticket: Option<Ticket>,
}

/// The duty to fetch credentials. Collected unused, it counts as a failed refresh, so that
/// one that was forgotten holds up nobody.
#[napi]
pub(crate) struct Ticket(Option<rdsiam::Ticket>);

pub(crate) fn next(step: rdsiam::Step, may_fetch: bool) -> Result<Step> {
    let (lease, ticket) = match step {
        rdsiam::Step::Serve(lease) => (Some(lease), None),
        rdsiam::Step::ServeAndFetch(lease, ticket) => (Some(lease), Some(ticket)),
        rdsiam::Step::Fetch(ticket) if may_fetch => (None, Some(ticket)),
        rdsiam::Step::Wait if may_fetch => (None, None),
        rdsiam::Step::Fetch(_) | rdsiam::Step::Wait => return Err(would_block()),
    };
    Ok(Step { lease: lease.map(Lease::from), ticket: ticket.map(|ticket| Ticket(Some(ticket))) })
}

#[cold]
fn would_block() -> Error {
    Error::new(
        ErrorKind::WouldBlock,
        "the provider of the credentials would have to be awaited, which getTokenSync() cannot \
         do; await getToken() first",
    )
}

#[napi]
impl Ticket {
    /// Signs with what the provider gave.
    #[napi]
    pub fn bring(&mut self, credentials: &Credentials) -> Outcome<Lease> {
        let ticket = self.0.take();
        guard("bring", || {
            let ticket = ticket.ok_or_else(used_already)?;
            ticket.bring(credentials.inner().clone()).map(Lease::from)
        })
    }

    /// Says that the provider failed. Does nothing after `bring`.
    #[napi]
    pub fn fail(&mut self) -> Outcome<()> {
        let ticket = self.0.take();
        guard("fail", || {
            if let Some(ticket) = ticket {
                ticket.fail(Error::provider("the provider of the credentials failed", false));
            }
            Ok(())
        })
    }
}

#[cold]
fn used_already() -> Error {
    Error::new(ErrorKind::Internal, "a ticket was used twice; this is a fault of rdsiam")
}
