//! The native half of the Node face: the client of the core, and what crosses into JavaScript.
//!
//! Everything here is private to the package. Its JavaScript half checks the types of
//! arguments, keeps the token of a hit, awaits providers, and makes error objects; every rule
//! is in the core. A function gives back what was asked for or a `Failure`, never an exception,
//! because Node-API loses the code of an error on some ways: see `guard`.

#![allow(unreachable_pub, reason = "#[napi] takes methods only if they are public")]
#![cfg_attr(test, allow(dead_code, reason = "a test build registers nothing with Node"))]

mod again;
mod client;
mod config;
mod credentials;
mod explain;
mod guard;
mod job;
mod lease;
mod quote;
mod sign_at;
mod step;
mod target;
