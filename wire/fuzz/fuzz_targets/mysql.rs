#![no_main]

#[path = "../../tests/targets/mysql.rs"]
mod mysql;
#[path = "../../tests/targets/peer.rs"]
mod peer;

libfuzzer_sys::fuzz_target!(|data: &[u8]| mysql::run(data));
