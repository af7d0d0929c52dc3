//! Answers to a server's scramble, which show no password.

use std::io;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{CACHING_SHA2, NATIVE};

/// The length of a scramble.
pub const SCRAMBLE: usize = 20;

/// A new one, of characters alone: a NUL would end it.
///
/// # Errors
/// The system has no random numbers.
pub fn new_scramble() -> io::Result<[u8; SCRAMBLE]> {
    let mut bytes = [0; SCRAMBLE];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(bytes.map(|byte| byte % 64 + b'0'))
}

/// What a client answers by a plugin, if that is one of those that have a scramble. Empty for an empty
/// password.
pub(super) fn answer(plugin: &str, password: &str, scramble: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let password = password.as_bytes();
    let is_known = plugin == NATIVE || plugin == CACHING_SHA2;
    if password.is_empty() {
        return is_known.then(Zeroizing::default);
    }
    let (algorithm, is_native) = match plugin {
        NATIVE => (&SHA1_FOR_LEGACY_USE_ONLY, true),
        CACHING_SHA2 => (&SHA256, false),
        _ => return None,
    };
    let once = Zeroizing::new(digest(algorithm, password).as_ref().to_vec());
    let twice = Zeroizing::new(digest(algorithm, &once).as_ref().to_vec());
    let mixed = if is_native {
        digest(algorithm, &Zeroizing::new([scramble, twice.as_slice()].concat()))
    } else {
        digest(algorithm, &Zeroizing::new([twice.as_slice(), scramble].concat()))
    };
    Some(Zeroizing::new(once.iter().zip(mixed.as_ref()).map(|(one, other)| one ^ other).collect()))
}

/// Whether a client's answer is that of this password. In constant time.
pub(super) fn is_right(plugin: &str, password: &str, scramble: &[u8], given: &[u8]) -> bool {
    answer(plugin, password, scramble).is_some_and(|wanted| wanted.ct_eq(given).into())
}
