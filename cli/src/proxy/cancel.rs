//! Which server to ask when a client of PostgreSQL cancels its query.
//!
//! A name can lead to several servers, so that the address of each session is kept with its key. A key
//! that is not known is ignored, as a server does.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use rdsiam_wire::postgres::CancelKey;
use rdsiam_wire::postgres::client::{Offer, request_tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::database::Database;

#[derive(Default)]
pub(super) struct Cancels(Mutex<HashMap<CancelKey, SocketAddr>>);

impl Cancels {
    /// Keeps a key until the result is dropped.
    pub(super) fn keep(&self, key: Option<CancelKey>, address: SocketAddr) -> Kept<'_> {
        if let Some(key) = &key {
            self.all().insert(key.clone(), address);
        }
        Kept { cancels: self, key }
    }

    fn find(&self, key: &CancelKey) -> Option<SocketAddr> {
        self.all().get(key).copied()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<CancelKey, SocketAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Kept<'a> {
    cancels: &'a Cancels,
    key: Option<CancelKey>,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.cancels.all().remove(key);
        }
    }
}

/// Passes a request on, and waits until the server has dealt with it. Whether the key is known.
pub(super) async fn cancel(database: &Database, key: &CancelKey) -> io::Result<bool> {
    let Some(address) = database.cancels.find(key) else { return Ok(false) };
    let mut stream = database.dial_address(address).await?;
    if request_tls(&mut stream).await? != Offer::Tls {
        return Err(io::Error::other("the server does not offer TLS"));
    }
    let mut stream = database.encrypt(stream).await?;
    stream.write_all(&key.encode()).await?;
    stream.flush().await?;
    // The server says nothing and closes.
    let _ = stream.read(&mut [0]).await;
    Ok(true)
}
