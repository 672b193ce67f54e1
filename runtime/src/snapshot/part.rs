//! The named parts a value consists of: what JSON writes, what a path reaches, what a query compares.
//!
//! Kept in one table, so that `latency.p99` in a query, `/handler/latency/p99` as a path and the member
//! `p99` in JSON are one number, in one unit: seconds for everything timed.

use std::sync::Arc;

use super::{Distribution, HistogramValue, MeterValue, Number, Rates, TimerValue, Value};

/// A value or something within one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part<'a> {
    /// A whole stat's, or a member's of a family.
    Value(&'a Value),
    Number(Number),
    Text(&'a str),
    /// There is such a part and it holds nothing: a gauge never set, a percentile of no values.
    Nothing,
    /// A distribution alone, its numbers to be divided by `per`.
    Distribution {
        of: &'a Distribution,
        per: f64,
    },
    /// Nanoseconds by state.
    Times(&'a [(Arc<str>, u64)]),
}

const STATISTICS: &[&str] = &[
    "count", "sum", "mean", "min", "max", "stddev", "p50", "p75", "p90", "p95", "p99", "p999",
];
const RATES: &[&str] = &["rate1", "rate5", "rate15"];
const OUTCOMES: &[&str] = &["ok", "err", "panicked", "cancelled", "inFlight"];
const RECENT: &[&str] = &["recent"];

const NANOS_PER_SECOND: f64 = 1e9;

impl<'a> Part<'a> {
    /// A value without parts as the number or text it is; everything else unchanged.
    pub(super) fn plain(self) -> Self {
        let Part::Value(value) = self else {
            return self;
        };
        match value {
            Value::Counter(count) => Part::Number(Number::U64(*count)),
            Value::UpDownCounter(level) => Part::Number(Number::I64(*level)),
            Value::Gauge(number) => number.map_or(Part::Nothing, Part::Number),
            Value::Text(text) => text.as_deref().map_or(Part::Nothing, Part::Text),
            Value::StateSet(current, _) => current.as_deref().map_or(Part::Nothing, Part::Text),
            _ => self,
        }
    }

    /// The names of its parts, in the order they are shown, when those are the same for every value of the
    /// kind; `None` when they are the value's own keys or there are none.
    pub(super) fn fixed_names(self) -> Option<impl Iterator<Item = &'static str> + Clone> {
        let groups: &'static [&'static [&'static str]] = match self {
            Part::Value(Value::Timer(_)) => &[STATISTICS, RATES, OUTCOMES, RECENT],
            Part::Value(Value::Histogram(_)) => &[STATISTICS, RATES, &["refused"], RECENT],
            Part::Value(Value::Meter(_)) => &[&["count"], RATES],
            Part::Value(Value::StateTime(_)) => &[&["current", "seconds"]],
            Part::Distribution { .. } => &[STATISTICS],
            _ => return None,
        };
        Some(groups.iter().flat_map(|group| group.iter().copied()))
    }

    /// Whether parts of this fixed name add up over several values: counts, sums and rates do, other statistics do not.
    #[cfg(any(feature = "graphite", feature = "pipe"))]
    pub(super) fn adds(name: &str) -> bool {
        matches!(name, "count" | "sum") || !STATISTICS.contains(&name)
    }

    /// Its part of this name; keys are compared as they read, not escaped.
    pub(super) fn get(self, name: &str) -> Option<Part<'a>> {
        match self {
            Part::Number(_) | Part::Text(_) | Part::Nothing => None,
            Part::Distribution { of, per } => statistic(of, per, name),
            Part::Times(times) => {
                let seconds =
                    |nanos: u64| Part::Number(Number::F64(nanos as f64 / NANOS_PER_SECOND));
                times
                    .iter()
                    .find(|(state, _)| &**state == name)
                    .map(|&(_, nanos)| seconds(nanos))
            }
            Part::Value(value) => match value {
                Value::Timer(timer) => of_timer(timer, name),
                Value::Histogram(histogram) => of_histogram(histogram, name),
                Value::Meter(meter) => of_meter(meter, name),
                Value::Family(family) => family.get(name).map(Part::Value),
                Value::CountBy(states) => states.get(name).map(whole),
                Value::Info(entries) => entries
                    .iter()
                    .find(|(key, _)| &**key == name)
                    .map(|(_, text)| Part::Text(text)),
                Value::StateTime(times) => match name {
                    "current" => Some(times.current().map_or(Part::Nothing, Part::Text)),
                    "seconds" => Some(Part::Times(&times.nanos)),
                    _ => None,
                },
                _ => None,
            },
        }
    }
}

fn whole<'a>(count: u64) -> Part<'a> {
    Part::Number(Number::U64(count))
}

fn statistic<'a>(of: &Distribution, per: f64, name: &str) -> Option<Part<'a>> {
    let number = match name {
        "count" => return Some(whole(of.count())),
        "sum" => Some(of.sum()),
        "mean" => of.mean(),
        "min" => of.min(),
        "max" => of.max(),
        "stddev" => of.stddev(),
        "p50" => of.p50(),
        "p75" => of.p75(),
        "p90" => of.p90(),
        "p95" => of.p95(),
        "p99" => of.p99(),
        "p999" => of.p999(),
        _ => return None,
    };
    Some(number.map_or(Part::Nothing, |number| {
        Part::Number(Number::F64(number / per))
    }))
}

fn rate<'a>(rates: Rates, name: &str) -> Option<Part<'a>> {
    let rate = match name {
        "rate1" => rates.m1,
        "rate5" => rates.m5,
        "rate15" => rates.m15,
        _ => return None,
    };
    Some(Part::Number(Number::F64(rate)))
}

fn of_timer<'a>(timer: &'a TimerValue, name: &str) -> Option<Part<'a>> {
    match name {
        "ok" => Some(whole(timer.outcomes.ok)),
        "err" => Some(whole(timer.outcomes.err)),
        "panicked" => Some(whole(timer.outcomes.panicked)),
        "cancelled" => Some(whole(timer.outcomes.cancelled)),
        "inFlight" => Some(whole(timer.in_flight)),
        "recent" => Some(Part::Distribution {
            of: &timer.recent,
            per: NANOS_PER_SECOND,
        }),
        _ => rate(timer.rates, name).or_else(|| statistic(&timer.lifetime, NANOS_PER_SECOND, name)),
    }
}

fn of_histogram<'a>(histogram: &'a HistogramValue, name: &str) -> Option<Part<'a>> {
    match name {
        "refused" => Some(whole(histogram.refused)),
        "recent" => Some(Part::Distribution {
            of: &histogram.recent,
            per: 1.0,
        }),
        _ => rate(histogram.rates, name).or_else(|| statistic(&histogram.lifetime, 1.0, name)),
    }
}

fn of_meter<'a>(meter: &MeterValue, name: &str) -> Option<Part<'a>> {
    match name {
        "count" => Some(whole(meter.count)),
        _ => rate(meter.rates, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_listed_has_a_part() {
        let values = [
            Value::Timer(Default::default()),
            Value::Histogram(Default::default()),
            Value::Meter(MeterValue::default()),
            Value::StateTime(Default::default()),
        ];
        for value in &values {
            let part = Part::Value(value);
            for name in part.fixed_names().unwrap() {
                assert!(part.get(name).is_some(), "{value:?} has no {name}");
            }
            assert_eq!(part.get("p98"), None);
        }
    }

    #[test]
    fn what_is_timed_is_in_seconds() {
        let lifetime = Distribution {
            buckets: vec![(662, 1)],
            min: 1.7e6,
            max: 1.7e6,
            whole: 1_700_000,
            ..Default::default()
        };
        let value = Value::Timer(Arc::new(TimerValue {
            lifetime,
            ..Default::default()
        }));
        assert_eq!(
            Part::Value(&value).get("sum"),
            Some(Part::Number(Number::F64(0.0017)))
        );
        assert_eq!(
            Part::Value(&value).get("max"),
            Some(Part::Number(Number::F64(0.0017)))
        );
    }
}
