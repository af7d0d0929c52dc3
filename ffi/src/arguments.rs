//! Readers of what C hands over. NULL and bad UTF-8 become errors that name the argument.

use std::ffi::{CStr, c_char};

use rdsiam::{Client, Error, ErrorKind, Result, Target};

use crate::client::OwnedClient;

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

/// # Safety
/// `text` is NULL or points to a string that ends with a NUL and lives for `'a`.
pub(crate) unsafe fn optional_text<'a>(name: &str, text: *const c_char) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so as this function asks.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|_| invalid(format!("{name} is not UTF-8")))
}

/// # Safety
/// As [`optional_text`].
pub(crate) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str> {
    // SAFETY: the same is asked.
    unsafe { optional_text(name, text) }?.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// # Safety
/// `handle` is NULL or points to a `T` that lives for `'a` and is not written meanwhile.
pub(crate) unsafe fn handle<'a, T>(name: &str, handle: *const T) -> Result<&'a T> {
    // SAFETY: as this function asks.
    unsafe { handle.as_ref() }.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// # Safety
/// `handle` is NULL or points to a `T` that lives for `'a` and that nobody else uses meanwhile.
pub(crate) unsafe fn handle_mut<'a, T>(name: &str, handle: *mut T) -> Result<&'a mut T> {
    // SAFETY: as this function asks.
    unsafe { handle.as_mut() }.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// # Safety
/// Each pointer is as [`optional_text`] asks.
pub(crate) unsafe fn target<'a>(
    host: *const c_char,
    port: u16,
    user: *const c_char,
    region: *const c_char,
) -> Result<Target<'a>> {
    // SAFETY: as this function asks.
    let host = unsafe { text("host", host) }?;
    // SAFETY: as this function asks.
    let user = unsafe { text("user", user) }?;
    // SAFETY: as this function asks.
    let region = unsafe { optional_text("region", region) }?;
    Ok(Target::new(host, port, user).region(region))
}

/// A client, and what it is asked a token for.
pub(crate) struct Key {
    pub(crate) client: *const OwnedClient,
    pub(crate) host: *const c_char,
    pub(crate) port: u16,
    pub(crate) user: *const c_char,
    pub(crate) region: *const c_char,
}

impl Key {
    /// # Safety
    /// The client is as [`handle`] asks, each text as [`optional_text`].
    pub(crate) unsafe fn read<'a>(&self) -> Result<(&'a Client, Target<'a>)> {
        // SAFETY: as this function asks.
        let client = unsafe { handle("client", self.client) }?;
        // SAFETY: as this function asks.
        let target = unsafe { target(self.host, self.port, self.user, self.region) }?;
        Ok((&client.0, target.kind(client.1)))
    }
}
