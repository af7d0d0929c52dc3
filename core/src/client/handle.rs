//! One login's place in the cache, found once.

use std::fmt;
use std::sync::Arc;

use super::{Client, Shared};
use crate::cache::entry::{Entry, Version};
use crate::cache::lines::Own;
use crate::cache::policy::Standing;
use crate::error::Result;
use crate::target::Target;
use crate::token::Token;

/// A [`Client`] and one of its keys, for those who log in to the same database again and again: a
/// hit looks nothing up and writes nothing that another thread reads.
///
/// Each thread has one of its own; clones are cheap. The rules are those of [`Client::get`], and
/// the tokens and the counters are the client's. It keeps the last token that it gave.
///
/// ```
/// use rdsiam::{Client, Config, Credentials, Target};
/// # let credentials = Credentials::new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", None)?;
/// let client = Client::new(Config::new().credentials(credentials))?;
/// let target = Target::new("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app");
/// let mut login = client.handle(&target)?;
/// assert_eq!(login.get()?.as_str(), client.get(&target)?.as_str());
/// # Ok::<(), rdsiam::Error>(())
/// ```
pub struct Handle {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    token: Option<Arc<Token>>,
    /// That of the entry when the token was its token.
    version: Option<Version>,
    /// Where its hits are counted.
    line: Own,
}

impl Client {
    /// A handle for this target. Signs nothing and fetches nothing.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target.
    pub fn handle(&self, target: &Target<'_>) -> Result<Handle> {
        let shared = Arc::clone(&self.0);
        let entry = shared.entry(target, shared.config.clock.now()?)?;
        let line = shared.counters.hits.take();
        Ok(Handle { shared, entry, token: None, version: None, line })
    }
}

impl Handle {
    /// As [`Client::get`].
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get(&mut self) -> Result<&Arc<Token>> {
        let now = self.shared.config.clock.now()?;
        let token = match self.token.take() {
            Some(token) if self.is_fresh(&token, now) => {
                self.entry.note_hit(now);
                self.shared.counters.hits.count_by(&mut self.line);
                token
            }
            _ => self.look_up(now)?,
        };
        Ok(self.token.insert(token))
    }

    /// As [`Client::try_sign`].
    ///
    /// # Errors
    /// As [`Client::try_sign`].
    pub fn try_sign(&self) -> Result<Token> {
        let now = self.shared.config.clock.now()?;
        self.entry.note_use(now);
        // What an entry signs does not hang on whether the cache still has it.
        self.shared.sign_for(&self.entry, now, false)
    }

    fn is_fresh(&self, token: &Token, now: i64) -> bool {
        self.version == Some(self.entry.version())
            && self.shared.margins.standing(token, now) == Standing::Fresh
    }

    /// The way of [`Client::get`]. The entry may be another one than before, if the cache dropped
    /// that to keep its bound.
    #[cold]
    fn look_up(&mut self, now: i64) -> Result<Arc<Token>> {
        let target = self.entry.key.target();
        let token = self.shared.get(&target, now)?;
        if let Some(entry) = self.shared.table.find(&target) {
            // Looked at in this order, so that one that comes in between is noticed at the next
            // call.
            self.version = Some(entry.version());
            self.entry = entry;
        }
        let current = self.entry.token.load();
        if !current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &token)) {
            self.version = None;
        }
        Ok(token)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            entry: Arc::clone(&self.entry),
            token: self.token.clone(),
            version: self.version,
            line: self.shared.counters.hits.take(),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.counters.hits.give_back(&mut self.line);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("target", &self.entry.key.target()).finish_non_exhaustive()
    }
}
