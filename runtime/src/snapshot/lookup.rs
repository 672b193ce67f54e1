//! Look-ups by path: from a path to a place, a stat, or a part of a stat's value.
//!
//! A stat's name may itself hold slashes, and a part lies below a stat as a place lies below a place, so
//! one path can be read in several ways. The stat that accounts for most of the path wins, then a place,
//! then a part: what exists on its own comes before what is inside something.

use super::assembly::path_order;
use super::part::Part;
use super::{
    FamilyValue, HistogramValue, MeterValue, Number, Snapshot, StateTimeValue, StatesValue,
    TimerValue, Value, unescape,
};

/// What a path leads to; places and stats by index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    Place(usize),
    Stat {
        place: usize,
        stat: usize,
    },
    /// Something within a stat's value.
    Within {
        place: usize,
        stat: usize,
        part: Part<'a>,
    },
}

impl Snapshot {
    /// The value of the stat, or of the family's member, at this path.
    pub fn value(&self, path: &str) -> Option<&Value> {
        match self.part(path)? {
            Part::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The count at this path: of a counter, or any count within a value
    /// (`/processor/state/waiting_for_task` of a `CountBy`, `/handler/latency/err` of a timer).
    pub fn counter(&self, path: &str) -> Option<u64> {
        match self.part(path)? {
            Part::Value(value) => value.as_counter(),
            Part::Number(Number::U64(count)) => Some(count),
            _ => None,
        }
    }

    /// The level of the up-down counter at this path.
    pub fn up_down_counter(&self, path: &str) -> Option<i64> {
        self.value(path)?.as_up_down_counter()
    }

    /// The number at this path as a float: of a gauge, `Max` or `Min`, or a statistic within a value
    /// (`/handler/latency/p99`, in seconds). `None` for a gauge that has no number.
    ///
    /// A `Gauge<bool>` gives 1 or 0; a `Gauge<u64>` or `<i64>` is rounded beyond 2^53, which
    /// [`value`](Self::value) does not do.
    pub fn gauge(&self, path: &str) -> Option<f64> {
        match self.part(path)? {
            Part::Value(value) => value.as_gauge().map(Number::as_f64),
            Part::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The string at this path: of a text that was set, or of one entry of an info (`/app/build/version`).
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.part(path)? {
            Part::Value(value) => value.as_text(),
            Part::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The strings of the info at this path, as `(name, text)`.
    pub fn info(&self, path: &str) -> Option<&[(Box<str>, Box<str>)]> {
        self.value(path)?.as_info()
    }

    /// The name of the state that the state set at this path is in; `None` before it was first set.
    pub fn state(&self, path: &str) -> Option<&str> {
        self.value(path)?.as_state()
    }

    /// How many instances are in each state, from the `CountBy` at this path.
    pub fn states(&self, path: &str) -> Option<&StatesValue> {
        self.value(path)?.as_states()
    }

    /// The time in each state, from the state time at this path.
    pub fn state_time(&self, path: &str) -> Option<&StateTimeValue> {
        self.value(path)?.as_state_time()
    }

    /// The histogram at this path.
    pub fn histogram(&self, path: &str) -> Option<&HistogramValue> {
        self.value(path)?.as_histogram()
    }

    /// The timer at this path.
    pub fn timer(&self, path: &str) -> Option<&TimerValue> {
        self.value(path)?.as_timer()
    }

    /// The meter at this path.
    pub fn meter(&self, path: &str) -> Option<MeterValue> {
        self.value(path)?.as_meter()
    }

    /// The family at this path, its members by key.
    pub fn family(&self, path: &str) -> Option<&FamilyValue> {
        self.value(path)?.as_family()
    }

    /// What a path leads to, of all it may lead to.
    pub(super) fn find(&self, path: &str) -> Option<Found<'_>> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let stat = |path| {
            self.locate(path)
                .map(|(place, stat)| Found::Stat { place, stat })
        };
        let place = |path| self.place_index(path).map(Found::Place);
        match path.strip_suffix('/') {
            Some(path) => place(path)
                .or_else(|| stat(path))
                .or_else(|| self.find_within(path)),
            None => stat(path)
                .or_else(|| place(path))
                .or_else(|| self.find_within(path)),
        }
    }

    /// What a path leads to, if that is a value or within one.
    fn part(&self, path: &str) -> Option<Part<'_>> {
        match self.find(path)? {
            Found::Stat { place, stat } => Some(Part::Value(self.entry_at(place, stat)?.value())),
            Found::Within { part, .. } => Some(part),
            Found::Place(_) => None,
        }
    }

    /// The place and the stat of it that are at this path.
    pub(super) fn locate(&self, path: &str) -> Option<(usize, usize)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        splits(path).find_map(|(place, name)| {
            let place = self.place_index(place)?;
            Some((place, self.stat_index(place, name)?))
        })
    }

    /// The place at this path, given without the leading slash.
    fn place_index(&self, path: &str) -> Option<usize> {
        let own = |place: &super::Place| {
            path_order(place.shape.path.strip_prefix('/').unwrap_or(""), path)
        };
        self.places.binary_search_by(own).ok()
    }

    fn stat_index(&self, place: usize, name: &str) -> Option<usize> {
        self.places.get(place)?.shape.stat_index(name)
    }

    fn find_within(&self, path: &str) -> Option<Found<'_>> {
        splits(path).find_map(|(path, parts)| {
            let (place, stat) = self.locate(path)?;
            let part = descend(Part::Value(self.entry_at(place, stat)?.value()), parts)?;
            Some(Found::Within { place, stat, part })
        })
    }
}

/// All ways to part a path at a slash, the longest beginning first, the whole as the end last.
fn splits(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.rmatch_indices('/')
        .map(|(at, _)| (&path[..at], &path[at + 1..]))
        .chain([("", path)])
}

/// Follows parts down by the segments of a path.
fn descend<'a>(part: Part<'a>, segments: &str) -> Option<Part<'a>> {
    segments
        .split('/')
        .try_fold(part, |part, segment| part.get(&unescape(segment)))
}
