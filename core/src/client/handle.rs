//! One login's place in the cache, found once.

use std::fmt;
use std::sync::Arc;

use super::{Client, Shared};
use crate::cache::entry::Entry;
use crate::error::Result;
use crate::sync::ArcSwapOption;
use crate::target::Target;
use crate::token::Token;

/// A [`Client`] and one of its keys, for those who log in to the same database again and again:
/// a hit looks nothing up and, by [`with`](Handle::with), touches nothing that another thread
/// touches.
///
/// The rules are those of [`Client::get`], and the tokens and the counters are the client's.
///
/// ```
/// use rdsiam::{Client, Config, Credentials, Target};
/// # let credentials = Credentials::new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", None)?;
/// let client = Client::new(Config::new().credentials(credentials))?;
/// let target = Target::new("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app");
/// let login = client.handle(&target)?;
/// let length = login.with(|token| token.as_str().len())?;
/// assert_eq!(length, login.get()?.as_str().len());
/// # Ok::<(), rdsiam::Error>(())
/// ```
pub struct Handle {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    /// The key's entry now, if the cache dropped the one above to keep its bound.
    moved: ArcSwapOption<Entry>,
}

impl Client {
    /// A handle for this target. Signs nothing and fetches nothing.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for a bad target.
    pub fn handle(&self, target: &Target<'_>) -> Result<Handle> {
        let shared = Arc::clone(&self.0);
        let entry = shared.entry(target, shared.config.clock.now()?)?;
        Ok(Handle { shared, entry, moved: ArcSwapOption::empty() })
    }
}

impl Handle {
    /// As [`Client::get`].
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get(&self) -> Result<Arc<Token>> {
        let now = self.shared.config.clock.now()?;
        match self.shared.fresh_token(&self.entry, now).as_deref() {
            Some(Some(token)) => Ok(Arc::clone(token)),
            _ => self.get_anew(now),
        }
    }

    /// What `look` makes of the token that [`get`](Handle::get) would give. The token is only
    /// borrowed: threads that hit at the same moment do not slow each other down.
    ///
    /// # Errors
    /// As [`Client::get`]; `look` is not called then.
    pub fn with<T>(&self, look: impl FnOnce(&Token) -> T) -> Result<T> {
        let now = self.shared.config.clock.now()?;
        if let Some(Some(token)) = self.shared.fresh_token(&self.entry, now).as_deref() {
            return Ok(look(token));
        }
        self.get_anew(now).map(|token| look(&token))
    }

    /// Not a hit, or not in the entry that this handle began with.
    #[cold]
    fn get_anew(&self, now: i64) -> Result<Arc<Token>> {
        if let Some(moved) = self.moved.load_full()
            && let Some(Some(token)) = self.shared.fresh_token(&moved, now).as_deref()
        {
            return Ok(Arc::clone(token));
        }
        let target = self.entry.key.target();
        let token = self.shared.get(&target, now)?;
        let moved = self.shared.table.find(&target);
        self.moved.store(moved.filter(|moved| !Arc::ptr_eq(moved, &self.entry)));
        Ok(token)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("target", &self.entry.key.target()).finish_non_exhaustive()
    }
}
