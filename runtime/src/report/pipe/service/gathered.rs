//! What the processes of a host say together.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::line::Line;

/// What stood in the pipes of a folder: sums of what adds up, and what does not, process by process.
///
/// As JSON it has the shape that the older service had, `{"stats": {…}, "timestamp": …}`, and beside it `levels` and `pipes`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gathered {
    /// Sums over all processes, by name.
    pub stats: BTreeMap<String, Number>,
    /// What must not be added (gauges, percentiles, means), by name and process.
    pub levels: BTreeMap<String, BTreeMap<u32, Number>>,
    /// When it was read, in seconds since 1970.
    pub timestamp: f64,
    /// What became of the pipes.
    pub pipes: Pipes,
}

/// What became of a folder's files and their lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pipes {
    /// Read to the end.
    pub read: u64,
    /// Did not come to an end in time. Nothing of them counts, and they are left as they are.
    pub late: u64,
    /// Said more than 16 MiB. Nothing of them counts.
    pub too_long: u64,
    /// How often somebody else, such as `cat`, took a part of what a pipe said, which was then read again. Told by the
    /// last line of [`Pipe`](crate::report::Pipe), which the pipes of the older statvent do not have.
    pub torn: u64,
    /// Could not be opened.
    pub failed: u64,
    /// Files that are no process's pipe: not opened.
    pub foreign: u64,
    /// Lines that are none.
    pub malformed: u64,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Without a point.
    Whole(i128),
    /// With one.
    Float(f64),
}

impl Number {
    pub(super) fn parse(text: &str) -> Option<Number> {
        if let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        let float = text.parse().ok().filter(|float: &f64| float.is_finite());
        float.map(Number::Float)
    }

    fn and(self, other: Number) -> Number {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Number::Whole(a.saturating_add(b)),
            (a, b) => Number::Float(a.as_f64() + b.as_f64()),
        }
    }

    /// The number as a float; whole numbers beyond 2^53 are rounded.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Float(float) => float,
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Number::Whole(whole) => match (u64::try_from(whole), i64::try_from(whole)) {
                (Ok(whole), _) => serializer.serialize_u64(whole),
                (_, Ok(whole)) => serializer.serialize_i64(whole),
                _ => serializer.serialize_i128(whole),
            },
            Number::Float(float) => serializer.serialize_f64(float),
        }
    }
}

impl Gathered {
    /// Whether all that the pipes said is in it.
    pub fn is_complete(&self) -> bool {
        let Pipes {
            late,
            too_long,
            failed,
            ..
        } = self.pipes;
        late + too_long + failed == 0
    }

    pub(super) fn add(&mut self, pid: u32, line: &Line<'_>) {
        if line.adds {
            match self.stats.get_mut(line.name) {
                Some(sum) => *sum = sum.and(line.number),
                None => {
                    self.stats.insert(line.name.to_owned(), line.number);
                }
            }
        } else {
            let by_process = self.levels.entry(line.name.to_owned()).or_default();
            by_process.insert(pid, line.number);
        }
    }
}
