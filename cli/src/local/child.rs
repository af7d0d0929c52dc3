//! The command that runs as long as the databases.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::environment::REMOVED;
use crate::failure::{Failure, Result};

/// Runs it to its end, and passes signals on.
pub(super) async fn run(
    command: &[OsString],
    variables: Vec<(String, String)>,
    mut signals: Signals,
) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().ok_or_else(|| Failure::usage("no command"))?;
    let mut prepared = Command::new(program);
    for name in REMOVED {
        prepared.env_remove(name);
    }
    let mut child = prepared
        .args(arguments)
        .envs(variables)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_run(Path::new(program), &error))?;
    loop {
        let received = tokio::select! {
            status = child.wait() => {
                return status
                    .map(exit_code)
                    .map_err(|error| Failure::general(format!("the command: {error}")));
            }
            received = signals.next() => received,
        };
        // A terminal sends its Ctrl-C to the command as well.
        if received != Signal::INT || !std::io::stdin().is_terminal() {
            pass_on(&child, received);
        }
    }
}

fn cannot_run(program: &Path, error: &std::io::Error) -> Failure {
    let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    Failure::new(status, format!("{}: {error}", program.display()))
}

fn pass_on(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

/// As a shell says it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|number| number.saturating_add(128)));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// Those that end a program.
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self> {
        let failed = |error: std::io::Error| Failure::general(format!("signals: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            hang_up: signal(SignalKind::hangup()).map_err(failed)?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }
}
