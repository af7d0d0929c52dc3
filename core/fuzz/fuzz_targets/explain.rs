#![no_main]

#[path = "../targets/input.rs"]
mod input;
#[path = "../targets/explain.rs"]
mod explain;

libfuzzer_sys::fuzz_target!(|data: &[u8]| explain::run(data));
