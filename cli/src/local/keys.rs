//! The access keys that are handed out here, and so known to the verifier.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_types::base64;
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::failure::{Failure, Result};

/// How many are kept: a client that asks again and again fills no memory.
const MOST: usize = 10_000;

/// An access key, and who signs with it.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<String>,
    pub(crate) session_token: Option<Zeroizing<String>>,
    /// In Unix seconds. `None`: a key that stays.
    pub(crate) expires_at: Option<i64>,
    pub(crate) principal: Principal,
}

/// The user or the session of a role, by ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// As GetCallerIdentity says it.
    pub(crate) arn: String,
    /// Whose policies count: the ARN of the user or of the role.
    pub(crate) owner: String,
}

// The secrets show nowhere.
impl std::fmt::Debug for Key {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All of them. An expired one stays, so that a refusal can say so.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(Mutex<HashMap<String, Arc<Key>>>);

impl KeyRing {
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Key>> {
        self.lock().get(id).cloned()
    }

    pub(crate) fn insert(&self, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        let mut keys = self.lock();
        if keys.len() >= MOST {
            // The one that expires first.
            let first = keys.values().filter(|key| key.expires_at.is_some());
            let first = first.min_by_key(|key| key.expires_at).map(|key| key.id.clone());
            first.and_then(|id| keys.remove(&id));
        }
        keys.insert(key.id.clone(), Arc::clone(&key));
        key
    }

    /// A new key without an expiry.
    pub(crate) fn permanent(&self, principal: Principal) -> Result<Arc<Key>> {
        Ok(self.insert(Key {
            id: format!("AKIA{}", random_id()?),
            secret: random_text(30)?,
            session_token: None,
            expires_at: None,
            principal,
        }))
    }

    /// New credentials of a role.
    pub(crate) fn temporary(&self, principal: Principal, expires_at: i64) -> Result<Arc<Key>> {
        Ok(self.insert(Key {
            id: format!("ASIA{}", random_id()?),
            secret: random_text(30)?,
            // As long as those of STS, so that what cuts a token shows.
            session_token: Some(random_text(675)?),
            expires_at: Some(expires_at),
            principal,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Key>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_id() -> Result<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |byte: u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('A', char::from);
    Ok(random_bytes(16)?.iter().map(|byte| letter(*byte)).collect())
}

/// Base64 that has both signs that clients are known to encode wrongly.
pub(crate) fn random_text(length: usize) -> Result<Zeroizing<String>> {
    let mut bytes = random_bytes(length)?;
    for (byte, value) in bytes.iter_mut().zip([0xFB, 0xF0, 0x3F]) {
        *byte = value;
    }
    Ok(Zeroizing::new(base64::encode(&*bytes)))
}

pub(crate) fn random_bytes(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::general("the system has no random numbers"))?;
    Ok(bytes)
}
