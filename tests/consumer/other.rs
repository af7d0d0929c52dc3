//! The second of two libraries in Rust: it panics and catches that.

/// 7, the hard way.
#[unsafe(no_mangle)]
pub extern "C" fn other_library() -> u32 {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| panic!("caught")).map_or(7, |()| 0)
}
