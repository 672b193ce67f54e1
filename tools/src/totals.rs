//! The totals file: what processes counted that are gone, so that sums over restarts do not fall.
//!
//! It holds what they counted as they held it, kinds, families and distributions and all, so that it adds up with the stats
//! of those that run: what stood in a page file with those of page files, what stood in a version-1 file with those.
//!
//! A file's counts are added and the file is removed; whoever is killed in between must not have added them twice the next
//! time. So a file that is being added is named in the totals until it is gone.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use calipers::Snapshot;
use serde_json::{Map, Value as Json, json};

use crate::problem::{Problem, complain};

/// What a totals file begins with.
const BEGIN: &[u8] = br#"{"calipers-totals":1"#;

/// Whether a file that begins like this is one.
pub(crate) fn is_totals(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN)
}

/// What the dead have counted.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    counted: Snapshot,
    /// Files that are counted, and may still be there.
    adding: BTreeSet<String>,
}

impl Totals {
    fn none() -> Totals {
        Totals {
            counted: Snapshot::side_by_side([]),
            adding: BTreeSet::new(),
        }
    }

    /// What a file holds; nothing when there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Totals, Problem> {
        let broken = |error: &dyn std::fmt::Display| {
            Problem::said(format!("`{}` is no totals file: {error}", path.display()))
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Totals::none());
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
        let mut json: Map<String, Json> =
            serde_json::from_slice(&bytes).map_err(|error| broken(&error))?;
        let counted = json
            .remove("counted")
            .ok_or_else(|| broken(&"it says nothing of what was counted"))?;
        Ok(Totals {
            counted: serde_json::from_value(counted).map_err(|error| broken(&error))?,
            adding: json
                .get("adding")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        })
    }

    /// Adds the counts of a dead file, told by its [`identity`], unless they are in already.
    pub(crate) fn add(&mut self, file: &str, snapshot: &Snapshot) {
        if !self.adding.insert(file.to_owned()) {
            return;
        }
        for conflict in self.counted.merge(&snapshot.counted()) {
            complain(&format!(
                "`{}` was a {} and now is a {}, which is not added to the totals",
                conflict.path, conflict.kept, conflict.dropped
            ));
        }
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
        let cannot_be_json = |error: serde_json::Error| cannot(error.into());
        let mut text = BEGIN.to_vec();
        text.extend_from_slice(
            format!(",\n\"adding\":{},\n\"counted\":", json!(self.adding)).as_bytes(),
        );
        let counted = self.counted.exact_json();
        serde_json::to_writer_pretty(&mut text, &counted).map_err(cannot_be_json)?;
        text.extend_from_slice(b"}\n");
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

    /// What was counted.
    pub(crate) fn snapshot(self) -> Snapshot {
        self.counted
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
    use calipers::Registry;
    use std::time::Duration;

    #[test]
    fn totals_read_back_as_what_they_were_and_add_up() {
        let registry = Registry::new();
        registry.counter("done").unwrap().add(u64::MAX - 5);
        registry.gauge("load").unwrap().set(0.5);
        registry.up_down_counter("open").unwrap().add(3);
        for n in 1..1000 {
            registry.histogram("size").unwrap().record(n * n);
            registry
                .timer("query")
                .unwrap()
                .record(Duration::from_micros(n));
        }
        let path = std::env::temp_dir().join(format!("calipers-totals-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let now = registry.snapshot();
        for round in 1..=3 {
            let mut totals = Totals::read(&path).unwrap();
            totals.add(&format!("file {round}"), &now);
            totals.add(&format!("file {round}"), &now); // once is enough
            totals.write(&path).unwrap();
        }
        let read = Totals::read(&path).unwrap().snapshot();
        let twice = now.merged(&now);
        let thrice = twice.merged(&now);
        assert_eq!(read.counter("/done"), Some(u64::MAX), "and no further");
        assert_eq!(
            read.histogram("/size").unwrap().lifetime(),
            thrice.histogram("/size").unwrap().lifetime()
        );
        assert_eq!(
            read.timer("/query").unwrap().outcomes(),
            thrice.timer("/query").unwrap().outcomes()
        );
        assert!(read.value("/load").is_none() && read.value("/open").is_none());
        fs::write(&path, "{}").unwrap();
        assert!(Totals::read(&path).is_err());
        fs::remove_file(path).unwrap();
    }
}
