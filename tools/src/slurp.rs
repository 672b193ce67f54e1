//! `calipers slurp`: one look.

use std::fmt::Write;
use std::process::ExitCode;

use calipers::Snapshot;
use calipers::report::prometheus;
use calipers::snapshot::humane::printable;

use crate::cli::Slurp;
use crate::labels;
use crate::problem::Problem;
use crate::source::{found, read_all};
use crate::terminal::{bold, has_colours, print};

pub(crate) fn run(asked: &Slurp) -> Result<ExitCode, Problem> {
    let found = found(&asked.sources)?;
    let all_found = found.complain();
    let (mut read, all_read) = read_all(&found.sources)?;
    for (_, snapshot) in &mut read {
        chosen(asked, snapshot)?;
    }
    if asked.merged {
        let totals = found.sources.iter().filter(|source| source.is_totals());
        let totals = totals.filter(|totals| read.iter().any(|(name, _)| *name == totals.name));
        let name = together(read.len(), totals.count());
        read = merged(name, read);
    }
    let text = if asked.json {
        json(&read, asked.merged)?
    } else if asked.prometheus {
        prometheus_text(read)
    } else {
        let colours = has_colours();
        let mut text = String::new();
        for (name, snapshot) in &read {
            if !text.is_empty() {
                text.push('\n');
            }
            // Writing to a string cannot fail.
            let mut source = found.sources.iter().filter(|source| source.name == *name);
            let end = source.next().and_then(|source| source.end);
            let end = end.map_or_else(String::new, |end| format!(" ({end})"));
            let name = format!("==> {}{end}", printable(name));
            let _ = writeln!(text, "{}", bold(&name, colours));
            if asked.labels {
                push_labels(&mut text, snapshot);
            } else {
                let _ = write!(text, "{}", snapshot.root().table().expanded());
            }
        }
        text
    };
    print(text.as_bytes())?;
    Ok(ExitCode::from(u8::from(!(all_found && all_read))))
}

/// Leaves what was asked for.
fn chosen(asked: &Slurp, snapshot: &mut Snapshot) -> Result<(), Problem> {
    if let Some(glob) = &asked.only {
        *snapshot = snapshot
            .filter(glob)
            .map_err(|error| Problem::Usage(error.to_string()))?;
    }
    if let Some(query) = &asked.query {
        *snapshot = snapshot
            .query(query)
            .map_err(|error| Problem::Usage(error.to_string()))?;
    }
    Ok(())
}

/// What so many sources are called, of which some are totals.
fn together(all: usize, totals: usize) -> String {
    let processes = match all - totals.min(all) {
        0 => return "totals".to_owned(),
        1 => "1 process".to_owned(),
        more => format!("{more} processes"),
    };
    match totals {
        0 => processes,
        _ => processes + " and totals",
    }
}

fn merged(name: String, read: Vec<(String, Snapshot)>) -> Vec<(String, Snapshot)> {
    let all = read
        .into_iter()
        .map(|(_, snapshot)| snapshot)
        .reduce(|mut all, next| {
            for conflict in all.merge(&next) {
                crate::problem::complain(&format!(
                    "`{}` is a {} in one process and a {} in another; the first is shown",
                    conflict.path, conflict.kept, conflict.dropped
                ));
            }
            all
        });
    all.map(|all| (name, all)).into_iter().collect()
}

/// One process is its tree, several are an object of trees.
fn json(read: &[(String, Snapshot)], merged: bool) -> Result<String, Problem> {
    let text = match read {
        [(_, only)] if merged => serde_json::to_string_pretty(only),
        read => {
            let by_name: std::collections::BTreeMap<&str, &Snapshot> = read
                .iter()
                .map(|(name, snapshot)| (&**name, snapshot))
                .collect();
            serde_json::to_string_pretty(&by_name)
        }
    };
    text.map(|text| text + "\n")
        .map_err(|error| Problem::said(error.to_string()))
}

/// One exposition: a process's stats as they are, of several each below its name.
fn prometheus_text(read: Vec<(String, Snapshot)>) -> String {
    let whole = match <[_; 1]>::try_from(read) {
        Ok([(_, only)]) => only,
        Err(several) => Snapshot::side_by_side(several),
    };
    prometheus::Exposition::new().text(&whole)
}

fn push_labels(text: &mut String, snapshot: &Snapshot) {
    let fields = labels::of(snapshot);
    let longest = fields
        .iter()
        .map(|field| field.label.chars().count())
        .max()
        .unwrap_or(0);
    for field in fields {
        let label = printable(&field.label);
        let value = printable(&field.value.to_string());
        let _ = writeln!(text, "  {label:longest$} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_no_process() {
        for (all, totals, name) in [
            (1, 0, "1 process"),
            (2, 0, "2 processes"),
            (3, 1, "2 processes and totals"),
            (1, 1, "totals"),
        ] {
            assert_eq!(together(all, totals), name);
        }
    }
}
