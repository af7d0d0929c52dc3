//! Tells the linker that the symbols of Node-API come from the process that loads the library, and
//! to put side by side in a release build what a first token runs: see `order.ld`.

use std::env;

fn main() {
    napi_build::setup();
    println!("cargo:rerun-if-changed=order.ld");
    let is = |name, value| env::var(name).is_ok_and(|found| found == value);
    // mold knows no such scripts.
    let mold = env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("mold"));
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") && !mold {
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-cdylib-link-arg=-Wl,-T,{folder}/order.ld");
    }
}
