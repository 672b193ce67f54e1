//! Folding: adding a descendant's value to an aggregate's, and what of a value outlives its instance.

use std::sync::Arc;

use super::total::Total;
use crate::Kind;
use crate::snapshot::{
    Distribution, FamilyValue, HistogramValue, MeterValue, Rates, StatesValue, TimerValue, Value,
};

use super::class::Spec;

/// What an aggregate of `kind` stands at when nothing was folded.
pub(crate) fn nothing(kind: Kind) -> Value {
    match kind {
        Kind::CountBy => Value::CountBy(Arc::new(StatesValue::default())),
        Kind::Max | Kind::Min => Value::Gauge(None),
        other => match other.folded() {
            Kind::UpDownCounter => Value::UpDownCounter(0),
            Kind::Meter => Value::Meter(MeterValue::default()),
            Kind::Histogram => Value::Histogram(Arc::new(HistogramValue::default())),
            Kind::Timer => Value::Timer(Arc::new(TimerValue::default())),
            Kind::Family(_) => Value::Family(Arc::new(FamilyValue::default())),
            _ => Value::Counter(0),
        },
    }
}

/// The kind of the members of an aggregate of families.
pub(crate) fn member_kind(kind: Kind) -> Kind {
    match kind.folded() {
        Kind::Family(member) => *member,
        other => other,
    }
}

/// Adds a live descendant's value. Families go through `admitted`, which holds the aggregate to its cap.
pub(crate) fn add(into: &mut Value, aggregate: &Spec, value: &Value, admitted: &mut Total) {
    match (into, value) {
        (Value::CountBy(counts), Value::StateSet(state, known)) => {
            count_state(Arc::make_mut(counts), state.as_ref(), known);
        }
        (Value::Family(into), Value::Family(family)) => {
            let kind = member_kind(aggregate.kind);
            let zero = nothing(kind);
            let shown = family
                .iter()
                .filter(|(_, value)| !aggregate.hide_zero || **value != zero);
            let members = shown.map(|(key, value)| (admitted.admit(aggregate, key), value));
            Arc::make_mut(into).fold_members(kind, members);
        }
        (into, value) => {
            into.fold(aggregate.kind, value);
        }
    }
}

fn count_state(counts: &mut StatesValue, state: Option<&Arc<str>>, known: &Arc<[Arc<str>]>) {
    for name in known.iter() {
        if !counts.counts.iter().any(|(own, _)| own == name) {
            counts.counts.push((name.clone(), 0));
        }
    }
    let Some(state) = state else { return };
    match counts.counts.iter_mut().find(|(own, _)| own == state) {
        Some((_, count)) => *count += 1,
        None => counts.counts.push((state.clone(), 1)),
    }
}

/// What of an instance's value stays in a total: counts and distributions do, levels do not.
pub(crate) fn kept_when_retired(mut value: Value) -> Option<Value> {
    match &mut value {
        Value::Counter(_) => {}
        Value::Meter(meter) => meter.rates = Rates::default(),
        Value::Histogram(histogram) => {
            let histogram = Arc::make_mut(histogram);
            histogram.recent = Distribution::default();
            histogram.rates = Rates::default();
        }
        Value::Timer(timer) => {
            let timer = Arc::make_mut(timer);
            timer.recent = Distribution::default();
            timer.rates = Rates::default();
            timer.in_flight = 0;
        }
        _ => return None,
    }
    Some(value)
}

/// What of a value still counts when its instance is gone, while a guard may yet add to it.
pub(crate) fn without_level(value: Value) -> Option<Value> {
    match value {
        Value::Counter(_) | Value::Meter(_) | Value::Histogram(_) | Value::Timer(_) => Some(value),
        Value::Family(family) => {
            let (keys, values) = Arc::unwrap_or_clone(family).into_parts();
            let members = keys.iter().zip(values);
            let members = members.filter_map(|(key, value)| Some((key, without_level(value)?)));
            Some(Value::Family(Arc::new(members.collect())))
        }
        _ => None,
    }
}

/// Whether a value would add nothing to a total.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Counter(count) => *count == 0,
        Value::Meter(meter) => meter.count == 0,
        Value::Histogram(histogram) => histogram.lifetime.is_empty() && histogram.refused == 0,
        Value::Timer(timer) => timer.lifetime.is_empty(),
        Value::Family(family) => family.is_empty(),
        _ => true, // a level
    }
}

/// How many events a value counted, if it has rates.
pub(crate) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Meter(meter) => Some(meter.count),
        value => lifetime(value).map(Distribution::count),
    }
}

/// The distribution of everything a value recorded, if it has one.
pub(crate) fn lifetime(value: &Value) -> Option<&Distribution> {
    match value {
        Value::Histogram(histogram) => Some(&histogram.lifetime),
        Value::Timer(timer) => Some(&timer.lifetime),
        _ => None,
    }
}

pub(crate) fn set_rates(value: &mut Value, rates: Rates) {
    match value {
        Value::Meter(meter) => meter.rates = rates,
        Value::Histogram(histogram) => Arc::make_mut(histogram).rates = rates,
        Value::Timer(timer) => Arc::make_mut(timer).rates = rates,
        _ => {}
    }
}

pub(crate) fn set_recent(value: &mut Value, recent: Distribution) {
    match value {
        Value::Histogram(histogram) => Arc::make_mut(histogram).recent = recent,
        Value::Timer(timer) => Arc::make_mut(timer).recent = recent,
        _ => {}
    }
}
