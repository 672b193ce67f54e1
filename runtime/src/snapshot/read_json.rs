//! A snapshot read back from its JSON, as far as that goes.
//!
//! JSON is written for people and programs that want numbers, and says less than a snapshot. What reads back, and as what:
//!
//! | in JSON | here |
//! | --- | --- |
//! | a whole number from zero up | a counter; so is a `Gauge<u64>` or a level, unless its kind is [told](super::told_kinds) |
//! | another number, a bool | a gauge |
//! | a string | a text, also where it was a state |
//! | null | a gauge without a number |
//! | an object with a timer's, histogram's, meter's or state time's members | that |
//! | any other object | a place: so are families, infos and counts by state, with the same paths |
//!
//! Distributions come with percentiles and without buckets. They are made anew from them: count, sum, mean, extremes and
//! the percentiles that JSON has are what they were, within 1.1 %; what lies between is put at the next of them, so the
//! standard deviation and other quantiles are guesses. Help, units, labels and times of creation are not in JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::standing::Standing;
use super::told_kinds::{self, Told, segment};
use super::{
    Distribution, HistogramValue, MeterValue, Number, Outcomes, Rates, Snapshot, StateTimeValue,
    TimerValue, Value,
};
use crate::Kind;
use crate::cells::scale;

/// Reads what [`Serialize`](serde::Serialize) wrote; taken now, and created at an unknown time, the same for all.
///
/// JSON says less than a snapshot: whole numbers read as counters (unless the page was asked for `kinds`), states as texts, families as places, and
/// distributions are made from their percentiles. Paths lead to the same numbers as before.
///
/// ```
/// let registry = calipers::Registry::new();
/// registry.counter("jobs.done")?.add(3);
/// let json = serde_json::to_string(&registry.snapshot())?;
/// let read: calipers::Snapshot = serde_json::from_str(&json)?;
/// assert_eq!(read.counter("/jobs/done"), Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json::Members(mut members) = Json::deserialize(deserializer)? else {
            return Err(D::Error::custom("a snapshot is an object"));
        };
        let mut told = Told::default();
        members.retain_mut(|(name, json)| {
            if name != told_kinds::MEMBER {
                return true;
            }
            if let Json::Members(kinds) = json {
                for (kind, paths) in kinds {
                    told.note(kind, std::mem::take(paths).texts());
                }
            }
            false
        });
        let mut stats = Vec::new();
        gather(&mut Vec::new(), members, &told, &mut stats)
            .ok_or_else(|| D::Error::custom("no stat is a list"))?;
        Ok(Snapshot::of_standing(
            SystemTime::now(),
            SystemTime::UNIX_EPOCH,
            stats,
        ))
    }
}

/// What may stand in the JSON of a snapshot.
#[derive(Default)]
enum Json {
    Number(Number),
    Text(String),
    #[default]
    Nothing,
    Members(Vec<(String, Json)>),
    List(Vec<Json>),
}

impl Json {
    /// The texts of a list.
    fn texts(self) -> impl Iterator<Item = String> {
        let list = match self {
            Json::List(list) => list,
            _ => Vec::new(),
        };
        list.into_iter().filter_map(|one| match one {
            Json::Text(text) => Some(text),
            _ => None,
        })
    }
}

/// Takes the stats out; nothing where there is what is none.
fn gather(
    path: &mut Vec<String>,
    members: Vec<(String, Json)>,
    told: &Told,
    stats: &mut Vec<Standing>,
) -> Option<()> {
    for (name, json) in members {
        let at = told.path(path.iter().chain([&name]).map(|name| &**name));
        let (kind, value) = match (json, told.kind(&at)) {
            (Json::Number(number), kind) => told_kinds::number(kind, number),
            (Json::Nothing, _) => (Kind::Gauge, Value::Gauge(None)),
            (Json::Text(text), _) => (Kind::Text, Value::Text(Some(text.into()))),
            (Json::List(_), _) => return None,
            (Json::Members(members), Some(kind @ Kind::Family(of))) => (kind, family(members, *of)),
            (Json::Members(members), _) => match structured(&members) {
                Some(stat) => stat,
                None => {
                    // A place beside a stat of its name has a slash at the end.
                    let place = name.strip_suffix('/').unwrap_or(&name);
                    path.push(place.to_owned());
                    gather(path, members, told, stats)?;
                    path.pop();
                    continue;
                }
            },
        };
        let segments = path.iter().chain([&name]).map(|name| segment(name));
        stats.push(Standing::at(segments, kind, value));
    }
    Some(())
}

/// A family of members of a kind; what is of another is left out.
fn family(members: Vec<(String, Json)>, of: Kind) -> Value {
    let members = members.into_iter().filter_map(|(key, json)| {
        let (kind, value) = match json {
            Json::Number(number) => told_kinds::number(Some(of), number),
            Json::Members(members) => structured(&members)?,
            Json::Nothing => (Kind::Gauge, Value::Gauge(None)),
            Json::Text(text) if of == Kind::StateSet => {
                let state = Some(Arc::from(text));
                (Kind::StateSet, Value::StateSet(state, Arc::default()))
            }
            Json::Text(text) => (Kind::Text, Value::Text(Some(text.into()))),
            Json::List(_) => return None,
        };
        kind.same(of).then_some((key, value))
    });
    let members: BTreeMap<String, Value> = members.collect();
    Value::Family(Arc::new(members.into_iter().collect()))
}

/// The stat that has these members, if any has.
fn structured(members: &[(String, Json)]) -> Option<(Kind, Value)> {
    let members = Members(members);
    if members.number("count").is_some() && members.number("rate15").is_some() {
        let rates = Rates {
            m1: members.float("rate1"),
            m5: members.float("rate5"),
            m15: members.float("rate15"),
        };
        if members.get("inFlight").is_some() {
            return Some((Kind::Timer, Value::Timer(Arc::new(timer(&members, rates)))));
        }
        if members.get("refused").is_some() {
            let histogram = HistogramValue {
                lifetime: distribution(&members, 1.0),
                recent: members.recent(1.0),
                rates,
                refused: members.whole("refused"),
            };
            return Some((Kind::Histogram, Value::Histogram(Arc::new(histogram))));
        }
        if members.0.len() == 4 {
            let count = members.whole("count");
            return Some((Kind::Meter, Value::Meter(MeterValue { count, rates })));
        }
    }
    if let ([_, _], Some(current), Some(Json::Members(seconds))) =
        (members.0, members.get("current"), members.get("seconds"))
    {
        let current = match current {
            Json::Text(state) => Some(Arc::from(&**state)),
            _ => None,
        };
        let nanos = seconds.iter().map(|(state, time)| {
            let seconds = match time {
                Json::Number(number) => number.as_f64(),
                _ => 0.0,
            };
            (Arc::from(&**state), (seconds * 1e9).round() as u64)
        });
        let nanos = nanos.collect();
        let times = StateTimeValue { current, nanos };
        return Some((Kind::StateTime, Value::StateTime(Arc::new(times))));
    }
    None
}

fn timer(members: &Members<'_>, rates: Rates) -> TimerValue {
    TimerValue {
        lifetime: distribution(members, 1e9),
        recent: members.recent(1e9),
        rates,
        outcomes: Outcomes {
            ok: members.whole("ok"),
            err: members.whole("err"),
            panicked: members.whole("panicked"),
            cancelled: members.whole("cancelled"),
        },
        in_flight: members.whole("inFlight"),
    }
}

/// The percentiles that JSON has, and the share of values that lies at or below each.
const PERCENTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p999", 0.999),
];

/// A distribution with these statistics, each number times `per`.
fn distribution(members: &Members<'_>, per: f64) -> Distribution {
    let count = members.whole("count");
    let mut made = Distribution {
        min: members.float("min") * per,
        max: members.float("max") * per,
        rest: members.float("sum") * per,
        ..Distribution::default()
    };
    if per > 1.0 && made.rest < u128::MAX as f64 {
        // Nanoseconds are whole.
        made.whole = made.rest.round() as u128;
        made.rest = 0.0;
    }
    let mut placed = 0;
    let mut place = |value: f64, upto: u64| {
        let upto = upto.min(count);
        if upto > placed {
            made.put(value, upto - placed);
            placed = upto;
        }
    };
    place(members.float("min") * per, 1);
    for (name, share) in PERCENTILES {
        // The largest is not below the last percentile, and has a place of its own.
        let rank = (share * count as f64).ceil() as u64;
        place(members.float(name) * per, rank.min(count.saturating_sub(1)));
    }
    place(members.float("max") * per, count);
    made
}

impl Distribution {
    /// Counts values that are not smaller than any before.
    fn put(&mut self, value: f64, count: u64) {
        if value <= 0.0 || !value.is_finite() {
            self.zero = self.zero.saturating_add(count);
            return;
        }
        let index = scale::index(value.max(f64::MIN_POSITIVE).to_bits());
        match self.buckets.last_mut() {
            Some((last, own)) if *last >= index => *own = own.saturating_add(count),
            _ => self.buckets.push((index, count)),
        }
    }
}

/// The members of a structured stat.
struct Members<'a>(&'a [(String, Json)]);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a Json> {
        let mut members = self.0.iter();
        members.find(|(own, _)| own == name).map(|(_, json)| json)
    }

    fn number(&self, name: &str) -> Option<Number> {
        match self.get(name)? {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn float(&self, name: &str) -> f64 {
        self.number(name).map_or(0.0, Number::as_f64)
    }

    fn whole(&self, name: &str) -> u64 {
        match self.number(name) {
            Some(Number::U64(count)) => count,
            _ => 0,
        }
    }

    fn recent(&self, per: f64) -> Distribution {
        match self.get("recent") {
            Some(Json::Members(members)) => distribution(&Members(members), per),
            _ => Distribution::default(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a string, a bool, null or an object, as snapshots are made of")
    }

    fn visit_bool<E: Error>(self, x: bool) -> Result<Json, E> {
        Ok(Json::Number(Number::Bool(x)))
    }

    fn visit_i64<E: Error>(self, x: i64) -> Result<Json, E> {
        Ok(Json::Number(
            u64::try_from(x).map_or(Number::I64(x), Number::U64),
        ))
    }

    fn visit_u64<E: Error>(self, x: u64) -> Result<Json, E> {
        Ok(Json::Number(Number::U64(x)))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Json, E> {
        Ok(Json::Number(Number::F64(x)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Nothing)
    }

    fn visit_none<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(Json::List(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Members(members))
    }
}
