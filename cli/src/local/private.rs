//! A PostgreSQL of its own, from the programs that are installed, in a temporary folder.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::database::{Address, Server};
use super::engine::Engine;
use super::rds::User;
use crate::failure::{Failure, Result};

const START: Duration = Duration::from_secs(60);
const SUPERUSER: &str = "postgres";
/// The accounts that a server of root's runs under: PostgreSQL refuses to run as root.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// The server stops and its folder goes when this is dropped.
pub(super) struct Private {
    child: Child,
    pub(super) server: Server,
    folder: tempfile::TempDir,
}

struct Account {
    uid: u32,
    gid: u32,
}

impl Private {
    /// Makes a cluster with these users and a database, and starts it.
    pub(super) fn start(users: &[User], database: &str) -> Result<Self> {
        let bindir = find_programs()?;
        let account = account()?;
        let failed = |error: io::Error| Failure::general(format!("a private PostgreSQL: {error}"));
        let folder = tempfile::Builder::new()
            .prefix("rdsiam-local-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .map_err(failed)?;
        let (data, run) = (folder.path().join("data"), folder.path().join("run"));
        for path in [&data, &run] {
            DirBuilder::new().mode(0o700).create(path).map_err(failed)?;
            if let Some(account) = &account {
                std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid))
                    .map_err(failed)?;
            }
        }
        let command = |name: &str| command(&bindir, name, &data, account.as_ref());
        let made = command("initdb")
            .args(["-U", SUPERUSER, "-E", "UTF8", "-A", "trust", "-N", "--locale=C"])
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .output()
            .map_err(failed)?;
        if !made.status.success() {
            return Err(Failure::general(format!(
                "initdb failed: {}",
                String::from_utf8_lossy(&made.stderr).trim()
            )));
        }
        make_users(&bindir, &data, account.as_ref(), users, database)?;
        let log = fs::File::create(folder.path().join("log")).map_err(failed)?;
        let child = command("postgres")
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&run)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(["-c", "shared_buffers=16MB", "-c", "max_connections=200"])
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let socket = run.join(".s.PGSQL.5432");
        let server = Server {
            engine: Engine::Postgres,
            address: Address::Socket(socket),
            login: None,
            password: None,
            database: Some(database.to_owned()),
        };
        let mut private = Self { child, server, folder };
        private.wait()?;
        Ok(private)
    }

    /// Until it takes connections.
    fn wait(&mut self) -> Result<()> {
        let Address::Socket(socket) = &self.server.address else { return Ok(()) };
        let begin = Instant::now();
        // The socket is there before it listens.
        while std::os::unix::net::UnixStream::connect(socket).is_err() {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > START {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(Failure::general(format!("PostgreSQL does not start: {}", log.trim())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0))
        else {
            return;
        };
        // Fast, then at once.
        for signal in [rustix::process::Signal::INT, rustix::process::Signal::QUIT] {
            let _ = rustix::process::kill_process(pid, signal);
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(5) {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In a server without connections, as initdb does it itself.
fn make_users(
    bindir: &Path,
    data: &Path,
    account: Option<&Account>,
    users: &[User],
    database: &str,
) -> Result<()> {
    use std::io::Write as _;
    let failed = |error: io::Error| Failure::general(format!("postgres --single: {error}"));
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut statements = vec!["CREATE ROLE rds_iam".to_owned()];
    for user in users {
        let login = user.login.as_ref().map_or(&user.name, |(login, _)| login);
        statements.push(format!("CREATE ROLE {} LOGIN IN ROLE rds_iam", quoted(login)));
    }
    let owner = users.first().map_or("postgres", |user| {
        user.login.as_ref().map_or(user.name.as_str(), |(login, _)| login.as_str())
    });
    statements.push(format!("CREATE DATABASE {} OWNER {}", quoted(database), quoted(owner)));
    let mut child = command(bindir, "postgres", data, account)
        .args(["--single", "-D"])
        .arg(data)
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        for statement in &statements {
            // One line is one statement.
            writeln!(input, "{}", statement.replace('\n', " ")).map_err(failed)?;
        }
    }
    let done = child.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&done.stderr);
    match said.lines().find(|line| line.contains("ERROR:") || line.contains("FATAL:")) {
        None if done.status.success() => Ok(()),
        line => Err(Failure::general(format!("postgres --single: {}", line.unwrap_or("failed")))),
    }
}

/// One of PostgreSQL's programs, as an account that it runs under, with nothing of the caller's.
fn command(bindir: &Path, name: &str, cwd: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(bindir.join(name));
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .current_dir(cwd)
        .stdin(Stdio::null());
    for name in ["LD_LIBRARY_PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Nobody else, unless this process is root's.
fn account() -> Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Account { uid, gid })
    };
    ACCOUNTS.into_iter().find_map(find).map(Some).ok_or_else(|| {
        Failure::configuration(
            "PostgreSQL does not run as root, and there is no account postgres or nobody; run \
             rdsiam local as another user, or give --database postgres://...",
        )
    })
}

/// The folder of initdb and postgres: of PATH, or where distributions put the newest.
fn find_programs() -> Result<PathBuf> {
    let has_both =
        |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(has_both);
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for (root, tail) in [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Library/PostgreSQL", "bin"),
    ] {
        for entry in fs::read_dir(root).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version = version_of(&name);
            let folder = entry.path().join(tail);
            if let Some(version) = version.filter(|_| has_both(&folder)) {
                versions.push((version, folder));
            }
        }
    }
    versions.sort();
    on_path.or_else(|| versions.pop().map(|(_, folder)| folder)).ok_or_else(|| {
        Failure::configuration(
            "no PostgreSQL is installed here: initdb and postgres are not on PATH; put their folder \
             there, or give --database postgres://... or --database none",
        )
    })
}

fn version_of(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?;
    let name = name.strip_prefix("postgresql@").unwrap_or(name);
    name.parse().ok()
}
