//! What can go wrong with page files, for those who turn them on and for those who read them.

use std::io;
use std::path::{Path, PathBuf};

/// Why numbers stay in memory only.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnableError {
    /// A stat was opened before.
    #[error("stats are in memory already; call `mapped::enable` before the first stat is made")]
    TooLate,
    /// Page files are on already.
    #[error("page files are on already, in `{}`", .0.display())]
    AlreadyOn(PathBuf),
    /// The folder cannot be made or opened.
    #[error("`{}` cannot be used as a folder for page files: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could put files into the folder, or take ours away.
    #[error("others may write to `{}`; use a folder of your own (mode 0700)", .0.display())]
    FolderOfOthers(PathBuf),
    /// There is not enough space for the file.
    #[error("no space for {needed} bytes in `{}`; free some, or use another folder", folder.display())]
    NoSpace {
        /// The folder.
        folder: PathBuf,
        /// How much a file takes at the least.
        needed: u64,
    },
    /// The file cannot be made.
    #[error("no page file can be made in `{}`: {source}", folder.display())]
    File {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a page file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It cannot be opened or read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no page file: a link, a folder, a pipe, or a file of something else.
    #[error("`{}` is not a page file: {why}", path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It was written by a newer or older library.
    #[error("`{}` is in version {version} of the format; this reads version {}", path.display(), super::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it is in.
        version: u32,
    },
    /// Its contents contradict themselves, or it was cut off.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The folder has no page file.
    #[error("there is no page file in `{}`", .0.display())]
    Empty(PathBuf),
    /// It changed each time it was looked at.
    #[error("`{}` changes faster than it can be read; try again", .0.display())]
    Busy(PathBuf),
}

/// Why a page file was not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// Its writer is there.
    #[error("`{}` is in use", .0.display())]
    Live(PathBuf),
    /// It cannot be told whether its writer is there.
    #[error("`{}` may be in use: {why}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// It cannot be read, so neither can be told.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// Its name was given to another file meanwhile.
    #[error("`{}` has become another file; look again", .0.display())]
    Replaced(PathBuf),
    /// The system refused.
    #[error("`{}` cannot be removed: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What came of taking away the file at a path; false is that it was another one.
pub(super) fn removed(path: &Path, done: io::Result<bool>) -> Result<(), RemoveError> {
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err(RemoveError::Replaced(path.to_owned())),
        Err(source) => Err(RemoveError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}
