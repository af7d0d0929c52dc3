//! Link options of the shared library.

include!("../core/first-token.rs");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The number is RDSIAM_ABI_VERSION: programs find the library by it.
    let options: &[&str] = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        // A fetch may still run when a host calls dlclose(): its code must stay mapped.
        Ok("linux") => &["-Wl,-soname,librdsiam.so.1", "-Wl,-z,nodelete"],
        Ok("macos") => &["-Wl,-install_name,@rpath/librdsiam.1.dylib"],
        _ => &[],
    };
    for option in options {
        println!("cargo::rustc-cdylib-link-arg={option}");
    }
    put_first_token_first();
}
