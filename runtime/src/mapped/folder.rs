//! The folder, and a file in it that is nobody else's.
//!
//! The folder is opened once and everything is done within it, so that nobody can put another in its place meanwhile. A file
//! is made under a name of its own, closed to others, locked, filled, and only then given the name that readers look for:
//! there is never a page file that is not locked while its writer lives.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::error::EnableError;

/// How page files end.
pub(super) const EXTENSION: &str = "calipers";

/// A folder that is ours.
pub(super) struct Folder {
    fd: OwnedFd,
    pub(super) path: PathBuf,
}

/// Links are not followed, others' files not opened, and what is started later does not have them.
const SAFELY: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

impl Folder {
    /// Opens a folder, which is made if it is not there.
    pub(super) fn open(path: &Path) -> Result<Folder, EnableError> {
        let cannot = |error: Errno| EnableError::Folder {
            folder: path.to_owned(),
            source: error.into(),
        };
        let absolute = std::path::absolute(path).map_err(|source| EnableError::Folder {
            folder: path.to_owned(),
            source,
        })?;
        let is_new = match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(cannot(error)),
        };
        let opened = || {
            let flags = SAFELY | OFlags::DIRECTORY | OFlags::RDONLY;
            rustix::fs::open(path, flags, Mode::empty())
        };
        let fd = opened().or_else(|error| match error {
            // A mask that keeps us out of our own folder.
            Errno::ACCESS if is_new => {
                let flags = SAFELY | OFlags::DIRECTORY | OFlags::PATH;
                let held = rustix::fs::open(path, flags, Mode::empty())?;
                // By what is held and not by its name, which may have become a link to something else.
                rustix::fs::chmod(format!("/proc/self/fd/{}", held.as_raw_fd()), Mode::RWXU)?;
                opened()
            }
            error => Err(error),
        });
        let fd = fd.map_err(cannot)?;
        if is_new {
            rustix::fs::fchmod(&fd, Mode::RWXU).map_err(cannot)?;
        }
        let stat = rustix::fs::fstat(&fd).map_err(cannot)?;
        let of_others =
            stat.st_mode & 0o022 != 0 || stat.st_uid != rustix::process::geteuid().as_raw();
        if of_others {
            return Err(EnableError::FolderOfOthers(path.to_owned()));
        }
        Ok(Folder { fd, path: absolute })
    }

    /// Makes a file that is locked and closed to others, under a name that readers pass over.
    pub(super) fn make(&self, command: &str, pid: u32) -> io::Result<Unnamed<'_>> {
        let mut tries = 0;
        loop {
            let name = name_for(command, pid, tries);
            let hidden = format!(".{name}.new");
            let flags = SAFELY | OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
            let mode = Mode::RUSR | Mode::WUSR;
            match rustix::fs::openat(&self.fd, &hidden, flags, mode) {
                Ok(fd) => {
                    let unnamed = Unnamed {
                        folder: self,
                        file: File::from(fd),
                        hidden,
                        name,
                    };
                    rustix::fs::fchmod(&unnamed.file, mode)?; // whatever the mask took
                    rustix::fs::flock(&unnamed.file, FlockOperation::NonBlockingLockExclusive)?;
                    return Ok(unnamed);
                }
                Err(Errno::EXIST) if tries < 100 => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes a file away.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }
}

/// A file without its final name; dropped, it is gone.
pub(super) struct Unnamed<'f> {
    folder: &'f Folder,
    file: File,
    hidden: String,
    name: String,
}

impl Unnamed<'_> {
    /// The same open file once more.
    pub(super) fn another_handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it the name that readers look for.
    pub(super) fn publish(&self) -> io::Result<String> {
        let fd = &self.folder.fd;
        rustix::fs::linkat(fd, &self.hidden, fd, &self.name, AtFlags::empty())?;
        Ok(self.name.clone())
    }
}

impl Drop for Unnamed<'_> {
    fn drop(&mut self) {
        let _ = self.folder.remove(&self.hidden);
    }
}

/// `program-1234-5f3a….calipers`.
fn name_for(command: &str, pid: u32, tries: u32) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "_.-".contains(*letter);
    let plain: String = command
        .trim_start_matches('.')
        .chars()
        .filter(is_plain)
        .take(48)
        .collect();
    let plain = if plain.is_empty() { "program" } else { &plain };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let unique = (now.as_nanos() as u64).wrapping_add(u64::from(tries)) & 0xff_ffff_ffff;
    format!("{plain}-{pid}-{unique:010x}.{EXTENSION}")
}
