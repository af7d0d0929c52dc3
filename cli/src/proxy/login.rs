//! A login at the database: its turn, the token, the connection, and once more where the core says so.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rdsiam::Token;

use super::database::{Database, Upstream};

/// A wrong password is answered so much later, which makes guessing slow.
pub(super) const AFTER_WRONG_PASSWORD: Duration = Duration::from_millis(500);

/// Why there is no session.
pub(super) enum Failed {
    /// The database could not be reached, is not verified, or there is no token: what to tell the client.
    Here(String),
    /// The database refused: its code, its words, and what it said as it came.
    Refused { code: String, text: String, said: Vec<u8> },
}

impl Failed {
    /// With the endpoint.
    pub(super) fn at(database: &Database, error: &io::Error) -> Self {
        let (host, port) = (&database.connection.host, database.connection.port);
        Self::Here(format!("{host}, port {port}: {error}"))
    }
}

/// How to log in by the protocol of the database.
pub(super) trait Protocol {
    /// What a login leads to.
    type Session;

    /// Connects and logs in, once.
    async fn log_in(&mut self, token: &Token) -> Result<LoggedIn<Self::Session>, Failed>;

    /// Whether the next attempt has had its turn.
    fn has_turn(&self) -> bool {
        false
    }

    /// Whether a refusal with this code and text is about the token.
    fn is_about_token(code: &str, text: &str) -> bool;
}

/// A session at the database.
pub(super) struct LoggedIn<S> {
    pub(super) upstream: Upstream,
    pub(super) address: SocketAddr,
    pub(super) session: S,
}

/// Logs in. A refused token that is older than this login is replaced, once.
pub(super) async fn log_in<P: Protocol>(
    database: &Database,
    protocol: &mut P,
) -> Result<LoggedIn<P::Session>, Failed> {
    let began = Instant::now();
    let timeout = database.limits.login;
    let result = match tokio::time::timeout(timeout, try_twice(database, protocol)).await {
        Ok(result) => result,
        Err(_) => Err(Failed::Here(format!("the login took longer than {} s", timeout.as_secs()))),
    };
    match &result {
        Ok(_) => database.metrics.logged_in(began.elapsed()),
        Err(Failed::Refused { .. }) => database.metrics.refused.add(1),
        Err(Failed::Here(_)) => database.metrics.failed.add(1),
    }
    result
}

async fn try_twice<P: Protocol>(
    database: &Database,
    protocol: &mut P,
) -> Result<LoggedIn<P::Session>, Failed> {
    let mut is_first = true;
    loop {
        if !protocol.has_turn() {
            wait_for_turn(database).await?;
        }
        let began = SystemTime::now();
        // Before the connection, which the server would close while credentials are fetched.
        let token = token(database).await?;
        let failed = match protocol.log_in(&token).await {
            Err(Failed::Refused { code, text, said }) => Failed::Refused { code, text, said },
            other => return other,
        };
        let Failed::Refused { code, text, .. } = &failed else { return Err(failed) };
        let target = database.connection.target();
        let may_retry = is_first
            && P::is_about_token(code, text)
            && database
                .client
                .client()
                .login_refused(&target, token.as_str(), began)
                .unwrap_or_default();
        if !may_retry {
            return Err(failed);
        }
        is_first = false;
        database.metrics.retries.add(1);
    }
}

pub(super) async fn wait_for_turn(database: &Database) -> Result<(), Failed> {
    database.wait_for_turn().await.map_err(|error| Failed::at(database, &error))
}

/// Before the source of credentials is asked again for the same client.
const AFTER_NO_TOKEN: Duration = Duration::from_secs(1);

/// A token from the cache. A failure that may pass is tried again, once: a client that knows nothing of
/// tokens does not try again by itself.
pub(super) async fn token(database: &Database) -> Result<Arc<Token>, Failed> {
    let target = database.connection.target();
    let token = match database.client.get(&target).await {
        Err(error) if error.retryable() => {
            tokio::time::sleep(AFTER_NO_TOKEN).await;
            database.client.get(&target).await
        }
        token => token,
    };
    token.map_err(|error| Failed::Here(error.message().to_owned()))
}
