#![no_main]

pub(crate) use rdsiam_ffi::{
    Status, client, config, credentials, error, event, explain, provider, quote, request, token,
    version,
};

#[path = "../targets/callbacks.rs"]
mod callbacks;
#[path = "../targets/calls.rs"]
mod calls;
#[path = "../../../core/tests/targets/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| calls::run(data));
