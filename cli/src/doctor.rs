//! `rdsiam doctor`: why a login is refused, from the outside to the inside.

mod cause;
mod cloud;
mod login;
mod name;
mod report;
mod tls;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rdsiam::{Client, Error, ErrorKind, Token, binding};

use crate::arguments::TEMPLATE;
use crate::connection::{Connection, ConnectionOptions};
use crate::failure::{Failure, Result};
use crate::output::{self, with_progress};
use crate::target;
use cause::Cause;
use report::{Finding, Report};

/// Finds out why a login is refused, from the name of the host to the words of the server
///
/// Checks the name, the region, TCP, TLS, the clock, the credentials, the database's settings, the policy, and
/// logs in with a fresh token. Nothing is changed, and nothing secret is in the output. What it may not
/// look at is said, with the permission that it would need.
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam doctor postgresql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app
  rdsiam doctor mysql://app@mydb.abc123.us-east-1.rds.amazonaws.com/app --json
  rdsiam doctor -h localhost -p 15432 --sign-host mydb.abc123.us-east-1.rds.amazonaws.com -U app
",
    after_help = "Exit status: 0 the login works; 20 to 100, one for each cause (docs/cli.md); 1 no cause was found;
252 the options are wrong."
)]
pub(crate) struct DoctorOptions {
    /// The database as a URL, without a password
    url: Option<String>,
    #[command(flatten)]
    connection: ConnectionOptions,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How long to wait for the server, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,
    /// The name server to ask for CNAMEs. Default: that of /etc/resolv.conf
    #[arg(long, value_name = "ADDRESS:PORT")]
    dns_server: Option<SocketAddr>,
}

pub(crate) fn run(given: &DoctorOptions) -> Result<ExitCode> {
    let connection = Connection::new(&given.connection, given.url.as_deref(), None)?;
    let report = examine(&connection, given)?;
    output::print(&if given.json { report.to_json().to_string() } else { report.to_text() })?;
    Ok(ExitCode::from(report.status()))
}

fn examine(connection: &Connection, given: &DoctorOptions) -> Result<Report> {
    let mut report = Report::default();
    // A region against the host's is a finding here, and needs no warning as well.
    let client = Client::new(target::config(&connection.aws).on_event(|_| {}))?;
    let limit = Duration::from_secs(given.timeout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::general(error.to_string()))?;
    let addresses = with_progress("looking up the name", || {
        name::look(connection, &client, given.dns_server, &mut report)
    });
    let dialled = with_progress("connecting", || tls::dial(&addresses, limit, &mut report));
    let connected = dialled.map(|stream| {
        with_progress("looking at the certificate", || {
            runtime.block_on(tls::look(stream, connection, limit, &mut report))
        })
    });
    let token =
        with_progress("fetching credentials", || credentials(connection, &client, &mut report));
    if token.is_some() {
        let region = client.region(&connection.target()).unwrap_or_default();
        let validity = connected.as_ref().and_then(|connected| connected.validity);
        with_progress("asking AWS", || {
            cloud::look(connection, &client, &region, validity, &mut report);
        });
    }
    match (connected.and_then(|connected| connected.stream), token) {
        (Some(stream), Some(token)) => with_progress("logging in", || {
            let attempt = login::attempt(stream, connection, token.as_str(), limit, &mut report);
            runtime.block_on(attempt);
        }),
        (None, _) => report.add(Finding::not_checked(
            "login",
            "no token is sent to a server that is not verified",
        )),
        (_, None) => report.add(Finding::not_checked("login", "there is no token")),
    }
    Ok(report)
}

const STEP: &str = "credentials";

/// A fresh token, if there are credentials.
fn credentials(connection: &Connection, client: &Client, report: &mut Report) -> Option<Token> {
    let target = connection.target();
    let found = match binding::sdk_credentials(client, &target) {
        Ok(found) => found,
        Err(error) => {
            report.add(no_credentials(&error));
            return None;
        }
    };
    let source = match &connection.aws.profile {
        Some(profile) => format!("profile {profile}"),
        None if binding::is_fetched(client) => "the default chain".to_owned(),
        None => "the environment".to_owned(),
    };
    let id = found.access_key_id();
    let end = match found.expiry() {
        Some(end) => format!("until {}", crate::time::rfc3339(crate::time::unix(end))),
        None => "without a known expiry".to_owned(),
    };
    let seen = format!("{id} from {source}, {end}");
    if id.starts_with("ASIA") && found.session_token().is_none_or(str::is_empty) {
        report.add(
            Finding::bad(
                STEP,
                Cause::CredentialsIncomplete,
                format!("{seen}, with no session token"),
            )
            .remedy(
                "set AWS_SESSION_TOKEN as well: keys that begin with ASIA are of no use without",
            ),
        );
        return None;
    }
    match client.sign(&target) {
        Ok(token) => {
            report.add(Finding::good(STEP, seen));
            Some(token)
        }
        // Said already, with the region.
        Err(error) if error.kind() == ErrorKind::RegionMissing => {
            report.add(Finding::good(STEP, seen));
            None
        }
        Err(error) => {
            report.add(no_credentials(&error));
            None
        }
    }
}

fn no_credentials(error: &Error) -> Finding {
    let (cause, remedy) = match error.kind() {
        ErrorKind::CredentialsNotFound => (
            Cause::CredentialsMissing,
            "give a profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role \
             is available",
        ),
        ErrorKind::CredentialsExpired => {
            (Cause::CredentialsExpired, "renew them: log in to SSO again, or assume the role anew")
        }
        ErrorKind::Clock => (Cause::ClockWrong, "set the clock"),
        _ => (Cause::CredentialsSourceFailed, "the source says why: mend that first"),
    };
    Finding::bad(STEP, cause, error.to_string()).remedy(remedy)
}
