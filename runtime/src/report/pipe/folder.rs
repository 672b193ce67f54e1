//! The folder of pipes, and the own pipe in it.
//!
//! Everything is done relative to the folder that was looked at, and nothing follows a link: whoever may write to the folder
//! above could else have us write to a file of his choice.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, mkfifoat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::mark;
use crate::log_line;
use crate::report::own_folder;

#[derive(Debug)]
pub(super) struct Folder {
    folder: OwnedFd,
    /// The own pipe, and what it is called before it is in its place.
    name: String,
    draft: String,
    /// The own pipe's number.
    inode: u64,
}

/// Who is at the pipe.
#[derive(Debug)]
pub(super) enum Knock {
    Nobody,
    /// The pipe that somebody has opened; from now on it is theirs, and another stands in its place.
    Opened(File),
}

impl Folder {
    /// Makes the folder if need be, looks whether it can be trusted, tidies it up, and makes the own pipe.
    pub(super) fn open(path: &Path) -> Result<Folder> {
        let folder = own_folder::open(path)?;
        let pid = std::process::id();
        let mut folder = Folder {
            folder,
            name: format!("{pid}.stats"),
            draft: format!(".{pid}.new"),
            inode: 0,
        };
        folder.tidy()?;
        folder.renew()?;
        Ok(folder)
    }

    /// Looks whether somebody has opened the pipe.
    pub(super) fn knock(&mut self) -> Result<Knock> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let pipe = match openat(&self.folder, &*self.name, flags, Mode::empty()) {
            Ok(pipe) => pipe,
            Err(Errno::NXIO) => return Ok(Knock::Nobody),
            // Somebody took it away, or put something in its place.
            Err(Errno::NOENT | Errno::LOOP | Errno::ISDIR | Errno::ACCESS) => {
                self.renew()?;
                return Ok(Knock::Nobody);
            }
            Err(error) => return Err(error.into()),
        };
        let own = is_pipe(&fstat(&pipe)?).is_some_and(|inode| inode == self.inode);
        // Whoever comes next gets a pipe of his own: two at one would each get half of the lines.
        self.renew()?;
        Ok(match own {
            true => Knock::Opened(File::from(pipe)),
            false => Knock::Nobody,
        })
    }

    /// Puts a new pipe in its place, in one step, so that there is always one.
    fn renew(&mut self) -> Result<()> {
        self.remove(&self.draft)?;
        let mode = Mode::RUSR | Mode::WUSR | mark::MARKED;
        mkfifoat(&self.folder, &*self.draft, mode)?;
        let stat = statat(&self.folder, &*self.draft, AtFlags::SYMLINK_NOFOLLOW)?;
        self.move_aside()?;
        renameat(&self.folder, &*self.draft, &self.folder, &*self.name)?;
        self.inode = stat.st_ino;
        Ok(())
    }

    /// A file or a folder that stands in the place of the pipe is somebody's, and may be wanted.
    fn move_aside(&self) -> Result<()> {
        let Ok(there) = statat(&self.folder, &*self.name, AtFlags::SYMLINK_NOFOLLOW) else {
            return Ok(());
        };
        match FileType::from_raw_mode(there.st_mode) {
            // A link is not what it leads to, which stays.
            FileType::Fifo | FileType::Symlink => return Ok(()),
            _ => {}
        }
        let aside = format!("{}.aside", self.name);
        match statat(&self.folder, &*aside, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => {}
            _ => {
                let why = format!("`{}` is in the way, and so is `{aside}`", self.name);
                return Err(Error::new(ErrorKind::AlreadyExists, why));
            }
        }
        renameat(&self.folder, &*self.name, &self.folder, &*aside)?;
        log_line::warn(
            log_line::TARGET,
            format_args!(
                "pipe: `{}` is no pipe; it is called `{aside}` now",
                self.name
            ),
        );
        Ok(())
    }

    /// Removes pipes whose processes are gone. What is no pipe is not ours to remove.
    fn tidy(&self) -> Result<()> {
        for entry in Dir::read_from(&self.folder)? {
            let entry = entry?;
            let name = OsStr::new(entry.file_name().to_str().unwrap_or_default());
            let Some(pid) = name.to_str().and_then(writer) else {
                continue;
            };
            let alive = Pid::from_raw(pid).is_some_and(|pid| match test_kill_process(pid) {
                // Somebody else's process has this number; whoever wrote this pipe may be it.
                Ok(()) | Err(Errno::PERM) => true,
                Err(_) => false,
            });
            let stat = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW);
            if !alive && stat.is_ok_and(|stat| is_pipe(&stat).is_some()) {
                self.remove(name)?;
            }
        }
        Ok(())
    }

    fn remove(&self, name: impl rustix::path::Arg) -> Result<()> {
        match unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Another's pipe of the same name is that one's to remove.
        let stat = statat(&self.folder, &*self.name, AtFlags::SYMLINK_NOFOLLOW);
        if stat.is_ok_and(|stat| is_pipe(&stat) == Some(self.inode)) {
            let _ = self.remove(&self.name);
        }
    }
}

/// The number of the process whose pipe has this name: `1234.stats`.
pub(super) fn writer(name: &str) -> Option<i32> {
    let digits = name.strip_suffix(".stats")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|pid| plain && *pid > 0)
}

/// The number of a pipe's inode; nothing for what is none.
pub(super) fn is_pipe(stat: &Stat) -> Option<u64> {
    let is_pipe = FileType::from_raw_mode(stat.st_mode) == FileType::Fifo;
    is_pipe.then_some(stat.st_ino)
}
