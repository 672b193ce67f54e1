//! Subtraction: what happened between two snapshots of one registry.
//!
//! Made for tests (take one before, one after, look at the difference) and for readers that report per interval.

use super::assembly::path_order;
use super::keyed::{FamilyValue, StateTimeValue};
use super::timer::{HistogramValue, Outcomes, TimerValue};
use super::{Place, Snapshot, Value};
use std::sync::Arc;

impl Snapshot {
    /// What happened between `before`, an earlier snapshot of the same registry, and this one.
    ///
    /// Whatever only accumulates is subtracted: counters, meters' counts, distributions over the lifetime,
    /// outcomes, time by state, members of families one by one. Whatever says how things are now is kept:
    /// gauges, up-down counters, texts, states, in-flight, rates, recent windows. A stat that `before` did not
    /// have, or that was created anew at its path since, counts whole; one that is gone is absent. No count
    /// goes below zero.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// let done = registry.counter("jobs.done")?;
    /// done.add(40);
    /// let before = registry.snapshot();
    /// done.add(2);
    /// assert_eq!(registry.snapshot().since(&before).counter("/jobs/done"), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn since(&self, before: &Snapshot) -> Snapshot {
        let mut earlier = before.places.iter().peekable();
        let mut values = Vec::with_capacity(self.values.len());
        for place in &self.places {
            let order = |other: &Place| path_order(&other.shape.path, &place.shape.path);
            while earlier.next_if(|other| order(other).is_lt()).is_some() {}
            match earlier.next_if(|other| order(other).is_eq()) {
                Some(other) => self.subtract_place(place, before, other, &mut values),
                None => values.extend_from_slice(self.values_of(place)),
            }
        }
        Snapshot {
            taken: self.taken,
            places: self.places.clone(),
            values,
        }
    }

    fn subtract_place(
        &self,
        place: &Place,
        before: &Snapshot,
        earlier: &Place,
        into: &mut Vec<Value>,
    ) {
        let had = before.values_of(earlier);
        if Arc::ptr_eq(&place.shape, &earlier.shape) {
            into.extend(
                self.values_of(place)
                    .iter()
                    .zip(had)
                    .map(|(now, had)| now.since(had)),
            );
            return;
        }
        for entry in self.entries_of(place) {
            let same = earlier.shape.stat_index(entry.name()).filter(|&stat| {
                earlier
                    .shape
                    .stats
                    .get(stat)
                    .is_some_and(|had| had.created == entry.created())
            });
            let had = same.and_then(|stat| had.get(stat));
            into.push(had.map_or_else(|| entry.value().clone(), |had| entry.value().since(had)));
        }
    }
}

impl Value {
    /// What accumulated after `before`, and the levels as they are; itself when the two are of different kinds.
    fn since(&self, before: &Value) -> Value {
        match (self, before) {
            (Value::Counter(now), Value::Counter(had)) => Value::Counter(now.saturating_sub(*had)),
            (Value::Meter(now), Value::Meter(had)) => {
                let mut now = *now;
                now.count = now.count.saturating_sub(had.count);
                Value::Meter(now)
            }
            (Value::Histogram(now), Value::Histogram(had)) => {
                Value::Histogram(Arc::new(now.since(had)))
            }
            (Value::Timer(now), Value::Timer(had)) => Value::Timer(Arc::new(now.since(had))),
            (Value::StateTime(now), Value::StateTime(had)) => {
                Value::StateTime(Arc::new(now.since(had)))
            }
            (Value::Family(now), Value::Family(had)) => Value::Family(Arc::new(now.since(had))),
            _ => self.clone(),
        }
    }
}

impl HistogramValue {
    fn since(&self, before: &HistogramValue) -> HistogramValue {
        HistogramValue {
            lifetime: self.lifetime.since(&before.lifetime),
            recent: self.recent.clone(),
            rates: self.rates,
            refused: self.refused.saturating_sub(before.refused),
        }
    }
}

impl TimerValue {
    fn since(&self, before: &TimerValue) -> TimerValue {
        let (now, had) = (self.outcomes, before.outcomes);
        TimerValue {
            lifetime: self.lifetime.since(&before.lifetime),
            recent: self.recent.clone(),
            rates: self.rates,
            outcomes: Outcomes {
                ok: now.ok.saturating_sub(had.ok),
                err: now.err.saturating_sub(had.err),
                panicked: now.panicked.saturating_sub(had.panicked),
                cancelled: now.cancelled.saturating_sub(had.cancelled),
            },
            in_flight: self.in_flight,
        }
    }
}

impl StateTimeValue {
    fn since(&self, before: &StateTimeValue) -> StateTimeValue {
        let had = |state: &str| {
            before
                .nanos
                .iter()
                .find(|(name, _)| &**name == state)
                .map_or(0, |&(_, had)| had)
        };
        let nanos = self.nanos.iter();
        StateTimeValue {
            current: self.current.clone(),
            nanos: nanos
                .map(|(state, now)| (Arc::clone(state), now.saturating_sub(had(state))))
                .collect(),
        }
    }
}

impl FamilyValue {
    fn since(&self, before: &FamilyValue) -> FamilyValue {
        self.map(|(key, now)| {
            before
                .get(key)
                .map_or_else(|| now.clone(), |had| now.since(had))
        })
    }
}
