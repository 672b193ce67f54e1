//! Snapshots made by hand, and what must hold of them.

mod distribution;
mod filter;
mod json;
mod lookup;
mod merge;
mod query;
mod since;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::assembly::path_order;
use super::*;
use crate::cells::scale;

/// A snapshot of these stats; the stat is the last segment of its path, or what follows a `:`.
fn snapshot(stats: impl IntoIterator<Item = (&'static str, Value)>) -> Snapshot {
    shaped(
        stats
            .into_iter()
            .map(|(path, value)| (path, kind_of(&value), "", value)),
    )
}

/// The same with kinds and units given.
fn shaped(stats: impl IntoIterator<Item = (&'static str, Kind, &'static str, Value)>) -> Snapshot {
    let mut places: BTreeMap<&str, BTreeMap<&str, (StatShape, Value)>> = BTreeMap::new();
    for (path, kind, unit, value) in stats {
        let (place, name) = path
            .split_once(':')
            .or_else(|| path.rsplit_once('/'))
            .unwrap();
        places
            .entry(place)
            .or_default()
            .insert(name, (stat(name, kind, unit), value));
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by(|(a, _), (b, _)| path_order(a, b));
    let mut assembly = Assembly::with_capacity(places.len(), 0);
    for (path, stats) in places {
        let (shapes, values): (Vec<_>, Vec<_>) = stats.into_values().unzip();
        assembly.push(place(path, false, shapes), values);
    }
    assembly.finish(at(100))
}

fn place(path: &str, collapsed: bool, stats: Vec<StatShape>) -> Arc<PlaceShape> {
    Arc::new(PlaceShape {
        path: path.into(),
        collapsed,
        labels: Arc::from([]),
        stats,
    })
}

fn stat(name: &str, kind: Kind, unit: &'static str) -> StatShape {
    StatShape {
        name: name.into(),
        kind,
        help: "",
        unit,
        label: "",
        merging: None,
        created: at(0),
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Counter(_) => Kind::Counter,
        Value::UpDownCounter(_) => Kind::UpDownCounter,
        Value::Gauge(_) => Kind::Gauge,
        Value::Text(_) => Kind::Text,
        Value::Info(_) => Kind::Info,
        Value::StateSet(..) => Kind::StateSet,
        Value::StateTime(_) => Kind::StateTime,
        Value::Histogram(_) => Kind::Histogram,
        Value::Timer(_) => Kind::Timer,
        Value::Meter(_) => Kind::Meter,
        Value::Family(family) => match family.iter().next() {
            Some((_, Value::Gauge(_))) => Kind::Family(&Kind::Gauge),
            _ => Kind::Family(&Kind::Counter),
        },
        Value::CountBy(_) => Kind::CountBy,
    }
}

/// What recording these numbers gives.
fn recorded(numbers: &[f64]) -> Distribution {
    let mut buckets = BTreeMap::new();
    let mut distribution = Distribution {
        min: f64::INFINITY,
        ..Distribution::default()
    };
    for &number in numbers {
        if number == 0.0 {
            distribution.zero += 1;
        } else {
            *buckets.entry(scale::index(number.to_bits())).or_insert(0) += 1;
        }
        distribution.min = distribution.min.min(number);
        distribution.max = distribution.max.max(number);
        if number.fract() == 0.0 && number < 2f64.powi(53) {
            distribution.whole += number as u128;
        } else {
            distribution.rest += number;
        }
    }
    distribution.buckets = buckets.into_iter().collect();
    distribution
}

/// A timer that timed these milliseconds, all ok.
fn timer(millis: &[u64]) -> Value {
    let nanos: Vec<f64> = millis.iter().map(|millis| *millis as f64 * 1e6).collect();
    Value::Timer(Arc::new(TimerValue {
        lifetime: recorded(&nanos),
        outcomes: Outcomes {
            ok: millis.len() as u64,
            ..Outcomes::default()
        },
        ..TimerValue::default()
    }))
}

fn histogram(numbers: &[f64]) -> Value {
    Value::Histogram(Arc::new(HistogramValue {
        lifetime: recorded(numbers),
        ..HistogramValue::default()
    }))
}

fn family<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut members = members.to_vec();
    members.sort_by_key(|(key, _)| *key);
    Value::Family(Arc::new(members.into_iter().collect()))
}

fn counts<const N: usize>(states: [(&str, u64); N]) -> Vec<(Arc<str>, u64)> {
    states
        .map(|(state, count)| (Arc::from(state), count))
        .to_vec()
}

fn count_by<const N: usize>(states: [(&str, u64); N]) -> Value {
    Value::CountBy(Arc::new(StatesValue {
        counts: counts(states),
    }))
}

fn state_time<const N: usize>(current: &str, nanos: [(&str, u64); N]) -> Value {
    Value::StateTime(Arc::new(StateTimeValue {
        current: Some(current.into()),
        nanos: counts(nanos),
    }))
}

fn state(current: &str) -> Value {
    Value::StateSet(
        Some(current.into()),
        Arc::from([Arc::from("idle"), Arc::from("busy")]),
    )
}

fn text(text: &str) -> Value {
    Value::Text(Some(text.into()))
}

fn info<const N: usize>(entries: [(&str, &str); N]) -> Value {
    Value::Info(
        entries
            .map(|(name, text)| (name.into(), text.into()))
            .into(),
    )
}

fn meter(count: u64, m1: f64) -> Value {
    Value::Meter(MeterValue {
        count,
        rates: Rates {
            m1,
            m5: 0.0,
            m15: 0.0,
        },
    })
}

/// The paths of all stats.
fn paths(snapshot: &Snapshot) -> Vec<String> {
    snapshot.stats().map(Entry::path).collect()
}
