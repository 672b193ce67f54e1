//! From what was typed to what it stands for.

use std::collections::HashSet;
use std::env;
use std::path::{Path, PathBuf};

use calipers::mapped;

use super::address::Address;
use super::{Origin, Source, begins};
use crate::problem::{Problem, complain};
use crate::totals;

/// What words stand for.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) sources: Vec<Source>,
    /// Why words stand for nothing.
    missing: Vec<String>,
    /// Folders in which there is nothing.
    empty: Vec<String>,
}

impl Found {
    /// Says what was not found; whether that was nothing.
    pub(crate) fn complain(&self) -> bool {
        self.empty.iter().for_each(|why| complain(why));
        self.complain_of_words() && self.empty.is_empty()
    }

    /// The same for whom an empty folder is no problem.
    pub(crate) fn complain_of_words(&self) -> bool {
        self.missing.iter().for_each(|why| complain(why));
        self.missing.is_empty()
    }

    /// Looks again. Where nothing is found any more what was there stays, and says itself what is wrong with it.
    pub(crate) fn again(&mut self, words: &[String]) {
        if let Ok(now) = found(words) {
            *self = now;
        }
    }
}

/// The sources that these words name, or else are in the default folders.
///
/// # Errors
/// There is none at all.
pub(crate) fn found(words: &[String]) -> Result<Found, Problem> {
    let mut sources = Vec::new();
    let (mut missing, mut empty) = (Vec::new(), Vec::new());
    if words.is_empty() {
        for folder in default_folders() {
            sources.extend(in_folder(&folder)?);
        }
        if sources.is_empty() {
            let folders: Vec<String> = default_folders()
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            return Err(Problem::said(format!(
                "no stats in {}; name a file, a folder or an address",
                folders.join(" and ")
            )));
        }
    }
    for word in words {
        match named(word) {
            Ok(none) if none.is_empty() => empty.push(format!("no stats in `{word}`")),
            Ok(more) => sources.extend(more),
            Err(Problem::Said(why)) => missing.push(why),
            Err(problem) => return Err(problem),
        }
    }
    if sources.is_empty() {
        let mut all = empty.into_iter().chain(missing);
        let first = all.next().unwrap_or_default();
        all.for_each(|why| complain(&why));
        return Err(Problem::Said(first));
    }
    // Those that run first: they say what units and helps are.
    sources.sort_by_key(Source::is_totals);
    tell_apart(&mut sources);
    Ok(Found {
        sources,
        missing,
        empty,
    })
}

/// What one word stands for.
fn named(word: &str) -> Result<Vec<Source>, Problem> {
    let path = Path::new(word);
    if path.is_dir() {
        return in_folder(path);
    }
    if path.exists() {
        return Ok(vec![of_file(path)?]);
    }
    let address = Address::parse(word)
        .ok_or_else(|| Problem::said(format!("`{word}` is no file, no folder and no address")))?;
    Ok(vec![Source {
        name: address.to_string(),
        origin: Origin::Address(address),
        end: None,
    }])
}

fn default_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["CALIPERS_DIR", "MMSTATS_PATH"]
        .into_iter()
        .filter_map(env::var_os)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .collect();
    folders.dedup();
    if folders.is_empty() {
        folders.push(env::temp_dir());
    }
    folders
}

/// All files with stats that stand in a folder, by name. Hidden ones are being made.
fn in_folder(folder: &Path) -> Result<Vec<Source>, Problem> {
    let cannot = |error: &dyn std::fmt::Display| {
        Problem::said(format!("cannot read `{}`: {error}", folder.display()))
    };
    // Where nobody has written pages this has nothing to say.
    let mut sources: Vec<Source> = match mapped::files(folder) {
        Ok(pages) => pages.into_iter().map(page).collect(),
        Err(_) => Vec::new(),
    };
    let pages: HashSet<PathBuf> = sources
        .iter()
        .filter_map(|source| source.path().map(Path::to_owned))
        .collect();
    let mut paths = Vec::new();
    for entry in folder.read_dir().map_err(|error| cannot(&error))? {
        let entry = entry.map_err(|error| cannot(&error))?;
        // A link may lead out of the folder, and a pipe would have one wait.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    for path in paths {
        let named = path
            .extension()
            .is_some_and(|extension| extension == "mmstats");
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if named
            && !hidden
            && !pages.contains(&path)
            && begins(&path).is_some_and(|bytes| bytes.first() == Some(&1))
        {
            sources.push(fields(path));
        }
    }
    Ok(sources)
}

fn of_file(path: &Path) -> Result<Source, Problem> {
    let bytes = begins(path)
        .ok_or_else(|| Problem::said(format!("`{}` cannot be read", path.display())))?;
    if bytes.first() == Some(&1) {
        return Ok(fields(path.to_owned()));
    }
    if totals::is_totals(&bytes) {
        return Ok(Source {
            name: stem(path),
            origin: Origin::Totals(path.to_owned()),
            end: None,
        });
    }
    match mapped::files(path) {
        Ok(pages) if !pages.is_empty() => pages.into_iter().map(page).next(),
        _ => None,
    }
    .ok_or_else(|| {
        Problem::said(format!(
            "`{}` is no file of calipers' and none of mmstats' version 1",
            path.display()
        ))
    })
}

fn fields(path: PathBuf) -> Source {
    Source {
        name: stem(&path),
        origin: Origin::Fields(path),
        end: None,
    }
}

fn page(page: mapped::PageFile) -> Source {
    Source {
        name: format!("{}-{}", page.command, page.pid),
        end: match (&page.liveness, page.is_clean) {
            (mapped::Liveness::Dead, true) => Some("ended"),
            (mapped::Liveness::Dead, false) => Some("was killed"),
            _ => None,
        },
        origin: Origin::Page(page.path),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Numbers what has one name with something else.
fn tell_apart(sources: &mut [Source]) {
    let mut taken: HashSet<String> = HashSet::new();
    for source in sources {
        let plain = source.name.clone();
        let mut number = 2;
        while !taken.insert(source.name.clone()) {
            source.name = format!("{plain}~{number}");
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_one_name_are_told_apart() {
        let mut sources: Vec<Source> = ["a/x.mmstats", "b/x.mmstats", "x~2.mmstats", "c/x.mmstats"]
            .map(|path| fields(path.into()))
            .into();
        tell_apart(&mut sources);
        let names: Vec<&str> = sources.iter().map(|source| &*source.name).collect();
        assert_eq!(names, ["x", "x~2", "x~2~2", "x~3"]);
    }
}
