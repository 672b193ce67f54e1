//! A file that is there whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::beside;

/// Writes a file under another name beside it, and gives it its own when it is complete.
///
/// Only the owner may read and write it. A file that stands at the path is replaced; what is no file is left as it is.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    may_stand(path)?;
    let (mut file, beside) = beside::create(path)?;
    let written = file
        .write_all(content)
        // The name must not reach the disk before what it stands for does.
        .and_then(|()| file.sync_all())
        // Looked at last, so that as little time as can be lies between the look and the new name.
        .and_then(|()| may_stand(path))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // If this fails too, the first error tells more.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Whether what stands at the path may be replaced: nothing may be there, or a file. A new name takes the place of whatever
/// had it: of a device too, which a program of root's would take from the whole machine, and of a pipe that somebody
/// reads. A link is a mistake, or somebody else's doing.
fn may_stand(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_file() {
        Ok(())
    } else if kind.is_dir() {
        Err(ErrorKind::IsADirectory.into())
    } else {
        let what = if kind.is_symlink() {
            "a link stands there, and is neither followed nor replaced"
        } else {
            "what stands there is no file, and is not replaced"
        };
        Err(io::Error::new(ErrorKind::InvalidInput, what))
    }
}

/// Whether a file could be written there, by making one beside it and removing it. What may pass (a full disk, too many
/// open files) is no reason.
pub(super) fn check(path: &Path) -> io::Result<()> {
    match may_stand(path).and_then(|()| beside::create(path)) {
        Ok((_, beside)) => fs::remove_file(beside),
        Err(error) => match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
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
    use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("calipers-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    fn left(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_is_replaced_by_one_that_only_its_owner_can_open() {
        let folder = folder("file");
        let path = folder.join("stats.json");
        fs::write(&path, "of another time").unwrap();
        check(&path).unwrap();
        write_whole(&path, b"{}").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(left(&folder), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_file_is_neither_replaced_nor_followed() {
        let folder = folder("kinds");
        let precious = folder.join("precious");
        fs::write(&precious, "mine").unwrap();
        let (link, dangling) = (folder.join("link"), folder.join("dangling"));
        symlink(&precious, &link).unwrap();
        symlink(folder.join("nowhere"), &dangling).unwrap();
        let (pipe, socket) = (folder.join("pipe"), folder.join("socket"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let _listener = UnixListener::bind(&socket).unwrap();
        let before = left(&folder);
        for path in [&link, &dangling, &pipe, &socket] {
            for outcome in [check(path), write_whole(path, b"{}")] {
                let kind = outcome.unwrap_err().kind();
                assert_eq!(kind, ErrorKind::InvalidInput, "{path:?}");
            }
        }
        let kind = |path: &Path| fs::symlink_metadata(path).unwrap().file_type();
        assert!(kind(&link).is_symlink() && kind(&dangling).is_symlink());
        assert!(kind(&pipe).is_fifo() && kind(&socket).is_socket());
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
        assert_eq!(left(&folder), before, "nothing is left beside them");
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
