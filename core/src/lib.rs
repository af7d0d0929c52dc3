//! IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy, Aurora DSQL, ElastiCache and MemoryDB.
//!
//! A token is the password of one database login: a SigV4 presigned URL without its scheme, valid for at
//! most 15 minutes. It is made locally: no AWS service is called and nothing appears in CloudTrail. This
//! crate signs tokens, caches them, replaces them before they expire, and never lets one outlive the
//! credentials that signed it.
//!
//! ```
//! use std::time::Duration;
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
//! assert_eq!(password.expires_at(), password.signed_at() + Duration::from_secs(900));
//!
//! // The second call is a hit: the same token, no signing, no I/O.
//! assert_eq!(client.get(&target)?.as_str(), password.as_str());
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! |---|---|
//! | get a token from the cache, or sign a new one | [`Client`], [`AsyncClient`], [`Handle`] |
//! | say where credentials come from, and the rules of the cache | [`Config`] |
//! | log in again after a refused login | [`Client::login_refused`] |
//! | log in to Aurora DSQL, ElastiCache or MemoryDB | [`Kind`], [`Target::cache`] |
//! | sign at a given time, without any state | [`sign_at`] |
//! | see what is in a token | [`explain()`] |
//! | write one into a URL, `.pgpass` or a connection string | [`quote()`] |
//! | tell errors apart | [`Error`], [`ErrorKind`] |
//!
//! # Features
//! `chain`, on by default, is the rest of the default credential chain behind the environment: profiles,
//! roles, SSO, web identity, containers, EC2, and providers of the AWS SDK for Rust. Without it the crate
//! needs neither Tokio nor an HTTP client.
//!
//! # Threads
//! Everything public is `Send + Sync`. The crate has no unsafe code, installs no subscriber, log level
//! or panic hook, and starts no thread but one for each client while that fetches credentials.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod binding;
mod client;
mod clock;
mod config;
mod credentials;
mod endpoint;
mod environment;
mod error;
mod event;
mod explain;
mod fork;
mod freshness;
mod kind;
mod per_process;
mod presign;
mod quote;
mod refresh_cache;
mod region;
mod secret;
mod stats;
mod style;
mod sync;
mod target;
mod token;
mod token_cache;

pub use client::{AsyncClient, Client, Handle};
pub use config::Config;
pub use credentials::{Credentials, CredentialsSource};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use explain::{Explanation, explain};
pub use kind::Kind;
pub use presign::sign_at;
pub use quote::{Quoted, Quoting, quote};
pub use region::region_of_host;
pub use stats::Stats;
pub use style::Conventions;
pub use target::Target;
pub use token::Token;

/// The longest life of a token for RDS, in seconds: [`Kind::max_expires`] has that of each service. The server
/// refuses anything longer.
pub const MAX_EXPIRES: u32 = 900;

/// Checked by the compiler.
const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<(Client, AsyncClient, Config, Credentials, Token, Error, Stats, Event)>();
    is_send_and_sync::<(Target<'_>, Explanation, Quoted)>();
    const fn is_send<T: Send>() {}
    is_send::<(Handle, binding::CredentialRequest)>();
};
