//! The cache: what is in it, when it is good, and who renews it.
//!
//! | file | idea |
//! |---|---|
//! | `policy` | a pure function of the time and a token: fresh, ageing, or spent |
//! | `flight` | one refresh at a time, and those who wait for it |
//! | `entry` | one key: its token, its layout, its flight |
//! | `table` | the keys, read without a lock, and bounded |
//! | `stats` | the counters |
//! | `lines` | that of the hits, which costs a hit next to nothing |

pub(crate) mod entry;
pub(crate) mod flight;
pub(crate) mod lines;
pub(crate) mod policy;
pub(crate) mod stats;
pub(crate) mod table;
