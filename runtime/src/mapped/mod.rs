//! Page files: numbers that outlive the process, and can be read while it runs without its help.

mod error;
#[cfg(feature = "mmstats")]
pub mod mmstats;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use error::{EnableError, ReadError};

use crate::Snapshot;

/// The version of the format that is written and read.
pub const VERSION: u32 = 1;

/// A page file, and who wrote it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PageFile {
    /// Where it is.
    pub path: PathBuf,
    /// The process that wrote it.
    pub pid: u32,
    /// The name of the program.
    pub command: String,
    /// When the file was made.
    pub created: SystemTime,
    /// Whether the process ended as it wanted to. False while it runs.
    pub is_clean: bool,
    /// Whether the process is still there.
    pub liveness: Liveness,
}

/// Whether the writer of a page file is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It holds the file's lock.
    Live,
    /// It is provably gone.
    Dead,
    /// It cannot be told, and why: somebody else's file, a file system without locks. Such a file is not to be removed.
    Unknown(String),
}

/// Puts numbers into a file in this folder from here on.
///
/// # Errors
/// See [`EnableError`]; numbers then stay in memory.
pub fn enable(folder: impl AsRef<Path>) -> Result<(), EnableError> {
    Err(EnableError::Folder {
        folder: folder.as_ref().to_owned(),
        source: std::io::ErrorKind::Unsupported.into(),
    })
}

/// Reads a page file, or all page files of a folder, merged.
///
/// # Errors
/// See [`ReadError`].
pub fn read(path: impl AsRef<Path>) -> Result<Snapshot, ReadError> {
    Err(ReadError::Io {
        path: path.as_ref().to_owned(),
        source: std::io::ErrorKind::Unsupported.into(),
    })
}

/// The page files of a folder, or the one at this path, by name.
///
/// # Errors
/// The folder cannot be read.
pub fn files(path: impl AsRef<Path>) -> Result<Vec<PageFile>, ReadError> {
    Err(ReadError::Io {
        path: path.as_ref().to_owned(),
        source: std::io::ErrorKind::Unsupported.into(),
    })
}
