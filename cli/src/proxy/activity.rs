//! Whether a connection has a query in flight, seen from the bytes that pass.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rdsiam_wire::relay::{From, Observer};

use super::metrics::Traffic;
use crate::engine::Engine;

/// ReadyForQuery outside of a transaction.
const READY: u64 = u64::from_be_bytes([0, 0, b'Z', 0, 0, 0, 5, b'I']);
const LAST_SIX: u64 = (1 << 48) - 1;

/// What one connection did last.
pub(super) struct Activity<'a> {
    engine: Engine,
    began: Instant,
    /// Whether the last bytes were the server's.
    was_answered: AtomicBool,
    /// The last six bytes of the server, whatever pieces they came in.
    tail: AtomicU64,
    /// When bytes passed last, in milliseconds since the beginning.
    last: AtomicU64,
    traffic: &'a Traffic,
}

impl<'a> Activity<'a> {
    /// After a login, whose messages the client was told.
    pub(super) fn new(engine: Engine, login: &[u8], traffic: &'a Traffic) -> Self {
        let activity = Self {
            engine,
            began: Instant::now(),
            was_answered: AtomicBool::new(true),
            tail: AtomicU64::new(0),
            last: AtomicU64::new(0),
            traffic,
        };
        activity.passed(From::Server, login);
        activity
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether nothing is lost if the connection is closed now: the server has answered everything, is in
    /// no transaction, and nothing has passed for a while.
    ///
    /// PostgreSQL says when it has answered. MySQL does not say it in a form that can be seen without
    /// following every message, so that only the silence after its bytes counts.
    pub(super) fn is_idle(&self, quiet: Duration) -> bool {
        let quiet = u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX);
        let is_quiet = self.now().saturating_sub(self.last.load(Relaxed)) >= quiet;
        let is_ready = match self.engine {
            Engine::Postgres => self.tail.load(Relaxed) == READY,
            Engine::Mysql => true,
        };
        self.was_answered.load(Relaxed) && is_ready && is_quiet
    }
}

impl Observer for Activity<'_> {
    fn passed(&self, from: From, bytes: &[u8]) {
        self.last.store(self.now(), Relaxed);
        self.was_answered.store(from == From::Server, Relaxed);
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match from {
            From::Client => self.traffic.from_client.add(count),
            From::Server => {
                self.traffic.from_server.add(count);
                let from = bytes.len().saturating_sub(6);
                let tail = self.tail.load(Relaxed);
                let tail = bytes
                    .get(from..)
                    .unwrap_or_default()
                    .iter()
                    .fold(tail, |tail, byte| (tail << 8 | u64::from(*byte)) & LAST_SIX);
                self.tail.store(tail, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY_BYTES: &[u8] = b"Z\0\0\0\x05I";

    fn after(parts: &[(From, &[u8])]) -> bool {
        let traffic = Traffic::default();
        let activity = Activity::new(Engine::Postgres, READY_BYTES, &traffic);
        for (from, bytes) in parts {
            activity.passed(*from, bytes);
        }
        activity.is_idle(Duration::ZERO)
    }

    #[test]
    fn a_connection_is_idle_once_the_server_is_ready_for_a_query() {
        let query: (From, &[u8]) = (From::Client, b"Q\0\0\0\x06;\0");
        assert!(after(&[]));
        assert!(!after(&[query]));
        assert!(!after(&[query, (From::Server, b"I\0\0\0\x04")]));
        assert!(after(&[query, (From::Server, b"I\0\0\0\x04Z\0\0\0\x05I")]));
        assert!(after(&[query, (From::Server, b"I\0\0\0\x04Z\0"), (From::Server, b"\0\0\x05I")]));
    }

    #[test]
    fn a_transaction_is_not_idle() {
        let query: (From, &[u8]) = (From::Client, b"Q\0\0\0\x06;\0");
        assert!(!after(&[query, (From::Server, b"Z\0\0\0\x05T")]));
        assert!(!after(&[query, (From::Server, b"Z\0\0\0\x05E")]));
        assert!(!after(&[query, (From::Server, READY_BYTES), query]));
    }

    #[test]
    fn a_connection_that_was_just_used_is_not_quiet() {
        let traffic = Traffic::default();
        let activity = Activity::new(Engine::Mysql, b"", &traffic);
        assert!(activity.is_idle(Duration::ZERO));
        assert!(!activity.is_idle(Duration::from_secs(60)));
    }
}
