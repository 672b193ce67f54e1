//! The totals file: what processes counted that are gone, so that sums over restarts do not fall. What of a stat lasts, and in
//! which form, is the library's; here are the file and who may write it.
//!
//! A file's counts are added and the file is removed; whoever is killed in between must not have added them twice the next
//! time. So a file that is being added is named in the totals until it is gone.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use calipers::Snapshot;
use calipers::mapped::Totals as Counted;
use calipers::snapshot::MergeConflict;

use crate::problem::Problem;

/// What a totals file begins with.
const BEGIN: &[u8] = br#"{"calipers-totals":2"#;

/// Whether a file that begins like this is one.
pub(crate) fn is_totals(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN)
}

/// What the dead have counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    counted: Counted,
    /// Files that are counted, and may still be there.
    adding: BTreeSet<String>,
}

/// The file, but for its begin.
#[derive(serde::Deserialize)]
struct Stored {
    adding: BTreeSet<String>,
    stats: Counted,
}

impl Totals {
    /// What a file holds; nothing when there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Totals, Problem> {
        let broken = |error: &dyn std::fmt::Display| {
            Problem::said(format!("`{}` is no totals file: {error}", path.display()))
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Totals::default());
            }
            Err(error) => {
                return Err(Problem::said(format!(
                    "cannot read `{}`: {error}",
                    path.display()
                )));
            }
        };
        if !is_totals(&bytes) {
            return Err(broken(&"it begins with something else"));
        }
        let Stored { adding, stats } =
            serde_json::from_slice(&bytes).map_err(|error| broken(&error))?;
        Ok(Totals {
            counted: stats,
            adding,
        })
    }

    /// Adds what a dead file counted, told by its [`identity`], unless it is in already.
    ///
    /// # Errors
    /// It has something that is of another kind here, and nothing was added.
    pub(crate) fn add(&mut self, file: &str, snapshot: &Snapshot) -> Result<(), MergeConflict> {
        if !self.adding.contains(file) {
            self.counted.add(snapshot)?;
            self.adding.insert(file.to_owned());
        }
        Ok(())
    }

    /// Notes that a file is gone, which need not be told apart any more.
    pub(crate) fn gone(&mut self, file: &str) {
        self.adding.remove(file);
    }

    /// Replaces the file, which is there whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Problem> {
        let cannot = |error: std::io::Error| {
            Problem::said(format!("cannot write `{}`: {error}", path.display()))
        };
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let text = self.text().map_err(|error| cannot(error.into()))?;
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()?;
                fs::rename(&beside, path)
            });
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written.map_err(cannot)
    }

    /// The file: JSON, for those who look into it.
    fn text(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = BEGIN.to_vec();
        text.extend_from_slice(b",\n\"adding\":");
        serde_json::to_writer(&mut text, &self.adding)?;
        text.extend_from_slice(b",\n\"stats\":");
        serde_json::to_writer(&mut text, &self.counted)?;
        text.extend_from_slice(b"}\n");
        Ok(text)
    }

    /// The totals as a snapshot, to be merged with those of processes.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.counted.snapshot().clone()
    }
}

/// What a file is, whatever takes its name later.
pub(crate) fn identity(file: &Path) -> Result<String, Problem> {
    let metadata = fs::symlink_metadata(file)
        .map_err(|error| Problem::said(format!("cannot read `{}`: {error}", file.display())))?;
    Ok(format!(
        "{}:{}:{}",
        metadata.dev(),
        metadata.ino(),
        metadata.ctime_nsec().wrapping_add(metadata.ctime())
    ))
}

/// Held while totals are read, added to and written, so that two who clean at once do not lose each other's.
pub(crate) fn lock(path: &Path) -> Result<File, Problem> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let cannot =
        |error: std::io::Error| Problem::said(format!("cannot lock `{}`: {error}", path.display()));
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(beside)
        .map_err(cannot)?;
    file.lock().map_err(cannot)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_read_back_as_they_were_written() {
        let registry = calipers::Registry::new();
        registry.counter("a.b").unwrap().add(u64::MAX);
        registry.counter("a.b.c").unwrap().add(9);
        registry.histogram("size").unwrap().record(0.1);
        let mut totals = Totals::default();
        totals.add("one", &registry.snapshot()).unwrap();
        let path = std::env::temp_dir().join(format!("calipers-totals-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        assert_eq!(Totals::read(&path).unwrap(), Totals::default());
        totals.write(&path).unwrap();
        let read = Totals::read(&path).unwrap();
        assert_eq!(read, totals);
        assert_eq!(read.snapshot().counter("/a/b/c"), Some(9));
        fs::write(&path, "{}").unwrap();
        assert!(Totals::read(&path).is_err());
        fs::remove_file(path).unwrap();
    }
}
