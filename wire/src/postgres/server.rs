//! A login as a server.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::scram::{Exchange, Verifier};
use super::{
    CancelKey, Decoder, ErrorResponse, LONGEST_STARTUP, Opening, Startup, message, receive,
    split_number, split_text,
};
use crate::malformed;
use crate::stream::{BoxedStream, Stream};

/// A client that has begun.
pub struct Accepted {
    /// The connection, which is TLS by now if the client asked for it and the server has it.
    pub stream: BoxedStream,
    /// Whether it is.
    pub is_tls: bool,
    /// What the client is here for.
    pub request: Request,
}

/// What a client is here for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To log in.
    Startup(Startup),
    /// To cancel what another connection runs. It expects no answer.
    Cancel(CancelKey),
}

/// Waits for the client's first packet and answers what it asks for before: TLS, if the server has it, and
/// no Kerberos.
///
/// # Errors
/// The connection ended or broke, or the client does not speak the protocol.
pub async fn accept(mut stream: BoxedStream, tls: Option<&TlsAcceptor>) -> io::Result<Accepted> {
    let mut is_tls = false;
    // Each may be asked for once, before the login.
    for _ in 0..3 {
        match read_opening(&mut stream).await? {
            Opening::Startup(startup) => {
                return Ok(Accepted { stream, is_tls, request: Request::Startup(startup) });
            }
            Opening::Cancel(key) => {
                return Ok(Accepted { stream, is_tls, request: Request::Cancel(key) });
            }
            Opening::Tls if !is_tls => match tls {
                Some(tls) => {
                    send(&mut stream, b"S").await?;
                    stream = Box::new(tls.accept(stream).await?);
                    is_tls = true;
                }
                None => send(&mut stream, b"N").await?,
            },
            Opening::Gss if !is_tls => send(&mut stream, b"N").await?,
            Opening::Tls | Opening::Gss => break,
        }
    }
    Err(malformed("it asks again and again for encryption"))
}

/// Reads one packet and no byte more: TLS may come next.
async fn read_opening<S: Stream + ?Sized>(stream: &mut S) -> io::Result<Opening> {
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if !(8..=LONGEST_STARTUP).contains(&length) {
        return Err(malformed("it does not speak the protocol of PostgreSQL"));
    }
    let mut body = vec![0; length.saturating_sub(4)];
    stream.read_exact(&mut body).await?;
    Opening::parse(&body)
}

/// Asks for a password in clear.
///
/// # Errors
/// The connection ended or broke, or the password is longer than this.
pub async fn ask_clear<S: Stream + ?Sized>(
    stream: &mut S,
    longest: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    send(stream, &message(b'R', &3_u32.to_be_bytes())).await?;
    let mut decoder = Decoder::new(longest.saturating_add(5));
    let said = receive(stream, &mut decoder).await?;
    match split_text(said.body()) {
        Some((password, [])) if said.kind() == b'p' => Ok(Zeroizing::new(password.to_vec())),
        _ => Err(malformed("it does not answer with a password")),
    }
}

const MECHANISM: &[u8] = b"SCRAM-SHA-256\0";
/// The longest message of SCRAM, as in PostgreSQL.
const LONGEST_SCRAM: usize = 1024;

/// Asks for a password by SCRAM-SHA-256, which does not show it. Whether it is the right one.
///
/// # Errors
/// The connection ended or broke, or the client did not keep to the protocol.
pub async fn ask_scram<S: Stream + ?Sized>(
    stream: &mut S,
    verifier: &Verifier,
) -> io::Result<bool> {
    let ask = |number: u32, text: &[u8]| message(b'R', &[&number.to_be_bytes(), text].concat());
    send(stream, &ask(10, &[MECHANISM, b"\0"].concat())).await?;
    let mut decoder = Decoder::new(LONGEST_SCRAM);
    let said = receive(stream, &mut decoder).await?;
    let first = said
        .body()
        .strip_prefix(MECHANISM)
        .and_then(split_number)
        .filter(|(length, first)| {
            said.kind() == b'p' && usize::try_from(*length) == Ok(first.len())
        })
        .map(|(_, first)| first)
        .ok_or_else(|| malformed("it does not answer by SCRAM-SHA-256"))?;
    let (exchange, challenge) = Exchange::new(verifier, first)?;
    send(stream, &ask(11, challenge.as_bytes())).await?;
    let said = receive(stream, &mut decoder).await?;
    if said.kind() != b'p' {
        return Err(malformed("it does not answer by SCRAM-SHA-256"));
    }
    match exchange.finish(said.body())? {
        Some(proof) => {
            send(stream, &ask(12, proof.as_bytes())).await?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Says why, and closes.
pub async fn refuse<S: Stream + ?Sized>(stream: &mut S, error: &ErrorResponse<'_>) {
    // A client that is gone needs no answer.
    let _ = send(stream, &error.encode()).await;
    let _ = stream.shutdown().await;
}

async fn send<S: Stream + ?Sized>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
