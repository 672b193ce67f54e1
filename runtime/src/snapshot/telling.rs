//! Telling what JSON does not, beside it; `told_kinds` has the form, and reads it.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lookup::Found;
use super::told_kinds::{MEMBER, path_of, segment};
use super::{Number, SubTree, Value};
use crate::Kind;

/// JSON that tells kinds; see `told_kinds`.
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
            Value::Family(_) => match kind {
                // Whatever they came of, they are gauges now.
                Kind::Family(Kind::Max | Kind::Min | Kind::Sum(Kind::Gauge)) => {
                    Kind::Family(&Kind::Gauge)
                }
                kind => kind, // and with it that of its members
            },
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
