//! Packets: three bytes of length, one of sequence, a body.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use crate::malformed;
use crate::stream::Stream;

/// The longest packet of a login: a token may have 64 KiB.
pub const LONGEST_PACKET: usize = 70_000;

/// One packet of a login, whole. It is wiped, since it may be a password.
pub struct Packet {
    /// Its place in the exchange.
    pub sequence: u8,
    /// What comes after the head.
    pub body: Zeroizing<Vec<u8>>,
}

/// Reads one packet and no byte more: TLS may come next.
///
/// # Errors
/// The connection ended or broke, or the packet is longer than one of a login may be.
pub async fn receive<S: Stream + ?Sized>(stream: &mut S) -> io::Result<Packet> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [low, middle, high, sequence] = head;
    let length = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).unwrap_or(usize::MAX);
    if length > LONGEST_PACKET {
        return Err(malformed("a packet is longer than any of a login"));
    }
    let mut body = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut body).await?;
    Ok(Packet { sequence, body })
}

/// Writes a packet in one piece, which is one record of TLS.
///
/// # Errors
/// The connection broke, or the body is longer than a packet can be.
pub async fn send<S: Stream + ?Sized>(stream: &mut S, sequence: u8, body: &[u8]) -> io::Result<()> {
    stream.write_all(&Zeroizing::new(encode(sequence, body)?)).await?;
    stream.flush().await
}

pub(super) fn encode(sequence: u8, body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(body.len()).ok().filter(|length| *length < 0x00FF_FFFF);
    let length = length.ok_or_else(|| malformed("a packet is too long"))?;
    let [low, middle, high, _] = length.to_le_bytes();
    Ok([&[low, middle, high, sequence], body].concat())
}

/// The body of an OK packet, with these status flags.
#[must_use]
pub fn ok(status: u16) -> Vec<u8> {
    let [low, high] = status.to_le_bytes();
    vec![super::OK, 0, 0, low, high, 0, 0]
}
