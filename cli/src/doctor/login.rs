//! A login with a fresh token, and what the server's words mean.

use std::io;
use std::time::Duration;

use rdsiam_wire::mysql::{self, Greeting, Response};
use rdsiam_wire::postgres::Startup;
use rdsiam_wire::{Refusal, Stream};

use super::cause::Cause;
use super::report::{Finding, Report};
use super::tls::{Begun, Verified, within};
use crate::connection::Connection;
use crate::engine::Engine;

const STEP: &str = "login";

/// How a login went.
enum Outcome {
    /// Logged in; the connections that are open, and the most that may be.
    In {
        used: Option<u64>,
        most: Option<u64>,
    },
    Refused(Refusal),
    /// The server asks for something else than a token; the name of that.
    OtherMethod(String),
}

pub(super) async fn attempt(
    verified: Verified,
    connection: &Connection,
    token: &str,
    limit: Duration,
    report: &mut Report,
) {
    let Verified { mut stream, begun } = verified;
    let outcome = match &begun {
        Begun::Postgres => within(limit, of_postgres(&mut stream, connection, token)).await,
        Begun::Mysql(begun) => {
            let (greeting, response) = &**begun;
            within(limit, of_mysql(&mut stream, greeting, response, token)).await
        }
    };
    match outcome {
        Ok(Outcome::In { used, most }) => {
            report.logged_in();
            report.add(Finding::good(STEP, format!("{} is logged in", connection.user)));
            report.add(connections(used, most));
        }
        Ok(Outcome::Refused(refusal)) => report.add(refused(&refusal, connection.engine)),
        Ok(Outcome::OtherMethod(method)) => report.add(other_method(connection, &method)),
        Err(error) => report.add(broken(&error)),
    }
}

const COUNT: &str = "SELECT count(*), current_setting('max_connections') FROM pg_stat_activity";

async fn of_postgres(
    stream: &mut impl Stream,
    connection: &Connection,
    token: &str,
) -> io::Result<Outcome> {
    use rdsiam_wire::postgres::client::{Login, Password, ask, log_in};
    let user = connection.user.as_str();
    // As psql: without a name it is the user's.
    let name = connection.dbname.as_deref().unwrap_or(user);
    let parameters = [("user", user), ("database", name), ("application_name", "rdsiam doctor")];
    let startup = Startup::new(&parameters);
    let session = match log_in(stream, &startup, Password::Token(token)).await? {
        Login::In(session) => session,
        Login::Refused(refusal, _) => return Ok(Outcome::Refused(refusal)),
        Login::OtherMethod(method) => return Ok(Outcome::OtherMethod(method)),
    };
    // After the login: such as a database that the user may not connect to.
    if let Some(refusal) = session.refusal {
        return Ok(Outcome::Refused(refusal));
    }
    let row = ask(stream, COUNT).await?;
    let number = |at: usize| row.get(at)?.as_ref()?.parse().ok();
    Ok(Outcome::In { used: number(0), most: number(1) })
}

async fn of_mysql(
    stream: &mut impl Stream,
    greeting: &Greeting,
    response: &Response,
    token: &str,
) -> io::Result<Outcome> {
    use rdsiam_wire::mysql::client::{Login, Password, log_in_noting};
    let mut was_sent = false;
    let password = Password::Token(token);
    let login = log_in_noting(stream, greeting, response, password, true, &mut was_sent);
    match login.await? {
        Login::In(_) => {}
        // Without a question for the token the server has another plugin for this user.
        Login::Refused(refusal, _) if !was_sent && refusal.code == "1045" => {
            return Ok(Outcome::OtherMethod("no token".into()));
        }
        Login::Refused(refusal, _) => return Ok(Outcome::Refused(refusal)),
        Login::OtherMethod(method) => return Ok(Outcome::OtherMethod(method)),
    }
    let mut number = async |query| -> io::Result<Option<u64>> {
        Ok(mysql::ask(stream, query).await?.last().and_then(|text| text.parse().ok()))
    };
    let used = number("SHOW GLOBAL STATUS LIKE 'Threads_connected'").await?;
    let most = number("SHOW GLOBAL VARIABLES LIKE 'max_connections'").await?;
    // The server logs clients that hang up without a word.
    let _ = mysql::send(stream, 0, &[1]).await;
    Ok(Outcome::In { used, most })
}

fn broken(error: &io::Error) -> Finding {
    let seen = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer to the token".to_owned(),
        _ => format!("the connection broke: {error}"),
    };
    Finding::bad(STEP, Cause::ServerRefused, seen)
        .remedy("look at the log of the database for the time of this login")
}

fn connections(used: Option<u64>, most: Option<u64>) -> Finding {
    const STEP: &str = "connections";
    let (Some(used), Some(most)) = (used, most) else {
        return Finding::not_checked(STEP, "the user may not see them");
    };
    let seen = format!("{used} of at most {most} are open");
    if used.saturating_mul(10) < most.saturating_mul(9) {
        return Finding::good(STEP, seen);
    }
    Finding::doubt(STEP, Cause::TooManyConnections, seen)
        .remedy("close connections, use a pool or RDS Proxy, or raise max_connections")
}

/// The server never asked for the token, which so was not sent.
fn other_method(connection: &Connection, method: &str) -> Finding {
    let user = &connection.user;
    let seen = format!("for {user} the server asks for {method}, not for a token");
    let remedy = match connection.engine {
        Engine::Postgres => format!(
            "log in as an administrator and run the output of: rdsiam sql --engine postgres -U \
             {user} --existing (without --existing if the user is not there); and see that IAM \
             authentication is on"
        ),
        Engine::Mysql => format!(
            "log in as an administrator and run the output of: rdsiam sql --engine mysql -U {user} \
             --existing (without --existing if the user is not there)"
        ),
    };
    Finding::bad(STEP, Cause::UserAsksForPassword, seen).remedy(remedy)
}

/// The table of the servers' words. What is not in it is quoted, and no more is said.
pub(super) fn refused(refusal: &Refusal, engine: Engine) -> Finding {
    let Refusal { code, text } = refusal;
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (cause, remedy) = match (engine, code.as_str()) {
        _ if has(&["RDS Proxy", "RDS proxy"])
            || has(&["IAM authentication failed for the role"]) =>
        {
            (
                Cause::ProxyRefused,
                "the words are the proxy's: see that IAM is required or allowed for this user in its \
             settings, that it has credentials for the user or logs in by IAM itself, and its log",
            )
        }
        (Engine::Postgres, "3D000") | (Engine::Mysql, "1049") => {
            (Cause::DatabaseMissing, "give the name of a database that exists by --dbname")
        }
        (Engine::Postgres, "42501") | (Engine::Mysql, "1044") => (
            Cause::DatabaseNotAllowed,
            "grant the user the right: rdsiam sql prints the statement with --dbname",
        ),
        (Engine::Postgres, "53300") | (Engine::Mysql, "1040" | "1203") => (
            Cause::TooManyConnections,
            "close connections, use a pool or RDS Proxy, or raise max_connections",
        ),
        (Engine::Postgres, "57P03" | "57P01" | "57P02") | (Engine::Mysql, "1053") => {
            (Cause::ServerNotReady, "wait, and look at the events of the database")
        }
        (Engine::Postgres, "28000") if has(&["no pg_hba.conf entry", "pg_hba.conf rejects"]) => (
            Cause::HostNotAllowed,
            "see that the user has the grant of rds_iam and that IAM authentication is on",
        ),
        (Engine::Mysql, "1130" | "1129") => (
            Cause::HostNotAllowed,
            "make the user for the host '%', or unblock this host (FLUSH HOSTS)",
        ),
        (Engine::Postgres, "28000") if has(&["does not exist"]) => {
            (Cause::UserMissing, "make the user: rdsiam sql prints the statements")
        }
        (Engine::Postgres, "28000") if has(&["is not permitted to log in"]) => {
            (Cause::UserMayNotLogIn, "let the user log in: ALTER ROLE ... WITH LOGIN")
        }
        (Engine::Mysql, "3118" | "4151") => {
            (Cause::UserMayNotLogIn, "unlock the account: ALTER USER ... ACCOUNT UNLOCK")
        }
        (Engine::Postgres, "08006") if has(&["access denied"]) => (
            Cause::TokenRefused,
            "Aurora DSQL says no more than that. Of what can be checked from here, see the lines below; what \
             remains: the policy where it was not checked (dsql:DbConnectAdmin for admin, dsql:DbConnect for \
             others), and AWS IAM GRANT of the database role to the identity",
        ),
        (Engine::Postgres, "28000" | "28P01") | (Engine::Mysql, "1045" | "1698") => (
            Cause::TokenRefused,
            "the server does not say why. Of what can be checked from here, see the lines below; \
             what remains: the policy where it was not checked, the account's resource id in it, a \
             user who is not there, more than 200 new IAM logins a second, and the log \
             iam-db-auth-error",
        ),
        _ => (Cause::ServerRefused, "these are the server's words; look at its log"),
    };
    Finding::bad(STEP, cause, format!("{code}: {text}")).remedy(remedy)
}
