#![no_main]

#[path = "../targets/explain.rs"]
mod explain;
#[path = "../targets/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| explain::run(data));
