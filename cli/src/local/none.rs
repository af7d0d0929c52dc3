//! A database that is none: it answers what a login test asks, and what drivers ask when they connect.

mod sql;
mod words;

pub(super) mod mysql;
pub(super) mod postgres;
