//! SigV4, with a canonical request of its own.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::ALGORITHM;
use super::parameters::Parameters;

/// Whether the token of these parameters is signed by the secret key for this Host header.
pub(super) fn matches(parameters: &Parameters, scope: &str, secret: &str, host: &str) -> bool {
    let query = parameters.canonical_query();
    let payload = hex(&Sha256::digest(b""));
    let request = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{payload}");
    let text = string_to_sign(parameters.get("X-Amz-Date"), scope, &request);
    is_signature(parameters.signature(), &text, scope, secret)
}

pub(in crate::local) fn string_to_sign(date: &str, scope: &str, request: &str) -> String {
    format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(&Sha256::digest(request)))
}

/// Compares in constant time.
pub(in crate::local) fn is_signature(given: &str, text: &str, scope: &str, secret: &str) -> bool {
    let mut given_bytes = [0; 32];
    if base16ct::lower::decode(given, &mut given_bytes).map(<[u8]>::len) != Ok(32) {
        return false;
    }
    let mut key = Zeroizing::new(format!("AWS4{secret}").into_bytes());
    for part in scope.split('/') {
        key = Zeroizing::new(mac(&key, part).finalize().into_bytes().to_vec());
    }
    mac(&key, text).verify_slice(&given_bytes).is_ok()
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    // An HMAC takes a key of any length.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&[0; 64].into()));
    mac.update(text.as_bytes());
    mac
}

pub(in crate::local) fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}
