//! One place and one signatory brought together: what is left of a signature is one hash over
//! what follows the date, and one HMAC.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::place::Place;
use super::signatory::Signatory;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::rules::Rule;
use crate::sigv4::{Hex, Stamp};
use crate::token::Token;
use crate::wiped::Wiped;

/// The hash of the canonical request of a place as far as it does not change in a day.
pub(crate) struct Layout {
    signatory: Arc<Signatory>,
    hashed: Sha256,
}

impl Layout {
    pub(crate) fn new(place: &Place, signatory: Arc<Signatory>) -> Self {
        let hashed = Sha256::new()
            .chain_update("GET\n/\n")
            .chain_update(place.query())
            .chain_update(&signatory.query);
        Self { signatory, hashed }
    }

    pub(crate) fn signatory(&self) -> &Signatory {
        &self.signatory
    }

    /// Signs at this second, which is one of the signatory's day, for the place that this was laid
    /// out for. `credentials_end` is that of credentials with the same keys, which may have become
    /// a later one. Credentials that have ended never sign.
    pub(crate) fn sign(
        &self,
        place: &Place,
        now: i64,
        credentials_end: Option<i64>,
    ) -> Result<Token> {
        let signatory = &*self.signatory;
        let ended = |end: &i64| *end <= now && Rule::EndedNeverSign.holds();
        if let Some(end) = credentials_end.filter(ended) {
            return Err(Credentials::expired(signatory.credentials.access_key_id(), end, now));
        }
        let stamp = signatory.stamp.on_this_day(now);
        let canonical = self.canonical(place, &stamp);
        let signature = signatory.key.sign(&stamp, &signatory.scope_line, &canonical);
        let text = Wiped::joined(&[
            place.text(),
            &signatory.query,
            stamp.as_str(),
            &signatory.token_tail,
            signature.as_str(),
            signatory.token_end,
            "\0",
        ]);
        let expires_at = now.saturating_add(signatory.expires.into());
        let credentials_end = credentials_end.filter(|_| Rule::EndsWithCredentials.holds());
        let expires_at = credentials_end.map_or(expires_at, |end| expires_at.min(end));
        Ok(Token::new(text, now, expires_at))
    }

    /// The hash of the canonical request, in hexadecimal digits.
    fn canonical(&self, place: &Place, stamp: &Stamp) -> Hex {
        let mut hash = self.hashed.clone();
        hash.update(stamp.as_bytes());
        hash.update(&*self.signatory.canonical_tail);
        hash.update(place.header());
        Hex::of(&hash.finalize().into())
    }

    /// The texts that the signing itself only ever hashes.
    #[cfg(test)]
    pub(super) fn stages(&self, place: &Place, stamp: &Stamp) -> [String; 2] {
        let Signatory { query, canonical_tail, scope_line, .. } = &*self.signatory;
        let hash = self.canonical(place, stamp);
        let date_time = stamp.as_str();
        [
            ["GET\n/\n", place.query(), query, date_time, canonical_tail, place.header()].concat(),
            [crate::sigv4::ALGORITHM, "\n", date_time, scope_line, hash.as_str()].concat(),
        ]
    }
}
