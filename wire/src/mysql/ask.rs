//! One question after a login.

use std::io;

use super::{ERROR, receive, send, split_measured};
use crate::malformed;
use crate::stream::Stream;

/// The most packets of an answer.
const MOST_PACKETS: usize = 1000;
const QUERY: u8 = 3;
const EOF: u8 = 0xFE;

/// The last row of a query, as text. Empty if the server refuses it. The login was without
/// [`DEPRECATE_EOF`](super::capabilities::DEPRECATE_EOF).
///
/// # Errors
/// The connection broke, or the server did not keep to the protocol.
pub async fn ask<S: Stream + ?Sized>(stream: &mut S, query: &str) -> io::Result<Vec<String>> {
    send(stream, 0, &[&[QUERY], query.as_bytes()].concat()).await?;
    let mut row = Vec::new();
    let mut ends = 0;
    for _ in 0..MOST_PACKETS {
        if ends == 2 {
            return Ok(row);
        }
        let packet = receive(stream).await?;
        match packet.body.first() {
            Some(&ERROR) => return Ok(Vec::new()),
            Some(&EOF) if packet.body.len() < 9 => ends += 1,
            // After the descriptions of the columns.
            _ if ends == 1 => row = texts(&packet.body),
            _ => {}
        }
    }
    Err(malformed("the answer does not end"))
}

fn texts(mut body: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((text, rest)) = split_measured(body) {
        found.push(String::from_utf8_lossy(text).into_owned());
        body = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    /// The answer to a server's packets.
    async fn answer(bodies: &[&[u8]]) -> io::Result<Vec<String>> {
        let (mut client, mut server) = duplex(100_000);
        for (sequence, body) in (1..=u8::MAX).cycle().zip(bodies) {
            send(&mut server, sequence, body).await?;
        }
        server.shutdown().await?;
        ask(&mut client, "SELECT 1").await
    }

    #[tokio::test]
    async fn a_row_an_error_and_an_answer_without_an_end() {
        let end = [EOF, 0, 0, 2, 0].as_slice();
        let row = answer(&[&[2], b"column", b"column", end, b"\x04some\x02ab", end]).await;
        assert_eq!(row.unwrap(), ["some", "ab"]);
        assert!(answer(&[&[ERROR, 1, 2]]).await.unwrap().is_empty());
        assert!(answer(&[&[1], b"column", end, b"\x09short", end]).await.unwrap().is_empty());
        let mut endless = vec![[1].as_slice(), b"column", end];
        endless.extend([b"\x01x".as_slice(); 2000]);
        assert!(answer(&endless).await.is_err());
        assert!(answer(&[&[1], b"column"]).await.is_err());
    }
}
