//! A login as a client.

use std::io;

use zeroize::Zeroizing;

use super::{
    CACHING_SHA2, CLEAR, ERROR, FAST_SUCCESS, FULL_AUTHENTICATION, Greeting, MORE, NATIVE, OK,
    Response, SWITCH, receive, scramble, send, split_text,
};
pub use crate::postgres::client::Password;
use crate::stream::Stream;
use crate::{Refusal, malformed};

/// The most packets of a login: a server that is none could go on for ever.
const MOST_PACKETS: usize = 20;

/// What a server begins with.
pub enum Begin {
    /// It is ready for a login.
    Greeting(Greeting),
    /// It takes no connection: why, and the body of its packet.
    Refused(Refusal, Vec<u8>),
}

/// How a login went.
pub enum Login {
    /// Logged in: the body of the server's OK.
    In(Vec<u8>),
    /// Refused: why, and the body of the server's packet.
    Refused(Refusal, Vec<u8>),
    /// The server asks for something else than it may be told; the name of that. Nothing was sent.
    OtherMethod(String),
}

/// Reads what the server begins with.
///
/// # Errors
/// The connection broke, or the server speaks another protocol.
pub async fn begin<S: Stream + ?Sized>(stream: &mut S) -> io::Result<Begin> {
    let packet = receive(stream).await?;
    if packet.body.first() == Some(&ERROR) {
        return Ok(Begin::Refused(Refusal::of_mysql(&packet.body), packet.body.to_vec()));
    }
    Greeting::parse(&packet.body).map(Begin::Greeting)
}

/// Asks for TLS, whose handshake comes next. The response has to be the one of the login.
///
/// # Errors
/// The connection broke.
pub async fn request_tls<S: Stream + ?Sized>(
    stream: &mut S,
    response: &Response,
) -> io::Result<()> {
    send(stream, 1, &response.head()).await
}

/// Logs in. `is_tls` says that TLS was asked for and that its handshake is done: neither a token nor any
/// other password is sent in clear without it.
///
/// # Errors
/// The connection broke, or the server did not keep to the protocol.
pub async fn log_in<S: Stream + ?Sized>(
    stream: &mut S,
    greeting: &Greeting,
    response: &Response,
    password: Password<'_>,
    is_tls: bool,
) -> io::Result<Login> {
    log_in_noting(stream, greeting, response, password, is_tls, &mut false).await
}

/// As [`log_in`]. Notes whether the password was asked for in clear, and so sent: a server that refuses a
/// token before has another plugin for the user.
///
/// # Errors
/// As [`log_in`].
pub async fn log_in_noting<S: Stream + ?Sized>(
    stream: &mut S,
    greeting: &Greeting,
    response: &Response,
    password: Password<'_>,
    is_tls: bool,
    was_sent: &mut bool,
) -> io::Result<Login> {
    let mut exchange = Exchange { password, is_tls, plugin: NATIVE.to_owned() };
    let mut first = response.clone();
    if let Password::Any(password) = password {
        let plugin = String::from_utf8_lossy(&greeting.plugin);
        if let Some(answer) = scramble::answer(&plugin, password, &greeting.scramble) {
            exchange.plugin = plugin.into_owned();
            first.auth = answer;
        }
    }
    // Otherwise no answer to the scramble: what is asked for is seen in what comes next.
    first.plugin = Some(exchange.plugin.clone().into_bytes());
    send(stream, if is_tls { 2 } else { 1 }, &first.encode()).await?;
    for _ in 0..MOST_PACKETS {
        let packet = receive(stream).await?;
        let answer = match packet.body.split_first() {
            Some((&OK, _)) => return Ok(Login::In(packet.body.to_vec())),
            Some((&ERROR, _)) => {
                let refusal = Refusal::of_mysql(&packet.body);
                return Ok(Login::Refused(refusal, packet.body.to_vec()));
            }
            Some((&SWITCH, rest)) => exchange.switch(rest)?,
            Some((&MORE, rest)) => exchange.more(rest)?,
            _ => return Err(malformed("the login took a turn that is not known")),
        };
        match answer {
            Answer::Send(body) => {
                *was_sent = true;
                send(stream, packet.sequence.wrapping_add(1), &body).await?;
            }
            Answer::Nothing => {}
            Answer::OtherMethod(name) => return Ok(Login::OtherMethod(name)),
        }
    }
    Err(malformed("the login does not end"))
}

enum Answer {
    Send(Zeroizing<Vec<u8>>),
    Nothing,
    OtherMethod(String),
}

struct Exchange<'a> {
    password: Password<'a>,
    is_tls: bool,
    plugin: String,
}

impl Exchange<'_> {
    /// The server asks for the answer of another plugin.
    fn switch(&mut self, request: &[u8]) -> io::Result<Answer> {
        // Without a name it is the plugin of versions before 4.1, of which a dictionary attack is easy.
        let Some((plugin, scramble)) = split_text(request) else {
            return Ok(Answer::OtherMethod("mysql_old_password".to_owned()));
        };
        self.plugin =
            String::from_utf8(plugin.to_vec()).map_err(|_| malformed("a plugin has no name"))?;
        let scramble = scramble.strip_suffix(&[0]).unwrap_or(scramble);
        let password = match self.password {
            Password::Token(token) if self.plugin == CLEAR => return Ok(self.clear(token)),
            Password::Any(password) if self.plugin == CLEAR => return Ok(self.clear(password)),
            Password::Any(password) => password,
            Password::None => "",
            Password::Token(_) => return Ok(Answer::OtherMethod(self.plugin.clone())),
        };
        Ok(match scramble::answer(&self.plugin, password, scramble) {
            Some(answer) => Answer::Send(answer),
            None => Answer::OtherMethod(self.plugin.clone()),
        })
    }

    fn more(&self, request: &[u8]) -> io::Result<Answer> {
        match (self.plugin.as_str(), request, self.password) {
            (CACHING_SHA2, [FAST_SUCCESS], _) => Ok(Answer::Nothing),
            (CACHING_SHA2, [FULL_AUTHENTICATION], Password::Any(password)) => {
                Ok(self.clear(password))
            }
            _ => Err(malformed("the login took a turn that is not known")),
        }
    }

    fn clear(&self, password: &str) -> Answer {
        if self.is_tls {
            Answer::Send(Zeroizing::new([password.as_bytes(), b"\0"].concat()))
        } else {
            Answer::OtherMethod(format!("{} without TLS", self.plugin))
        }
    }
}
