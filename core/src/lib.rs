//! IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy.
//!
//! A token is the password of one database login: a SigV4 presigned URL without its scheme,
//! good for at most 15 minutes. Making one is local work; no AWS service is called and nothing
//! appears in CloudTrail. This crate signs tokens, caches them, refreshes them before they end,
//! and never lets one outlive the credentials that signed it.
//!
//! ```
//! use rdsiam::{Client, Config, Credentials, Target};
//!
//! # fn main() -> Result<(), rdsiam::Error> {
//! let client = Client::new(
//!     Config::new().credentials(Credentials::new("AKIDEXAMPLE", "SECRETKEYEXAMPLE", None)?),
//! )?;
//! let target = Target::new("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app");
//!
//! let password = client.get(&target)?;
//! assert!(password.as_str().starts_with("mydb.abc123.us-east-1.rds.amazonaws.com:5432/?"));
//! assert_eq!(password.expires_at() - password.signed_at(), 900);
//!
//! // The second call is a hit: the same token, no signing, no lock, no I/O.
//! assert_eq!(client.get(&target)?.as_str(), password.as_str());
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! |---|---|
//! | get a token from the cache, or sign a new one | [`Client`], [`Handle`] |
//! | say where credentials come from, and the rules of the cache | [`Config`] |
//! | sign at a given time, without any state | [`sign_at`] |
//! | see what a token says about itself | [`explain()`] |
//! | write one into a URL, `.pgpass` or a connection string | [`quote()`] |
//! | tell errors apart | [`Error`], [`ErrorKind`] |
//!
//! Times are Unix seconds of the wall clock, because that is what the server compares with.
//! Everything public is `Send + Sync`. The crate has no unsafe code, installs no subscriber,
//! log level or panic hook, and starts no thread but one short-lived one for a refresh behind a
//! token that is still good.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cache;
mod client;
mod clock;
mod config;
mod credentials;
mod encode;
mod endpoint;
mod environment;
mod error;
mod explain;
#[cfg(feature = "fault-injection")]
pub mod fault;
pub mod fork;
mod quote;
mod region;
#[cfg(not(feature = "fault-injection"))]
mod rules;
#[cfg(feature = "fault-injection")]
pub mod rules;
mod signer;
mod sigv4;
mod style;
mod sync;
mod target;
mod token;
mod wiped;

pub use cache::stats::Stats;
pub use client::{Client, Handle, Lease, Step, Ticket};
pub use clock::{Clock, ManualClock};
pub use config::Config;
pub use credentials::{Credentials, CredentialsSource, better_of, wants_newer};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Result};
pub use explain::{Explanation, explain};
pub use quote::{Quoted, Quoting, quote};
pub use region::region_of_host;
pub use signer::sign_at;
pub use style::Conventions;
pub use target::Target;
pub use token::{Token, TokenSource};

/// The longest life of a token, in seconds. The server refuses anything longer.
pub const MAX_EXPIRES: u32 = 900;
