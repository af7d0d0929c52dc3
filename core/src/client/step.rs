//! The same cache for hosts that fetch credentials themselves, because their providers are
//! asynchronous: the client says what to do, and the host comes back with what it fetched.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Client, Lease, Shared};
use crate::cache::entry::Entry;
use crate::cache::flight::{Part, Work};
use crate::cache::policy::Standing;
use crate::cache::stats::count;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::target::Target;
use crate::token::Token;

/// What to do for a token.
pub enum Step {
    /// Hand it out.
    Serve(Lease),
    /// Hand it out, and fetch credentials for the next one meanwhile.
    ServeAndFetch(Lease, Ticket),
    /// Fetch credentials first.
    Fetch(Ticket),
    /// Another ticket for this key is out: wait for what it brings.
    Wait,
}

/// The duty to fetch credentials for one key. There is only one at a time; dropped without
/// credentials it counts as a failed refresh.
pub struct Ticket {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    work: Work<Arc<Token>>,
    epoch: u64,
}

impl Client {
    /// What to do for a token of this target. Never waits.
    ///
    /// # Errors
    /// As [`try_get_lease`](Client::try_get_lease).
    pub fn step(&self, target: &Target<'_>) -> Result<Step> {
        let shared = &self.0;
        let now = shared.config.clock.now()?;
        if let Some(token) = shared.hit(target, now) {
            return Ok(Step::Serve(shared.lease(token)));
        }
        let entry = shared.entry(target, now)?;
        let usable = entry.token.load_full().filter(|token| {
            // A token that became fresh since the look above counts as ageing; it is served.
            shared.margins.standing(token, now) != Standing::Spent
        });
        let flight = entry.flights.current();
        let Some(token) = usable else {
            count(&shared.counters.misses);
            return Ok(match flight.join(now) {
                Part::Work(work) => Step::Fetch(shared.ticket(entry, work)),
                Part::Wait(_) => Step::Wait,
            });
        };
        shared.counters.hits.count();
        let lease = shared.lease(token);
        Ok(match flight.begin_if_due(now) {
            Some(work) => Step::ServeAndFetch(lease, shared.ticket(entry, work)),
            None => Step::Serve(lease),
        })
    }
}

impl Shared {
    fn ticket(self: &Arc<Self>, entry: Arc<Entry>, work: Work<Arc<Token>>) -> Ticket {
        work.hand_over();
        Ticket { shared: Arc::clone(self), epoch: entry.epoch(), entry, work }
    }
}

impl Ticket {
    /// Brings the credentials, which are to be the [better](crate::better_of) of two if the
    /// first [ended soon](crate::wants_newer). Signs, stores the token, and returns it.
    ///
    /// # Errors
    /// Those of signing; credentials that have ended, or end too soon, are refused.
    pub fn bring(self, credentials: Credentials) -> Result<Lease> {
        let Self { shared, entry, work, epoch } = self;
        let token = shared.refresh_with(&entry, work, epoch, Ok(Cow::Owned(credentials)))?;
        Ok(shared.lease(token))
    }

    /// Says that the fetch failed.
    pub fn fail(self, error: Error) {
        let Self { shared, entry, work, epoch } = self;
        // The caller has the error already.
        let _ = shared.refresh_with(&entry, work, epoch, Err(error));
    }
}
