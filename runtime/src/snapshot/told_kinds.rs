//! Kinds that JSON does not tell, told beside it.
//!
//! In JSON a gauge of a whole number, a level and a counter look the same. People know which is which; a program that
//! subtracts or adds them has to be told. Whoever asks for it gets one more member in the object: `/`, which no name can
//! be, with the paths of those that are no counters, by kind:
//!
//! ```json
//! {"/": {"gauge": ["/queue/depth"], "up_down_counter": ["/open"]}, "open": 3, "queue": {"depth": 17}}
//! ```

#![cfg_attr(
    not(feature = "http"),
    allow(dead_code, reason = "nobody asks for it, but it may be read")
)]

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lookup::Found;
use super::{Number, SubTree, Value, escape, unescape};
use crate::Kind;

/// The name of the member.
pub(super) const MEMBER: &str = "/";

const GAUGE: &str = "gauge";
const LEVEL: &str = "up_down_counter";

/// JSON that tells kinds; see the module.
pub(crate) struct WithKinds<'a>(pub(crate) SubTree<'a>);

impl Serialize for WithKinds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tree = self.0;
        if !matches!(tree.at, Found::Place(_)) {
            return tree.serialize(serializer); // by itself, whoever asks for it knows what it is
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(MEMBER, &told(tree))?;
        tree.serialize_members(&mut map)?;
        map.end()
    }
}

fn told(tree: SubTree<'_>) -> HashMap<&'static str, Vec<String>> {
    let mut told = HashMap::new();
    let above = tree.path().len();
    for entry in tree.all_stats() {
        let mut path = String::new();
        let place = entry.place().get(above..).unwrap_or_default();
        let segments = place.split('/').filter(|segment| !segment.is_empty());
        for name in segments.chain([entry.name()]) {
            push(&mut path, name);
        }
        tell(&mut path, entry.value(), &mut told);
    }
    told
}

fn tell(path: &mut String, value: &Value, told: &mut HashMap<&'static str, Vec<String>>) {
    let mut below = |name: &str, value: &Value, told: &mut _| {
        let end = path.len();
        push(path, name);
        tell(path, value, told);
        path.truncate(end);
    };
    let kind = match value {
        Value::Gauge(Some(Number::U64(_) | Number::I64(0..))) => GAUGE,
        Value::UpDownCounter(_) => LEVEL,
        Value::Family(family) => {
            return family
                .iter()
                .for_each(|(key, member)| below(key, member, told));
        }
        Value::CountBy(states) => {
            let gauge = |count| Value::Gauge(Some(Number::U64(count)));
            let states = states.iter();
            return states.for_each(|(state, count)| below(state, &gauge(count), told));
        }
        _ => return,
    };
    told.entry(kind).or_default().push(path.clone());
}

fn push(path: &mut String, name: &str) {
    path.push('/');
    path.push_str(&segment(name));
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
        let kind = match kind {
            GAUGE => Kind::Gauge,
            LEVEL => Kind::UpDownCounter,
            _ => return,
        };
        self.0.extend(paths.map(|path| (path, kind)));
    }

    /// What a number is that stands at the end of these names.
    pub(super) fn read<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        number: Number,
    ) -> (Kind, Value) {
        let told = || {
            let mut path = String::new();
            names.for_each(|name| push(&mut path, name));
            self.0.get(&path)
        };
        let told = if self.0.is_empty() { None } else { told() };
        match (told, number) {
            (Some(Kind::UpDownCounter), Number::U64(n)) => (
                Kind::UpDownCounter,
                Value::UpDownCounter(i64::try_from(n).unwrap_or(i64::MAX)),
            ),
            (Some(Kind::UpDownCounter), Number::I64(n)) => {
                (Kind::UpDownCounter, Value::UpDownCounter(n))
            }
            (None, Number::U64(count)) => (Kind::Counter, Value::Counter(count)),
            (_, number) => (Kind::Gauge, Value::Gauge(Some(number))),
        }
    }
}
