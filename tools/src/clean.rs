//! `calipers clean`: removes files of processes that are provably gone.
//!
//! Whether they are is the library's to say: by who holds a file locked or has it open for writing, never by the
//! number of a process alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use calipers::mapped::{self, mmstats};
use calipers::snapshot::humane::printable;

use crate::cli::Clean;
use crate::problem::{Problem, complain};
use crate::source::{Origin, Source, found};
use crate::terminal::print;
use crate::totals::{Totals, identity, lock};

/// What is to become of a file.
enum Fate {
    Goes(String),
    Stays(String),
}

pub(crate) fn run(asked: &Clean) -> Result<ExitCode, Problem> {
    let folders = asked.sources.iter().all(|word| Path::new(word).is_dir());
    let (sources, all_found) = match found(&asked.sources) {
        Ok(found) => {
            let all = found.complain_of_words();
            (found.sources, all)
        }
        Err(_) if folders => (Vec::new(), true), // a folder without any stats is clean
        Err(problem) => return Err(problem),
    };
    let _locked = asked
        .totals
        .as_deref()
        .filter(|_| !asked.dry_run)
        .map(lock)
        .transpose()?;
    let mut totals = match &asked.totals {
        Some(path) => Some((path, Totals::read(path)?)),
        None => None,
    };
    let (mut gone, mut kept, mut failed) = (0, 0, 0);
    for source in &sources {
        let Some(path) = source.path() else {
            let wrong = format!("`{}` is no file or folder", source.name);
            return Err(Problem::Usage(wrong));
        };
        match fate(source) {
            Fate::Stays(why) => {
                kept += 1;
                print(line("kept", path, &why).as_bytes())?;
            }
            Fate::Goes(why) if asked.dry_run => {
                gone += 1;
                print(line("would go", path, &why).as_bytes())?;
            }
            Fate::Goes(why) => match remove(source, path, totals.as_mut()) {
                Ok(()) => {
                    gone += 1;
                    print(line("removed", path, &why).as_bytes())?;
                }
                Err(Problem::ReaderGone) => return Err(Problem::ReaderGone),
                Err(Problem::Said(error) | Problem::Usage(error)) => {
                    failed += 1;
                    complain(&error);
                }
            },
        }
    }
    if let Some((path, totals)) = totals.filter(|_| gone > 0 && !asked.dry_run) {
        totals.write(path)?;
    }
    let would = if asked.dry_run {
        "would be removed"
    } else {
        "removed"
    };
    print(format!("{gone} {would}, {kept} kept\n").as_bytes())?;
    Ok(ExitCode::from(u8::from(failed > 0 || !all_found)))
}

/// What became of a file, which anybody may have named.
fn line(what: &str, path: &Path, why: &str) -> String {
    let text = format!("{}: {why}", path.display());
    format!("{what:8} {}\n", printable(&text))
}

fn fate(source: &Source) -> Fate {
    match &source.origin {
        Origin::Fields(path) => match mmstats::liveness(path) {
            mmstats::Liveness::Dead(why) => Fate::Goes(why),
            mmstats::Liveness::Alive(why) | mmstats::Liveness::Unknown(why) => Fate::Stays(why),
        },
        Origin::Page(path) => match page(path) {
            Ok(page) => match page.liveness {
                mapped::Liveness::Dead => {
                    Fate::Goes(format!("nobody holds it; it was process {}'s", page.pid))
                }
                mapped::Liveness::Live => {
                    Fate::Stays(format!("process {} holds it locked", page.pid))
                }
                mapped::Liveness::Unknown(why) => Fate::Stays(why),
            },
            Err(why) => Fate::Stays(why),
        },
        Origin::Totals(_) => Fate::Stays("it is a totals file".to_owned()),
        Origin::Address(_) => Fate::Stays("it is no file".to_owned()),
    }
}

fn page(path: &Path) -> Result<mapped::PageFile, String> {
    let pages = mapped::files(path).map_err(|error| error.to_string())?;
    let missing = || format!("`{}` is gone", path.display());
    pages.into_iter().next().ok_or_else(missing)
}

/// Adds a file's counts to the totals, if there are any, and removes it.
fn remove(
    source: &Source,
    path: &Path,
    totals: Option<&mut (&PathBuf, Totals)>,
) -> Result<(), Problem> {
    // The library looks again, at the file it removes.
    let unlink = || {
        let removed = match &source.origin {
            Origin::Page(path) => page(path).map_err(Problem::said)?.remove(),
            _ => mmstats::remove(path),
        };
        removed.map_err(|error| Problem::said(error.to_string()))
    };
    let Some((file, totals)) = totals else {
        return unlink();
    };
    let name = identity(path)?;
    let snapshot = source.read()?.snapshot;
    if identity(path)? != name {
        let replaced = format!("`{}` has become another file; look again", path.display());
        return Err(Problem::said(replaced));
    }
    let mut more = totals.clone();
    more.add(&name, &snapshot).map_err(|conflict| {
        Problem::said(format!(
            "`{}` stays: `{}` is a {} there and a {} in `{}`",
            path.display(),
            conflict.path,
            conflict.dropped,
            conflict.kept,
            file.display()
        ))
    })?;
    more.write(file)?;
    *totals = more;
    unlink()?;
    totals.gone(&name);
    Ok(())
}
