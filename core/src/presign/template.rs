//! An endpoint and a signing context brought together: what is left of a signature is one hash over
//! what follows the date, and one HMAC.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::endpoint_template::EndpointTemplate;
use super::signing_context::SigningContext;
use super::sigv4::{AmzDate, Hex, LAST_LINES};
use crate::credentials::Credentials;
use crate::error::Result;
use crate::secret::SecretString;
use crate::token::Token;

/// The hash of a canonical request up to its date, which is the same for a day.
pub(crate) struct PresignTemplate {
    endpoint: EndpointTemplate,
    context: Arc<SigningContext>,
    hashed: Sha256,
}

impl PresignTemplate {
    pub(crate) fn new(endpoint: EndpointTemplate, context: Arc<SigningContext>) -> Self {
        let hashed = Sha256::new()
            .chain_update("GET\n/\n")
            .chain_update(endpoint.query())
            .chain_update(&context.query);
        Self { endpoint, context, hashed }
    }

    pub(crate) fn context(&self) -> &SigningContext {
        &self.context
    }

    /// Signs at this second, which is one of the context's day, with credentials that have the
    /// context's keys; their expiry may have become a later one.
    pub(crate) fn sign(&self, credentials: &Credentials, now: i64) -> Result<Token> {
        credentials.check_expiry(now)?;
        let context = &*self.context;
        let date = context.date.on_this_day(now);
        let canonical = self.canonical(&date);
        let signature = context.key.sign(&date, &context.scope_line, &canonical);
        let text = SecretString::concat(&[
            self.endpoint.text(),
            &context.query,
            date.as_str(),
            &context.token_tail,
            signature.as_str(),
            context.token_end,
            "\0",
        ]);
        let expires_at = now.saturating_add(context.expires.into());
        let expires_at = credentials.unix_expiry().map_or(expires_at, |at| expires_at.min(at));
        Ok(Token::new(text, now, expires_at))
    }

    /// The hash of the canonical request, in hexadecimal digits.
    fn canonical(&self, date: &AmzDate) -> Hex {
        let mut hash = self.hashed.clone();
        hash.update(date.as_bytes());
        hash.update(&*self.context.canonical_tail);
        hash.update(self.endpoint.signed_host());
        hash.update(LAST_LINES);
        Hex::of(&hash.finalize().into())
    }

    /// The texts that signing itself only hashes.
    #[cfg(test)]
    pub(super) fn stages(&self, date: &AmzDate) -> [String; 2] {
        let SigningContext { query, canonical_tail, scope_line, .. } = &*self.context;
        let (endpoint, hash, date_time) = (&self.endpoint, self.canonical(date), date.as_str());
        let [start, host] = [endpoint.query(), endpoint.signed_host()];
        [
            ["GET\n/\n", start, query, date_time, canonical_tail, host, LAST_LINES].concat(),
            [super::sigv4::ALGORITHM, "\n", date_time, scope_line, hash.as_str()].concat(),
        ]
    }
}
