//! The native half of the Node binding: the client of the core, and what crosses into JavaScript.
//!
//! Everything here is private to the package. Its JavaScript half checks the types of arguments, keeps
//! the token of a hit, awaits provider functions and makes error objects; every rule is in the core.
//! A function returns its result or a `Failure` and never throws, because Node-API loses the code of
//! an error on some ways: see `guard`. None of them waits: see `pending`.

#![allow(unreachable_pub, reason = "#[napi] takes methods only if they are public")]
#![cfg_attr(test, allow(dead_code, reason = "a test build registers nothing with Node"))]

mod client;
mod config;
mod credentials;
mod environment;
mod explain;
mod guard;
mod lease;
mod login;
mod pending;
mod quote;
mod request;
mod sign_at;
mod target;

/// For JavaScript, which refuses an addon of another version than its own.
#[napi_derive::napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
