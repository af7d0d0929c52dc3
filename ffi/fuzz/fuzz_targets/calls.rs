#![no_main]

pub(crate) use rdsiam_ffi::{Status, client, config, credentials, error, ticket, token, version};

#[path = "../targets/calls.rs"]
mod calls;
#[path = "../../../core/fuzz/targets/input.rs"]
mod input;
#[path = "../targets/provider.rs"]
mod provider;

libfuzzer_sys::fuzz_target!(|data: &[u8]| calls::run(data));
