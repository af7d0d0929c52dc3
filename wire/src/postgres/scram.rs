//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as a server, without channel binding. No I/O.

use std::fmt::Write as _;
use std::io;
use std::str;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use postgres_protocol::password::scram_sha_256;
use ring::rand::SecureRandom as _;
use ring::{digest, hmac, rand};
use subtle::ConstantTimeEq as _;

use crate::malformed;

/// What a server keeps of a password: enough to check it, and not enough to log in with.
pub struct Verifier {
    iterations: String,
    salt: String,
    stored_key: Vec<u8>,
    server_key: hmac::Key,
}

impl Verifier {
    /// Of a password.
    ///
    /// # Errors
    /// None in practice.
    pub fn new(password: &str) -> io::Result<Self> {
        Self::parse(&scram_sha_256(password.as_bytes()))
            .ok_or_else(|| io::Error::other("no verifier can be made of the password"))
    }

    /// As PostgreSQL stores it: `SCRAM-SHA-256$4096:SALT$STORED_KEY:SERVER_KEY`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let server_key = BASE64_STANDARD.decode(server_key).ok()?;
        Some(Self {
            iterations: iterations.to_owned(),
            salt: salt.to_owned(),
            stored_key: BASE64_STANDARD.decode(stored_key).ok()?,
            server_key: hmac::Key::new(hmac::HMAC_SHA256, &server_key),
        })
    }
}

/// One login.
pub struct Exchange<'a> {
    verifier: &'a Verifier,
    /// What the client says about channel binding, encoded as it has to repeat it.
    binding: String,
    nonce: String,
    /// The first message of the client without its head, and the server's.
    transcript: String,
}

impl<'a> Exchange<'a> {
    /// Begins with the client's first message. Returns the challenge.
    ///
    /// # Errors
    /// The message is none, or asks for channel binding.
    pub fn new(verifier: &'a Verifier, first: &[u8]) -> io::Result<(Self, String)> {
        let mut random = [0; 18];
        rand::SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| io::Error::other("the system has no random numbers"))?;
        Self::with_nonce(verifier, first, &BASE64_STANDARD.encode(random))
    }

    pub(super) fn with_nonce(
        verifier: &'a Verifier,
        first: &[u8],
        server_nonce: &str,
    ) -> io::Result<(Self, String)> {
        let wrong = || malformed("the first message of SCRAM is malformed");
        let first = str::from_utf8(first).map_err(|_| wrong())?;
        // No channel binding, or one that the client thinks this server has not; no other identity.
        let (head, bare) = ["n,,", "y,,"]
            .into_iter()
            .find_map(|head| Some((head, first.strip_prefix(head)?)))
            .ok_or_else(wrong)?;
        // The name of the user is the startup's.
        let client_nonce = bare
            .strip_prefix("n=")
            .and_then(|rest| rest.split_once(",r="))
            .and_then(|(_, rest)| rest.split(',').next())
            .filter(|nonce| !nonce.is_empty())
            .ok_or_else(wrong)?;
        let nonce = format!("{client_nonce}{server_nonce}");
        let challenge = format!("r={nonce},s={},i={}", verifier.salt, verifier.iterations);
        let transcript = format!("{bare},{challenge}");
        let binding = BASE64_STANDARD.encode(head);
        Ok((Self { verifier, binding, nonce, transcript }, challenge))
    }

    /// Checks the client's last message. Returns the proof that this server has the verifier, or nothing
    /// if the password is wrong.
    ///
    /// # Errors
    /// The message is none.
    pub fn finish(mut self, last: &[u8]) -> io::Result<Option<String>> {
        let wrong = || malformed("the last message of SCRAM is malformed");
        let last = str::from_utf8(last).map_err(|_| wrong())?;
        let (unproven, proof) = last.rsplit_once(",p=").ok_or_else(wrong)?;
        if unproven != format!("c={},r={}", self.binding, self.nonce) {
            return Err(wrong());
        }
        let proof = BASE64_STANDARD.decode(proof).map_err(|_| wrong())?;
        let _ = write!(self.transcript, ",{unproven}");
        let transcript = self.transcript.as_bytes();
        let stored_key = hmac::Key::new(hmac::HMAC_SHA256, &self.verifier.stored_key);
        let signature = hmac::sign(&stored_key, transcript);
        if proof.len() != signature.as_ref().len() {
            return Err(wrong());
        }
        let client_key: Vec<u8> =
            proof.iter().zip(signature.as_ref()).map(|(one, other)| one ^ other).collect();
        let found = digest::digest(&digest::SHA256, &client_key);
        if !bool::from(found.as_ref().ct_eq(&self.verifier.stored_key)) {
            return Ok(None);
        }
        let proof = hmac::sign(&self.verifier.server_key, transcript);
        Ok(Some(format!("v={}", BASE64_STANDARD.encode(proof))))
    }
}
