//! Bytes that may be secret: what is read from files and processes. They are wiped when dropped,
//! and grow without leaving copies behind.

use std::io::{self, Read};

use zeroize::Zeroizing;

const FIRST_LENGTH: usize = 8 << 10;

pub(super) struct SecretBytes {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

impl SecretBytes {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(FIRST_LENGTH)), limit }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = self.bytes.len() + bytes.len();
        if length > self.limit {
            return Err(io::Error::other(format!("it has more than {} MiB", self.limit >> 20)));
        }
        if length > self.bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length * 2));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn into_inner(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// All that there is to read, as long as that takes.
    pub(super) fn read(mut from: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut output = Self::new(limit);
        let mut some = Zeroizing::new([0; 4096]);
        loop {
            match from.read(&mut *some) {
                Ok(0) => return Ok(output.bytes),
                Ok(count) => output.add(some.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
