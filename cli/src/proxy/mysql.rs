//! One connection of a client of MySQL or MariaDB.
//!
//! The server speaks first: what it can do, and the number by which a client kills its query. Both have to
//! be the real server's, so that it is dialled before the client has said anything.

use std::io;
use std::net::SocketAddr;

use rdsiam::Token;
use rdsiam_wire::BoxedStream;
use rdsiam_wire::mysql::capabilities::SSL;
use rdsiam_wire::mysql::client::{self, Begin, Login, Password};
use rdsiam_wire::mysql::server::{Accepted, accept, turn_away};
use rdsiam_wire::mysql::{
    CACHING_SHA2, ErrorPacket, Greeting, NATIVE, Response, new_scramble, send,
};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::activity::Activity;
use super::database::Database;
use super::drain::{Drain, Stopped};
use super::end::End;
use super::login::{
    AFTER_WRONG_PASSWORD, Failed, LoggedIn, Protocol, log_in, token, wait_for_turn,
};
use super::metrics::Rejection;
use crate::engine::Engine;

/// Serves a client until it, the database or the proxy ends the connection.
pub(super) async fn serve(database: &Database, stream: BoxedStream, drain: &Drain) -> End {
    // The state of a login is freed before the session, which may be long and idle.
    let begun = Box::pin(begin(database, stream)).await;
    let (mut client, mut logged_in) = match begun {
        Ok(begun) => begun,
        Err(end) => return end,
    };
    let activity = Activity::new(Engine::Mysql, &[], &database.metrics.traffic);
    let upstream = &mut logged_in.upstream;
    let relayed = rdsiam_wire::relay(&mut client, upstream, &activity);
    let stopped = drain.unless_stopped(&activity, relayed).await;
    if stopped == Stopped::Idle {
        let _ = client.shutdown().await;
        quit(upstream).await;
    }
    End::Closed(stopped)
}

/// Says why there can be no session, before anything is read.
pub(super) async fn send_away(mut stream: BoxedStream, message: &str) -> End {
    turn_away(&mut stream, &ErrorPacket { code: 1040, state: "08004", message }).await;
    End::Rejected(Rejection::Limit)
}

const QUIT: &[u8] = &[1];
/// What a server says of a password by caching_sha2_password that it knows.
const KNOWN: &[u8] = &[1, 3];

async fn quit<S: rdsiam_wire::Stream + ?Sized>(upstream: &mut S) {
    let _ = send(upstream, 0, QUIT).await;
    let _ = upstream.shutdown().await;
}

/// A server that has greeted and waits for a login.
struct Greeted {
    stream: TcpStream,
    address: SocketAddr,
    greeting: Greeting,
}

async fn dial(database: &Database) -> Result<Greeted, Failed> {
    let broken = |error: io::Error| Failed::at(database, &error);
    let (mut stream, address) = database.dial().await.map_err(broken)?;
    match client::begin(&mut stream).await.map_err(broken)? {
        Begin::Greeting(greeting) if greeting.capabilities.has(SSL) => {
            Ok(Greeted { stream, address, greeting })
        }
        Begin::Greeting(_) => Err(broken(io::Error::other("the server does not offer TLS"))),
        Begin::Refused(refusal, said) => {
            Err(Failed::Refused { code: refusal.code, text: refusal.text, said })
        }
    }
}

type Begun = (BoxedStream, Box<LoggedIn<Vec<u8>>>);

async fn begin(database: &Database, mut stream: BoxedStream) -> Result<Begun, End> {
    // All that may wait comes first: a server closes what has not logged in after ten seconds.
    let dialling = async {
        wait_for_turn(database).await?;
        token(database).await?;
        dial(database).await
    };
    let dialled = match timeout(database.limits.login, dialling).await {
        Ok(dialled) => dialled,
        Err(_) => Err(Failed::at(database, &io::ErrorKind::TimedOut.into())),
    };
    let greeted = match dialled {
        Ok(greeted) => greeted,
        Err(Failed::Refused { code, text, said }) => {
            let _ = send(&mut stream, 0, &said).await;
            return Err(End::Refused { code, text });
        }
        Err(Failed::Here(text)) => {
            let message = format!("rdsiam proxy: {text}");
            let error = ErrorPacket { code: 2003, state: "HY000", message: &message };
            turn_away(&mut stream, &error).await;
            database.metrics.failed.add(1);
            return Err(End::Failed(text));
        }
    };
    let coming_in = let_in(database, stream, &greeted.greeting);
    let accepted = match timeout(database.limits.handshake, coming_in).await {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(end)) => {
            leave(database, greeted).await;
            return Err(end);
        }
        Err(_) => {
            leave(database, greeted).await;
            return Err(End::Rejected(Rejection::Timeout));
        }
    };
    finish(database, accepted, greeted).await
}

/// Up to the client's right to log in.
async fn let_in(
    database: &Database,
    stream: BoxedStream,
    greeting: &Greeting,
) -> Result<Accepted, End> {
    let gate = &database.gate;
    let protocol = |_| End::Rejected(Rejection::Protocol);
    let scramble = new_scramble().map_err(protocol)?;
    let greeting = greeting.relayed(gate.tls.is_some(), NATIVE, scramble);
    let mut accepted = accept(stream, &greeting, gate.tls.as_ref()).await.map_err(protocol)?;
    if gate.needs_tls && !accepted.is_tls {
        let message = "rdsiam proxy: this listener takes connections over TLS alone";
        accepted.refuse(&ErrorPacket { code: 3159, state: "08004", message }).await;
        return Err(End::Rejected(Rejection::Tls));
    }
    match &gate.password {
        Some(password) => {
            let is_right = accepted.ask_scrambled(&greeting, &password.plain).await;
            if !is_right.map_err(protocol)? {
                tokio::time::sleep(AFTER_WRONG_PASSWORD).await;
                let message = "rdsiam proxy: the password is not the one of this listener";
                accepted.refuse(&ErrorPacket { code: 1045, state: "28000", message }).await;
                return Err(End::Rejected(Rejection::Password));
            }
        }
        None if accepted.response.plugin.as_deref() == Some(CACHING_SHA2.as_bytes())
            && !accepted.response.auth.is_empty() =>
        {
            accepted.send(KNOWN).await.map_err(protocol)?;
        }
        None => {}
    }
    // The token is for one user. A client that names another one would be somebody it does not expect.
    let user = &database.connection.user;
    if accepted.response.user != user.as_bytes() {
        let message = format!("rdsiam proxy: this listener logs in as {user}");
        accepted.refuse(&ErrorPacket { code: 1045, state: "28000", message: &message }).await;
        return Err(End::Rejected(Rejection::User));
    }
    Ok(accepted)
}

/// Logs in and quits. A server counts clients that hang up before, and blocks their host after a hundred in
/// a row.
async fn leave(database: &Database, greeted: Greeted) {
    let response = Response::new(greeted.greeting.capabilities, &database.connection.user, None);
    let mut protocol = AsUser { database, response, greeted: Some(greeted) };
    let leaving = async {
        if let Ok(token) = token(database).await
            && let Ok(mut logged_in) = protocol.log_in(&token).await
        {
            quit(&mut logged_in.upstream).await;
        }
    };
    let _ = timeout(database.limits.login, leaving).await;
}

async fn finish(
    database: &Database,
    mut accepted: Accepted,
    greeted: Greeted,
) -> Result<Begun, End> {
    let mut response = accepted.response.clone();
    if response.database.is_none()
        && let Some(name) = &database.connection.dbname
    {
        response.database = Some(name.clone().into_bytes());
    }
    let mut protocol = AsUser { database, response, greeted: Some(greeted) };
    match log_in(database, &mut protocol).await {
        Ok(logged_in) => match accepted.send(&logged_in.session).await {
            Ok(()) => Ok((accepted.stream, Box::new(logged_in))),
            Err(_) => Err(End::Closed(Stopped::Broken)),
        },
        Err(Failed::Refused { code, text, said }) => {
            // The server's own words.
            let _ = accepted.send(&said).await;
            let _ = accepted.stream.shutdown().await;
            Err(End::Refused { code, text })
        }
        Err(Failed::Here(text)) => {
            let message = format!("rdsiam proxy: {text}");
            accepted.refuse(&ErrorPacket { code: 2003, state: "HY000", message: &message }).await;
            Err(End::Failed(text))
        }
    }
}

struct AsUser<'a> {
    database: &'a Database,
    response: Response,
    /// For the first attempt, whose greeting the client was told.
    greeted: Option<Greeted>,
}

impl Protocol for AsUser<'_> {
    /// The server's OK.
    type Session = Vec<u8>;

    async fn log_in(&mut self, token: &Token) -> Result<LoggedIn<Vec<u8>>, Failed> {
        let database = self.database;
        let broken = |error: io::Error| Failed::at(database, &error);
        let greeted = match self.greeted.take() {
            Some(greeted) => greeted,
            None => dial(database).await?,
        };
        let Greeted { mut stream, address, greeting } = greeted;
        let user = &database.connection.user;
        let response = self.response.relayed(greeting.capabilities, true, user);
        client::request_tls(&mut stream, &response).await.map_err(broken)?;
        let mut upstream = database.encrypt(stream).await.map_err(broken)?;
        let password = Password::Token(token.as_str());
        let login = client::log_in(&mut upstream, &greeting, &response, password, true).await;
        match login.map_err(broken)? {
            Login::In(session) => Ok(LoggedIn { upstream, address, session }),
            Login::Refused(refusal, said) => {
                Err(Failed::Refused { code: refusal.code, text: refusal.text, said })
            }
            Login::OtherMethod(method) => Err(broken(io::Error::other(format!(
                "for {user} the server asks for {method}, not for a token: identify the user with \
                 AWSAuthenticationPlugin"
            )))),
        }
    }

    fn has_turn(&self) -> bool {
        self.greeted.is_some()
    }

    fn is_about_token(code: &str, _: &str) -> bool {
        code == "1045"
    }
}
