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
use std::collections::{BTreeMap, HashMap};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lookup::Found;
use super::{Number, SubTree, Value, escape, kinds, unescape};
use crate::Kind;

/// The name of the member.
pub(super) const MEMBER: &str = "/";

/// JSON that tells kinds; see the module.
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "nobody asks"))]
pub(crate) struct WithKinds<'a>(pub(crate) SubTree<'a>);

impl Serialize for WithKinds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tree = self.0;
        if !matches!(tree.at, Found::Place(_)) {
            return tree.serialize(serializer); // by itself, whoever asks for it knows what it is
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(MEMBER, &Telling::of(tree))?;
        tree.serialize_members(&mut map)?;
        map.end()
    }
}

/// What is told of a tree: paths by kind.
#[derive(Default)]
struct Telling(BTreeMap<String, Vec<String>>);

impl Telling {
    fn of(tree: SubTree<'_>) -> Telling {
        let mut telling = Telling::default();
        let above = tree.path().len();
        for entry in tree.all_stats() {
            let place = entry.place().get(above..).unwrap_or_default();
            let segments = place.split('/').filter(|segment| !segment.is_empty());
            let path = path_of(segments.chain([entry.name()]));
            telling.tell(path, entry.kind().folded(), entry.value());
        }
        telling
    }

    fn tell(&mut self, path: String, kind: Kind, value: &Value) {
        let kind = match value {
            Value::Gauge(Some(Number::U64(_) | Number::I64(0..))) => Kind::Gauge,
            Value::UpDownCounter(_) => Kind::UpDownCounter,
            Value::Family(_) => kind, // and with it that of its members
            Value::CountBy(states) => {
                let states = states.iter();
                let states = states.map(|(state, _)| format!("{path}/{}", segment(state)));
                let gauges = self.0.entry(Kind::Gauge.to_string());
                return gauges.or_default().extend(states);
            }
            _ => return,
        };
        self.0.entry(kind.to_string()).or_default().push(path);
    }
}

impl Serialize for Telling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn path_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
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
