//! After a refused login.

use std::time::SystemTime;

use super::{Client, Shared};
use crate::clock::unix_seconds;
use crate::error::Result;
use crate::explain::signing_time;
use crate::target::Target;
use crate::token::Token;

/// For so many seconds after a fresh token was refused, refused logins of its target are not tried
/// twice: the database refuses for another reason than the token.
const NO_RETRY: i64 = 60;

impl Client {
    /// Removes the token of a target, whichever it is. The next call signs a new one, and asks the
    /// source for newer credentials unless that was done within the last minute.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target, and those of the clock.
    pub fn invalidate(&self, target: &Target<'_>) -> Result<()> {
        self.0.invalidate(target, None)
    }

    /// As [`invalidate`](Client::invalidate), for a token that the server refused. A newer token that is
    /// in the cache by now stays there.
    ///
    /// # Errors
    /// As [`invalidate`](Client::invalidate).
    pub fn invalidate_token(&self, target: &Target<'_>, token: &str) -> Result<()> {
        self.0.invalidate(target, Some(token))
    }

    /// To be called when the server refused a login with this token. Invalidates the token, and returns
    /// whether to log in once more with a new one: the token was signed before the login began, and no
    /// fresh token of the target was refused within the last minute. So N refused logins cost at most
    /// N + 1 attempts.
    ///
    /// # Errors
    /// As [`invalidate`](Client::invalidate).
    pub fn login_refused(
        &self,
        target: &Target<'_>,
        token: &str,
        login_began: SystemTime,
    ) -> Result<bool> {
        let shared = &self.0;
        let now = shared.config.clock.now()?;
        let was_fresh = match shared.tokens.made_at(target, token) {
            Some(at) => at >= shared.config.clock.as_exact(login_began),
            None => signing_time(token).is_none_or(|at| at >= unix_seconds(login_began)),
        };
        shared.invalidate(target, Some(token))?;
        let retry = !was_fresh && !shared.tokens.is_retry_paused(target, now);
        if was_fresh {
            let until = now.saturating_add(NO_RETRY);
            shared.counters.evictions.add(shared.tokens.pause_retries(target, until, now));
        }
        Ok(retry)
    }
}

impl Shared {
    fn invalidate(&self, target: &Target<'_>, refused: Option<&str>) -> Result<()> {
        target.check()?;
        let now = self.config.clock.now()?;
        let is_newer = |token: &Token| refused.is_some_and(|text| token.as_str() != text);
        if self.tokens.look(target, now).is_some_and(|(_, token)| is_newer(&token)) {
            // Whoever signed it has newer credentials as well.
            return Ok(());
        }
        // Before the token, so that whatever is signed after its removal is signed with newer ones.
        if self.provider.is_fetched() {
            self.credential_cache().refuse(now);
        }
        let removed = self.tokens.invalidate(target, refused);
        self.counters.invalidations.add(u64::from(removed));
        Ok(())
    }
}
