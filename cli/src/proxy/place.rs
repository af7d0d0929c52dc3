//! Where a listener listens: an address, or a socket in a folder.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use crate::engine::Engine;
use crate::failure::{Failure, Result};

/// What the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Address(SocketAddr),
    Socket(PathBuf),
}

impl Place {
    /// Of `ADDRESS:PORT`, `PORT`, or the path of a socket or of its folder. Clients of PostgreSQL look
    /// for a name in a folder.
    pub(super) fn parse(text: &str, engine: Engine) -> Result<Self> {
        if text.contains('/') {
            let path = PathBuf::from(text);
            let is_folder = text.ends_with('/') || path.is_dir();
            return Ok(Self::Socket(match engine {
                Engine::Postgres if is_folder => path.join(".s.PGSQL.5432"),
                Engine::Mysql if is_folder => path.join("mysql.sock"),
                _ => path,
            }));
        }
        let address = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("127.0.0.1:{text}")
            }
            None => text.to_owned(),
        };
        address.parse().map(Self::Address).map_err(|_| {
            Failure::usage(format!(
                "{text}: listen on ADDRESS:PORT, such as 127.0.0.1:5432, or on /FOLDER/SOCKET"
            ))
        })
    }

    /// On this machine alone, by the engine's usual port.
    pub(super) fn usual(engine: Engine) -> Self {
        Self::Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), engine.port()))
    }

    /// Whether another machine could connect.
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Self::Address(address) if !address.ip().is_loopback())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}

/// A listener before the runtime takes it over.
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// The file of a socket, removed with the listener.
pub(super) struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another proxy may have taken the place meanwhile.
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

/// What the address of a socket has room for, beside its NUL.
const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Binds. Called before there are other threads, since the mask of permissions is the process's.
pub(super) fn bind(place: &Place, mode: u32) -> Result<(Place, Bound)> {
    let failed = |error: io::Error| Failure::general(format!("cannot listen on {place}: {error}"));
    match place {
        Place::Address(address) => {
            let listener = TcpListener::bind(address).map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            // Port 0 is one that is free.
            let found = listener.local_addr().map_err(failed)?;
            Ok((Place::Address(found), Bound::Tcp(listener)))
        }
        Place::Socket(path) => {
            let length = path.as_os_str().len();
            if length > LONGEST_SOCKET {
                return Err(Failure::usage(format!(
                    "{place}: the path of a socket has at most {LONGEST_SOCKET} bytes, and this one has \
                     {length}: choose a shorter folder"
                )));
            }
            remove_stale(path).map_err(failed)?;
            // Nobody else can connect between the two calls.
            let before = rustix::process::umask(Mode::from_bits_truncate(0o177));
            let listener = UnixListener::bind(path);
            rustix::process::umask(before);
            let listener = listener.map_err(failed)?;
            let file = SocketFile { path: path.clone(), inode: inode(path).map_err(failed)? };
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
                .map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            Ok((place.clone(), Bound::Unix(listener, file)))
        }
    }
}

/// Removes a socket that nobody listens on, and nothing else.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the file is there and no socket",
        ));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens on it")),
    }
}
