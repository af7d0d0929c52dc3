/// Links a release build for Linux by `first-token.ld`. Included by the build scripts of the bindings.
fn put_first_token_first() {
    let is = |name, value| std::env::var(name).is_ok_and(|found| found == value);
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/first-token.ld");
    println!("cargo::rerun-if-changed={}", script.display());
    // mold knows no such scripts.
    let mold = std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("mold"));
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") && !mold {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-T,{}", script.display());
    }
}
