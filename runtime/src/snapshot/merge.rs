//! Addition: folding values of one stat, and whole snapshots of several processes, into one.
//!
//! The same additions serve a `Sum` over descendants and the merge of snapshots, so a total over
//! processes is what a total over instances would have been.

use std::sync::Arc;

use super::assembly::{Assembly, path_order};
use super::keyed::{FamilyValue, StateTimeValue, StatesValue};
use super::timer::{HistogramValue, TimerValue};
use super::{Number, Place, PlaceShape, Rates, Snapshot, StatShape, Value};
use crate::Kind;

/// A path at which two merged snapshots hold stats of different kinds; the one merged into kept its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeConflict {
    /// The path of the stat.
    pub path: String,
    /// The kind that was kept.
    pub kept: Kind,
    /// The kind of the other snapshot's stat, which is not in the result.
    pub dropped: Kind,
}

impl Snapshot {
    /// Adds another process's snapshot to this one, and says at which paths that was not possible.
    ///
    /// Counters, up-down counters, meters and their rates, distributions, outcomes, in-flight, refused values, time
    /// by state and instances by state are added; families key by key; `Max` and `Min` keep the larger and the
    /// smaller, and so do gauges that declare here to be [merged](crate::Merging) so; those that declare a sum are added.
    /// What cannot be added without inventing a meaning (other gauges, texts, infos, the current state) stays as it is
    /// here and is taken from `other` only where there is none here: a sum of temperatures or of percentages would be
    /// a number that is nowhere true. Places and stats that only `other` has come along.
    ///
    /// [`taken`](Self::taken) becomes the later of both.
    pub fn merge(&mut self, other: &Snapshot) -> Vec<MergeConflict> {
        let mut conflicts = Vec::new();
        let mut merged = Assembly::with_capacity(
            self.places.len().max(other.places.len()),
            self.values.len().max(other.values.len()),
        );
        let mut theirs = other.places.iter().peekable();
        for ours in &self.places {
            let order = |place: &Place| path_order(&place.shape.path, &ours.shape.path);
            while let Some(new) = theirs.next_if(|place| order(place).is_lt()) {
                merged.push(Arc::clone(&new.shape), other.values_of(new).iter().cloned());
            }
            match theirs.next_if(|place| order(place).is_eq()) {
                Some(same) => {
                    let (shape, values) = self.merge_place(ours, other, same, &mut conflicts);
                    merged.push(shape, values);
                }
                None => merged.push(
                    Arc::clone(&ours.shape),
                    self.values_of(ours).iter().cloned(),
                ),
            }
        }
        for new in theirs {
            merged.push(Arc::clone(&new.shape), other.values_of(new).iter().cloned());
        }
        *self = merged.finish(self.taken.max(other.taken));
        conflicts
    }

    /// Both added together, as [`merge`](Self::merge) does; where kinds differ, this one's stat.
    #[must_use]
    pub fn merged(&self, other: &Snapshot) -> Snapshot {
        let mut merged = self.clone();
        merged.merge(other);
        merged
    }

    fn merge_place(
        &self,
        ours: &Place,
        other: &Snapshot,
        theirs: &Place,
        conflicts: &mut Vec<MergeConflict>,
    ) -> (Arc<PlaceShape>, Vec<Value>) {
        let mut stats: Vec<(StatShape, Value)> = self
            .entries_of(ours)
            .map(|entry| (entry.shape().clone(), entry.value().clone()))
            .collect();
        let mut grown = false;
        for entry in other.entries_of(theirs) {
            match stats.binary_search_by(|(own, _)| (*own.name).cmp(entry.name())) {
                Ok(at) => {
                    let Some((shape, value)) = stats.get_mut(at) else {
                        continue;
                    };
                    if !value.fold(shape.folded(), entry.value()) {
                        conflicts.push(MergeConflict {
                            path: entry.path(),
                            kept: shape.kind,
                            dropped: entry.kind(),
                        });
                    }
                }
                Err(at) => {
                    stats.insert(at, (entry.shape().clone(), entry.value().clone()));
                    grown = true;
                }
            }
        }
        let (shapes, values): (Vec<_>, Vec<_>) = stats.into_iter().unzip();
        let shape = if grown {
            ours.shape.with_stats(shapes)
        } else {
            Arc::clone(&ours.shape)
        };
        (shape, values)
    }
}

impl StatShape {
    /// What it is added up as with that of another process.
    fn folded(&self) -> Kind {
        let declared = self.merging.and_then(|merging| merging.folded(self.kind));
        declared.unwrap_or(self.kind)
    }
}

impl Value {
    /// Adds a value of the same kind, as [`Snapshot::merge`] describes; `kind` tells a gauge from its `Max` or `Min`.
    ///
    /// Changes nothing and gives `false` when the two values are of different kinds.
    pub(crate) fn fold(&mut self, kind: Kind, other: &Value) -> bool {
        match (self, other) {
            (Value::Counter(ours), Value::Counter(theirs)) => *ours = ours.saturating_add(*theirs),
            (Value::UpDownCounter(ours), Value::UpDownCounter(theirs)) => {
                *ours = ours.saturating_add(*theirs)
            }
            (Value::Gauge(ours), Value::Gauge(theirs)) => *ours = fold_gauge(kind, *ours, *theirs),
            (Value::Text(ours), Value::Text(theirs)) => fill(ours, theirs),
            (Value::Info(_), Value::Info(_)) => {}
            (Value::StateSet(ours, known), Value::StateSet(theirs, others)) => {
                fill(ours, theirs);
                if known.is_empty() {
                    *known = Arc::clone(others);
                }
            }
            (Value::StateTime(ours), Value::StateTime(theirs)) => Arc::make_mut(ours).fold(theirs),
            (Value::Histogram(ours), Value::Histogram(theirs)) => Arc::make_mut(ours).fold(theirs),
            (Value::Timer(ours), Value::Timer(theirs)) => Arc::make_mut(ours).fold(theirs),
            (Value::Meter(ours), Value::Meter(theirs)) => {
                ours.count = ours.count.saturating_add(theirs.count);
                ours.rates.fold(theirs.rates);
            }
            (Value::Family(ours), Value::Family(theirs)) => {
                Arc::make_mut(ours).fold(member_kind(kind), theirs)
            }
            (Value::CountBy(ours), Value::CountBy(theirs)) => Arc::make_mut(ours).fold(theirs),
            _ => return false,
        }
        true
    }
}

fn fill(ours: &mut Option<Arc<str>>, theirs: &Option<Arc<str>>) {
    if ours.is_none() {
        ours.clone_from(theirs);
    }
}

/// The kind of the members of a family, or of a `Sum` of families.
fn member_kind(kind: Kind) -> Kind {
    match kind.folded() {
        Kind::Family(member) => *member,
        other => other,
    }
}

fn fold_gauge(kind: Kind, ours: Option<Number>, theirs: Option<Number>) -> Option<Number> {
    let (Some(own), Some(other)) = (ours, theirs) else {
        return ours.or(theirs);
    };
    let is_number = |number: Number| !number.as_f64().is_nan();
    let replaces = match kind {
        // What is no number hides nobody's.
        Kind::Sum(_) | Kind::Max | Kind::Min if !(is_number(own) && is_number(other)) => {
            !is_number(own)
        }
        Kind::Sum(_) => return Some(own.plus(other)),
        Kind::Max => other.compare(own).is_some_and(|order| order.is_gt()),
        Kind::Min => other.compare(own).is_some_and(|order| order.is_lt()),
        _ => false,
    };
    Some(if replaces { other } else { own })
}

/// Adds counts by name, keeping the order and appending names that are new.
fn fold_named(ours: &mut Vec<(Arc<str>, u64)>, theirs: &[(Arc<str>, u64)]) {
    for (name, count) in theirs {
        match ours.iter_mut().find(|(own, _)| own == name) {
            Some((_, sum)) => *sum = sum.saturating_add(*count),
            None => ours.push((Arc::clone(name), *count)),
        }
    }
}

impl Rates {
    /// Exponentially weighted averages with the same weights add up like the events they average.
    fn fold(&mut self, other: Rates) {
        self.m1 += other.m1;
        self.m5 += other.m5;
        self.m15 += other.m15;
    }
}

impl HistogramValue {
    pub(crate) fn fold(&mut self, other: &HistogramValue) {
        self.lifetime.merge(&other.lifetime);
        self.recent.merge(&other.recent);
        self.rates.fold(other.rates);
        self.refused = self.refused.saturating_add(other.refused);
    }
}

impl TimerValue {
    pub(crate) fn fold(&mut self, other: &TimerValue) {
        self.lifetime.merge(&other.lifetime);
        self.recent.merge(&other.recent);
        self.rates.fold(other.rates);
        let (ours, theirs) = (&mut self.outcomes, other.outcomes);
        ours.ok = ours.ok.saturating_add(theirs.ok);
        ours.err = ours.err.saturating_add(theirs.err);
        ours.panicked = ours.panicked.saturating_add(theirs.panicked);
        ours.cancelled = ours.cancelled.saturating_add(theirs.cancelled);
        self.in_flight = self.in_flight.saturating_add(other.in_flight);
    }
}

impl StateTimeValue {
    pub(crate) fn fold(&mut self, other: &StateTimeValue) {
        fill(&mut self.current, &other.current);
        fold_named(&mut self.nanos, &other.nanos);
    }
}

impl StatesValue {
    pub(crate) fn fold(&mut self, other: &StatesValue) {
        fold_named(&mut self.counts, &other.counts);
    }
}

impl FamilyValue {
    /// Adds key by key; a member of another kind than ours is left out.
    pub(crate) fn fold(&mut self, kind: Kind, other: &FamilyValue) {
        self.fold_members(kind, other.iter());
    }

    /// Adds what is under these keys.
    pub(crate) fn fold_members<'v, K: AsRef<str>>(
        &mut self,
        kind: Kind,
        members: impl IntoIterator<Item = (K, &'v Value)>,
    ) {
        self.take_in(members, |own, value| {
            own.fold(kind, value);
        });
    }
}
