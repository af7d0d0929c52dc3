//! One client that speaks MySQL's protocol.

use std::io;
use std::net::SocketAddr;

use rdsiam_wire::mysql::capabilities::SSL;
use rdsiam_wire::mysql::client::{Begin, Login, Password, begin, log_in, request_tls};
use rdsiam_wire::mysql::server::{Accepted, accept, turn_away};
use rdsiam_wire::mysql::{ErrorPacket, Greeting, NATIVE, Response, new_scramble};
use rdsiam_wire::{BoxedStream, relay, tls};

use super::database::Server;
use super::listener::{Behind, Listener};
use super::none;
use super::rds::User;
use super::unverified;
use super::verify::Reason;

const ENGINE: &str = "mysql";

pub(super) async fn serve(
    listener: &Listener,
    mut stream: BoxedStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let mut behind = match &listener.behind {
        Behind::None => None,
        Behind::Server(server) => match listener.in_time(meet(server)).await {
            Ok(met) => Some((server, met)),
            Err(error) => {
                listener.complain(server, &error.to_string());
                let message = format!("The database behind, {}: {error}", server.describe());
                let error = ErrorPacket { code: 2003, state: "HY000", message: &message };
                turn_away(&mut stream, &error).await;
                return Ok(());
            }
        },
    };
    let offered = match &behind {
        Some((_, (_, greeting))) => greeting.clone(),
        None => none::mysql::greeting()?,
    };
    let greeting = offered.relayed(true, NATIVE, new_scramble()?);
    let mut client = listener.in_time(accept(stream, &greeting, Some(&listener.tls))).await?;
    let name = String::from_utf8_lossy(&client.response.user).into_owned();
    let denied = format!("Access denied for user '{name}'@'{}' (using password: YES)", peer.ip());
    let denied = ErrorPacket { code: 1045, state: "28000", message: &denied };
    // RDS too asks first, and then says that it takes no login without TLS.
    let Some(token) = listener.in_time(client.ask_clear()).await? else {
        listener.rds.note(ENGINE, &name, Some(Reason::Malformed("no password was sent")));
        client.refuse(&denied).await;
        return Ok(());
    };
    let verdict = if client.is_tls {
        listener.rds.judge(ENGINE, &listener.endpoint, &name, &token)
    } else {
        listener.rds.note(ENGINE, &name, Some(Reason::NoTls));
        Err(Reason::NoTls)
    };
    match (verdict, behind.take()) {
        (Err(_), _) => {
            client.refuse(&denied).await;
            Ok(())
        }
        (Ok(_), None) => none::mysql::serve(client, &name).await,
        (Ok(user), Some((server, (stream, greeting)))) => {
            go_on(listener, server, client, stream, greeting, user).await
        }
    }
}

async fn meet(server: &Server) -> io::Result<(BoxedStream, Greeting)> {
    let mut stream = server.connect().await?;
    match begin(&mut stream).await? {
        Begin::Greeting(greeting) => Ok((stream, greeting)),
        Begin::Refused(refusal, _) => Err(io::Error::other(refusal.text)),
    }
}

/// Logs in to the database behind, and relays.
async fn go_on(
    listener: &Listener,
    server: &Server,
    mut client: Accepted,
    stream: BoxedStream,
    greeting: Greeting,
    user: &User,
) -> io::Result<()> {
    let (login, password) = server.login_of(user);
    // On this machine nobody else can answer, and by TLS a server takes a password that it has not
    // seen before.
    let has_tls = greeting.capabilities.has(SSL) && server.is_on_this_machine();
    let response = client.response.relayed(greeting.capabilities, has_tls, login);
    let password = Password::Any(password.unwrap_or_default());
    let connected = enter(stream, &greeting, &response, password, has_tls);
    let why = match listener.in_time(connected).await {
        Ok((mut stream, Login::In(ok))) => {
            client.send(&ok).await?;
            return relay(&mut client.stream, &mut stream, &()).await;
        }
        Ok((_, Login::Refused(refusal, body))) => {
            listener.complain(server, &refusal.text);
            return client.send(&body).await;
        }
        Ok((_, Login::OtherMethod(method))) => format!("it asks for {method}"),
        Err(error) => error.to_string(),
    };
    listener.complain(server, &why);
    let message = format!("The database behind, {}: {why}", server.describe());
    client.refuse(&ErrorPacket { code: 2003, state: "HY000", message: &message }).await;
    Ok(())
}

async fn enter(
    mut stream: BoxedStream,
    greeting: &Greeting,
    response: &Response,
    password: Password<'_>,
    has_tls: bool,
) -> io::Result<(BoxedStream, Login)> {
    if has_tls {
        request_tls(&mut stream, response).await?;
        let config = tls::client_with(unverified::verifier())?;
        stream = Box::new(tls::connect(&config, "localhost", stream).await?);
    }
    let login = log_in(&mut stream, greeting, response, password, has_tls).await?;
    Ok((stream, login))
}
