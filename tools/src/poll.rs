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
    let fields: Vec<String> = names
        .iter()
        .map(|name| format!("{}{name}", asked.prefix))
        .collect();
    let sources = fitting(found(&asked.sources)?, asked, &fields)?;
    let columns: Vec<usize> = names
        .iter()
        .map(|field| field.chars().count().max(NARROW))
        .collect();
    let mut before: Option<(Row, Instant)> = None;
    let mut rows = 0;
    loop {
        if asked.headers > 0 && rows % asked.headers == 0 {
            print(header(&names, &columns).as_bytes())?;
        }
        let row = Row::read(&sources, &fields);
        let now = Instant::now();
        let since = before
            .as_ref()
            .map(|(row, at)| (row, now.duration_since(*at)));
        print(line(&row, since, asked.rates, &columns).as_bytes())?;
        before = Some((row, now));
        rows += 1;
        if asked.count.is_some_and(|count| rows >= count) {
            return Ok(ExitCode::SUCCESS);
        }
        thread::sleep(Duration::from_secs_f64(asked.delay));
    }
}

/// The processes that have any of the fields, and what the filters want.
fn fitting(sources: Vec<Source>, asked: &Poll, fields: &[String]) -> Result<Vec<Source>, Problem> {
    let mut fitting = Vec::new();
    let mut known = Vec::new();
    for source in sources {
        let labels = match source.read() {
            Ok(snapshot) => labels::of(&snapshot),
            Err(problem) => {
                let _ = problem.end();
                continue;
            }
        };
        let has = |label: &String| labels.iter().any(|field| field.label == *label);
        if fields.iter().any(has) && asked.filter.iter().all(|filter| fits(filter, &labels)) {
            fitting.push(source);
        }
        known.extend(labels.into_iter().map(|field| field.label));
    }
    if !fitting.is_empty() {
        return Ok(fitting);
    }
    let nearest = fields.first().and_then(|field| nearest(field, &known));
    let hint = nearest.map_or_else(String::new, |label| format!("; there is `{label}`"));
    Err(Problem::said(format!(
        "no process has `{}`{hint}",
        fields.join("` or `")
    )))
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

/// What the fields held at one moment, over all processes.
struct Row(Vec<Option<Cell>>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// Goes up, so what came since is of interest.
    Count(u64),
    Level(f64),
}

impl Row {
    fn read(sources: &[Source], fields: &[String]) -> Row {
        let mut cells: Vec<Option<Cell>> = vec![None; fields.len()];
        let wanted: HashMap<&str, usize> = fields
            .iter()
            .enumerate()
            .map(|(at, field)| (&**field, at))
            .collect();
        for source in sources {
            let labels = match source.read() {
                Ok(snapshot) => labels::of(&snapshot),
                Err(problem) => {
                    // It may have ended: the others go on.
                    if let Problem::Said(text) = problem {
                        complain(&text);
                    }
                    continue;
                }
            };
            for field in labels {
                if let Some(cell) = wanted.get(&*field.label).and_then(|&at| cells.get_mut(at)) {
                    *cell = Cell::of(&field)
                        .map(|new| cell.map_or(new, |own| own.and(new)))
                        .or(*cell);
                }
            }
        }
        Row(cells)
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

    /// What is shown of it.
    fn shown(self, before: Option<(Option<Cell>, Duration)>, rates: bool) -> String {
        let Cell::Count(now) = self else {
            return number(self.as_f64());
        };
        let (had, span) = match before {
            Some((Some(Cell::Count(had)), span)) => (had, span),
            // A process that came since counts whole, and a rate needs two rows.
            _ if rates => return "-".to_owned(),
            _ => return now.to_string(),
        };
        // A process that ended takes its counts along; what came is not known then, and never negative.
        let came = now.saturating_sub(had);
        if rates {
            number(came as f64 / span.as_secs_f64().max(f64::MIN_POSITIVE))
        } else {
            came.to_string()
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
    let cells = row
        .0
        .iter()
        .zip(columns)
        .enumerate()
        .map(|(at, (cell, width))| {
            let had = before.map(|(row, span)| (row.0.get(at).copied().flatten(), span));
            let shown = cell.map_or_else(|| "-".to_owned(), |cell| cell.shown(had, rates));
            format!("{shown:>width$}")
        });
    cells.collect::<Vec<_>>().join("  ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(4);

    #[test]
    fn counts_are_shown_as_what_came_and_levels_as_they_are() {
        let before = Some((Some(Cell::Count(40)), SECONDS));
        assert_eq!(Cell::Count(42).shown(before, false), "2");
        assert_eq!(Cell::Count(42).shown(before, true), "0.5000");
        assert_eq!(Cell::Count(42).shown(None, false), "42");
        assert_eq!(Cell::Count(42).shown(None, true), "-");
        assert_eq!(
            Cell::Count(1).shown(before, false),
            "0",
            "a process that ended"
        );
        assert_eq!(Cell::Level(-0.25).shown(before, true), "-0.2500");
        assert_eq!(Cell::Level(3.0).shown(before, false), "3");
    }

    #[test]
    fn columns_stand_below_their_names() {
        let fields = ["done".to_owned(), "a.longer.name".to_owned()];
        let columns = [9, 13];
        let row = Row(vec![Some(Cell::Count(7)), None]);
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
