//! MySQL and MariaDB.

use std::io;

use zeroize::Zeroizing;

use super::{MOST, Outcome, Refusal, Stream, read_exactly, strange, text_of};

const SSL: u32 = 1 << 11;
const PROTOCOL_41: u32 = 1 << 9;
const CONNECT_WITH_DB: u32 = 1 << 3;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const LONG_PASSWORD: u32 = 1;
const TRANSACTIONS: u32 = 1 << 13;
const CLEAR: &str = "mysql_clear_password";

/// How a server begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    Tls,
    NoTls,
    Refused(Refusal),
}

/// Reads the greeting and asks for TLS, if the server has it.
pub(crate) fn ask_for_tls(stream: &mut impl Stream) -> io::Result<Greeting> {
    let (_, body) = receive(stream)?;
    match body.first() {
        Some(0xFF) => return Ok(Greeting::Refused(refusal(&body))),
        Some(10) => {}
        _ => return Err(strange("it does not speak the protocol of MySQL")),
    }
    let (_, rest) = text_of(body.get(1..).unwrap_or_default());
    // Thread, eight bytes of scramble, a NUL, and the lower half of the capabilities.
    let capabilities = rest.get(13..15).and_then(<[u8]>::first_chunk::<2>).copied();
    let capabilities = u32::from(u16::from_le_bytes(capabilities.unwrap_or_default()));
    if capabilities & SSL == 0 {
        return Ok(Greeting::NoTls);
    }
    send(stream, 1, &head())?;
    Ok(Greeting::Tls)
}

/// MariaDB reads those of the request for TLS and ignores those of the login: both have to be the same.
const FLAGS: u32 = LONG_PASSWORD
    | CONNECT_WITH_DB
    | PROTOCOL_41
    | SSL
    | TRANSACTIONS
    | SECURE_CONNECTION
    | PLUGIN_AUTH;

/// What the request for TLS and the login begin with: utf8mb4, packets of 16 MB.
fn head() -> Vec<u8> {
    let mut body = FLAGS.to_le_bytes().to_vec();
    body.extend_from_slice(&0x00FF_FFFF_u32.to_le_bytes());
    body.push(45);
    body.extend_from_slice(&[0; 23]);
    body
}

/// Logs in and asks how many connections there are. The password is sent only to a server that asks for it
/// in clear, as RDS does for a token.
pub(crate) fn log_in(
    stream: &mut impl Stream,
    user: &str,
    database: Option<&str>,
    password: &str,
) -> io::Result<Outcome> {
    let mut body = head();
    body.extend_from_slice(user.as_bytes());
    // No answer to a scramble: what is asked for is seen in what comes next.
    body.extend_from_slice(&[0, 0]);
    for word in [database.unwrap_or_default(), "mysql_native_password"] {
        body.extend_from_slice(word.as_bytes());
        body.push(0);
    }
    send(stream, 2, &body)?;
    let mut was_asked = false;
    for _ in 0..MOST {
        let (sequence, body) = receive(stream)?;
        match body.split_first() {
            Some((0, _)) => return connections(stream),
            Some((0xFF, _)) if was_asked => return Ok(Outcome::Refused(refusal(&body))),
            Some((0xFF, _)) => {
                let refusal = refusal(&body);
                // Without a question for the token the server has another plugin for this user.
                return Ok(if refusal.code == "1045" {
                    Outcome::OtherMethod("no token".into())
                } else {
                    Outcome::Refused(refusal)
                });
            }
            Some((0xFE, rest)) => {
                let (plugin, _) = text_of(rest);
                if plugin != CLEAR {
                    return Ok(Outcome::OtherMethod(plugin));
                }
                was_asked = true;
                let answer = Zeroizing::new([password.as_bytes(), b"\0"].concat());
                send(stream, sequence.wrapping_add(1), &answer)?;
            }
            _ => return Err(strange("the login took a turn that is not known")),
        }
    }
    Err(strange("the login does not end"))
}

fn connections(stream: &mut impl Stream) -> io::Result<Outcome> {
    let used = ask(stream, "SHOW GLOBAL STATUS LIKE 'Threads_connected'")?;
    let most = ask(stream, "SHOW GLOBAL VARIABLES LIKE 'max_connections'")?;
    let _ = send(stream, 0, &[1]);
    Ok(Outcome::In { used, most })
}

/// The number in the last column of the only row.
fn ask(stream: &mut impl Stream, query: &str) -> io::Result<Option<u64>> {
    send(stream, 0, &[&[3], query.as_bytes()].concat())?;
    let mut found = None;
    let mut ends = 0;
    for _ in 0..MOST {
        if ends == 2 {
            return Ok(found);
        }
        let (_, body) = receive(stream)?;
        match body.first() {
            Some(0xFF) => return Ok(None),
            Some(0xFE) if body.len() < 9 => ends += 1,
            // After the descriptions of the columns, rows of texts.
            _ if ends == 1 => found = last_text(&body).and_then(|text| text.parse().ok()),
            _ => {}
        }
    }
    Err(strange("the answer does not end"))
}

/// The last of short texts, each after its length.
fn last_text(mut body: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((length, rest)) = body.split_first() {
        let (text, rest) = rest.split_at_checked(usize::from(*length))?;
        found = Some(String::from_utf8_lossy(text).into_owned());
        body = rest;
    }
    found
}

fn send(stream: &mut impl Stream, sequence: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(|_| strange("too long"))?.to_le_bytes();
    let [low, middle, high, _] = length;
    // In one piece, which is one record of TLS.
    let packet = [&[low, middle, high, sequence], body].concat();
    stream.write_all(&Zeroizing::new(packet))?;
    stream.flush()
}

fn receive(stream: &mut impl Stream) -> io::Result<(u8, Vec<u8>)> {
    let head = read_exactly(stream, 4)?;
    let [low, middle, high, sequence] = *head.first_chunk().ok_or_else(|| strange("nothing"))?;
    let length = u32::from_le_bytes([low, middle, high, 0]);
    Ok((sequence, read_exactly(stream, usize::try_from(length).unwrap_or(usize::MAX))?))
}

fn refusal(body: &[u8]) -> Refusal {
    let code = body.get(1..).and_then(<[u8]>::first_chunk::<2>).copied().unwrap_or_default();
    let rest = body.get(3..).unwrap_or_default();
    // With a SQLSTATE before it, but not in a greeting.
    let text = if rest.first() == Some(&b'#') { rest.get(6..).unwrap_or_default() } else { rest };
    let text = String::from_utf8_lossy(text).into_owned();
    Refusal { code: u16::from_le_bytes(code).to_string(), text }
}
