//! The targets of `wire/fuzz` on their corpus and on random changes of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking and prints its seed"
)]

use std::path::Path;

#[path = "targets/mysql.rs"]
mod mysql;
#[path = "targets/peer.rs"]
mod peer;
#[path = "targets/postgres.rs"]
mod postgres;
#[path = "../../core/tests/targets/quick.rs"]
mod quick;

fn corpus(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

#[test]
fn any_peer_of_postgresql_is_survived_and_let_in_by_nothing_but_the_password() {
    quick::run(&corpus("postgres"), 20_000, postgres::run);
}

#[test]
fn any_peer_of_mysql_is_survived_and_let_in_by_nothing_but_the_password() {
    quick::run(&corpus("mysql"), 20_000, mysql::run);
}
