//! Snapshots through serde: the shape is the tree itself.
//!
//! A place is an object of its stats, then of the places below it, each sorted by name; a value is what its
//! `part`s are. A stat and a place of the same name both stay visible: the place then has a `/` after its
//! name, which no name can hold, and which is also how its path is told from the stat's.
//!
//! Numbers that JSON cannot hold (NaN, infinities) are null, so one bad gauge spoils nothing; counts
//! stay integers over their whole range.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lookup::Found;
use super::part::Part;
use super::{Distribution, Number, Snapshot, SubTree, Value};

/// ```
/// let registry = calipers::Registry::new();
/// registry.counter("handler.requests")?.add(3);
/// let json = serde_json::to_string(&registry.snapshot())?;
/// assert!(json.contains(r#""handler":{"requests":3}"#), "{json}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

impl Serialize for SubTree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.at {
            Found::Within { part, .. } => return part.serialize(serializer),
            Found::Stat { .. } => return self.value().serialize(serializer),
            Found::Place(_) => {}
        }
        let members = self.stats().count() + self.children().count();
        let mut map = serializer.serialize_map(Some(members))?;
        self.serialize_members(&mut map)?;
        map.end()
    }
}

impl SubTree<'_> {
    /// Writes the stats of a place, and the places below it.
    pub(super) fn serialize_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for stat in self.stats() {
            map.serialize_entry(stat.name(), stat.value())?;
        }
        for child in self.children() {
            let name = child.name();
            if self
                .place()
                .is_some_and(|place| place.shape.stat_index(name).is_some())
            {
                map.serialize_entry(&format_args!("{name}/"), &child)?;
            } else {
                map.serialize_entry(name, &child)?;
            }
        }
        Ok(())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part::Value(self).serialize(serializer)
    }
}

/// Its statistics, in the unit of what was recorded.
impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part::Distribution { of: self, per: 1.0 }.serialize(serializer)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Number::F64(x) if x.is_finite() => serializer.serialize_f64(x),
            Number::F64(_) => serializer.serialize_none(),
            Number::I64(x) => serializer.serialize_i64(x),
            Number::U64(x) => serializer.serialize_u64(x),
            Number::Bool(x) => serializer.serialize_bool(x),
        }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(names) = self.fixed_names() {
            let mut map = serializer.serialize_map(Some(names.clone().count()))?;
            for name in names {
                map.serialize_entry(name, &self.get(name).unwrap_or(Part::Nothing))?;
            }
            return map.end();
        }
        match self.plain() {
            Part::Number(number) => number.serialize(serializer),
            Part::Text(text) => serializer.serialize_str(text),
            Part::Value(Value::Family(family)) => serializer.collect_map(family.iter()),
            Part::Value(Value::CountBy(states)) => serializer.collect_map(states.iter()),
            Part::Value(Value::Info(entries)) => {
                serializer.collect_map(entries.iter().map(|(name, text)| (name, text)))
            }
            Part::Times(times) => {
                serializer.collect_map(times.iter().map(|(state, _)| (state, self.get(state))))
            }
            // The kinds above are all that have parts of their own; every other is plain.
            Part::Nothing | Part::Value(_) | Part::Distribution { .. } => {
                serializer.serialize_none()
            }
        }
    }
}
