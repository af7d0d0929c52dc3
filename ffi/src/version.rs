//! `rdsiam_abi_version`, `rdsiam_version`.

use std::ffi::c_char;

use crate::boundary::reads;

/// The version of the ABI that this header describes, which is also the number in the SONAME.
/// It changes only when a program compiled with an older header would break.
pub const RDSIAM_ABI_VERSION: u32 = 1;

/// The version of the ABI of the library that is loaded. A program compares it with
/// RDSIAM_ABI_VERSION, the one it was compiled for, before it calls anything else.
///
/// @return The number; 0 after a fault of the library.
///
/// Memory:  nothing is kept.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn rdsiam_abi_version() -> u32 {
    reads("rdsiam_abi_version", 0, || RDSIAM_ABI_VERSION)
}

/// The version of the library that is loaded, such as "0.1.0".
///
/// @return Never NULL.
///
/// Memory:  the string lives as long as the library.
/// Threads: any.
/// Blocks:  never.
/// Since:   0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn rdsiam_version() -> *const c_char {
    reads("rdsiam_version", c"".as_ptr(), || {
        concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
    })
}
