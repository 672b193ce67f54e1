//! What of a process's stats still counts when the process is gone: what it counted, and not what it stood at.

use std::sync::Arc;

use super::select::Kept;
use super::{
    Distribution, HistogramValue, MeterValue, Rates, Snapshot, StateTimeValue, TimerValue, Value,
};
use crate::Kind;

impl Snapshot {
    /// What still counts when the process is gone: counters, meters, distributions, outcomes, time by state, and
    /// families of them, without rates and what was in flight. No gauges, levels, texts and states.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("jobs.done")?.add(3);
    /// registry.up_down_counter("jobs.open")?.add(2);
    /// let counted = registry.snapshot().counted();
    /// assert_eq!(counted.counter("/jobs/done"), Some(3));
    /// assert!(counted.value("/jobs/open").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn counted(&self) -> Snapshot {
        let mut counted = self.select(|place| {
            let stats = self.entries_of(place);
            Kept::Stats(stats.map(|stat| counts(stat.kind())).collect())
        });
        for value in &mut counted.values {
            if let Some(total) = total(value) {
                *value = total;
            }
        }
        counted
    }
}

/// Whether stats of a kind have totals: counts and distributions have, levels have not.
pub(crate) fn counts(kind: Kind) -> bool {
    match kind {
        Kind::Family(of) | Kind::Sum(of) => counts(*of),
        Kind::Counter | Kind::Meter | Kind::Histogram | Kind::Timer | Kind::StateTime => true,
        _ => false,
    }
}

/// The total of a value; nothing for a level.
pub(crate) fn total(value: &Value) -> Option<Value> {
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
            let members = members.filter_map(|(key, value)| Some((key, total(value)?)));
            Value::Family(Arc::new(members.collect()))
        }
        _ => return None,
    })
}
