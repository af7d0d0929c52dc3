//! `credential_process`: a command whose output are credentials. It has ended, or is killed,
//! before this returns.

use std::borrow::Cow;
use std::io;
use std::process::{self, Child, ExitStatus, Stdio};
use std::time::Duration;

use super::secret_bytes::SecretBytes;
use super::{answer, failure};
use crate::credentials::Credentials;
use crate::environment::Environment;
use crate::error::{Error, Result};

/// Bytes of output. What is longer is not credentials.
const LONGEST: usize = 4 << 20;
/// ECHILD, which std has no kind for. No number of Windows' that waiting could give.
const NO_CHILD: i32 = 10;
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// What is run.
#[derive(Debug)]
pub(super) enum Command {
    /// A line for the shell, as with the JS SDK.
    Shell(String),
    /// A program and its arguments, as with boto3.
    Program(Vec<String>),
}

impl Command {
    fn prepare(&self) -> process::Command {
        match self {
            Self::Shell(line) => shell(line),
            Self::Program(words) => {
                let mut words = words.iter();
                let mut command = process::Command::new(words.next().map_or("", String::as_str));
                command.args(words);
                command
            }
        }
    }
}

pub(super) async fn credentials(
    command: &Command,
    environment: &Environment,
) -> Result<Credentials> {
    let mut prepared = command.prepare();
    environment.pass_to(&mut prepared);
    let prepared = prepared.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::new(prepared.spawn().map_err(|error| broken(&error))?);
    let (stdout, stderr) = (running.child.stdout.take(), running.child.stderr.take());
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        return Err(broken(&io::Error::other("no pipe")));
    };
    // Both at once, or a full pipe of the one would hold up the other.
    let complaints = tokio::spawn(pipe::read(stderr));
    let output = pipe::read(stdout).await.map_err(|error| broken(&error))?;
    let status = match running.ended().await.map_err(|error| broken(&error))? {
        Some(status) if !status.success() => status,
        _ => return answer::of_process(&output),
    };
    let complaints = complaints.await.ok().and_then(io::Result::ok).unwrap_or_default();
    Err(failed(status, &String::from_utf8_lossy(&complaints)))
}

#[cfg(unix)]
fn shell(command: &str) -> process::Command {
    let mut shell = process::Command::new("/bin/sh");
    if is_one_program(command) {
        // Not every shell hands itself over to its only command, and to kill the shell alone
        // would leave that running.
        shell.arg("-c").arg(format!("exec {command}"));
    } else {
        shell.args(["-c", command]);
    }
    shell
}

/// What a shell does itself, and what its own version does otherwise than the program.
#[cfg(unix)]
const OF_THE_SHELL: [&str; 18] = [
    ".", "[", "cd", "command", "echo", "eval", "exec", "exit", "export", "printf", "read", "set",
    "source", "test", "trap", "ulimit", "umask", "unset",
];

/// Whether it is a program and its arguments, with no more of the shell's language than quotes
/// and variables.
#[cfg(unix)]
fn is_one_program(command: &str) -> bool {
    let first = command.split_whitespace().next().unwrap_or_default();
    let named = |c: char| c.is_ascii_alphanumeric() || "/._~$'\"".contains(c);
    first.starts_with(named)
        && !first.contains('=')
        && !OF_THE_SHELL.contains(&first)
        && !command.contains([';', '&', '|', '<', '>', '(', ')', '`', '\n'])
}

#[cfg(windows)]
fn shell(command: &str) -> process::Command {
    let mut shell = process::Command::new("cmd.exe");
    shell.args(["/C", command]);
    shell
}

#[cold]
fn broken(error: &io::Error) -> Error {
    Error::provider(format!("its credential_process could not be run: {error}"), true)
}

#[cold]
fn failed(status: ExitStatus, complaints: &str) -> Error {
    let said = last_line(complaints);
    let said = if said.is_empty() { "nothing".into() } else { said };
    let text =
        format!("its credential_process ended with {status}; on standard error it said: {said}");
    Error::provider(text, true)
}

/// Where programs say what the matter was, behind a trace or what they did before.
fn last_line(text: &str) -> Cow<'_, str> {
    failure::shortened(text.trim_end().lines().next_back().unwrap_or_default())
}

/// A process that does not outlive this value, also where the work is dropped at the bound.
struct Running {
    child: Child,
    /// The system has forgotten it, and may give its number to another process.
    gone: bool,
}

impl Running {
    fn new(child: Child) -> Self {
        Self { child, gone: false }
    }

    /// It has closed its output, so this is a matter of a moment. None: the host has the system
    /// forget its children (SIGCHLD ignored), and nobody can know how this one ended.
    async fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.look() {
                Ok(None) if self.gone => return Ok(None),
                Ok(None) => {}
                ended => return ended,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// How it ended, if it has ended and the system still knows.
    fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        match self.child.try_wait() {
            Err(error) if error.raw_os_error() == Some(NO_CHILD) => {
                self.gone = true;
                Ok(None)
            }
            looked => looked,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only what still runs is ours to kill: once it was waited for, by us or by the system,
        // its number may be that of any other process.
        if matches!(self.look(), Ok(None)) && !self.gone {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(unix)]
mod pipe {
    use std::io;
    use std::os::fd::OwnedFd;

    use tokio::net::unix::pipe::Receiver;
    use zeroize::Zeroizing;

    use super::{LONGEST, SecretBytes};

    pub(super) async fn read(from: impl Into<OwnedFd>) -> io::Result<Zeroizing<Vec<u8>>> {
        let pipe = Receiver::from_owned_fd(from.into())?;
        let mut output = SecretBytes::new(LONGEST);
        let mut some = Zeroizing::new([0; 4096]);
        loop {
            pipe.readable().await?;
            match pipe.try_read(&mut *some) {
                Ok(0) => return Ok(output.into_inner()),
                Ok(count) => output.add(some.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(windows)]
mod pipe {
    use std::io::{self, Read};

    use zeroize::Zeroizing;

    use super::{LONGEST, SecretBytes};

    /// On a thread of the runtime's: it ends when the process does, which is killed at the bound.
    pub(super) async fn read(from: impl Read + Send + 'static) -> io::Result<Zeroizing<Vec<u8>>> {
        tokio::task::spawn_blocking(move || SecretBytes::read(from, LONGEST)).await?
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_one_program_is_run_without_a_shell_before_it() {
        for command in [
            "/opt/bin/helper --profile 'a b'",
            "'/opt/with space/helper' x",
            "aws-vault exec app --json",
            "~/bin/helper",
            "$HOME/bin/helper \"$USER\"",
        ] {
            assert!(is_one_program(command), "{command}");
        }
        for command in [
            "",
            "A=1 helper",
            "cd /tmp && helper",
            "helper | jq .",
            "helper; helper",
            "helper\nhelper",
            "helper 2>/dev/null",
            "(helper)",
            "echo '{}'",
            "! helper",
            "{ helper",
        ] {
            assert!(!is_one_program(command), "{command}");
        }
    }

    /// So that it is the program that is killed, and not a shell in front of it.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_takes_the_place_of_its_shell() {
        let running = shell("readlink /proc/self").stdout(Stdio::piped()).spawn().unwrap();
        let id = running.id();
        let told = running.wait_with_output().unwrap().stdout;
        assert_eq!(String::from_utf8(told).unwrap(), format!("{id}\n"));
    }
}
