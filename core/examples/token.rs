//! Prints what a token for DB_HOST, DB_PORT and DB_USER says about itself.
//!
//! ```text
//! DB_HOST=mydb.abc123.us-east-1.rds.amazonaws.com DB_PORT=5432 DB_USER=app cargo run --example token
//! ```
#![allow(clippy::print_stdout, reason = "it prints")]

use std::env::var;
use std::error::Error;

use rdsiam::{Client, Config, Target, explain};

fn main() -> Result<(), Box<dyn Error>> {
    let (host, user) = (var("DB_HOST")?, var("DB_USER")?);
    let client = Client::new(Config::new())?;
    let token = client.get(&Target::new(&host, var("DB_PORT")?.parse()?, &user))?;
    println!("{}", explain(token.as_str())?);
    Ok(())
}
