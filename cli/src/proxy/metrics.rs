//! Counters, and their text for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rdsiam::Stats;

/// A number that other threads change.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Bytes relayed after logins.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) from_client: Counter,
    pub(super) from_server: Counter,
}

/// Why a client was sent away before its login reached the database.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rejection {
    /// A wrong password.
    Password,
    /// Another user than the listener's.
    User,
    /// No TLS where it is needed.
    Tls,
    /// It took too long.
    Timeout,
    /// It does not speak the protocol, or hung up.
    Protocol,
    /// There are too many connections.
    Limit,
}

const REJECTIONS: [(Rejection, &str); 6] = [
    (Rejection::Password, "password"),
    (Rejection::User, "user"),
    (Rejection::Tls, "tls"),
    (Rejection::Timeout, "timeout"),
    (Rejection::Protocol, "protocol"),
    (Rejection::Limit, "limit"),
];

impl Rejection {
    pub(super) fn name(self) -> &'static str {
        let found = REJECTIONS.iter().find(|(one, _)| *one as usize == self as usize);
        found.map_or("", |(_, name)| name)
    }
}

/// What happened at one listener.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) connections: Counter,
    pub(super) closed: Counter,
    rejections: [Counter; REJECTIONS.len()],
    pub(super) logins: Counter,
    /// By the database.
    pub(super) refused: Counter,
    /// The database could not be reached, or there was no token.
    pub(super) failed: Counter,
    pub(super) retries: Counter,
    pub(super) cancels: Counter,
    pub(super) traffic: Traffic,
    login_microseconds: Counter,
}

impl Metrics {
    pub(super) fn reject(&self, rejection: Rejection) {
        if let Some(counter) = self.rejections.get(rejection as usize) {
            counter.add(1);
        }
    }

    pub(super) fn logged_in(&self, after: Duration) {
        self.logins.add(1);
        self.login_microseconds.add(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// The connections that are open.
    pub(super) fn open(&self) -> u64 {
        self.connections.get().saturating_sub(self.closed.get())
    }
}

/// One line: the values of its label, and a number.
type Line = (Vec<(&'static str, String)>, f64);

/// The text, in the format of Prometheus.
pub(super) fn text<'a>(all: impl Iterator<Item = (&'a str, &'a Metrics, Stats)> + Clone) -> String {
    let mut text = String::new();
    let mut family = |name: &str,
                      kind: &str,
                      help: &str,
                      of: &dyn Fn(&Metrics, &Stats) -> Vec<Line>| {
        let _ =
            writeln!(text, "# HELP rdsiam_proxy_{name} {help}\n# TYPE rdsiam_proxy_{name} {kind}");
        for (listener, metrics, stats) in all.clone() {
            for (labels, value) in of(metrics, &stats) {
                let _ = write!(text, "rdsiam_proxy_{name}{{listener=\"{}\"", escaped(listener));
                for (label, value) in labels {
                    let _ = write!(text, ",{label}=\"{}\"", escaped(&value));
                }
                let _ = writeln!(text, "}} {value}");
            }
        }
    };
    family("connections", "gauge", "Connections that are open.", &|m, _| one(m.open()));
    family("connections_total", "counter", "Connections that were accepted.", &|m, _| {
        one(m.connections.get())
    });
    family("rejections_total", "counter", "Clients sent away before a login.", &|m, _| {
        let counters = REJECTIONS.iter().zip(&m.rejections);
        counters.map(|((_, name), counter)| line("reason", name, counter.get())).collect()
    });
    family("logins_total", "counter", "Logins at the database, by how they ended.", &|m, _| {
        vec![
            line("result", "ok", m.logins.get()),
            line("result", "refused", m.refused.get()),
            line("result", "failed", m.failed.get()),
        ]
    });
    family("login_retries_total", "counter", "Refused logins that were tried again.", &|m, _| {
        one(m.retries.get())
    });
    family(
        "login_seconds_total",
        "counter",
        "How long the logins that ended well took.",
        &|m, _| vec![(vec![], Duration::from_micros(m.login_microseconds.get()).as_secs_f64())],
    );
    family("cancels_total", "counter", "Requests to cancel that were passed on.", &|m, _| {
        one(m.cancels.get())
    });
    family("bytes_total", "counter", "Bytes relayed after logins.", &|m, _| {
        vec![
            line("from", "client", m.traffic.from_client.get()),
            line("from", "server", m.traffic.from_server.get()),
        ]
    });
    family("tokens_total", "counter", "Tokens that were signed.", &|_, s| one(s.signatures));
    family(
        "credential_refreshes_total",
        "counter",
        "Fetches of credentials, by how they ended.",
        &|_, s| {
            vec![line("result", "ok", s.refreshes), line("result", "failed", s.refresh_failures)]
        },
    );
    text
}

fn line(label: &'static str, value: &str, count: u64) -> Line {
    (vec![(label, value.to_owned())], count as f64)
}

fn one(count: u64) -> Vec<Line> {
    vec![(vec![], count as f64)]
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
