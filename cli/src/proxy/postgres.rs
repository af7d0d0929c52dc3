//! One connection of a client of PostgreSQL.

use std::io;

use rdsiam::Token;
use rdsiam_wire::BoxedStream;
use rdsiam_wire::postgres::client::{self, Login, Offer, Password, Session};
use rdsiam_wire::postgres::server::{Accepted, Request, accept, ask_scram, refuse};
use rdsiam_wire::postgres::{ErrorResponse, Startup};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::activity::Activity;
use super::cancel::cancel;
use super::database::{Database, Upstream};
use super::drain::{Drain, Stopped};
use super::end::End;
use super::listener::TOO_MANY;
use super::login::{AFTER_WRONG_PASSWORD, Failed, LoggedIn, Protocol, log_in};
use super::metrics::Rejection;
use crate::engine::Engine;

/// Serves a client until it, the database or the proxy ends the connection. If the listener is full, the
/// client may cancel and no more.
pub(super) async fn serve(
    database: &Database,
    stream: BoxedStream,
    drain: &Drain,
    is_full: bool,
) -> End {
    // The state of a login is freed before the session, which may be long and idle.
    let begun = Box::pin(begin(database, stream, is_full)).await;
    let (mut client, mut logged_in) = match begun {
        Ok(begun) => begun,
        Err(end) => return end,
    };
    let LoggedIn { upstream, address, session } = &mut *logged_in;
    let _kept = database.cancels.keep(session.cancel_key.take(), *address);
    let messages = std::mem::take(&mut session.messages);
    let activity = Activity::new(Engine::Postgres, &messages, &database.metrics.traffic);
    if write(&mut client, &messages).await.is_err() {
        return End::Closed(Stopped::Broken);
    }
    drop(messages);
    let relayed = rdsiam_wire::relay(&mut client, upstream, &activity);
    let stopped = drain.unless_stopped(&activity, relayed).await;
    if stopped == Stopped::Idle {
        say_goodbye(&mut client, upstream).await;
    }
    End::Closed(stopped)
}

/// As a server that is shut down.
async fn say_goodbye(client: &mut BoxedStream, upstream: &mut Upstream) {
    let message = "terminating connection because the proxy stops";
    refuse(client, &ErrorResponse { code: "57P01", message, hint: None }).await;
    let _ = write(upstream, b"X\0\0\0\x04").await;
    let _ = upstream.shutdown().await;
}

/// Says why there can be no session, before anything is read.
pub(super) async fn send_away(mut stream: BoxedStream, message: &str) -> End {
    refuse(&mut stream, &ErrorResponse { code: "53300", message, hint: None }).await;
    End::Rejected(Rejection::Limit)
}

type Begun = (BoxedStream, Box<LoggedIn<Session>>);

async fn begin(database: &Database, stream: BoxedStream, is_full: bool) -> Result<Begun, End> {
    let greeted = timeout(database.limits.handshake, greet(database, stream, is_full)).await;
    let (mut client, request) = greeted.map_err(|_| End::Rejected(Rejection::Timeout))??;
    let startup = match request {
        Request::Startup(startup) => startup,
        Request::Cancel(key) => {
            return Err(match timeout(database.limits.login, cancel(database, &key)).await {
                Ok(Ok(is_known)) => {
                    database.metrics.cancels.add(u64::from(is_known));
                    End::Cancel
                }
                Ok(Err(error)) => End::Failed(format!("a request to cancel: {error}")),
                Err(_) => End::Failed("a request to cancel takes too long".to_owned()),
            });
        }
    };
    match log_in(database, &mut AsUser { database, startup }).await {
        Ok(logged_in) => Ok((client, Box::new(logged_in))),
        Err(Failed::Refused { code, text, said }) => {
            // The server's own words.
            let _ = write(&mut client, &said).await;
            let _ = client.shutdown().await;
            Err(End::Refused { code, text })
        }
        Err(Failed::Here(text)) => {
            let message = format!("rdsiam proxy: {text}");
            let error = ErrorResponse { code: "08001", message: &message, hint: None };
            refuse(&mut client, &error).await;
            Err(End::Failed(text))
        }
    }
}

/// Up to the client's right to log in.
async fn greet(
    database: &Database,
    stream: BoxedStream,
    is_full: bool,
) -> Result<(BoxedStream, Request), End> {
    let gate = &database.gate;
    let protocol = |_| End::Rejected(Rejection::Protocol);
    let accepted = accept(stream, gate.tls.as_ref()).await.map_err(protocol)?;
    let Accepted { mut stream, is_tls, request } = accepted;
    let Request::Startup(mut startup) = request else { return Ok((stream, request)) };
    if is_full {
        return Err(send_away(stream, TOO_MANY).await);
    }
    if gate.needs_tls && !is_tls {
        let message = "rdsiam proxy: this listener takes connections over TLS alone";
        let hint = Some("Set sslmode=require.");
        refuse(&mut stream, &ErrorResponse { code: "28000", message, hint }).await;
        return Err(End::Rejected(Rejection::Tls));
    }
    if let Some(password) = &gate.password
        && !ask_scram(&mut stream, &password.scram).await.map_err(protocol)?
    {
        tokio::time::sleep(AFTER_WRONG_PASSWORD).await;
        let message = "rdsiam proxy: the password is not the one of this listener";
        refuse(&mut stream, &ErrorResponse { code: "28P01", message, hint: None }).await;
        return Err(End::Rejected(Rejection::Password));
    }
    // The token is for one user. A client that names another one would be somebody it does not expect.
    let user = &database.connection.user;
    if startup.get("user") != Some(user.as_bytes()) {
        let message = format!("rdsiam proxy: this listener logs in as {user}");
        let hint = format!("Connect with the user name {user}.");
        let error = ErrorResponse { code: "28000", message: &message, hint: Some(&hint) };
        refuse(&mut stream, &error).await;
        return Err(End::Rejected(Rejection::User));
    }
    if let Some(name) = database.connection.dbname.as_deref()
        && startup.get("database").is_none()
    {
        startup.set("database", name);
    }
    Ok((stream, Request::Startup(startup)))
}

struct AsUser<'a> {
    database: &'a Database,
    startup: Startup,
}

impl Protocol for AsUser<'_> {
    type Session = Session;

    async fn log_in(&mut self, token: &Token) -> Result<LoggedIn<Session>, Failed> {
        let database = self.database;
        let broken = |error: io::Error| Failed::at(database, &error);
        let (mut stream, address) = database.dial().await.map_err(broken)?;
        if client::request_tls(&mut stream).await.map_err(broken)? != Offer::Tls {
            return Err(broken(io::Error::other("the server does not offer TLS")));
        }
        let mut upstream = database.encrypt(stream).await.map_err(broken)?;
        let password = Password::Token(token.as_str());
        match client::log_in(&mut upstream, &self.startup, password).await.map_err(broken)? {
            Login::In(session) => Ok(LoggedIn { upstream, address, session }),
            Login::Refused(refusal, said) => {
                Err(Failed::Refused { code: refusal.code, text: refusal.text, said })
            }
            Login::OtherMethod(method) => Err(broken(io::Error::other(format!(
                "for {} the server asks for {method}, not for a token: grant it rds_iam",
                database.connection.user
            )))),
        }
    }

    fn is_about_token(code: &str, text: &str) -> bool {
        // Aurora DSQL has one code for all that it refuses.
        matches!(code, "28000" | "28P01") || (code == "08006" && text.contains("access denied"))
    }
}

async fn write<W: AsyncWrite + Unpin + ?Sized>(stream: &mut W, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
