//! Files that a source reads: small, but perhaps a FIFO, or on a mount that does not answer.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::fork;

/// The whole file. A fork does not wait for it.
pub(super) fn read(path: impl AsRef<Path>) -> io::Result<Zeroizing<Vec<u8>>> {
    fork::outside(|| std::fs::read(path)).map(Zeroizing::new)
}

/// The whole file as text.
pub(super) fn read_text(path: impl AsRef<Path>) -> io::Result<Zeroizing<String>> {
    fork::outside(|| std::fs::read_to_string(path)).map(Zeroizing::new)
}
