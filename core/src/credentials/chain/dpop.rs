//! The proof that the key of an `aws login` session is at hand (RFC 9449): a signed statement
//! that goes with a request.

use aws_smithy_types::base64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use zeroize::Zeroizing;

use super::cached::hex;

/// A P-256 key with its public half, as OpenSSL and all others write it (SEC 1): between these
/// bytes stand 32 of the private and 65 of the public key.
const BEFORE_PRIVATE: [u8; 7] = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
const BEFORE_PUBLIC: [u8; 17] = [
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42,
    0x00,
];

/// The private key and the public one.
struct Key {
    der: Zeroizing<Vec<u8>>,
}

impl Key {
    fn read(pem: &str) -> Option<Self> {
        // Made once, so that no part of it is left behind where it moved.
        let mut body = Zeroizing::new(String::with_capacity(pem.len()));
        let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        lines.for_each(|line| body.push_str(line));
        let der = Zeroizing::new(base64::decode(body.as_str()).ok()?);
        let key = Self { der };
        let whole = key.der.len() == 121
            && key.der.starts_with(&BEFORE_PRIVATE)
            && key.der.get(39..56)? == BEFORE_PUBLIC;
        whole.then_some(key)
    }

    fn private(&self) -> Option<&[u8]> {
        self.der.get(7..39)
    }

    /// 4 for "uncompressed", x, y.
    fn public(&self) -> Option<&[u8]> {
        self.der.get(56..)
    }
}

/// The value of the header `DPoP`. None if the key is none.
pub(super) fn proof(pem: &str, url: &str, now: i64) -> Option<String> {
    let key = Key::read(pem)?;
    let random = SystemRandom::new();
    let (private, public) = (key.private()?, key.public()?);
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, public, &random).ok()?;
    let mut id = [0; 16];
    random.fill(&mut id).ok()?;
    let (x, y) = (without_padding(public.get(1..33)?), without_padding(public.get(33..65)?));
    let header = format!(
        r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{{"kty":"EC","x":"{x}","y":"{y}","crv":"P-256"}}}}"#
    );
    let id = hex(&id);
    let claims = format!(r#"{{"jti":"{id}","htm":"POST","htu":"{url}","iat":{now}}}"#);
    let signed =
        format!("{}.{}", without_padding(header.as_bytes()), without_padding(claims.as_bytes()));
    let signature = pair.sign(&random, signed.as_bytes()).ok()?;
    Some(format!("{signed}.{}", without_padding(signature.as_ref())))
}

/// Base64 for URLs.
fn without_padding(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    /// Made with `openssl ecparam -name prime256v1 -genkey -noout`.
    const KEY: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIEgh/x9Hlu+AlF94wYgFotnJBZGf4bK8jO2rXPP0kODUoAoGCCqGSM49
AwEHoUQDQgAED/IILA60HSTfpg3f9d8xu9MYStUy7u2606uWfW7vM/DWPnDuUrdL
n0l+/zqt4TRE5ZGjRDczJir+ozV11C6uAA==
-----END EC PRIVATE KEY-----
";

    fn bytes(text: &str) -> Vec<u8> {
        let text = text.replace('-', "+").replace('_', "/");
        let padding = "=".repeat(text.len().wrapping_neg() % 4);
        base64::decode(text + &padding).unwrap()
    }

    #[test]
    fn the_proof_is_signed_by_the_key_it_names() {
        let url = "https://us-east-1.signin.aws.amazon.com/v1/token";
        let proof = proof(KEY, url, 1_700_000_000).unwrap();
        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let header: serde_json::Value = serde_json::from_slice(&bytes(header)).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&bytes(claims)).unwrap();
        let mut public = vec![4];
        public.extend(bytes(header["jwk"]["x"].as_str().unwrap()));
        public.extend(bytes(header["jwk"]["y"].as_str().unwrap()));
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        public.verify(signed.as_bytes(), &bytes(signature)).unwrap();
        assert_eq!((claims["htm"].as_str(), claims["htu"].as_str()), (Some("POST"), Some(url)));
        assert_eq!(claims["iat"], 1_700_000_000);
        assert_eq!(header["typ"], "dpop+jwt");
    }

    #[test]
    fn what_is_no_key_gives_no_proof() {
        let cut = KEY.replacen("EC", "", 1).replacen('\n', "\nM", 1);
        for odd in ["", "-----BEGIN", &KEY.replacen('M', "N", 1), &cut] {
            assert!(proof(odd, "https://x", 0).is_none(), "{odd}");
        }
    }
}
