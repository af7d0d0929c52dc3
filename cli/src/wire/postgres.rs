//! PostgreSQL.

use std::io;

use zeroize::Zeroizing;

use super::{MOST, Outcome, Refusal, Stream, read_exactly, strange, text_of};

/// What a server answers when it is asked for TLS.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Tls,
    NoTls,
}

/// Asks for TLS.
pub(crate) fn ask_for_tls(stream: &mut impl Stream) -> io::Result<Offer> {
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
    stream.flush()?;
    match read_exactly(stream, 1)?.first() {
        Some(b'S') => Ok(Offer::Tls),
        Some(b'N') => Ok(Offer::NoTls),
        _ => Err(strange("it does not speak the protocol of PostgreSQL")),
    }
}

/// Logs in and asks how many connections there are. The password is sent only to a server that asks for it
/// in clear, as RDS does for a token.
pub(crate) fn log_in(
    stream: &mut impl Stream,
    user: &str,
    database: &str,
    password: &str,
) -> io::Result<Outcome> {
    let mut startup = vec![0, 3, 0, 0];
    for word in ["user", user, "database", database, "application_name", "rdsiam doctor", ""] {
        startup.extend_from_slice(word.as_bytes());
        startup.push(0);
    }
    send(stream, None, &startup)?;
    for _ in 0..MOST {
        let (kind, body) = receive(stream)?;
        match kind {
            b'E' => return Ok(Outcome::Refused(refusal(&body))),
            b'R' => match number(&body) {
                Some(0) => return connections(stream),
                Some(3) => {
                    let answer = Zeroizing::new([password.as_bytes(), b"\0"].concat());
                    send(stream, Some(b'p'), &answer)?;
                }
                Some(5) => return Ok(Outcome::OtherMethod("an MD5 password".into())),
                Some(7..=9) => return Ok(Outcome::OtherMethod("Kerberos".into())),
                Some(10) => return Ok(Outcome::OtherMethod("a SCRAM password".into())),
                other => return Ok(Outcome::OtherMethod(format!("method {other:?}"))),
            },
            _ => {}
        }
    }
    Err(strange("the login does not end"))
}

const COUNT: &[u8] = b"SELECT count(*), current_setting('max_connections') FROM pg_stat_activity\0";

fn connections(stream: &mut impl Stream) -> io::Result<Outcome> {
    let mut has_asked = false;
    let (mut used, mut most) = (None, None);
    for _ in 0..MOST {
        let (kind, body) = receive(stream)?;
        match kind {
            b'Z' if !has_asked => {
                send(stream, Some(b'Q'), COUNT)?;
                has_asked = true;
            }
            b'Z' => {
                let _ = send(stream, Some(b'X'), &[]);
                return Ok(Outcome::In { used, most });
            }
            // After the login: such as a database that the user may not connect to.
            b'E' if !has_asked => return Ok(Outcome::Refused(refusal(&body))),
            b'D' => {
                let mut fields = fields(&body).into_iter();
                used = fields.next().and_then(|text| text.parse().ok());
                most = fields.next().and_then(|text| text.parse().ok());
            }
            _ => {}
        }
    }
    Err(strange("the login does not end"))
}

fn send(stream: &mut impl Stream, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len().saturating_add(4)).map_err(|_| strange("too long"))?;
    // In one piece, which is one record of TLS.
    let message = [kind.as_slice(), &length.to_be_bytes(), body].concat();
    stream.write_all(&Zeroizing::new(message))?;
    stream.flush()
}

fn receive(stream: &mut impl Stream) -> io::Result<(u8, Vec<u8>)> {
    let head = read_exactly(stream, 5)?;
    let (kind, length) = head.split_first().ok_or_else(|| strange("nothing"))?;
    let length =
        number(length).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    Ok((*kind, read_exactly(stream, length.saturating_sub(4))?))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn refusal(mut body: &[u8]) -> Refusal {
    let mut told = Refusal { code: String::new(), text: String::new() };
    while let Some((kind, rest)) = body.split_first() {
        let (text, rest) = text_of(rest);
        match kind {
            b'C' => told.code = text,
            b'M' => told.text = text,
            _ => {}
        }
        body = rest;
    }
    told
}

/// The texts of a row.
fn fields(body: &[u8]) -> Vec<String> {
    let mut rest = body.get(2..).unwrap_or_default();
    let mut found = Vec::new();
    while let Some(length) = number(rest) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let after = rest.get(4..).unwrap_or_default();
        let Some((text, more)) = after.split_at_checked(length) else { break };
        found.push(String::from_utf8_lossy(text).into_owned());
        rest = more;
    }
    found
}
