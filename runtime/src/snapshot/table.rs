//! A snapshot as a table for people at a terminal.
//!
//! One heading per place, one line per stat, columns aligned over the whole table, numbers in the units people
//! use. What is recorded from outside (texts, family keys) has its control characters escaped, so a request
//! path cannot drive somebody's terminal.

use std::fmt;

use super::humane::{count_in, duration, gauge, grouped, level_in, printable, quantity, rate};
use super::{
    Distribution, Entry, Outcomes, Rates, Snapshot, StateTimeValue, StatesValue, SubTree, Value,
};

/// A table of a snapshot, or of part of one, to be printed.
///
/// A collapsed place is one line, a family shows its first 20 members and how many more there are;
/// [`expanded`](Self::expanded) shows everything. [`Snapshot`] and [`SubTree`] print the same through
/// `Display`.
///
/// ```
/// let registry = calipers::Registry::new();
/// registry.counter("handler.requests")?.add(12_345);
/// let table = registry.snapshot().at("/handler").unwrap().to_string();
/// assert_eq!(table, "/handler\n  requests  12,345\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    tree: SubTree<'a>,
    members: usize,
    open: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(tree: SubTree<'a>) -> Self {
        Table {
            tree,
            members: 20,
            open: false,
        }
    }

    /// With all members of families, and collapsed places open.
    #[must_use]
    pub fn expanded(self) -> Self {
        Table {
            members: usize::MAX,
            open: true,
            ..self
        }
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add_tree(self.tree, true, &mut rows);
        rows
    }

    fn add_tree(&self, tree: SubTree<'_>, top: bool, rows: &mut Vec<Row>) {
        let heading = if tree.path().is_empty() {
            "/"
        } else {
            tree.path()
        };
        if tree.is_collapsed() && !self.open && !top {
            rows.push(Row::Heading(format!(
                "{heading}  ({} stats, collapsed)",
                tree.all_stats().count()
            )));
            return;
        }
        let mut stats = tree.stats().peekable();
        if stats.peek().is_some() {
            rows.push(Row::Heading(heading.to_owned()));
        }
        for entry in stats {
            self.add_stat(entry, rows);
        }
        for child in tree.children() {
            self.add_tree(child, false, rows);
        }
    }

    fn add_stat(&self, entry: Entry<'_>, rows: &mut Vec<Row>) {
        self.add_value(
            Name {
                indent: 1,
                text: printable(entry.name()),
            },
            entry.unit(),
            entry.value(),
            rows,
        );
    }

    fn add_value(&self, name: Name, unit: &str, value: &Value, rows: &mut Vec<Row>) {
        let below = name.indent + 1;
        let row = match value {
            Value::Counter(count) => Row::number(name, count_in(*count, unit)),
            Value::UpDownCounter(level) => Row::number(name, level_in(*level, unit)),
            Value::Gauge(number) => Row::number(
                name,
                number.map_or_else(|| "-".to_owned(), |x| gauge(x, unit)),
            ),
            Value::Text(text) => Row::text(name, text.as_deref()),
            Value::StateSet(current, _) => Row::text(name, current.as_deref()),
            Value::Meter(meter) => Row::Number {
                name,
                value: grouped(meter.count),
                cells: rate_cell(meter.rates),
                remark: String::new(),
            },
            Value::Histogram(histogram) => {
                let cells = cells(histogram.rates, &histogram.lifetime, |x| quantity(x, unit));
                let remark = remarks(&[(histogram.refused, "refused")]);
                Row::Number {
                    name,
                    value: grouped(histogram.lifetime.count()),
                    cells,
                    remark,
                }
            }
            Value::Timer(timer) => {
                let cells = cells(timer.rates, &timer.lifetime, |nanos| duration(nanos / 1e9));
                let Outcomes {
                    err,
                    panicked,
                    cancelled,
                    ..
                } = timer.outcomes;
                let remark = remarks(&[
                    (err, "err"),
                    (panicked, "panicked"),
                    (cancelled, "cancelled"),
                    (timer.in_flight, "in flight"),
                ]);
                Row::Number {
                    name,
                    value: grouped(timer.lifetime.count()),
                    cells,
                    remark,
                }
            }
            Value::Family(family) => {
                rows.push(Row::Name(name));
                for (key, member) in family.iter().take(self.members) {
                    self.add_value(
                        Name {
                            indent: below,
                            text: printable(key),
                        },
                        unit,
                        member,
                        rows,
                    );
                }
                let more = family.len().saturating_sub(self.members);
                if more > 0 {
                    rows.push(Row::Name(Name {
                        indent: below,
                        text: format!("… {} more", grouped(more as u64)),
                    }));
                }
                return;
            }
            Value::CountBy(states) => return add_states(name, states, rows),
            Value::StateTime(times) => return add_times(name, times, rows),
            Value::Info(entries) => {
                rows.push(Row::Name(name));
                let entry = |(key, text): &(Box<str>, Box<str>)| {
                    Row::text(
                        Name {
                            indent: below,
                            text: printable(key),
                        },
                        Some(text),
                    )
                };
                rows.extend(entries.iter().map(entry));
                return;
            }
        };
        rows.push(row);
    }
}

fn add_states(name: Name, states: &StatesValue, rows: &mut Vec<Row>) {
    let indent = name.indent + 1;
    rows.push(Row::Name(name));
    for (state, count) in states.iter() {
        rows.push(Row::number(
            Name {
                indent,
                text: printable(state),
            },
            grouped(count),
        ));
    }
}

fn add_times(name: Name, times: &StateTimeValue, rows: &mut Vec<Row>) {
    let indent = name.indent + 1;
    rows.push(Row::text(name, times.current()));
    for (state, time) in times.iter() {
        rows.push(Row::number(
            Name {
                indent,
                text: printable(state),
            },
            duration(time.as_secs_f64()),
        ));
    }
}

/// Rate, p50, p99 and max: the columns that distributions share.
const LABELS: [&str; 4] = ["", "p50 ", "p99 ", "max "];
type Cells = [String; LABELS.len()];

struct Name {
    indent: usize,
    text: String,
}

impl Name {
    fn width(&self) -> usize {
        2 * self.indent + width(&self.text)
    }
}

enum Row {
    /// A place.
    Heading(String),
    /// What has its parts in the rows that follow.
    Name(Name),
    Text {
        name: Name,
        text: String,
    },
    Number {
        name: Name,
        value: String,
        cells: Cells,
        remark: String,
    },
}

impl Row {
    fn number(name: Name, value: String) -> Row {
        Row::Number {
            name,
            value,
            cells: Cells::default(),
            remark: String::new(),
        }
    }

    fn text(name: Name, text: Option<&str>) -> Row {
        Row::Text {
            name,
            text: text.map_or_else(|| "-".to_owned(), printable),
        }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        // One name of a thousand characters must not push everything else off the screen.
        let mut name_width = 0;
        let mut value_width = 0;
        let mut cell_widths = [0; LABELS.len()];
        for row in &rows {
            match row {
                Row::Number {
                    name, value, cells, ..
                } => {
                    name_width = name_width.max(name.width().min(48));
                    value_width = value_width.max(width(value));
                    for (widest, cell) in cell_widths.iter_mut().zip(cells) {
                        *widest = (*widest).max(width(cell));
                    }
                }
                Row::Text { name, .. } => name_width = name_width.max(name.width().min(48)),
                Row::Heading(_) | Row::Name(_) => {}
            }
        }
        for row in &rows {
            let mut line = String::new();
            match row {
                Row::Heading(path) => line.push_str(path),
                Row::Name(name) => push_name(&mut line, name, 0),
                Row::Text { name, text } => {
                    push_name(&mut line, name, name_width);
                    line.push_str("  ");
                    line.push_str(text);
                }
                Row::Number {
                    name,
                    value,
                    cells,
                    remark,
                } => {
                    push_name(&mut line, name, name_width);
                    line.push_str("  ");
                    push_right(&mut line, value, value_width);
                    for ((label, cell), widest) in LABELS.iter().zip(cells).zip(cell_widths) {
                        if widest > 0 {
                            line.push_str("  ");
                            push_right(
                                &mut line,
                                if cell.is_empty() { "" } else { label },
                                label.len(),
                            );
                            push_right(&mut line, cell, widest);
                        }
                    }
                    line.push_str("  ");
                    line.push_str(remark);
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for SubTree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table().fmt(f)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

fn rate_cell(rates: Rates) -> Cells {
    [rate(rates.m1), String::new(), String::new(), String::new()]
}

fn cells(rates: Rates, distribution: &Distribution, show: impl Fn(f64) -> String) -> Cells {
    let statistic = |x: Option<f64>| x.map_or_else(String::new, &show);
    [
        rate(rates.m1),
        statistic(distribution.p50()),
        statistic(distribution.p99()),
        statistic(distribution.max()),
    ]
}

/// Those of the counts that are not zero.
fn remarks(counts: &[(u64, &str)]) -> String {
    let seen = counts.iter().filter(|(count, _)| *count > 0);
    seen.map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn push_name(line: &mut String, name: &Name, widest: usize) {
    line.extend(std::iter::repeat_n(' ', 2 * name.indent));
    line.push_str(&name.text);
    line.extend(std::iter::repeat_n(
        ' ',
        widest.saturating_sub(name.width()),
    ));
}

fn push_right(line: &mut String, text: &str, widest: usize) {
    line.extend(std::iter::repeat_n(' ', widest.saturating_sub(width(text))));
    line.push_str(text);
}
