//! What no signer of SigV4 can do without: the blocks of SHA-256 of one token.

use std::hint::black_box;

use sha2::{Digest, Sha256};

const BLOCK: usize = 64;

/// Enough blocks that starting and ending the hash do not count.
const LONG: usize = 1024;

/// The blocks that the token took: its canonical request, and an HMAC whose two padded keys are
/// hashed already.
pub(crate) fn blocks(token: &str, host: &str) -> Option<u32> {
    let (_, query) = token.split_once("/?")?;
    // All parameters but the signature, in whatever order.
    let query: usize = query
        .split('&')
        .filter(|parameter| !parameter.starts_with("X-Amz-Signature="))
        .map(|parameter| parameter.len() + 1)
        .sum::<usize>()
        .checked_sub(1)?;
    let port = super::setting::PORT;
    let canonical = format!("GET\n/\n\nhost:{host}:{port}\n\nhost\n").len() + query + 64;
    let region = super::setting::REGION;
    let scope = format!("20260101/{region}/rds-db/aws4_request").len();
    let to_sign = "AWS4-HMAC-SHA256\n20260101T000000Z\n".len() + scope + 1 + 64;
    u32::try_from(padded(canonical) + padded(to_sign) + padded(32)).ok()
}

/// Blocks of a message, with the bit and the length that end it.
fn padded(length: usize) -> usize {
    (length + 9).div_ceil(BLOCK)
}

/// Hashes a long message: divide by [`per_call`] for one block.
pub(crate) fn hash_long(message: &[u8; LONG * BLOCK]) {
    black_box(Sha256::digest(black_box(message)));
}

pub(crate) fn message() -> Box<[u8; LONG * BLOCK]> {
    Box::new([0x5a; LONG * BLOCK])
}

pub(crate) fn per_call() -> f64 {
    (LONG + 1) as f64
}
