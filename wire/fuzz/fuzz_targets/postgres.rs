#![no_main]

#[path = "../../tests/targets/peer.rs"]
mod peer;
#[path = "../../tests/targets/postgres.rs"]
mod postgres;

libfuzzer_sys::fuzz_target!(|data: &[u8]| postgres::run(data));
