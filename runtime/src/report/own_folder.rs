//! A folder that is ours alone, for what others must not put something in the place of.

use std::fs::DirBuilder;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Others may not see who is there, nor what they say.
const OWNER: u32 = 0o700;

/// Makes the folder if need be, and looks whether it can be trusted: no link, ours, and closed to what others would write.
pub(crate) fn open(path: &Path) -> Result<OwnedFd> {
    match DirBuilder::new().mode(OWNER).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(CWD, path, flags, Mode::empty()).map_err(|error| match error {
        Errno::NOTDIR | Errno::LOOP => refused(path, "is no folder"),
        other => other.into(),
    })?;
    let stat = fstat(&folder)?;
    if stat.st_uid != geteuid().as_raw() {
        return Err(refused(path, "belongs to somebody else"));
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        let all_use_it = Mode::from_raw_mode(stat.st_mode).contains(Mode::SVTX);
        return Err(refused(
            path,
            match all_use_it {
                true => "is everybody's; name a folder of your own",
                false => "can be written to by others; `chmod 700` it, or name another",
            },
        ));
    }
    Ok(folder)
}

fn refused(folder: &Path, why: &str) -> Error {
    let why = format!("the folder `{}` {why}", folder.display());
    Error::new(ErrorKind::PermissionDenied, why)
}
