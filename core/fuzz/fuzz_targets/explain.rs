#![no_main]

#[path = "../../tests/targets/explain.rs"]
mod explain;
#[path = "../../tests/targets/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| explain::run(data));
