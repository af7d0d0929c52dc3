//! `rdsiam_abi_version`, `rdsiam_version`.

use std::ffi::c_char;

use crate::boundary::ffi_value;

/// The version of the ABI that this header describes, which is also the number in the SONAME.
/// It changes only when a program compiled with an older header would break.
pub const RDSIAM_ABI_VERSION: u32 = 1;

/// The version of the library that this header describes: major.
pub const RDSIAM_VERSION_MAJOR: u32 = 0;
/// The version of the library that this header describes: minor.
pub const RDSIAM_VERSION_MINOR: u32 = 1;
/// The version of the library that this header describes: patch.
pub const RDSIAM_VERSION_PATCH: u32 = 0;

/// The header needs literals; the version is the package's.
const _: () = {
    assert!(RDSIAM_VERSION_MAJOR == number(env!("CARGO_PKG_VERSION_MAJOR")));
    assert!(RDSIAM_VERSION_MINOR == number(env!("CARGO_PKG_VERSION_MINOR")));
    assert!(RDSIAM_VERSION_PATCH == number(env!("CARGO_PKG_VERSION_PATCH")));
};

const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u32::MAX,
    }
}

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
    ffi_value("rdsiam_abi_version", 0, || RDSIAM_ABI_VERSION)
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
    ffi_value("rdsiam_version", c"".as_ptr(), || {
        concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
    })
}
