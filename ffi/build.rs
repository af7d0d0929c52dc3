//! Link options of the shared library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The number is RDSIAM_ABI_VERSION: programs find the library by it.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,librdsiam.so.1");
        // A refresh may still run when a host calls dlclose(): its code must stay mapped.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
