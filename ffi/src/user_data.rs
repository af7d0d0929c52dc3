//! What a caller gives along with a callback.

use std::ffi::c_void;

/// Frees user data.
///
/// @param user_data  As it was given along with a callback.
///
/// Memory:  user_data is the function's.
/// Threads: called by any.
/// Blocks:  it may, and holds up whoever freed the last of client and configuration.
/// Since:   0.1.0
pub type FreeFn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Frees the data when it is dropped.
pub(crate) struct UserData {
    pub(crate) data: *mut c_void,
    pub(crate) free: FreeFn,
}

// SAFETY: the header asks that callbacks may be called by any thread, several at once.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the caller gave this function for this data.
            unsafe { free(self.data) };
        }
    }
}
