//! Bytes in both directions, unchanged, until both ends are closed.
//!
//! Each thread has one buffer for all its connections, so that an idle connection holds none. Only bytes
//! that the receiver did not take yet are kept with the connection, and nothing more is read until it does:
//! at most [`CHUNK`] for each direction.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use crate::stream::Stream;

/// The most bytes that are read at once.
pub const CHUNK: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; CHUNK].into_boxed_slice());
}

/// Where bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The first stream.
    Client,
    /// The second stream.
    Server,
}

/// Sees the bytes that pass, before they are written.
pub trait Observer {
    /// These bytes came from one side.
    fn passed(&self, from: From, bytes: &[u8]);
}

impl Observer for () {
    fn passed(&self, _from: From, _bytes: &[u8]) {}
}

/// Relays until both sides have closed their halves, or one is broken.
///
/// The end of one direction is passed on, and the other direction goes on. A side of TLS that closes
/// without saying so has ended all the same: both protocols say themselves where they end.
///
/// # Errors
/// A connection broke. Both sides should be closed.
pub async fn relay<C: Stream + ?Sized, S: Stream + ?Sized>(
    client: &mut C,
    server: &mut S,
    observer: &impl Observer,
) -> io::Result<()> {
    let mut up = Direction::new(From::Client);
    let mut down = Direction::new(From::Server);
    poll_fn(|context| {
        let up = up.poll(client, server, observer, context)?;
        let down = down.poll(server, client, observer, context)?;
        if up.is_ready() && down.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

enum State {
    Open,
    /// The reader has ended, and the writer is being told so.
    Closing,
    Closed,
}

struct Direction {
    from: From,
    state: State,
    /// What the writer did not take yet.
    pending: Vec<u8>,
    written: usize,
    must_flush: bool,
}

impl Direction {
    fn new(from: From) -> Self {
        Self { from, state: State::Open, pending: Vec::new(), written: 0, must_flush: false }
    }

    fn poll<R: Stream + ?Sized, W: Stream + ?Sized>(
        &mut self,
        mut reader: &mut R,
        mut writer: &mut W,
        observer: &impl Observer,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.state {
                State::Closed => return Poll::Ready(Ok(())),
                State::Closing => {
                    ready!(self.write_pending(&mut writer, context))?;
                    // A peer that is gone has ended too.
                    let _ = ready!(Pin::new(&mut writer).poll_shutdown(context));
                    self.state = State::Closed;
                }
                State::Open => {
                    ready!(self.write_pending(&mut writer, context))?;
                    let pass = |bytes: &[u8]| observer.passed(self.from, bytes);
                    match BUFFER.with_borrow_mut(|buffer| {
                        pass_one(&mut reader, &mut writer, buffer, &mut self.pending, pass, context)
                    }) {
                        Poll::Ready(Ok(0)) => self.state = State::Closing,
                        Poll::Ready(Ok(_)) => self.must_flush = true,
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Pending => {
                            if self.must_flush && self.pending.is_empty() {
                                ready!(Pin::new(&mut writer).poll_flush(context))?;
                                self.must_flush = false;
                            }
                            return Poll::Pending;
                        }
                    }
                }
            }
        }
    }

    fn write_pending<W: Stream + ?Sized>(
        &mut self,
        mut writer: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.pending.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut writer).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written = self.written.saturating_add(count);
        }
        // The memory too: an idle connection holds none.
        self.pending = Vec::new();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

/// Reads once and writes as much of it as the writer takes; the rest is left in `pending`. Returns how
/// much was read, 0 at the end.
fn pass_one<R: Stream + ?Sized, W: Stream + ?Sized>(
    mut reader: &mut R,
    mut writer: &mut W,
    buffer: &mut [u8],
    pending: &mut Vec<u8>,
    pass: impl Fn(&[u8]),
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut read = ReadBuf::new(buffer);
    match ready!(Pin::new(&mut reader).poll_read(context, &mut read)) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Poll::Ready(Ok(0)),
        result => result?,
    }
    let bytes = read.filled();
    if bytes.is_empty() {
        return Poll::Ready(Ok(0));
    }
    pass(bytes);
    let mut rest = bytes;
    while !rest.is_empty() {
        match Pin::new(&mut writer).poll_write(context, rest) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(count)) => rest = rest.get(count..).unwrap_or_default(),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {
                pending.extend_from_slice(rest);
                break;
            }
        }
    }
    Poll::Ready(Ok(bytes.len()))
}

#[cfg(test)]
mod tests;
