//! The C API of rdsiam. One file for each prefix of the header; the rules that hold for every
//! function are in `boundary` and `arguments`.
//!
//! The doc comments here are the header's, so they are written for C.
#![allow(
    clippy::missing_safety_doc,
    reason = "each function states for C what it asks of its pointers, and takes NULL for any"
)]
#![deny(missing_docs)]

mod arguments;
mod atfork {
    include!("../../core/atfork.rs");
}
mod boundary;
pub mod client;
pub mod config;
pub mod credentials;
pub mod error;
pub mod event;
pub mod explain;
pub mod kind;
pub mod provider;
pub mod quote;
pub mod request;
#[cfg(test)]
mod tests;
pub mod token;
pub mod user_data;
pub mod version;

/// 0 is success; everything else is one of RDSIAM_ERR_*.
pub type Status = i32;
