//! The other end of a connection: all that it will say is known, in pieces, and all that it is told is kept.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use rdsiam_wire::tls::Authority;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;

pub(crate) static TLS: LazyLock<TlsAcceptor> =
    LazyLock::new(|| Authority::new("fuzz").unwrap().server(&["localhost".to_owned()]).unwrap());

pub(crate) struct Peer {
    input: Vec<u8>,
    at: usize,
    piece: usize,
    told: Told,
}

/// What a peer was told, for when the peer itself is gone.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    pub(crate) fn has(&self, words: &[u8]) -> bool {
        contains(&self.0.lock().unwrap(), words)
    }
}

pub(crate) fn contains(bytes: &[u8], words: &[u8]) -> bool {
    words.is_empty() || bytes.windows(words.len()).any(|part| part == words)
}

impl Peer {
    pub(crate) fn new(input: &[u8], piece: u8) -> Self {
        let piece = usize::from(piece).max(1);
        Self { input: input.to_vec(), at: 0, piece, told: Told::default() }
    }

    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let count = rest.len().min(self.piece).min(into.remaining());
        into.put_slice(&rest[..count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.told.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What comes of it. Such a peer is never waited for.
pub(crate) fn finish<F: Future>(work: F) -> F::Output {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for a peer that has said all"),
    }
}
