//! Totals as they are stored: a list of stats with all that they are, in whatever form serde writes.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::Totals;
use crate::Kind;
use crate::snapshot::{
    Assembly, Distribution, HistogramValue, MeterValue, Outcomes, PlaceShape, Rates, Snapshot,
    StatShape, StateTimeValue, TimerValue, Value, kinds, path_order, words,
};

/// A stat, and what it counted.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Stat {
    /// The path of its place; empty for the root.
    place: String,
    name: String,
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    help: String,
    /// What a family's key is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    label: String,
    /// The labels of the place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<(String, String)>,
    /// In nanoseconds since 1970.
    created: u64,
    counted: Counted,
}

/// What a stat counted.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
enum Counted {
    Count(u64),
    Meter(u64),
    Histogram {
        refused: u64,
        distribution: Stored,
    },
    Timer {
        ok: u64,
        err: u64,
        panicked: u64,
        cancelled: u64,
        distribution: Stored,
    },
    /// States with their nanoseconds.
    States(Vec<(Arc<str>, u64)>),
    /// By key.
    Family(Vec<(String, Counted)>),
}

/// A distribution, without loss.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Stored {
    zero: u64,
    min: f64,
    max: f64,
    whole: u128,
    rest: f64,
    buckets: Vec<(i32, u64)>,
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stats(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Totals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stats = Vec::<Stat>::deserialize(deserializer)?;
        let named = |stat: &Stat| format!("`{}/{}`", stat.place, stat.name);
        if let Some(wrong) = stats.iter().find(|stat| !stat.is_sound()) {
            let wrong = format_args!("what is at {} is no total", named(wrong)).to_string();
            return Err(D::Error::custom(wrong));
        }
        snapshot(stats)
            .map(Totals)
            .map_err(|twice| D::Error::custom(format_args!("`{twice}` is there twice")))
    }
}

pub(super) fn stats(totals: &Totals) -> Vec<Stat> {
    let stats = totals.snapshot().stats();
    let stats = stats.filter_map(|entry| {
        let since = entry.created().duration_since(UNIX_EPOCH);
        Some(Stat {
            place: entry.place().to_owned(),
            name: entry.name().to_owned(),
            kind: entry.kind().to_string(),
            unit: entry.unit().to_owned(),
            help: entry.help().to_owned(),
            label: entry.key_label().to_owned(),
            labels: entry
                .labels()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            created: since.map_or(0, |since| since.as_nanos() as u64),
            counted: Counted::of(entry.value())?,
        })
    });
    stats.collect()
}

/// The stats as a tree; `Err` has the path of one that is there twice.
fn snapshot(mut stats: Vec<Stat>) -> Result<Snapshot, String> {
    stats.sort_by(|a, b| path_order(&a.place, &b.place).then_with(|| a.name.cmp(&b.name)));
    let mut assembly = Assembly::with_capacity(0, stats.len());
    for of_place in stats.chunk_by_mut(|a, b| a.place == b.place) {
        let mut shapes: Vec<StatShape> = Vec::new();
        let mut values = Vec::new();
        for stat in &mut *of_place {
            if shapes.last().is_some_and(|last| *last.name == *stat.name) {
                return Err(format!("{}/{}", stat.place, stat.name));
            }
            let created = UNIX_EPOCH.checked_add(Duration::from_nanos(stat.created));
            shapes.push(StatShape {
                name: stat.name.as_str().into(),
                kind: kinds::named(&stat.kind).unwrap_or(Kind::Counter),
                help: words::kept(&stat.help),
                unit: words::kept(&stat.unit),
                label: words::kept(&stat.label),
                merging: None, // no gauge is a total
                created: created.unwrap_or(UNIX_EPOCH),
            });
            let counted = std::mem::replace(&mut stat.counted, Counted::Count(0));
            values.push(counted.into_value());
        }
        let Some(first) = of_place.first() else {
            continue;
        };
        let labels = first.labels.iter();
        let shape = PlaceShape {
            path: first.place.as_str().into(),
            collapsed: false,
            labels: labels
                .map(|(name, value)| (words::kept(name), Arc::from(&**value)))
                .collect(),
            stats: shapes,
        };
        assembly.push(Arc::new(shape), values);
    }
    Ok(assembly.finish(SystemTime::now()))
}

impl Stat {
    /// Whether it can stand in a tree, and counted what its kind counts.
    fn is_sound(&self) -> bool {
        let place = self.place.strip_prefix('/');
        let mut segments = place.into_iter().flat_map(|place| place.split('/'));
        let is_segment = |segment: &str| {
            !segment.is_empty() && !segment.contains(|c: char| c == '/' || c.is_control())
        };
        (place.is_some() || self.place.is_empty())
            && segments.all(is_segment)
            && is_segment(&self.name)
            && kinds::named(&self.kind).is_some_and(|kind| self.counted.is_of(kind.folded()))
    }
}

impl Counted {
    fn of(value: &Value) -> Option<Counted> {
        Some(match value {
            Value::Counter(count) => Counted::Count(*count),
            Value::Meter(meter) => Counted::Meter(meter.count),
            Value::Histogram(histogram) => Counted::Histogram {
                refused: histogram.refused,
                distribution: Stored::of(&histogram.lifetime),
            },
            Value::Timer(timer) => Counted::Timer {
                ok: timer.outcomes.ok,
                err: timer.outcomes.err,
                panicked: timer.outcomes.panicked,
                cancelled: timer.outcomes.cancelled,
                distribution: Stored::of(&timer.lifetime),
            },
            Value::StateTime(times) => Counted::States(times.nanos.clone()),
            Value::Family(family) => {
                let members = family.iter();
                let members =
                    members.filter_map(|(key, of)| Some((key.to_owned(), Counted::of(of)?)));
                Counted::Family(members.collect())
            }
            _ => return None, // a level
        })
    }

    fn is_of(&self, kind: Kind) -> bool {
        match (self, kind) {
            (Counted::Family(members), Kind::Family(of)) => {
                members.iter().all(|(_, member)| member.is_of(*of))
                    && members.is_sorted_by(|(a, _), (b, _)| a < b)
            }
            (Counted::Count(_), Kind::Counter)
            | (Counted::Meter(_), Kind::Meter)
            | (Counted::States(_), Kind::StateTime) => true,
            (Counted::Histogram { distribution, .. }, Kind::Histogram)
            | (Counted::Timer { distribution, .. }, Kind::Timer) => distribution.is_sound(),
            _ => false,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Counted::Count(count) => Value::Counter(count),
            Counted::Meter(count) => Value::Meter(MeterValue {
                count,
                rates: Rates::default(),
            }),
            Counted::Histogram {
                refused,
                distribution,
            } => Value::Histogram(Arc::new(HistogramValue {
                refused,
                lifetime: distribution.into_distribution(),
                ..HistogramValue::default()
            })),
            Counted::Timer {
                ok,
                err,
                panicked,
                cancelled,
                distribution,
            } => Value::Timer(Arc::new(TimerValue {
                lifetime: distribution.into_distribution(),
                outcomes: Outcomes {
                    ok,
                    err,
                    panicked,
                    cancelled,
                },
                ..TimerValue::default()
            })),
            Counted::States(nanos) => Value::StateTime(Arc::new(StateTimeValue {
                current: None,
                nanos,
            })),
            Counted::Family(members) => {
                let members = members.into_iter();
                let members = members.map(|(key, member)| (key, member.into_value()));
                Value::Family(Arc::new(members.collect()))
            }
        }
    }
}

impl Stored {
    fn of(distribution: &Distribution) -> Stored {
        Stored {
            zero: distribution.zero,
            min: distribution.min,
            max: distribution.max,
            whole: distribution.whole,
            rest: distribution.rest,
            buckets: distribution.buckets.clone(),
        }
    }

    fn is_sound(&self) -> bool {
        self.buckets.is_sorted_by(|a, b| a.0 < b.0)
    }

    fn into_distribution(self) -> Distribution {
        Distribution {
            zero: self.zero,
            min: self.min,
            max: self.max,
            whole: self.whole,
            rest: self.rest,
            buckets: self.buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    fn stored(changed: impl Fn(&mut Stat)) -> String {
        let registry = Registry::new();
        registry.counter("a.b").unwrap().add(3);
        registry.timer("t").unwrap().record(Duration::from_secs(1));
        let mut totals = Totals::default();
        totals.add(&registry.snapshot()).unwrap();
        let mut stats = stats(&totals);
        let stat = stats.iter_mut().find(|stat| stat.name == "b");
        changed(stat.unwrap());
        serde_json::to_string(&stats).unwrap()
    }

    #[test]
    fn what_is_no_total_is_refused() {
        let read = |text: &str| serde_json::from_str::<Totals>(text);
        assert_eq!(
            read(&stored(|_| {})).unwrap().snapshot().counter("/a/b"),
            Some(3)
        );
        let changes: [&dyn Fn(&mut Stat); 6] = [
            &|stat| stat.kind = "timer".into(),
            &|stat| stat.kind = "gauge".into(),
            &|stat| stat.name = "b/c".into(),
            &|stat| stat.place = "a".into(),
            &|stat| stat.place = "/a//b".into(),
            &|stat| stat.counted = Counted::Family(Vec::new()),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let error = read(&stored(change)).unwrap_err().to_string();
            assert!(error.contains("is no total"), "{at}: {error}");
        }
        let twice = stored(|stat| (stat.place, stat.name) = (String::new(), "t".into()));
        let error = read(&twice).unwrap_err().to_string();
        assert!(error.contains("`/t` is there twice"), "{error}");
    }
}
