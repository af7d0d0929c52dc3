//! One client of Redis or Valkey: each AUTH and HELLO is judged, at any time, and all else is relayed.
//!
//! The server answers everything itself, so that replies stay in the order of the commands: what is
//! refused here goes to it in a form that it refuses in the same words.

mod resp;

use std::io;
use std::time::Duration;

use rdsiam_wire::BoxedStream;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    BufReader, BufWriter,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::database::Server;
use super::keys::random_text;
use super::listener::{Behind, Listener};
use resp::Command;

const ENGINE: &str = "redis";
const LONGEST_REPLY: u64 = 1024;
const WRONG: &str = "WRONGPASS invalid username-password pair or user is disabled.";
/// Of a command other than AUTH, HELLO, QUIT and RESET before a good login.
const NO_AUTH: &str = "NOAUTH Authentication required.";
const NO_AUTH_HELLO: &str = "NOAUTH HELLO must be called with the client already authenticated, \
    otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
    select the RESP protocol version at the same time";
/// The server says why it is no command, and ends the connection.
const NO_COMMAND: &[u8] = b"*no-number\r\n";

pub(super) async fn serve(listener: &Listener, stream: BoxedStream) -> io::Result<()> {
    let (Behind::Server(server), Some(cache)) = (&listener.behind, &listener.endpoint.cache) else {
        return Ok(());
    };
    let mut client = listener.in_time(async { listener.tls.accept(stream).await }).await?;
    let behind = match listener.in_time(enter(server)).await {
        Ok(stream) => stream,
        Err(error) => {
            listener.complain(server, &error.to_string());
            let reply = format!("-ERR the database behind, {}: {error}\r\n", server.describe());
            client.write_all(reply.as_bytes()).await?;
            return client.shutdown().await;
        }
    };
    let (from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, to_server) = tokio::io::split(behind);
    let (authenticated_at, last) = watch::channel(None);
    let session = Session { listener, server, authenticated_at, is_in: false, is_server_in: true };
    tokio::select! {
        ended = session.run(BufReader::new(from_client), BufWriter::new(to_server)) => ended?,
        copied = tokio::io::copy(&mut from_server, &mut to_client) => { copied?; }
        () = end(last, cache.auth_lasts) => {}
    }
    listener.in_time(to_client.shutdown()).await
}

/// Logs in by the login of the URL: a mistake in it shows at once.
async fn enter(server: &Server) -> io::Result<BoxedStream> {
    let mut stream = server.connect().await?;
    let words =
        ["AUTH", server.login.as_deref().unwrap_or_default(), password(server.password.as_deref())];
    stream.write_all(&resp::encode(&words)).await?;
    stream.flush().await?;
    let mut reply = Vec::new();
    // It says nothing more before the next command.
    BufReader::new(&mut stream).take(LONGEST_REPLY).read_until(b'\n', &mut reply).await?;
    if reply == b"+OK\r\n" {
        return Ok(stream);
    }
    Err(io::Error::other(String::from_utf8_lossy(&reply).trim().trim_start_matches('-').to_owned()))
}

/// A user without a password takes any.
fn password(given: Option<&str>) -> &str {
    given.unwrap_or("none")
}

/// So long after the last good AUTH.
async fn end(mut last: watch::Receiver<Option<Instant>>, auth_lasts: Duration) {
    loop {
        let at = *last.borrow_and_update();
        let is_over = async {
            match at {
                Some(at) => tokio::time::sleep_until(at + auth_lasts).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = is_over => return,
            changed = last.changed() => if changed.is_err() { return },
        }
    }
}

struct Session<'a> {
    listener: &'a Listener,
    server: &'a Server,
    authenticated_at: watch::Sender<Option<Instant>>,
    is_in: bool,
    /// Whether the connection to the server is. It is from the start.
    is_server_in: bool,
}

impl Session<'_> {
    /// Until the server, which ends the connection when its client has, or an error.
    async fn run(
        mut self,
        mut client: impl AsyncBufRead + Unpin,
        mut server: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        loop {
            match self.relay_one(&mut client, &mut server).await {
                Ok(true) => server.flush().await?,
                Ok(false) => break,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    server.write_all(NO_COMMAND).await?;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        server.shutdown().await?;
        std::future::pending().await
    }

    /// Whether there was another command.
    async fn relay_one(
        &mut self,
        client: &mut (impl AsyncBufRead + Unpin),
        server: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<bool> {
        match resp::read(client).await? {
            None => return Ok(false),
            Some(Command::Login(words)) => server.write_all(&self.judged(words)).await?,
            Some(Command::Other { name, head, words_left }) => {
                let is_reset = name.eq_ignore_ascii_case(b"RESET");
                if is_reset {
                    (self.is_in, self.is_server_in) = (false, false);
                }
                if self.is_in || is_reset || name.eq_ignore_ascii_case(b"QUIT") {
                    server.write_all(&head).await?;
                    resp::copy_words(client, words_left, server).await?;
                } else {
                    resp::copy_words(client, words_left, &mut tokio::io::sink()).await?;
                    server.write_all(&error(NO_AUTH)).await?;
                }
            }
        }
        Ok(true)
    }

    /// The command with a login of the server if the token is right, and if it is wrong one that the
    /// server refuses. It would leave out the reply to an AUTH that it refuses while others are under way.
    fn judged(&mut self, mut words: Vec<Vec<u8>>) -> Vec<u8> {
        let is_hello = words.first().is_some_and(|name| name.eq_ignore_ascii_case(b"HELLO"));
        if !is_hello && words.len() == 2 {
            words.insert(1, b"default".to_vec());
        }
        let shown = user_at(&words).and_then(|at| words.get_mut(at..at + 2));
        let Some([user, token]) = shown else {
            return if is_hello && !self.is_in {
                error(NO_AUTH_HELLO)
            } else {
                resp::encode(&words)
            };
        };
        let Listener { rds, endpoint, .. } = self.listener;
        let name = String::from_utf8_lossy(user).into_owned();
        if let Ok(found) = rds.judge(ENGINE, endpoint, &name, token) {
            (self.is_in, self.is_server_in) = (true, true);
            self.authenticated_at.send_replace(Some(Instant::now()));
            let (login, word) = self.server.login_of(found);
            (*user, *token) = (login.into(), password(word).into());
        } else if self.is_server_in {
            return error(WRONG);
        } else {
            let random = random_text(30).unwrap_or_default();
            (*user, *token) = (format!("nobody-{}", *random).into(), random.as_bytes().to_vec());
        }
        resp::encode(&words)
    }
}

/// Where the user of AUTH or HELLO stands, before the token. `None`: the server authenticates nobody.
fn user_at(words: &[Vec<u8>]) -> Option<usize> {
    let is = |at: usize, name: &str| {
        words.get(at).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    if is(0, "AUTH") {
        return (words.len() == 3).then_some(1);
    }
    let (mut at, mut found) = (2, None);
    while at < words.len() {
        if is(at, "AUTH") && at + 2 < words.len() {
            found = Some(at + 1);
            at += 3;
        } else if is(at, "SETNAME") && at + 1 < words.len() {
            at += 2;
        } else {
            return None;
        }
    }
    found
}

/// A command that the server answers with this error, whether or not it asks for a login.
fn error(text: &str) -> Vec<u8> {
    resp::encode(&["EVAL", &format!("return redis.error_reply('{text}')"), "0"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_where_the_server_looks_for_it() {
        for (text, at) in [
            ("AUTH user token", Some(1)),
            ("auth user token", Some(1)),
            ("AUTH", None),
            ("AUTH a b c", None),
            ("HELLO", None),
            ("HELLO 3", None),
            ("HELLO 3 AUTH user token", Some(3)),
            ("hello 3 auth user token setname x", Some(3)),
            ("HELLO 3 SETNAME AUTH AUTH user token", Some(5)),
            ("HELLO 3 AUTH a b AUTH user token", Some(6)),
            // Errors of syntax there.
            ("HELLO 3 AUTH user", None),
            ("HELLO 3 SETNAME", None),
            ("HELLO 3 SETNAME AUTH user token", None),
            ("HELLO 3 AUTH user token x", None),
        ] {
            let words: Vec<Vec<u8>> = text.split(' ').map(Into::into).collect();
            assert_eq!(user_at(&words), at, "{text}");
        }
    }
}
