//! Where the command's client reads the token: a file in memory, or else a private one on disk.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd as _, IntoRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::{FdFlags, fcntl_setfd};

use super::slots::Layout;
use crate::failure::{Failure, Result};

/// An open file with a token in it.
pub(super) struct PasswordFile {
    pub(super) file: File,
    pub(super) layout: Layout,
    path: PathBuf,
    /// The folder to remove at the end, if it is on disk.
    pub(super) folder: Option<PathBuf>,
}

impl PasswordFile {
    /// The name by which the command opens it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the command inherit it. From then on it is open until this process or the command ends.
    pub(super) fn leave_open(self) -> Result<()> {
        fcntl_setfd(&self.file, FdFlags::empty()).map_err(|error| failure(&error.into()))?;
        // Into the number alone, which is part of the path: closed by the system.
        let _ = self.file.into_raw_fd();
        Ok(())
    }
}

pub(super) fn create(layout: &Layout, token: &str, on_disk: bool) -> Result<PasswordFile> {
    let in_memory = if on_disk { None } else { in_memory() };
    let (file, path, folder) = match in_memory {
        Some((file, path)) => (file, path, None),
        None => on_disk_at(std::env::temp_dir()).map_err(|error| failure(&error))?,
    };
    layout.fill(&file, token).map_err(|error| failure(&error))?;
    Ok(PasswordFile { file, layout: layout.clone(), path, folder })
}

fn failure(error: &io::Error) -> Failure {
    Failure::general(format!("the file for the token: {error}"))
}

/// Above the numbers that scripts redirect by hand.
#[cfg(target_os = "linux")]
const LOWEST: i32 = 60;

/// `None` where the system has no such files, or no /proc to open one by.
#[cfg(target_os = "linux")]
fn in_memory() -> Option<(File, PathBuf)> {
    use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
    let made = memfd_create("rdsiam", MemfdFlags::CLOEXEC).ok()?;
    fchmod(&made, Mode::RUSR | Mode::WUSR).ok()?;
    let high: OwnedFd = rustix::io::fcntl_dupfd_cloexec(&made, LOWEST).unwrap_or(made);
    let path = PathBuf::from(format!("/proc/self/fd/{}", high.as_raw_fd()));
    path.metadata().is_ok_and(|state| state.is_file()).then(|| (File::from(high), path))
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> Option<(File, PathBuf)> {
    None
}

fn on_disk_at(parent: PathBuf) -> io::Result<(File, PathBuf, Option<PathBuf>)> {
    let parent = std::env::var_os("XDG_RUNTIME_DIR").map_or(parent, PathBuf::from);
    for number in 0_u32.. {
        let folder = parent.join(format!("rdsiam-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                let path = folder.join("token");
                let mut options = OpenOptions::new();
                let file =
                    options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
                return Ok((file, path, Some(folder)));
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
