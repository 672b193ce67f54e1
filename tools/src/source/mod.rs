//! What was named on the command line, found and read: files of both formats, totals, addresses of stats pages.

mod address;
mod found;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use calipers::Snapshot;
use calipers::mapped::{self, mmstats};
use rustix::fs::OFlags;

use crate::problem::{Problem, complain};
use crate::totals::Totals;
use address::Address;
pub(crate) use found::{Found, found};

/// One process's stats, or what is left of several in a totals file.
#[derive(Debug)]
pub(crate) struct Source {
    /// What it is called beside others.
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// What became of the process, where that is known and it is gone.
    pub(crate) end: Option<&'static str>,
}

/// Where its stats come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A version-1 file.
    Fields(PathBuf),
    /// A page file.
    Page(PathBuf),
    Totals(PathBuf),
    Address(Address),
}

/// Where a page file says how often there was no room in it.
const LEFT_OUT: &str = "/calipers/faults/fileFull";

/// What a source said.
pub(crate) struct Look {
    pub(crate) snapshot: Snapshot,
    /// Whether nothing of it could not be read.
    pub(crate) is_whole: bool,
}

impl Source {
    /// What tells it from others for as long as it is there; names are told apart among those that are there now.
    pub(crate) fn key(&self) -> String {
        match self.path() {
            Some(path) => path.to_string_lossy().into_owned(),
            None => self.name.clone(),
        }
    }

    /// What its stats are now; damage to a file is complained about.
    pub(crate) fn read(&self) -> Result<Look, Problem> {
        let (snapshot, damage) = match &self.origin {
            Origin::Fields(path) => {
                let fields = fields(path)?;
                (fields.snapshot(), fields.damage)
            }
            _ => (self.look()?, None),
        };
        if let (Some(damage), Some(path)) = (&damage, self.path()) {
            complain(&format!("`{}` {damage}", path.display()));
        }
        Ok(Look {
            snapshot,
            is_whole: damage.is_none(),
        })
    }

    /// The same without a word, for a screen that words would spoil.
    pub(crate) fn look(&self) -> Result<Snapshot, Problem> {
        match &self.origin {
            Origin::Fields(path) => Ok(fields(path)?.snapshot()),
            Origin::Page(path) => {
                mapped::read(path).map_err(|error| Problem::said(error.to_string()))
            }
            Origin::Totals(path) => Ok(Totals::read(path)?.snapshot()),
            Origin::Address(address) => address.read(),
        }
    }

    /// Whether it is what is left of those that are gone.
    pub(crate) fn is_totals(&self) -> bool {
        matches!(self.origin, Origin::Totals(_))
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Fields(path) | Origin::Page(path) | Origin::Totals(path) => Some(path),
            Origin::Address(_) => None,
        }
    }
}

fn fields(path: &Path) -> Result<mmstats::Fields, Problem> {
    mmstats::read(path).map_err(|error| Problem::said(format!("`{}` {error}", path.display())))
}

/// Reads all of them; what cannot be read is complained about, and is a problem only when nothing can.
pub(crate) fn read_all(sources: &[Source]) -> Result<(Vec<(String, Snapshot)>, bool), Problem> {
    let mut read = Vec::new();
    let mut problems = Vec::new();
    let mut all = true;
    for source in sources {
        match source.read() {
            Ok(look) => {
                let left_out = match source.origin {
                    Origin::Page(_) => look.snapshot.counter(LEFT_OUT).unwrap_or(0),
                    _ => 0,
                };
                if left_out > 0 {
                    complain(&format!(
                        "`{}` found no room in its file {left_out} times: numbers are missing",
                        source.name
                    ));
                }
                all &= look.is_whole && left_out == 0;
                read.push((source.name.clone(), look.snapshot));
            }
            Err(problem) => problems.push(problem),
        }
    }
    all &= problems.is_empty();
    if read.is_empty()
        && let Some(problem) = problems.pop()
    {
        return Err(problem);
    }
    for problem in problems {
        let _ = problem.end();
    }
    Ok((read, all))
}

/// The first bytes of a regular file, without waiting for anybody.
fn begins(path: &Path) -> Option<Vec<u8>> {
    // A pipe would have one wait for somebody who writes, also one that took the name a moment ago.
    let mut options = File::options();
    let options = options
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
