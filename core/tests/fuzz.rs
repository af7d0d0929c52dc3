//! The targets of `core/fuzz` on their corpus and on random changes of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test fails by panicking and prints its seed"
)]

use std::path::Path;

#[path = "common/aws_sigv4.rs"]
mod aws_sigv4;
#[path = "targets/explain.rs"]
mod explain;
#[path = "targets/input.rs"]
mod input;
#[path = "targets/quick.rs"]
mod quick;
#[path = "targets/sign.rs"]
mod sign;

fn corpus(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

#[test]
fn any_target_signs_right_or_is_refused() {
    quick::run(&corpus("sign"), 20_000, sign::run);
}

#[test]
fn any_text_is_explained_without_its_secrets() {
    quick::run(&corpus("explain"), 40_000, explain::run);
}
