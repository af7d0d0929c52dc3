//! Cuts messages out of a stream of bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use crate::malformed;

/// The type and the length.
const HEAD: usize = 5;
/// What is read at once.
const PIECE: usize = 4096;

/// One message, whole. It is wiped, since it may be a password.
pub struct Message(Zeroizing<Vec<u8>>);

impl Message {
    /// The letter that says what it is.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    /// What comes after the length.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.get(HEAD..).unwrap_or_default()
    }

    /// All of it, as it came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Holds the bytes of which no message was made yet. No I/O.
pub struct Decoder {
    buffer: Zeroizing<Vec<u8>>,
    longest: usize,
}

impl Decoder {
    /// One that refuses messages that are longer than this.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self { buffer: Zeroizing::new(Vec::new()), longest }
    }

    /// Adds bytes that have arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if all of it has arrived.
    ///
    /// # Errors
    /// The length is none, or too long.
    pub fn next_message(&mut self) -> io::Result<Option<Message>> {
        let Some((_, rest)) = self.buffer.split_first() else { return Ok(None) };
        let Some((length, _)) = super::split_number(rest) else { return Ok(None) };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < 4 || length > self.longest {
            return Err(malformed("a message has a length that it cannot have"));
        }
        let whole = length.saturating_add(1);
        if self.buffer.len() < whole {
            return Ok(None);
        }
        let rest = Zeroizing::new(self.buffer.split_off(whole));
        Ok(Some(Message(std::mem::replace(&mut self.buffer, rest))))
    }

    /// What has arrived after the last message.
    #[must_use]
    pub fn into_rest(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer)
    }
}

/// Reads until there is a message.
///
/// # Errors
/// The connection ended or broke, or those of [`Decoder::next_message`].
pub async fn receive<S: AsyncRead + Unpin + ?Sized>(
    stream: &mut S,
    decoder: &mut Decoder,
) -> io::Result<Message> {
    loop {
        if let Some(message) = decoder.next_message()? {
            return Ok(message);
        }
        decoder.buffer.reserve(PIECE);
        if stream.read_buf(&mut *decoder.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
