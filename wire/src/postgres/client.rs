//! A login as a client.

use std::io;

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::startup::{SSL_REQUEST, packet};
use super::{
    CancelKey, Decoder, LONGEST_MESSAGE, MOST_MESSAGES, Message, Startup, message, receive,
    split_number, split_text,
};
use crate::stream::Stream;
use crate::{Refusal, malformed};

/// What a server answers when it is asked for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The handshake comes next.
    Tls,
    /// It has none.
    NoTls,
}

/// Asks for TLS. Reads one byte alone: what came in clear after it would fail the handshake.
///
/// # Errors
/// The connection broke, or the server speaks another protocol.
pub async fn request_tls<S: Stream + ?Sized>(stream: &mut S) -> io::Result<Offer> {
    stream.write_all(&packet(SSL_REQUEST, &[])).await?;
    stream.flush().await?;
    match stream.read_u8().await? {
        b'S' => Ok(Offer::Tls),
        b'N' => Ok(Offer::NoTls),
        _ => Err(malformed("it does not speak the protocol of PostgreSQL")),
    }
}

/// What the server may be told.
#[derive(Clone, Copy)]
pub enum Password<'a> {
    /// A token: sent only to a server that asks for a password in clear, as RDS does. The connection has
    /// to be verified TLS.
    Token(&'a str),
    /// The password of a database that asks as it likes.
    Any(&'a str),
    /// There is none.
    None,
}

/// How a login went.
pub enum Login {
    /// Logged in.
    In(Session),
    /// Refused: why, and the messages of the server as they came.
    Refused(Refusal, Vec<u8>),
    /// The server asks for something else than it may be told; the name of that. Nothing was sent.
    OtherMethod(String),
}

/// What a server said from its consent up to its first readiness for a query, or up to its error after
/// the consent.
pub struct Session {
    /// All messages as they came, for a client that waits for them; what was read after them as well.
    pub messages: Vec<u8>,
    /// By which queries of this session are cancelled.
    pub cancel_key: Option<CancelKey>,
    /// Why the session is none after all: a database that is not there, for instance.
    pub refusal: Option<Refusal>,
}

/// Logs in.
///
/// # Errors
/// The connection broke, or the server did not keep to the protocol.
pub async fn log_in<S: Stream + ?Sized>(
    stream: &mut S,
    startup: &Startup,
    password: Password<'_>,
) -> io::Result<Login> {
    send(stream, &startup.encode()).await?;
    let mut decoder = Decoder::new(LONGEST_MESSAGE);
    let mut messages = Vec::new();
    for _ in 0..MOST_MESSAGES {
        let said = receive(stream, &mut decoder).await?;
        match said.kind() {
            b'E' => {
                messages.extend_from_slice(said.as_bytes());
                return Ok(Login::Refused(Refusal::of_postgres(said.body()), messages));
            }
            b'R' => match Method::of(&said)? {
                Method::Ok => {
                    messages.extend_from_slice(said.as_bytes());
                    return until_ready(stream, decoder, messages).await.map(Login::In);
                }
                method => {
                    if let Some(end) =
                        answer(stream, &mut decoder, startup, method, password).await?
                    {
                        return Ok(end);
                    }
                }
            },
            // A notice, or the version that the server speaks: the client's to hear.
            _ => messages.extend_from_slice(said.as_bytes()),
        }
        if messages.len() > LONGEST_MESSAGE {
            break;
        }
    }
    Err(malformed("the login does not end"))
}

async fn until_ready<S: Stream + ?Sized>(
    stream: &mut S,
    mut decoder: Decoder,
    mut messages: Vec<u8>,
) -> io::Result<Session> {
    let mut cancel_key = None;
    let mut refusal = None;
    for _ in 0..MOST_MESSAGES {
        let said = receive(stream, &mut decoder).await?;
        messages.extend_from_slice(said.as_bytes());
        match said.kind() {
            b'K' => cancel_key = Some(CancelKey::new(said.body())),
            b'E' => refusal = Some(Refusal::of_postgres(said.body())),
            _ => {}
        }
        if matches!(said.kind(), b'Z' | b'E') {
            messages.extend(decoder.into_rest());
            return Ok(Session { messages, cancel_key, refusal });
        }
        if messages.len() > LONGEST_MESSAGE {
            break;
        }
    }
    Err(malformed("the login does not end"))
}

/// What a server asks for.
enum Method {
    Ok,
    Clear,
    Md5([u8; 4]),
    Scram,
    Other(String),
}

impl Method {
    fn of(said: &Message) -> io::Result<Self> {
        let (number, rest) =
            split_number(said.body()).ok_or_else(|| malformed("it asks nothing"))?;
        Ok(match number {
            0 => Self::Ok,
            3 => Self::Clear,
            5 => Self::Md5(*rest.first_chunk().ok_or_else(|| malformed("a salt is cut"))?),
            7..=9 => Self::Other("Kerberos".to_owned()),
            10 if offers_scram(rest) => Self::Scram,
            10 => Self::Other("another SASL mechanism than SCRAM".to_owned()),
            other => Self::Other(format!("method {other}")),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Ok => "nothing".to_owned(),
            Self::Clear => "a password in clear".to_owned(),
            Self::Md5(_) => "an MD5 password".to_owned(),
            Self::Scram => "a SCRAM password".to_owned(),
            Self::Other(name) => name.clone(),
        }
    }
}

fn offers_scram(mut mechanisms: &[u8]) -> bool {
    while let Some((name, rest)) = split_text(mechanisms) {
        if name == SCRAM_SHA_256.as_bytes() {
            return true;
        }
        mechanisms = rest;
    }
    false
}

/// Answers. Returns how the login went if that is its end.
async fn answer<S: Stream + ?Sized>(
    stream: &mut S,
    decoder: &mut Decoder,
    startup: &Startup,
    method: Method,
    password: Password<'_>,
) -> io::Result<Option<Login>> {
    match (&method, password) {
        (Method::Clear, Password::Token(password) | Password::Any(password)) => {
            send_text(stream, password).await?;
        }
        (Method::Md5(salt), Password::Any(password)) => {
            let user = startup.get("user").unwrap_or_default();
            let hashed = Zeroizing::new(md5_hash(user, password.as_bytes(), *salt));
            send_text(stream, &hashed).await?;
        }
        (Method::Scram, Password::Any(password)) => return scram(stream, decoder, password).await,
        _ => return Ok(Some(Login::OtherMethod(method.name()))),
    }
    Ok(None)
}

/// The most rounds of a hash that a server may ask for: about a second. PostgreSQL asks for 4,096.
const MOST_ITERATIONS: u32 = 1_000_000;

/// Whether a challenge of SCRAM asks for no more than that.
fn is_bearable(challenge: &[u8]) -> bool {
    let count = challenge.split(|byte| *byte == b',').find_map(|part| part.strip_prefix(b"i="));
    let count = count.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok());
    count.is_some_and(|count| count <= MOST_ITERATIONS)
}

/// What AuthenticationSASLContinue and AuthenticationSASLFinal have as their number.
const CHALLENGE: u32 = 11;
const PROOF: u32 = 12;

async fn scram<S: Stream + ?Sized>(
    stream: &mut S,
    decoder: &mut Decoder,
    password: &str,
) -> io::Result<Option<Login>> {
    let mut exchange = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    let length = u32::try_from(exchange.message().len()).unwrap_or(u32::MAX);
    let name = [SCRAM_SHA_256.as_bytes(), b"\0"].concat();
    let first = [&name, length.to_be_bytes().as_slice(), exchange.message()].concat();
    send(stream, &message(b'p', &first)).await?;
    for step in [CHALLENGE, PROOF] {
        let said = receive(stream, decoder).await?;
        let rest = match split_number(said.body()) {
            Some((number, rest)) if said.kind() == b'R' && number == step => rest,
            _ if said.kind() == b'E' => {
                let refusal = Refusal::of_postgres(said.body());
                return Ok(Some(Login::Refused(refusal, said.as_bytes().to_vec())));
            }
            _ => return Err(malformed("SCRAM took a turn that is not known")),
        };
        if step == PROOF {
            exchange.finish(rest)?;
        } else if !is_bearable(rest) {
            return Err(malformed("SCRAM asks for too many rounds"));
        } else {
            exchange.update(rest)?;
            send(stream, &message(b'p', exchange.message())).await?;
        }
    }
    Ok(None)
}

async fn send_text<S: Stream + ?Sized>(stream: &mut S, text: &str) -> io::Result<()> {
    let body = Zeroizing::new([text.as_bytes(), b"\0"].concat());
    send(stream, &Zeroizing::new(message(b'p', &body))).await
}

/// Writes a message in one piece, which is one record of TLS.
async fn send<S: Stream + ?Sized>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// The first row of a query, as text, after a login. Closes the session.
///
/// # Errors
/// The connection broke, or the server did not keep to the protocol.
pub async fn ask<S: Stream + ?Sized>(
    stream: &mut S,
    query: &str,
) -> io::Result<Vec<Option<String>>> {
    let text = [query.as_bytes(), b"\0"].concat();
    send(stream, &message(b'Q', &text)).await?;
    let mut decoder = Decoder::new(LONGEST_MESSAGE);
    let mut row = Vec::new();
    for _ in 0..MOST_MESSAGES {
        let said = receive(stream, &mut decoder).await?;
        match said.kind() {
            b'D' if row.is_empty() => row = fields(said.body()),
            b'Z' => {
                let _ = send(stream, &message(b'X', &[])).await;
                return Ok(row);
            }
            _ => {}
        }
    }
    Err(malformed("the answer does not end"))
}

fn fields(body: &[u8]) -> Vec<Option<String>> {
    let mut found = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some((length, after)) = split_number(rest) {
        // A null has the length -1.
        let length = usize::try_from(length).ok().filter(|_| length != u32::MAX);
        let (text, after) = match length {
            None => (None, after),
            Some(length) => {
                let Some((text, after)) = after.split_at_checked(length) else { break };
                (Some(String::from_utf8_lossy(text).into_owned()), after)
            }
        };
        found.push(text);
        rest = after;
    }
    found
}
