//! The totals file: what processes counted that are gone, so that sums over restarts do not fall.
//!
//! A file's counts are added and the file is removed; whoever is killed in between must not have added them twice the next
//! time. So a file that is being added is named in the totals until it is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use calipers::Snapshot;
use serde_json::{Map, Value as Json, json};

use crate::labels;
use crate::problem::Problem;

/// What a totals file begins with.
const BEGIN: &[u8] = br#"{"calipers-totals":1"#;

/// Whether a file that begins like this is one.
pub(crate) fn is_totals(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN)
}

/// What the dead have counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    counts: BTreeMap<String, u64>,
    /// Files that are counted, and may still be there.
    adding: BTreeSet<String>,
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
        let json: Map<String, Json> =
            serde_json::from_slice(&bytes).map_err(|error| broken(&error))?;
        let counts = json
            .get("counts")
            .and_then(Json::as_object)
            .ok_or_else(|| broken(&"it has no counts"))?;
        let counts = counts
            .iter()
            .map(|(label, count)| Some((label.clone(), count.as_u64()?)));
        Ok(Totals {
            counts: counts
                .collect::<Option<_>>()
                .ok_or_else(|| broken(&"not all counts are whole numbers"))?,
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
        for field in labels::of(snapshot) {
            if let (true, calipers::mapped::mmstats::FieldValue::Unsigned(count)) =
                (field.is_count(), &field.value)
            {
                let total = self.counts.entry(field.label).or_default();
                *total = total.saturating_add(*count);
            }
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
        let mut text = BEGIN.to_vec();
        text.extend_from_slice(
            format!(
                ",\n\"adding\":{},\n\"counts\":{:#}}}\n",
                json!(self.adding),
                json!(self.counts)
            )
            .as_bytes(),
        );
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

    /// The totals as a snapshot of counters.
    pub(crate) fn snapshot(&self) -> Snapshot {
        // The shape of a snapshot's JSON: labels are parted at their dots.
        let mut tree = Map::new();
        for (label, count) in &self.counts {
            let parts: Vec<&str> = label.split('.').filter(|part| !part.is_empty()).collect();
            insert(&mut tree, &parts, *count);
        }
        serde_json::from_value(Json::Object(tree)).unwrap_or_else(|_| Snapshot::side_by_side([]))
    }
}

/// Puts a count where its path leads; a place beside a count of its name has a slash at its end.
fn insert(tree: &mut Map<String, Json>, parts: &[&str], count: u64) {
    match parts {
        [] => {}
        [name] => {
            if let Some(place @ Json::Object(_)) = tree.insert((*name).to_owned(), json!(count)) {
                tree.insert(format!("{name}/"), place);
            }
        }
        [place, rest @ ..] => {
            let name = match tree.get(*place) {
                Some(Json::Number(_)) => format!("{place}/"),
                _ => (*place).to_owned(),
            };
            if let Json::Object(below) = tree.entry(name).or_insert_with(|| json!({})) {
                insert(below, rest, count);
            }
        }
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
    fn totals_read_back_as_counters() {
        let mut totals = Totals::default();
        for (label, count) in [("a.b", 3), ("a", 1), ("a.b.c", 9), ("z", u64::MAX)] {
            totals.counts.insert(label.to_owned(), count);
        }
        let path = std::env::temp_dir().join(format!("calipers-totals-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        assert_eq!(Totals::read(&path).unwrap(), Totals::default());
        totals.write(&path).unwrap();
        let read = Totals::read(&path).unwrap();
        assert_eq!(read, totals);
        let snapshot = read.snapshot();
        for (path, count) in [("/a/b", 3), ("/a", 1), ("/a/b/c", 9), ("/z", u64::MAX)] {
            assert_eq!(snapshot.counter(path), Some(count), "{path}");
        }
        fs::write(&path, "{}").unwrap();
        assert!(Totals::read(&path).is_err());
        fs::remove_file(path).unwrap();
    }
}
