//! A file that is there whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::beside;

/// Writes a file under another name beside it, and gives it its own when it is complete.
///
/// Only the owner may read and write it. What stands at the path is replaced, and not followed if it is a link.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut file, beside) = beside::create(path)?;
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

/// Whether a file could be written there, by making one beside it and removing it. What may pass (a full disk, too many
/// open files) is no reason.
pub(super) fn check(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    match beside::create(path) {
        Ok((_, beside)) => fs::remove_file(beside),
        Err(error) => match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput => Err(error),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::path::PathBuf;

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
