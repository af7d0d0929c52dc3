//! The order of the code in the library.

include!("../core/first-token.rs");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    put_first_token_first();
}
