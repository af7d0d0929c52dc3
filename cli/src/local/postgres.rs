//! One client that speaks PostgreSQL's protocol.

use std::io;
use std::net::SocketAddr;

use rdsiam_wire::postgres::client::{Login, Password, log_in};
use rdsiam_wire::postgres::scram::Verifier;
use rdsiam_wire::postgres::server::{Accepted, Request, accept, ask_clear, ask_scram, refuse};
use rdsiam_wire::postgres::{CancelKey, ErrorResponse, Startup};
use rdsiam_wire::{BoxedStream, relay};
use tokio::io::AsyncWriteExt as _;

use super::database::Server;
use super::keys::random_text;
use super::listener::{Behind, Listener};
use super::none;
use super::rds::User;
use super::service::Service;
use super::verify::Reason;

const ENGINE: &str = "postgres";
const LONGEST_PASSWORD: usize = 65_536;
/// As of PostgreSQL's PAM and of a role that is none of IAM's.
const REFUSED: &str = "28000";
const WRONG_PASSWORD: &str = "28P01";
/// As of Aurora DSQL, which has one answer to all that it refuses.
const DSQL_REFUSED: ErrorResponse<'_> = ErrorResponse {
    code: "08006",
    message: "unable to accept connection, access denied",
    hint: None,
};

pub(super) async fn serve(
    listener: &Listener,
    stream: BoxedStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let accepted = listener.in_time(accept(stream, Some(&listener.tls))).await?;
    match &accepted.request {
        Request::Cancel(key) => cancel(listener, key).await,
        Request::Startup(startup) => {
            let startup = startup.clone();
            login(listener, accepted, startup, peer).await
        }
    }
}

async fn cancel(listener: &Listener, key: &CancelKey) -> io::Result<()> {
    // Without a database no query takes long enough.
    let Behind::Server(server) = &listener.behind else { return Ok(()) };
    let mut stream = server.connect().await?;
    stream.write_all(&key.encode()).await?;
    stream.shutdown().await
}

async fn login(
    listener: &Listener,
    accepted: Accepted,
    startup: Startup,
    peer: SocketAddr,
) -> io::Result<()> {
    let Accepted { mut stream, is_tls, .. } = accepted;
    let text =
        |name: &str| startup.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let name = text("user").unwrap_or_default();
    let database = text("database").unwrap_or_else(|| name.clone());
    let is_dsql = Service::of(&listener.endpoint.host) == Service::Dsql;
    if !is_tls {
        listener.rds.note(ENGINE, &name, Some(Reason::NoTls));
        if is_dsql {
            refuse(&mut stream, &DSQL_REFUSED).await;
            return Ok(());
        }
        let message = format!(
            "pg_hba.conf rejects connection for host \"{}\", user \"{name}\", database \
             \"{database}\", no encryption",
            peer.ip()
        );
        let error = ErrorResponse { code: REFUSED, message: &message, hint: None };
        refuse(&mut stream, &error).await;
        return Ok(());
    }
    if let Err(reason) = listener.rds.find_user(&name)
        && !is_dsql
    {
        // RDS asks a user who is none of IAM's for a password, and does not say that there is none.
        let password = random_text(30).map_err(|_| io::ErrorKind::Other)?;
        let verifier = Verifier::new(&password)?;
        let _ = listener.in_time(ask_scram(&mut stream, &verifier)).await;
        listener.rds.note(ENGINE, &name, Some(reason));
        let message = format!("password authentication failed for user \"{name}\"");
        let error = ErrorResponse { code: WRONG_PASSWORD, message: &message, hint: None };
        refuse(&mut stream, &error).await;
        return Ok(());
    }
    let token = listener.in_time(ask_clear(&mut stream, LONGEST_PASSWORD)).await?;
    match listener.rds.judge(ENGINE, &listener.endpoint, &name, &token) {
        Ok(user) => match &listener.behind {
            Behind::None => none::postgres::serve(stream, &name, &database).await,
            Behind::Server(server) => go_on(listener, server, stream, startup, user).await,
        },
        Err(_) if is_dsql => {
            refuse(&mut stream, &DSQL_REFUSED).await;
            Ok(())
        }
        Err(_) => {
            let message = format!("PAM authentication failed for user \"{name}\"");
            let error = ErrorResponse { code: REFUSED, message: &message, hint: None };
            refuse(&mut stream, &error).await;
            Ok(())
        }
    }
}

/// Logs in to the database behind, and relays.
async fn go_on(
    listener: &Listener,
    server: &Server,
    mut client: BoxedStream,
    mut startup: Startup,
    user: &User,
) -> io::Result<()> {
    let (login, password) = server.login_of(user);
    if startup.get("database").is_none() {
        startup.set("database", &user.name);
    }
    startup.set("user", login);
    // So that `current_user` is the user of the token. Whoever may be a role may become it.
    if user.login.is_none() && login != user.name {
        startup.set("role", &user.name);
    }
    let password = password.map_or(Password::None, Password::Any);
    let connected = async {
        let mut stream = server.connect().await?;
        let login = log_in(&mut stream, &startup, password).await?;
        io::Result::Ok((stream, login))
    };
    let why = match listener.in_time(connected).await {
        Ok((mut stream, Login::In(session))) => {
            client.write_all(&session.messages).await?;
            client.flush().await?;
            return relay(&mut client, &mut stream, &()).await;
        }
        Ok((_, Login::Refused(refusal, messages))) => {
            listener.complain(server, &refusal.text);
            client.write_all(&messages).await?;
            return client.shutdown().await;
        }
        Ok((_, Login::OtherMethod(method))) => format!("it asks for {method}"),
        Err(error) => error.to_string(),
    };
    listener.complain(server, &why);
    let message = format!("the database behind, {}: {why}", server.describe());
    let hint = Some("see --database and --user of rdsiam local");
    refuse(&mut client, &ErrorResponse { code: "57P03", message: &message, hint }).await;
    Ok(())
}
