//! The process that keeps the token in the file valid as long as the command runs.
//!
//! It is no child of the command, which may wait for all of its children, and in a process group of its
//! own, so that Ctrl-C at the terminal is the command's alone.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Args;
use rdsiam::{Client, Target};
use rustix::process::Pid;

use super::password_file::PasswordFile;
use super::slots::{Dominant, Escaping, Layout};
use super::watched::Watched;
use crate::arguments::AwsOptions;
use crate::connection::Connection;
use crate::failure::{Failure, Result};
use crate::time::{now, unix};
use crate::{output, target};

/// Keeps a token in a file valid. For rdsiam exec
#[derive(Debug, Args)]
pub(crate) struct KeepOptions {
    /// The process that uses it
    #[arg(long)]
    pid: i32,
    #[arg(long)]
    host: String,
    #[arg(long)]
    port: u16,
    #[arg(long)]
    user: String,
    #[arg(long)]
    expires: u32,
    #[arg(long)]
    options: bool,
    #[arg(long)]
    head: String,
    #[arg(long)]
    before: String,
    #[arg(long)]
    folder: Option<PathBuf>,
    #[command(flatten)]
    aws: AwsOptions,
    /// Whether this is the keeper itself, and not the process that starts it
    #[arg(long)]
    detached: bool,
}

const READY: &[u8] = b"ready";
/// How long it sleeps at most: a machine that was suspended has another time when it wakes.
const LONGEST_SLEEP: i64 = 10;
/// Between two attempts, while no new token can be had.
const RETRY: i64 = 5;

/// Starts it and waits until it watches this process.
pub(super) fn start(connection: &Connection, expires: u32, file: &PasswordFile) -> Result<()> {
    let failed =
        |error: std::io::Error| Failure::general(format!("the keeper of the token: {error}"));
    let layout = &file.layout;
    let mut command = Command::new(program());
    command
        .arg("keep")
        .args(["--pid", &std::process::id().to_string()])
        .args(["--port", &connection.sign_port.to_string(), "--expires", &expires.to_string()])
        .arg(format!("--host={}", connection.host))
        .arg(format!("--user={}", connection.user))
        .arg(format!("--head={}", layout.head))
        .arg(format!("--before={}", layout.before));
    if layout.escaping == Escaping::Options {
        command.arg("--options");
    }
    if let Some(folder) = &file.folder {
        command.arg("--folder").arg(folder);
    }
    for (name, value) in [("region", &connection.aws.region), ("profile", &connection.aws.profile)]
    {
        command.args(value.as_ref().map(|value| format!("--{name}={value}")));
    }
    // Its standard input is the file: open for reading and writing, and needs no number.
    let stdin = file.file.try_clone().map_err(failed)?;
    let mut child =
        command.stdin(Stdio::from(stdin)).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut told = Vec::new();
    if let Some(mut answer) = child.stdout.take() {
        answer.by_ref().take(READY.len() as u64).read_to_end(&mut told).map_err(failed)?;
    }
    child.wait().map_err(failed)?;
    if told == READY { Ok(()) } else { Err(failed(std::io::Error::other("it did not start"))) }
}

/// This program, also after its file was removed, as an update does.
fn program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    match std::env::current_exe() {
        Ok(path) if path.is_file() || !running.exists() => path,
        _ => running,
    }
}

pub(crate) fn keep(given: &KeepOptions) -> Result<ExitCode> {
    if !given.detached {
        let failed = |error: std::io::Error| Failure::general(error.to_string());
        let mut command = Command::new(program());
        command.args(std::env::args_os().skip(1)).arg("--detached").process_group(0);
        command.spawn().map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    // It began as the process that waits for this one, and so is there.
    let pid = Pid::from_raw(given.pid).ok_or_else(|| Failure::usage("--pid is no process"))?;
    let watched = Watched::new(pid);
    let failed = |error: std::io::Error| Failure::general(error.to_string());
    let file = File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
    let mut out = std::io::stdout().lock();
    out.write_all(READY).and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    close_output();
    Keeper { given, file, watched }.run()?;
    if let Some(folder) = &given.folder {
        let _ = std::fs::remove_dir_all(folder);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever reads the command's output must not wait for the keeper.
fn close_output() {
    if let Ok(nothing) = File::options().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(nothing);
    }
}

struct Keeper<'a> {
    given: &'a KeepOptions,
    file: File,
    watched: Watched,
}

impl Keeper<'_> {
    fn run(&self) -> Result<()> {
        let given = self.given;
        let life = i64::from(given.expires);
        let margin = 60.min(life / 2);
        let config = target::config(&given.aws).expires(Duration::from_secs(given.expires.into()));
        let client = Client::new(config)?;
        let target =
            Target::new(&given.host, given.port, &given.user).region(given.aws.region.as_deref());
        let layout = self.layout();
        let mut due = now().saturating_add(life - margin);
        let mut has_warned = false;
        loop {
            let wait = due.saturating_sub(now()).clamp(0, LONGEST_SLEEP);
            if self.watched.has_ended(Duration::from_secs(wait.unsigned_abs())) {
                return Ok(());
            }
            // A clock that was set back must not put it off for ever.
            if now() < due && due.saturating_sub(now()) <= life {
                continue;
            }
            let renewed = client.sign(&target).map_err(Failure::from).and_then(|token| {
                layout
                    .replace(&self.file, token.as_str())
                    .map_err(|error| Failure::general(error.to_string()))?;
                Ok(unix(token.expires_at()))
            });
            due = match renewed {
                Ok(expires_at) => {
                    has_warned = false;
                    (expires_at - margin).max(now().saturating_add(1))
                }
                Err(failure) => {
                    if !std::mem::replace(&mut has_warned, true) {
                        output::complain(&format!("no new token: {}", failure.message()));
                    }
                    now().saturating_add(RETRY)
                }
            };
        }
    }

    fn layout(&self) -> Layout {
        let given = self.given;
        let (escaping, dominant, after, longest) = if given.options {
            (Escaping::Options, Dominant::Last, "\"", 4_000)
        } else {
            (Escaping::Pgpass, Dominant::First, "", 16_000)
        };
        let (head, before, after) = (given.head.clone(), given.before.clone(), after.into());
        Layout { head, before, after, escaping, dominant, longest }
    }
}
