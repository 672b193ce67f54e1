//! All sources as one tree: the same additions as of snapshots and of aggregates, after what cannot be added was made into what
//! can.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use foldhash::fast::RandomState;

use super::own;
use super::source::Source;
use super::sources::Sources;
use super::tree::{Branch, Leaf, Tree};
use crate::snapshot::{FamilyValue, Snapshot, StateTimeValue, StatesValue, Value};
use crate::{Kind, Merging};

/// The kinds of gauges and texts that are told source by source.
static BY_SOURCE: [Kind; 2] = [Kind::Family(&Kind::Gauge), Kind::Family(&Kind::Text)];

impl Sources {
    /// What all sources come to; and in how many cases two of them had different kinds at one path.
    pub(super) fn united(&self) -> (Snapshot, u64) {
        let mut united = Tree::default();
        let mut conflicts = 0;
        let latest = self.latest();
        for (name, source) in &self.by_name {
            for (place, branch, leaf) in told(&source.tree) {
                let shown = match source.is_there {
                    true => Some(as_one_of_many(leaf, name, |changed, member| {
                        let known = latest.get(&(place, &*leaf.shape.name, member));
                        known == Some(&changed)
                    })),
                    false => only_total(leaf),
                };
                if shown.is_some_and(|leaf| !united.add(place, branch, leaf)) {
                    conflicts += 1;
                }
            }
        }
        let earlier = self.by_name.values().map(|source| &source.earlier);
        for tree in earlier.chain([&self.gone]) {
            for (place, branch, leaf) in told(tree) {
                if !united.add(place, branch, leaf.clone()) {
                    conflicts += 1;
                }
            }
        }
        (united.snapshot(SystemTime::now()), conflicts)
    }

    /// Every source that is heard of by itself, with its own name.
    pub(super) fn side_by_side(&self) -> Snapshot {
        let there = self.by_name.iter().filter(|(_, source)| source.is_there);
        let now = SystemTime::now();
        Snapshot::side_by_side(
            there.map(|(name, source)| (name.to_string(), source.tree.clone().snapshot(now))),
        )
    }

    /// Of levels of which the last one is meant, which message changed one last.
    fn latest(&self) -> Latest<'_> {
        let mut latest: Latest<'_> = HashMap::default();
        for Source { tree, .. } in self.by_name.values().filter(|source| source.is_there) {
            for (place, _, leaf) in tree.iter().filter(|(_, _, leaf)| is_last_meant(leaf)) {
                let mut note = |member, value: &Value, changed: u64| {
                    if !is_no_number(value) {
                        let latest = latest.entry((place, &*leaf.shape.name, member));
                        let latest = latest.or_insert(changed);
                        *latest = changed.max(*latest);
                    }
                };
                match &leaf.value {
                    Value::Family(members) => {
                        let members = members.iter().zip(&leaf.members_changed);
                        members.for_each(|((key, value), at)| note(Some(key), value, *at));
                    }
                    value => note(None, value, leaf.changed),
                }
            }
        }
        latest
    }
}

/// What of a source is shown: what the aggregator says of itself, nobody else says there.
fn told(tree: &Tree) -> impl Iterator<Item = (&str, &Branch, &Leaf)> {
    tree.iter()
        .filter(|(place, _, leaf)| !own::is_ours(place, &leaf.shape.name))
}

/// By place, name, and key of a member.
type Latest<'a> = HashMap<(&'a str, &'a str, Option<&'a str>), u64, RandomState>;

fn is_last_meant(leaf: &Leaf) -> bool {
    match leaf.shape.kind {
        Kind::Gauge => leaf.shape.merging == Some(Merging::Last),
        // In a family there is no room for sources: each member is one source's.
        Kind::Family(Kind::Gauge | Kind::Text | Kind::StateSet) => {
            matches!(
                leaf.shape.merging,
                None | Some(Merging::Last | Merging::PerSource)
            )
        }
        _ => false,
    }
}

/// A gauge that was not set, or set to what is no number, has nothing to say about those of others.
fn is_no_number(value: &Value) -> bool {
    match value {
        Value::Gauge(number) => number.is_none_or(|number| number.as_f64().is_nan()),
        _ => false,
    }
}

/// Gauges that are no numbers are left out of what is made of several.
fn only_numbers(value: &mut Value) {
    match value {
        Value::Gauge(_) if is_no_number(value) => *value = Value::Gauge(None),
        Value::Family(members) if members.iter().any(|(_, member)| is_no_number(member)) => {
            let numbers = members.iter().filter(|(_, member)| !is_no_number(member));
            let numbers: FamilyValue = numbers.map(|(key, member)| (key, member.clone())).collect();
            *value = Value::Family(Arc::new(numbers));
        }
        _ => {}
    }
}

/// What a source that is gone leaves.
fn only_total(leaf: &Leaf) -> Option<Leaf> {
    let value = leaf.total()?;
    let mut left = leaf.clone();
    left.value = value;
    Some(left)
}

/// A stat as it can be added to those of other sources. Which message changed it, or a member, tells whether it is the latest.
fn as_one_of_many(
    leaf: &Leaf,
    source: &Arc<str>,
    is_latest: impl Fn(u64, Option<&str>) -> bool,
) -> Leaf {
    let mut shown = leaf.clone();
    let Leaf { shape, value, .. } = &mut shown;
    if matches!(
        leaf.shape.merging,
        Some(Merging::Sum | Merging::Max | Merging::Min | Merging::Last)
    ) {
        only_numbers(value);
    }
    if let Some(folded) = shape.merging.and_then(|how| how.folded(shape.kind)) {
        shape.kind = folded;
    }
    let by_source = |value: &Value| {
        let members: FamilyValue = [(source, value.clone())].into_iter().collect();
        Value::Family(Arc::new(members))
    };
    match (&*value, shape.kind, leaf.shape.merging) {
        (Value::Gauge(_), Kind::Gauge, Some(Merging::Last)) if !is_latest(leaf.changed, None) => {
            *value = Value::Gauge(None);
        }
        (Value::Gauge(_), Kind::Gauge, None | Some(Merging::PerSource)) => {
            (shape.kind, shape.label) = (BY_SOURCE[0], "source");
            *value = by_source(value);
        }
        (Value::Text(_), Kind::Text, _) => {
            (shape.kind, shape.label) = (BY_SOURCE[1], "source");
            *value = by_source(value);
        }
        (Value::StateSet(current, known), Kind::StateSet, _) => {
            let counts = known.iter().map(|state| (Arc::clone(state), 0));
            let mut counts: Vec<(Arc<str>, u64)> = counts.collect();
            if let Some(current) = current {
                match counts.iter_mut().find(|(state, _)| state == current) {
                    Some((_, count)) => *count = 1,
                    None => counts.push((Arc::clone(current), 1)),
                }
            }
            shape.kind = Kind::CountBy;
            *value = Value::CountBy(Arc::new(StatesValue { counts }));
        }
        // Several are in several states, and none of them is the current one.
        (Value::StateTime(times), ..) => {
            let nanos = times.nanos.clone();
            *value = Value::StateTime(Arc::new(StateTimeValue {
                current: None,
                nanos,
            }));
        }
        (Value::Family(members), ..) if is_last_meant(leaf) => {
            let members = members.iter().zip(&leaf.members_changed);
            let latest = members.filter(|((key, value), changed)| {
                is_latest(**changed, Some(key)) && !is_no_number(value)
            });
            let latest = latest.map(|((key, value), _)| (key, value.clone()));
            *value = Value::Family(Arc::new(latest.collect()));
        }
        _ => {}
    }
    shown
}
