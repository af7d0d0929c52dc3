//! Standard output and standard error.

use std::io::{self, Write as _};

use crate::failure::{Failure, Result};

/// Writes a text and a line break to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::general(format!("standard output: {error}")))
}

/// Writes why the command failed to standard error.
pub(crate) fn complain(text: &str) {
    note(&format!("rdsiam: {text}"));
}

/// Writes a line to standard error. Nobody may be reading it.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
