//! What bytes go both ways through: a socket, or TLS over one.

use tokio::io::{AsyncRead, AsyncWrite};

/// A socket of any kind, or TLS over one.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A stream whose kind is known only when the program runs.
pub type BoxedStream = Box<dyn Stream>;
