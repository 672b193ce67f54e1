//! The commands that count instructions, and the counts that are stored to be held to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;

use crate::callgrind;
use crate::failure::{Failure, Result};
use crate::suite::{FLOOR, OURS, Row, Suite};
use crate::workload::Workload;

/// The stored counts: a line a recording path of calipers.
const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.tsv");
/// The line that stores new ones.
const UPDATE: &str =
    "cargo run --release -p calipers-bench --no-default-features -- check --update";
/// By how much a count may rise.
const TOLERATED: f64 = 1.10;

/// A row and the instructions of one operation of it.
pub(crate) type Counted<'a> = (&'a Row, f64);

/// Counts the recording rows that are wanted.
pub(crate) fn counted(suite: &Suite, wanted: impl Fn(&Row) -> bool) -> Result<Vec<Counted<'_>>> {
    let rows = suite.rows.iter().enumerate();
    rows.filter(|(_, row)| row.workload.is_recording() && wanted(row))
        .map(|(number, row)| Ok((row, callgrind::count(suite, number)?)))
        .collect()
}

/// Prints the counts of the floors, of calipers, and of the peers if they are asked for.
pub(crate) fn print(suite: &Suite, only: &[Workload], peers: bool) -> Result<()> {
    for &workload in Workload::all() {
        if !workload.is_recording() || (!only.is_empty() && !only.contains(&workload)) {
            continue;
        }
        let mut counted = counted(suite, |row| {
            let is_peer = row.library != FLOOR && row.library != OURS;
            row.workload == workload && (peers || !is_peer)
        })?;
        counted.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let mut out = io::stdout().lock();
        writeln!(out, "\n{}\n", workload.title())?;
        for (row, instructions) in counted {
            writeln!(out, "{instructions:>9.1}  {}", row.name)?;
        }
    }
    Ok(())
}

/// What a path is stored under.
fn name(row: &Row) -> String {
    let workload = row.workload.to_possible_value();
    let workload = workload.as_ref().map_or("", |value| value.get_name());
    format!("{workload}: {}", row.name)
}

/// Counts calipers, and stores that or holds it to what is stored.
pub(crate) fn check(suite: &Suite, update: bool) -> Result<()> {
    let counted = counted(suite, |row| row.library == OURS)?;
    let counted = counted
        .into_iter()
        .map(|(row, instructions)| (name(row), instructions));
    let counted: BTreeMap<String, f64> = counted.collect();
    if update {
        store(&counted)
    } else {
        hold(&counted)
    }
}

fn store(counted: &BTreeMap<String, f64>) -> Result<()> {
    let mut text = String::new();
    for (name, instructions) in counted {
        let _ = writeln!(text, "{name}\t{instructions:.1}");
    }
    fs::write(STORED, text).map_err(|source| Failure::Write {
        path: STORED.into(),
        source,
    })?;
    writeln!(io::stdout(), "{} counts are in {STORED}", counted.len())?;
    Ok(())
}

fn stored() -> Result<BTreeMap<String, f64>> {
    let path = Path::new(STORED);
    let text = fs::read_to_string(path).map_err(|source| Failure::Read {
        path: path.into(),
        source,
    })?;
    let read = |line: &str| {
        let (name, count) = line.split_once('\t')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    let lines = text.lines().enumerate();
    lines
        .map(|(at, line)| {
            read(line).ok_or(Failure::Stored {
                path: path.into(),
                line: at + 1,
            })
        })
        .collect()
}

/// How a count is beside the stored one.
#[derive(Debug, PartialEq)]
enum Verdict {
    Holds,
    /// It is more than a tenth lower: good, and worth storing.
    Fell,
    Rose,
    /// Nothing is stored under its name.
    New,
    /// It is stored, but there is no such path any more.
    Gone,
}

impl Verdict {
    fn of(stored: Option<f64>, counted: Option<f64>) -> Verdict {
        match (stored, counted) {
            (None, _) => Verdict::New,
            (_, None) => Verdict::Gone,
            (Some(stored), Some(counted)) if counted > stored * TOLERATED => Verdict::Rose,
            (Some(stored), Some(counted)) if stored > counted * TOLERATED => Verdict::Fell,
            _ => Verdict::Holds,
        }
    }

    fn remark(&self) -> &'static str {
        match self {
            Verdict::Holds => "",
            Verdict::Fell => "fell; worth storing",
            Verdict::Rose => "ROSE BY MORE THAN A TENTH",
            Verdict::New => "NOT STORED YET",
            Verdict::Gone => "STORED, BUT NO LONGER A PATH",
        }
    }

    fn fails(&self) -> bool {
        matches!(self, Verdict::Rose | Verdict::New | Verdict::Gone)
    }
}

fn hold(counted: &BTreeMap<String, f64>) -> Result<()> {
    let stored = stored()?;
    let mut failed = 0;
    let mut out = io::stdout().lock();
    writeln!(out, "   stored      now  instructions an operation")?;
    let mut names: Vec<&String> = stored.keys().chain(counted.keys()).collect();
    names.sort();
    names.dedup();
    let figure = |count: Option<f64>| count.map_or("-".to_owned(), |count| format!("{count:.1}"));
    for name in names {
        let (before, now) = (stored.get(name).copied(), counted.get(name).copied());
        let verdict = Verdict::of(before, now);
        failed += usize::from(verdict.fails());
        let (before, now) = (figure(before), figure(now));
        writeln!(out, "{before:>9} {now:>8}  {name}  {}", verdict.remark())?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::Differs(failed, UPDATE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_of_more_than_a_tenth_fails_and_a_fall_does_not() {
        assert_eq!(Verdict::of(Some(40.0), Some(43.9)), Verdict::Holds);
        assert_eq!(Verdict::of(Some(40.0), Some(44.1)), Verdict::Rose);
        assert_eq!(Verdict::of(Some(40.0), Some(30.0)), Verdict::Fell);
        assert!(Verdict::Rose.fails() && !Verdict::Fell.fails());
    }

    #[test]
    fn a_path_that_is_new_or_gone_fails_until_it_is_stored() {
        assert!(Verdict::of(None, Some(1.0)).fails());
        assert!(Verdict::of(Some(1.0), None).fails());
    }

    #[test]
    fn what_is_stored_can_be_read() {
        assert!(stored().is_ok_and(|stored| stored.len() > 20));
    }
}
