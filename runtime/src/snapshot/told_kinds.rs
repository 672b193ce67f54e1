//! What JSON does not tell, told beside it.
//!
//! In JSON a gauge of a whole number, a level and a counter look the same, and a family looks like a place. People know
//! which is which; a program that subtracts or adds them has to be told. Whoever asks for it gets one more member in the
//! object: `/`, which no name can be, with the paths of what would be taken for something else, by kind:
//!
//! ```json
//! {"/": {"gauge": ["/queue/depth"], "up_down_counter": ["/open"]}, "open": 3, "queue": {"depth": 17}}
//! ```

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Number, Value, escape, kinds, unescape};
use crate::Kind;

/// The name of the member.
pub(super) const MEMBER: &str = "/";

pub(super) fn path_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut path = String::new();
    for name in names {
        path.push('/');
        path.push_str(&segment(name));
    }
    path
}

/// A name as a segment of a path. Places are written as the segments they are, and keys of families as they read.
pub(super) fn segment(name: &str) -> Cow<'_, str> {
    if unescape(name) == name {
        escape(name)
    } else {
        Cow::Borrowed(name)
    }
}

/// What was told, by path.
#[derive(Default)]
pub(super) struct Told(HashMap<String, Kind>);

impl Told {
    /// Notes that what stands at these paths is of a kind; nothing of one that is not known.
    pub(super) fn note(&mut self, kind: &str, paths: impl Iterator<Item = String>) {
        if let Some(kind @ (Kind::Gauge | Kind::UpDownCounter | Kind::Family(_))) =
            kinds::named(kind)
        {
            self.0.extend(paths.map(|path| (path, kind)));
        }
    }

    /// The path that these names lead to; none where nothing is told.
    pub(super) fn path<'n>(&self, names: impl Iterator<Item = &'n str>) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        path_of(names)
    }

    pub(super) fn kind(&self, path: &str) -> Option<Kind> {
        self.0.get(path).copied()
    }
}

/// What a number is, of which this kind was told, if any.
pub(super) fn number(told: Option<Kind>, number: Number) -> (Kind, Value) {
    match (told, number) {
        (Some(Kind::UpDownCounter), Number::U64(n)) => (
            Kind::UpDownCounter,
            Value::UpDownCounter(i64::try_from(n).unwrap_or(i64::MAX)),
        ),
        (Some(Kind::UpDownCounter), Number::I64(n)) => {
            (Kind::UpDownCounter, Value::UpDownCounter(n))
        }
        (Some(Kind::Gauge), number) => (Kind::Gauge, Value::Gauge(Some(number))),
        (_, Number::U64(count)) => (Kind::Counter, Value::Counter(count)),
        (_, number) => (Kind::Gauge, Value::Gauge(Some(number))),
    }
}
