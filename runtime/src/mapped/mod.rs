//! Page files: numbers that outlive the process, and can be read while it runs without its help.

#![allow(unsafe_code)] // memory that is a file: each block says who upholds what

mod arena;
mod bytes;
mod enabled;
mod error;
mod folder;
mod journal;
mod layout;
#[cfg(feature = "mmstats")]
pub mod mmstats;
mod pages;
mod process;
mod reader;
mod series;
mod values;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use enabled::{enable, keep, path};
pub use error::{EnableError, ReadError, RemoveError};
use reader::head::Head;
use reader::input::Input;

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

impl PageFile {
    /// Removes the file, if its writer is provably gone.
    ///
    /// # Errors
    /// See [`RemoveError`]; the file is then still there.
    pub fn remove(&self) -> Result<(), RemoveError> {
        let input = Input::open(&self.path)?;
        let head = Head::read(&input)?;
        match head.liveness(&input) {
            Liveness::Dead => {}
            Liveness::Live => return Err(RemoveError::Live(self.path.clone())),
            Liveness::Unknown(why) => {
                let path = self.path.clone();
                return Err(RemoveError::Unknown { path, why });
            }
        }
        std::fs::remove_file(&self.path).map_err(|source| RemoveError::Io {
            path: self.path.clone(),
            source,
        })
    }
}

/// Reads a page file, or all page files of a folder, merged.
///
/// The process that writes it, if it runs, takes no notice. What it counted up to now is there, whether or not it still
/// runs; its rates and its recent values are not, since they are kept for its own readers: look twice and subtract
/// ([`Snapshot::since`]). Gauges that are closures have no value outside. Of a folder, files that cannot be read are left
/// out, unless none can.
///
/// # Errors
/// See [`ReadError`].
pub fn read(path: impl AsRef<Path>) -> Result<Snapshot, ReadError> {
    let path = path.as_ref();
    if !is_folder(path)? {
        return reader::read_file(path);
    }
    let mut merged: Option<Snapshot> = None;
    let mut failed = None;
    for file in paths(path)? {
        match reader::read_file(&file) {
            Ok(snapshot) => match &mut merged {
                Some(merged) => {
                    merged.merge(&snapshot);
                }
                None => merged = Some(snapshot),
            },
            Err(error) => failed = Some(error),
        }
    }
    match (merged, failed) {
        (Some(merged), _) => Ok(merged),
        (None, Some(error)) => Err(error),
        (None, None) => Err(ReadError::Empty(path.to_owned())),
    }
}

/// The page files of a folder, or the one at this path, by name. Of one that cannot be read little more than that is said.
///
/// # Errors
/// The folder, or the one file, cannot be read.
pub fn files(path: impl AsRef<Path>) -> Result<Vec<PageFile>, ReadError> {
    let path = path.as_ref();
    if !is_folder(path)? {
        return Ok(vec![reader::describe(path)?]);
    }
    let files = paths(path)?.into_iter();
    let files = files.filter_map(|path| match reader::describe(&path) {
        Ok(file) => Some(file),
        // It went meanwhile.
        Err(ReadError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(PageFile {
            path,
            pid: 0,
            command: String::new(),
            created: SystemTime::UNIX_EPOCH,
            is_clean: false,
            liveness: Liveness::Unknown(error.to_string()),
        }),
    });
    Ok(files.collect())
}

fn is_folder(path: &Path) -> Result<bool, ReadError> {
    let metadata = std::fs::symlink_metadata(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(metadata.is_dir())
}

/// What is named as a page file in a folder, sorted.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let error = |source| ReadError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|of| of == folder::EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
