//! The target of `ffi/fuzz` on its corpus and on random changes of it, without the fuzzer.

use std::path::Path;

#[path = "../fuzz/targets/callbacks.rs"]
mod callbacks;
#[path = "../fuzz/targets/calls.rs"]
mod calls;
#[path = "../../core/tests/targets/input.rs"]
mod input;
#[path = "../../core/tests/targets/quick.rs"]
mod quick;

#[test]
fn any_sequence_of_calls_ends_well() {
    // No credentials, files or metadata service of this machine.
    let settings = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/nonexistent"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "SECRET"),
    ];
    for (name, value) in settings {
        // SAFETY: this is the only test here, so no other thread looks at the environment.
        unsafe { std::env::set_var(name, value) };
    }
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/calls");
    quick::run(&corpus, 5_000, calls::run);
}
