//! What of a source's stats still counts when the source is gone: what it counted, and not what it stood at.

use std::sync::Arc;

use crate::snapshot::{
    Distribution, FamilyValue, HistogramValue, MeterValue, Rates, StateTimeValue, TimerValue, Value,
};

/// The total of a value; nothing for a level.
pub(super) fn total(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Counter(count) => Value::Counter(*count),
        Value::Meter(meter) => Value::Meter(MeterValue {
            count: meter.count,
            rates: Rates::default(),
        }),
        Value::Histogram(histogram) => Value::Histogram(Arc::new(HistogramValue {
            lifetime: histogram.lifetime.clone(),
            recent: Distribution::default(),
            rates: Rates::default(),
            refused: histogram.refused,
        })),
        Value::Timer(timer) => Value::Timer(Arc::new(TimerValue {
            lifetime: timer.lifetime.clone(),
            recent: Distribution::default(),
            rates: Rates::default(),
            outcomes: timer.outcomes,
            in_flight: 0,
        })),
        Value::StateTime(times) => Value::StateTime(Arc::new(StateTimeValue {
            current: None,
            nanos: times.nanos.clone(),
        })),
        Value::Family(family) => {
            let members = family.iter();
            let members: FamilyValue = members
                .filter_map(|(key, value)| Some((key, total(value)?)))
                .collect();
            if members.is_empty() && !family.is_empty() {
                return None;
            }
            Value::Family(Arc::new(members))
        }
        _ => return None,
    })
}
