//! Prints a token: the password of one login, where the name of the host does not tell what it is for.
//!
//! ```text
//! DB_KIND=elasticache DB_HOST=my-cache DB_PORT=6379 DB_USER=app cargo run --example password
//! ```
#![allow(clippy::print_stdout, reason = "it prints")]

use std::env::var;
use std::error::Error;

use rdsiam::{Client, Config, Target};

fn main() -> Result<(), Box<dyn Error>> {
    let (host, user) = (var("DB_HOST")?, var("DB_USER")?);
    let kind = var("DB_KIND").ok().map(|name| name.parse()).transpose()?;
    let client = Client::new(Config::new())?;
    let target = Target::new(&host, var("DB_PORT")?.parse()?, &user).kind(kind);
    println!("{}", client.get(&target)?.as_str());
    Ok(())
}
