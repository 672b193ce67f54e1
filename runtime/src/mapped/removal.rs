//! Taking a file away by its name, if that still is the name of this very file.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};

/// Removes the file at a path if it is the one that is open here; false when the path has become another's.
///
/// The system can only remove names. So its folder is held open, and the name looked at within it right before.
pub(super) fn remove(path: &Path, opened: &File) -> io::Result<bool> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    let there = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let own = rustix::fs::fstat(opened)?;
    if (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino) {
        return Ok(false);
    }
    rustix::fs::unlinkat(&folder, name, AtFlags::empty())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_name_that_has_become_anothers_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("calipers-removal-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [path, moved] = ["judged", "moved"].map(|name| folder.join(name));
        fs::write(&path, "old").unwrap();
        let judged = File::open(&path).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::write(&path, "new").unwrap();
        assert!(!remove(&path, &judged).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_file(&path).unwrap();
        symlink(&moved, &path).unwrap();
        assert!(!remove(&path, &judged).unwrap(), "a link to it is not it");
        assert!(remove(&moved, &judged).unwrap());
        assert!(!moved.exists());
        let gone = remove(&moved, &judged).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        fs::remove_dir_all(folder).unwrap();
    }
}
