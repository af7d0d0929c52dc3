//! Tells the linker that the symbols of Node-API come from the process that loads the library.

include!("../core/first-token.rs");

fn main() {
    napi_build::setup();
    put_first_token_first();
}
