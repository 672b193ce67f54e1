//! A file that is there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes a file under another name beside it, and gives it its own when it is complete.
///
/// Only the owner may read and write it. What stands at the path is replaced, and not followed if it is a link.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut file, beside) = create_beside(path)?;
    let written = file
        .write_all(content)
        // The name must not reach the disk before what it stands for does.
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // If this fails too, the first error tells more.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder, `.stats.json.1234-7`.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut taken = io::Error::from(ErrorKind::AlreadyExists);
    // What another process of this number left behind when it was killed has one of the first names.
    for _ in 0..64 {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(
            ".{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Relaxed)
        ));
        let beside = path.with_file_name(hidden);
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true) // O_EXCL, which follows no link either
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&beside);
        match opened {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("calipers-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn a_link_that_was_put_there_is_replaced_and_not_followed() {
        let folder = folder("link");
        let (path, precious) = (folder.join("stats.json"), folder.join("precious"));
        fs::write(&precious, "mine").unwrap();
        symlink(&precious, &path).unwrap();
        write_whole(&path, b"{}").unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            2,
            "nothing is left beside it"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = folder("fails");
        let path = folder.join("stats.json");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "").unwrap();
        assert!(write_whole(&path, b"{}").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
