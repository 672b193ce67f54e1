//! Page files: numbers that outlive the process, and can be read while it runs without its help.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! calipers::mapped::enable("/run/my-server")?; // at the top of `main`, before the first stat
//! calipers::incr("jobs.done", 1);
//!
//! // In another program, now or after this one was killed:
//! for file in calipers::mapped::files("/run/my-server")? {
//!     let snapshot = calipers::mapped::read(&file.path)?;
//!     println!("{} {:?} {:?}", file.pid, file.liveness, snapshot.counter("/jobs/done"));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The memory that threads record into is then a file, mapped. Recording is the same few instructions; nothing is
//! flushed, because what a process has stored stays in the file when it dies, however it dies (not when the machine
//! does). All that the process's snapshots have is in it but rates, recent values, the answers of closures, and the
//! library's own faults; and the stats of registries other than the global one, and of tests' scopes. What costs more is an `init`
//! and a drop: two to three times as much, since what is written about each stat is written then.
//!
//! # Limits
//!
//! - It is decided before the first stat, by [`enable`] or by `CALIPERS_DIR` in the environment, and holds for the process.
//! - The file takes 128 KiB at least. Space is reserved before it is used, so a full disk stops nothing: what finds no
//!   room stays in memory, and is counted in `/calipers/faults/fileFull`, also for readers of the file.
//! - The file is the process's memory: whoever may write to it can do with the process what he likes, and end it by
//!   cutting the file off. So it is 0600 and its folder 0700, and a folder that others may write to is refused. A program
//!   that has more rights than whoever started it does not heed `CALIPERS_DIR`.
//! - A child of `fork` has no part in the file: it goes on in memory from its parent's numbers. A `fork` costs the time to copy
//!   the file's memory. What makes a child without the C library's `fork` (`_Fork`, the bare system call) must not record in it.
//! - Numbers of gone threads are not put together, as they are in memory: the file follows the most threads there were at
//!   once. It never becomes shorter while the process runs.
//! - Linux, and file systems that have hard links and shared mappings. It goes at a clean end unless [`keep`] says
//!   otherwise; [`PageFile::remove`] takes away what a killed process left.
//!
//! # How it fits
//!
//! `arena` is the file as memory, `pages` what the cells take from it, `journal` the description of the stats (told by the tree),
//! `folder` whose files they are, `enabled` the begin and the end of it; `reader` reads, without mapping anything, and with
//! bounds on what a hostile file can cost; `totals` is what is kept of files that go. `docs/page-files.md` in the repository
//! has the format, byte by byte.

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
mod removal;
mod series;
mod space;
mod totals;
mod values;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use enabled::{enable, keep, path};
pub use error::{EnableError, ReadError, RemoveError};
use reader::head::Head;
use reader::input::Input;
pub use totals::Totals;

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
        let input = Input::open(&self.path)?; // judged and removed is this one, whatever the path becomes meanwhile
        let head = Head::read(&input)?;
        match head.liveness(&input) {
            Liveness::Dead => {}
            Liveness::Live => return Err(RemoveError::Live(self.path.clone())),
            Liveness::Unknown(why) => {
                let path = self.path.clone();
                return Err(RemoveError::Unknown { path, why });
            }
        }
        error::removed(&self.path, removal::remove(&self.path, &input.file))
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
