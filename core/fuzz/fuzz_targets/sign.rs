#![no_main]

#[path = "../../tests/common/aws_sigv4.rs"]
mod aws_sigv4;
#[path = "../../tests/targets/input.rs"]
mod input;
#[path = "../../tests/targets/sign.rs"]
mod sign;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sign::run(data));
