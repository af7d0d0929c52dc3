//! Commands as clients write them: an array of bulk strings, or a line of words.
//!
//! Numbers are taken in one form alone, the server's, so that it never sees another command than was
//! judged here. What may be large is not kept: see [`copy_words`].

use std::io;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
};

/// As of the server.
const LONGEST_LINE: u64 = 65_536;
const LONGEST_WORD: u64 = 512 << 20;
const MOST_WORDS: u64 = (1 << 31) - 1;
/// More than AUTH and HELLO have, and longer than a token.
const MOST_WORDS_OF_LOGIN: u64 = 16;
const LONGEST_WORD_OF_LOGIN: u64 = 65_537;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// AUTH or HELLO, in full.
    Login(Vec<Vec<u8>>),
    /// Another one: its name, what was read, and how many words follow.
    Other { name: Vec<u8>, head: Vec<u8>, words_left: u64 },
}

/// `None` at the end. What is no command is an error of the kind `InvalidData`.
pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Command>> {
    loop {
        let Some(line) = read_line(from).await? else { return Ok(None) };
        if let Some(count) = line.strip_prefix(b"*") {
            let count = number(count)?;
            if count > 0 {
                return read_array(from, bounded(count, MOST_WORDS)?).await.map(Some);
            }
        } else {
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let mut words = split(line.strip_suffix(b"\r").unwrap_or(line))?;
            if let Some(name) = words.first_mut() {
                if is_login(name) {
                    return Ok(Some(Command::Login(words)));
                }
                let name = name.clone();
                return Ok(Some(Command::Other { name, head: encode(&words), words_left: 0 }));
            }
        }
    }
}

/// So many words of an array, of any length.
pub(super) async fn copy_words(
    from: &mut (impl AsyncBufRead + Unpin),
    count: u64,
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    for _ in 0..count {
        let length = read_length(from, LONGEST_WORD).await?;
        to.write_all(format!("${length}\r\n").as_bytes()).await?;
        let mut left = length + 2;
        while left > 0 {
            let ready = from.fill_buf().await?;
            let part = ready.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(ready);
            let count = part.len();
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            to.write_all(part).await?;
            from.consume(count);
            left -= count as u64;
        }
    }
    Ok(())
}

pub(super) fn encode(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut made = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        put_word(&mut made, word.as_ref());
    }
    made
}

fn put_word(to: &mut Vec<u8>, word: &[u8]) {
    to.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
    to.extend_from_slice(word);
    to.extend_from_slice(b"\r\n");
}

async fn read_array(from: &mut (impl AsyncBufRead + Unpin), count: u64) -> io::Result<Command> {
    let name = read_word(from, LONGEST_LINE).await?;
    if !is_login(&name) {
        let mut head = format!("*{count}\r\n").into_bytes();
        put_word(&mut head, &name);
        return Ok(Command::Other { name, head, words_left: count - 1 });
    }
    if count > MOST_WORDS_OF_LOGIN {
        return Err(no_command());
    }
    let mut words = vec![name];
    for _ in 1..count {
        words.push(read_word(from, LONGEST_WORD_OF_LOGIN).await?);
    }
    Ok(Command::Login(words))
}

fn is_login(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"AUTH") || name.eq_ignore_ascii_case(b"HELLO")
}

async fn read_word(from: &mut (impl AsyncBufRead + Unpin), longest: u64) -> io::Result<Vec<u8>> {
    let length = read_length(from, longest).await?;
    let mut word = vec![0; usize::try_from(length).map_err(|_| no_command())?];
    from.read_exact(&mut word).await?;
    // The server looks at these no more closely.
    from.read_exact(&mut [0; 2]).await?;
    Ok(word)
}

async fn read_length(from: &mut (impl AsyncBufRead + Unpin), longest: u64) -> io::Result<u64> {
    let line = read_line(from).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    bounded(number(line.strip_prefix(b"$").ok_or_else(no_command)?)?, longest)
}

/// With its end.
async fn read_line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let count = from.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) if count as u64 == LONGEST_LINE => Err(no_command()),
        Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The decimal number of a line, without zeros or a sign before it, but for a minus.
fn number(text: &[u8]) -> io::Result<i64> {
    let text = text.strip_suffix(b"\r\n").and_then(|text| str::from_utf8(text).ok());
    let number = text.and_then(|text| text.parse::<i64>().ok());
    number.filter(|number| Some(number.to_string().as_str()) == text).ok_or_else(no_command)
}

fn bounded(number: i64, most: u64) -> io::Result<u64> {
    u64::try_from(number).ok().filter(|number| *number <= most).ok_or_else(no_command)
}

/// The words of a line, which may be in quotes.
fn split(line: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while let Some(first) = rest.first() {
        let (word, after) = match first {
            quote @ (b'"' | b'\'') => quoted(rest.get(1..).unwrap_or_default(), *quote)?,
            _ => plain(rest)?,
        };
        words.push(word);
        if after.first().is_some_and(|next| !next.is_ascii_whitespace()) {
            return Err(no_command());
        }
        rest = after.trim_ascii_start();
    }
    Ok(words)
}

/// Up to a space. A quote within a word is none of what clients write.
fn plain(text: &[u8]) -> io::Result<(Vec<u8>, &[u8])> {
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
        return Err(no_command());
    }
    Ok((word.to_vec(), rest))
}

fn quoted(mut text: &[u8], quote: u8) -> io::Result<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        let (byte, after) = match text {
            [first, after @ ..] if *first == quote => return Ok((word, after)),
            [b'\\', b'\'', after @ ..] if quote == b'\'' => (b'\'', after),
            [b'\\', b'x', high, low, after @ ..] if quote == b'"' && is_hex(*high, *low) => {
                (hex_digit(*high) << 4 | hex_digit(*low), after)
            }
            [b'\\', escaped, after @ ..] if quote == b'"' => (unescaped(*escaped), after),
            [first, after @ ..] => (*first, after),
            [] => return Err(no_command()),
        };
        word.push(byte);
        text = after;
    }
}

fn is_hex(high: u8, low: u8) -> bool {
    high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase().wrapping_sub(b'a').wrapping_add(10),
    }
}

fn unescaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn no_command() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests;
