//! `calipers poll`: columns of what is added from moment to moment.

use std::collections::HashMap;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use calipers::mapped::mmstats::{Field, FieldValue};

use crate::cli::Poll;
use crate::labels;
use crate::problem::{Problem, complain};
use crate::source::{Source, found};
use crate::terminal::{bold, has_colours, print};

/// The narrowest column.
const NARROW: usize = 9;

pub(crate) fn run(asked: &Poll) -> Result<ExitCode, Problem> {
    let names: Vec<String> = asked.fields.split(',').map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        let wrong = format!("`{}` has a field without a name", asked.fields);
        return Err(Problem::Usage(wrong));
    }
    let fields: Vec<String> = names
        .iter()
        .map(|name| format!("{}{name}", asked.prefix))
        .collect();
    let mut found = found(&asked.sources)?;
    let all = found.complain();
    let columns: Vec<usize> = names
        .iter()
        .map(|field| field.chars().count().max(NARROW))
        .collect();
    let mut before: Option<(Row, Instant)> = None;
    let mut rows = 0;
    loop {
        let row = Row::read(&found.sources, asked, &fields);
        if rows == 0 && row.processes.is_empty() {
            return Err(row.nobody(asked, &fields));
        }
        if asked.headers > 0 && rows % asked.headers == 0 {
            print(header(&names, &columns).as_bytes())?;
        }
        let now = Instant::now();
        let since = before
            .as_ref()
            .map(|(row, at)| (row, now.duration_since(*at)));
        print(line(&row, since, asked.rates, &columns).as_bytes())?;
        before = Some((row, now));
        rows += 1;
        if asked.count.is_some_and(|count| rows >= count) {
            return Ok(ExitCode::from(u8::from(!all)));
        }
        thread::sleep(Duration::from_secs_f64(asked.delay));
        found.again(&asked.sources);
    }
}

fn fits(filter: &str, labels: &[Field]) -> bool {
    match filter.split_once('=') {
        Some((label, value)) => labels
            .iter()
            .any(|field| field.label == label && field.value.to_string() == value),
        None => labels.iter().any(|field| field.label.starts_with(filter)),
    }
}

/// A label that holds what was asked for, the shortest of them.
fn nearest<'l>(field: &str, known: &'l [String]) -> Option<&'l String> {
    let last = field.rsplit('.').next().unwrap_or(field);
    known
        .iter()
        .filter(|label| label.contains(last))
        .min_by_key(|label| label.len())
}

/// What the fields held at one moment.
#[derive(Default)]
struct Row {
    /// By process: of those that have any of the fields, and what the filters want.
    processes: HashMap<String, Vec<Option<Cell>>>,
    /// What the others have.
    other: Vec<String>,
    /// Whether one of them has a field, and not what the filters want.
    is_filtered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// Goes up, so what came since is of interest.
    Count(u64),
    Level(f64),
}

impl Row {
    fn read(sources: &[Source], asked: &Poll, fields: &[String]) -> Row {
        let mut row = Row::default();
        for source in sources {
            let labels = match source.read() {
                Ok(look) => labels::beside(source, &look.snapshot),
                Err(problem) => {
                    // It may have ended: the others go on.
                    if let Problem::Said(text) = problem {
                        complain(&text);
                    }
                    continue;
                }
            };
            let cells: Vec<Option<Cell>> = fields
                .iter()
                .map(|field| Cell::of(labels.iter().find(|own| own.label == *field)?))
                .collect();
            let has = cells.iter().any(Option::is_some);
            let fits = asked.filter.iter().all(|filter| fits(filter, &labels));
            if has && fits {
                row.processes.insert(source.key(), cells);
            } else {
                row.is_filtered |= has;
                row.other
                    .extend(labels.into_iter().map(|field| field.label));
            }
        }
        row
    }

    /// Why there is nothing to show.
    fn nobody(&self, asked: &Poll, fields: &[String]) -> Problem {
        let fields_named = fields.join("` or `");
        if self.is_filtered {
            let filters = asked.filter.join("` and `");
            return Problem::said(format!(
                "no process that has `{fields_named}` fits `{filters}`"
            ));
        }
        let nearest = fields.first().and_then(|field| nearest(field, &self.other));
        let hint = nearest.map_or_else(String::new, |label| format!("; there is `{label}`"));
        Problem::said(format!("no process has `{fields_named}`{hint}"))
    }

    /// One column, over all processes.
    fn shown(&self, at: usize, before: Option<(&Row, Duration)>, rates: bool) -> String {
        let (mut all, mut came, mut rated) = (None::<Cell>, 0_u64, false);
        for (process, cells) in &self.processes {
            let Some(cell) = cells.get(at).copied().flatten() else {
                continue;
            };
            all = Some(all.map_or(cell, |all| all.and(cell)));
            let Cell::Count(now) = cell else { continue };
            let had = before.and_then(|(row, _)| row.processes.get(process)?.get(at).copied()?);
            match had {
                // Of a process that began anew what came is not known, and never negative.
                Some(Cell::Count(had)) => {
                    came = came.saturating_add(now.saturating_sub(had));
                    rated = true;
                }
                // One that came since counts whole, but a rate needs two rows.
                _ if !rates => came = came.saturating_add(now),
                _ => {}
            }
        }
        match (all, before) {
            (None, _) => "-".to_owned(),
            (Some(Cell::Level(level)), _) => number(level),
            (Some(Cell::Count(_)), _) if !rates => came.to_string(),
            (Some(Cell::Count(_)), Some((_, span))) if rated => {
                number(came as f64 / span.as_secs_f64().max(f64::MIN_POSITIVE))
            }
            _ => "-".to_owned(),
        }
    }
}

impl Cell {
    fn of(field: &Field) -> Option<Cell> {
        match field.value {
            FieldValue::Unsigned(count) if field.is_count() => Some(Cell::Count(count)),
            _ => field.value.as_f64().map(Cell::Level),
        }
    }

    fn and(self, other: Cell) -> Cell {
        match (self, other) {
            (Cell::Count(a), Cell::Count(b)) => Cell::Count(a.saturating_add(b)),
            (a, b) => Cell::Level(a.as_f64() + b.as_f64()),
        }
    }

    fn as_f64(self) -> f64 {
        match self {
            Cell::Count(x) => x as f64,
            Cell::Level(x) => x,
        }
    }
}

/// Few digits, and none that say nothing.
fn number(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 {
        return format!("{x:.0}");
    }
    match x.abs() {
        0.0..0.001 => format!("{x:.2e}"),
        0.001..1.0 => format!("{x:.4}"),
        1.0..1000.0 => format!("{x:.2}"),
        1000.0..1e15 => format!("{x:.0}"),
        _ => format!("{x:.3e}"),
    }
}

fn header(fields: &[String], columns: &[usize]) -> String {
    let cells = fields
        .iter()
        .zip(columns)
        .map(|(field, width)| format!("{field:>width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    bold(&line, has_colours()) + "\n"
}

fn line(row: &Row, before: Option<(&Row, Duration)>, rates: bool, columns: &[usize]) -> String {
    let cells = columns.iter().enumerate().map(|(at, width)| {
        let shown = row.shown(at, before, rates);
        format!("{shown:>width$}")
    });
    cells.collect::<Vec<_>>().join("  ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(4);

    fn row(processes: &[(&str, Cell)]) -> Row {
        let processes = processes.iter();
        Row {
            processes: processes
                .map(|(name, cell)| ((*name).to_owned(), vec![Some(*cell)]))
                .collect(),
            ..Row::default()
        }
    }

    #[test]
    fn counts_are_shown_as_what_came_and_levels_as_they_are() {
        let had = row(&[("a", Cell::Count(40))]);
        let before = Some((&had, SECONDS));
        let now = row(&[("a", Cell::Count(42))]);
        assert_eq!(now.shown(0, before, false), "2");
        assert_eq!(now.shown(0, before, true), "0.5000");
        assert_eq!(now.shown(0, None, false), "42");
        assert_eq!(now.shown(0, None, true), "-");
        let anew = row(&[("a", Cell::Count(1))]);
        assert_eq!(
            anew.shown(0, before, false),
            "0",
            "a process that began anew"
        );
        let level = row(&[("a", Cell::Level(-0.25))]);
        assert_eq!(level.shown(0, before, true), "-0.2500");
        assert_eq!(row(&[]).shown(0, before, false), "-", "nobody has it now");
    }

    #[test]
    fn processes_that_come_and_go_leave_the_others_their_counts() {
        let had = row(&[("a", Cell::Count(1_000)), ("b", Cell::Count(5))]);
        let before = Some((&had, SECONDS));
        let now = row(&[("b", Cell::Count(9)), ("c", Cell::Count(30))]);
        assert_eq!(now.shown(0, before, false), "34", "c counts whole");
        assert_eq!(now.shown(0, before, true), "1", "a rate needs two rows");
        assert_eq!(row(&[("c", Cell::Count(30))]).shown(0, before, true), "-");
    }

    #[test]
    fn columns_stand_below_their_names() {
        let fields = ["done".to_owned(), "a.longer.name".to_owned()];
        let columns = [9, 13];
        let row = row(&[("a", Cell::Count(7))]);
        assert_eq!(header(&fields, &columns), "     done  a.longer.name\n");
        assert_eq!(
            line(&row, None, false, &columns),
            "        7              -\n"
        );
    }

    #[test]
    fn a_label_that_is_near_is_named() {
        let known = ["app.handler.requests".to_owned(), "app.requests".to_owned()];
        assert_eq!(nearest("web.requests", &known), Some(&known[1]));
        assert_eq!(nearest("x", &[]), None);
    }
}
