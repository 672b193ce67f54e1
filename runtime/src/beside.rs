//! A file that is made under another name beside its own, to take that when it is whole.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What its owner may do, and nobody else.
const MODE: u32 = 0o600;

/// A new file of ours in the folder of a path, `.stats.json.1234-7`, which only its owner can open, whatever the mask.
pub(crate) fn create(path: &Path) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut taken = io::Error::from(ErrorKind::AlreadyExists);
    // What another process of this number left behind when it was killed has one of the first names.
    for _ in 0..64 {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        let number = NUMBER.fetch_add(1, Relaxed);
        hidden.push(format!(".{}-{number}", std::process::id()));
        let beside = path.with_file_name(hidden);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true) // O_EXCL, which follows no link either
            .mode(MODE)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&beside);
        match opened {
            Ok(file) => {
                file.set_permissions(Permissions::from_mode(MODE))?;
                return Ok((file, beside));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}
