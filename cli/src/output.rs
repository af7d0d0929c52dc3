//! Standard output and standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

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

/// How a word stands out on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
}

/// Whether standard output shows colours: a terminal that can, whose user has not said no (no-color.org).
pub(crate) fn has_colours() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal()
        && !is_set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The word, in a colour if there are any.
pub(crate) fn paint(word: &str, colour: Colour, has_colours: bool) -> String {
    let code = match colour {
        Colour::Red => "31",
        Colour::Green => "32",
        Colour::Yellow => "33",
    };
    if has_colours { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
}

/// Says on a terminal what is being done, if it takes more than a second.
pub(crate) fn with_progress<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (done, is_done) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if is_done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(io::stderr(), "{what} ...");
                let _ = is_done.recv();
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        });
        let found = work();
        drop(done);
        found
    })
}
