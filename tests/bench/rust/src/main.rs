//! Signing and hits in Rust beside the peers, the floor under both, and a million keys.
//!
//! ```text
//! rdsiam-bench steady         samples of each case, interleaved, as JSON
//! rdsiam-bench keys COUNT     so many distinct keys through one client, beside so many signs
//! ```
//! Credentials come from the environment, once, and are then given in code.

mod floor;
mod keys;
mod peers;
mod sample;
mod setting;
mod steady;

use setting::{Result, Setting};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let setting = Setting::from_environment()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["steady"] => steady::run(&setting),
        ["keys", count] => keys::run(&setting, count.parse()?),
        _ => Err("usage: rdsiam-bench steady | keys COUNT".into()),
    }
}
