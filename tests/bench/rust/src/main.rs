//! Signing and hits in Rust beside the peers, the floor under both, a million keys, and a
//! thousand threads.
//!
//! ```text
//! rdsiam-bench steady         samples of each case, interleaved, as JSON
//! rdsiam-bench keys COUNT     so many distinct keys through one client, beside so many signs
//! rdsiam-bench threads        each call before and after a thousand threads
//! ```
//! Credentials come from the environment, once, and are then given in code.

mod floor;
mod keys;
mod peers;
mod sample;
mod setting;
mod steady;
mod threads;

use setting::{Result, Setting};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let setting = Setting::from_environment()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["steady"] => steady::run(&setting),
        ["keys", count] => keys::run(&setting, count.parse()?),
        ["threads"] => threads::run(&setting),
        _ => Err("usage: rdsiam-bench steady | keys COUNT | threads".into()),
    }
}
