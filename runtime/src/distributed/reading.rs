//! Bodies as they come: read with bounds on whatever a stranger may claim.
//!
//! A body is at most as long as a message, so what is copied out of it is bounded by that. Lists are bounded besides, for
//! an empty member is shorter on the wire than in memory.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fields::{
    distribution, family, named, number, place, rates, recorded, stat, state, states, value,
};
use super::merging::Merging;
use crate::Kind;
use crate::report::wire::{Field, Malformed, checked_fields, read_varint, unzigzag};
use crate::snapshot::{
    Distribution, FamilyValue, HistogramValue, MeterValue, Number, Outcomes, Rates, StatShape,
    StateTimeValue, StatesValue, TimerValue, Value, kinds, words,
};

/// The longest path, name, key or state, in bytes.
const LONGEST_NAME: usize = 1024;

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// How many stats, members, states, labels and buckets one body may have in all.
const MOST_ITEMS: usize = 400_000;

/// How many labels a place may have.
const MOST_LABELS: usize = 64;

/// Families in families, deeper than any that can be declared.
const DEEPEST: usize = 4;

/// The buckets that the smallest and the largest number fall into are nearer than this.
const FARTHEST_BUCKET: i64 = 40_000;

type Read<T> = Result<T, Malformed>;

/// Strings of an info, as values have them.
type Pairs = Arc<[(Box<str>, Box<str>)]>;

/// What a body says.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) source: Arc<str>,
    pub(super) period: Duration,
    pub(super) places: Vec<ToldPlace>,
    /// Places and names of stats that are no more.
    pub(super) gone: Vec<(Arc<str>, Arc<str>)>,
}

#[derive(Debug)]
pub(super) struct ToldPlace {
    pub(super) path: Arc<str>,
    pub(super) collapsed: bool,
    pub(super) labels: Arc<[(&'static str, Arc<str>)]>,
    pub(super) stats: Vec<ToldStat>,
}

#[derive(Debug)]
pub(super) struct ToldStat {
    pub(super) name: Arc<str>,
    /// Nothing when it is as it was told before.
    pub(super) shape: Option<ToldShape>,
    pub(super) value: Value,
    /// Whether a family's members are added to those that are known.
    pub(super) is_partial: bool,
}

#[derive(Debug)]
pub(super) struct ToldShape {
    pub(super) stat: StatShape,
    pub(super) merging: Option<Merging>,
}

/// Reads a body, which is believed whole or not at all.
pub(super) fn read(body: &[u8]) -> Read<Told> {
    let mut items = Items(MOST_ITEMS);
    let mut told = Told {
        source: Arc::from(""),
        period: Duration::ZERO,
        places: Vec::new(),
        gone: Vec::new(),
    };
    for field in checked_fields(body) {
        match field? {
            (state::SOURCE, Field::Bytes(bytes)) => told.source = plain(bytes)?.into(),
            (state::PERIOD, Field::Whole(millis)) => told.period = Duration::from_millis(millis),
            (state::PLACE, Field::Bytes(bytes)) => {
                items.take()?;
                told.places.push(read_place(bytes, &mut items)?);
            }
            (state::GONE, Field::Bytes(bytes)) => {
                items.take()?;
                let (place, name) = plain(bytes)?.rsplit_once('/').ok_or(Malformed)?;
                told.gone.push((path(place)?.into(), name.into()));
            }
            _ => {} // a later version's
        }
    }
    match told.source.is_empty() {
        true => Err(Malformed),
        false => Ok(told),
    }
}

/// How many more there may be.
struct Items(usize);

impl Items {
    fn take(&mut self) -> Read<()> {
        self.0 = self.0.checked_sub(1).ok_or(Malformed)?;
        Ok(())
    }
}

fn read_place(bytes: &[u8], items: &mut Items) -> Read<ToldPlace> {
    let mut at: Arc<str> = Arc::from("");
    let mut collapsed = false;
    let mut labels = Vec::new();
    let mut stats = Vec::new();
    for field in checked_fields(bytes) {
        match field? {
            (place::PATH, Field::Bytes(bytes)) => at = path(plain(bytes)?)?.into(),
            (place::COLLAPSED, Field::Whole(flag)) => collapsed = flag != 0,
            (place::LABEL, Field::Bytes(bytes)) if labels.len() < MOST_LABELS => {
                items.take()?;
                let (name, of) = pair(bytes)?;
                let name = words::kept(name);
                if !name.is_empty() {
                    labels.push((name, of.into()));
                }
            }
            (place::STAT, Field::Bytes(bytes)) => {
                items.take()?;
                stats.push(read_stat(bytes, items)?);
            }
            _ => {}
        }
    }
    Ok(ToldPlace {
        path: at,
        collapsed,
        labels: labels.into(),
        stats,
    })
}

fn read_stat(bytes: &[u8], items: &mut Items) -> Read<ToldStat> {
    let mut name = None;
    let mut kind = None;
    let (mut help, mut unit, mut label) = ("", "", "");
    let mut created = UNIX_EPOCH;
    let mut merging = None;
    let mut found = None;
    let mut is_partial = false;
    for field in checked_fields(bytes) {
        match field? {
            (stat::NAME, Field::Bytes(bytes)) => name = Some(segment(bytes)?),
            (stat::KIND, Field::Bytes(bytes)) => {
                kind = Some(kinds::named(plain(bytes)?).ok_or(Malformed)?);
            }
            (stat::HELP, Field::Bytes(bytes)) => help = words::kept(text(bytes)?),
            (stat::UNIT, Field::Bytes(bytes)) => unit = words::kept(plain(bytes)?),
            (stat::KEY, Field::Bytes(bytes)) => label = words::kept(plain(bytes)?),
            (stat::CREATED, Field::Eight(nanos)) => created = time(nanos),
            (stat::MERGING, Field::Whole(code)) => merging = Merging::of_code(code),
            (stat::VALUE, Field::Bytes(bytes)) => {
                found = Some(read_value(bytes, items, DEEPEST, &mut is_partial)?);
            }
            _ => {}
        }
    }
    let name: Arc<str> = name.ok_or(Malformed)?.into();
    let value = found.ok_or(Malformed)?;
    if kind.is_some_and(|kind| !is_of(kind, &value)) {
        return Err(Malformed);
    }
    let shape = kind.map(|kind| ToldShape {
        stat: StatShape {
            name: Arc::clone(&name),
            kind,
            help,
            unit,
            label,
            created,
        },
        merging,
    });
    Ok(ToldStat {
        name,
        shape,
        value,
        is_partial,
    })
}

/// Whether a stat of this kind holds such a value.
pub(super) fn is_of(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::Counter, Value::Counter(_))
        | (Kind::UpDownCounter, Value::UpDownCounter(_))
        | (Kind::Gauge | Kind::Max | Kind::Min, Value::Gauge(_))
        | (Kind::Text, Value::Text(_))
        | (Kind::Info, Value::Info(_))
        | (Kind::StateSet, Value::StateSet(..))
        | (Kind::StateTime, Value::StateTime(_))
        | (Kind::Histogram, Value::Histogram(_))
        | (Kind::Timer, Value::Timer(_))
        | (Kind::Meter, Value::Meter(_))
        | (Kind::CountBy, Value::CountBy(_)) => true,
        (Kind::Sum(of), value) => is_of(*of, value),
        (Kind::Family(of), Value::Family(family)) => {
            family.iter().all(|(_, member)| is_of(*of, member))
        }
        _ => false,
    }
}

fn read_value(bytes: &[u8], items: &mut Items, deep: usize, is_partial: &mut bool) -> Read<Value> {
    let mut found = None;
    for field in checked_fields(bytes) {
        found = Some(match field? {
            (value::COUNTER, Field::Whole(count)) => Value::Counter(count),
            (value::LEVEL, Field::Whole(level)) => Value::UpDownCounter(unzigzag(level)),
            (value::GAUGE, Field::Bytes(bytes)) => Value::Gauge(read_number(bytes)?),
            (value::TEXT, Field::Bytes(bytes)) => Value::Text(read_states(bytes, items)?.current),
            (value::INFO, Field::Bytes(bytes)) => Value::Info(read_info(bytes, items)?),
            (value::STATE_SET, Field::Bytes(bytes)) => {
                let states = read_states(bytes, items)?;
                let known = states.counts.into_iter().map(|(state, _)| state);
                Value::StateSet(states.current, known.collect())
            }
            (value::STATE_TIME, Field::Bytes(bytes)) => {
                let states = read_states(bytes, items)?;
                Value::StateTime(Arc::new(StateTimeValue {
                    current: states.current,
                    nanos: states.counts,
                }))
            }
            (value::HISTOGRAM, Field::Bytes(bytes)) => {
                let recorded = read_recorded(bytes, items)?;
                Value::Histogram(Arc::new(HistogramValue {
                    lifetime: recorded.lifetime,
                    recent: recorded.recent,
                    rates: recorded.rates,
                    refused: recorded.refused,
                }))
            }
            (value::TIMER, Field::Bytes(bytes)) => {
                let recorded = read_recorded(bytes, items)?;
                Value::Timer(Arc::new(TimerValue {
                    lifetime: recorded.lifetime,
                    recent: recorded.recent,
                    rates: recorded.rates,
                    outcomes: recorded.outcomes,
                    in_flight: recorded.in_flight,
                }))
            }
            (value::METER, Field::Bytes(bytes)) => {
                let recorded = read_recorded(bytes, items)?;
                Value::Meter(MeterValue {
                    count: recorded.count,
                    rates: recorded.rates,
                })
            }
            (value::FAMILY, Field::Bytes(bytes)) => {
                let deep = deep.checked_sub(1).ok_or(Malformed)?;
                Value::Family(Arc::new(read_family(bytes, items, deep, is_partial)?))
            }
            (value::COUNT_BY, Field::Bytes(bytes)) => Value::CountBy(Arc::new(StatesValue {
                counts: read_states(bytes, items)?.counts,
            })),
            _ => continue,
        });
    }
    found.ok_or(Malformed)
}

fn read_number(bytes: &[u8]) -> Read<Option<Number>> {
    let mut found = None;
    for field in checked_fields(bytes) {
        found = match field? {
            (number::DOUBLE, Field::Eight(bits)) => Some(Number::F64(f64::from_bits(bits))),
            (number::SIGNED, Field::Whole(of)) => Some(Number::I64(unzigzag(of))),
            (number::UNSIGNED, Field::Whole(of)) => Some(Number::U64(of)),
            (number::BOOL, Field::Whole(of)) => Some(Number::Bool(of != 0)),
            _ => found,
        };
    }
    Ok(found)
}

fn read_info(bytes: &[u8], items: &mut Items) -> Read<Pairs> {
    let mut pairs = Vec::new();
    for field in checked_fields(bytes) {
        if let (states::STATE, Field::Bytes(bytes)) = field? {
            items.take()?;
            let (name, of) = pair(bytes)?;
            pairs.push((name.into(), of.into()));
        }
    }
    Ok(pairs.into())
}

#[derive(Default)]
struct States {
    current: Option<Arc<str>>,
    counts: Vec<(Arc<str>, u64)>,
}

fn read_states(bytes: &[u8], items: &mut Items) -> Read<States> {
    let mut read = States::default();
    for field in checked_fields(bytes) {
        match field? {
            (states::CURRENT, Field::Bytes(bytes)) => read.current = Some(text(bytes)?.into()),
            (states::STATE, Field::Bytes(bytes)) => {
                items.take()?;
                read.counts.push(counted(bytes)?);
            }
            _ => {}
        }
    }
    Ok(read)
}

fn counted(bytes: &[u8]) -> Read<(Arc<str>, u64)> {
    let mut name: Arc<str> = Arc::from("");
    let mut count = 0;
    for field in checked_fields(bytes) {
        match field? {
            (named::NAME, Field::Bytes(bytes)) => name = text(bytes)?.into(),
            (named::OF, Field::Whole(of)) => count = of,
            _ => {}
        }
    }
    Ok((name, count))
}

/// What histograms, timers and meters have, together.
#[derive(Default)]
struct Recorded {
    lifetime: Distribution,
    recent: Distribution,
    rates: Rates,
    refused: u64,
    outcomes: Outcomes,
    in_flight: u64,
    count: u64,
}

fn read_recorded(bytes: &[u8], items: &mut Items) -> Read<Recorded> {
    let mut read = Recorded::default();
    for field in checked_fields(bytes) {
        match field? {
            (recorded::LIFETIME, Field::Bytes(bytes)) => {
                read.lifetime = read_distribution(bytes, items)?;
            }
            (recorded::RECENT, Field::Bytes(bytes)) => {
                read.recent = read_distribution(bytes, items)?;
            }
            (recorded::RATES, Field::Bytes(bytes)) => read.rates = read_rates(bytes)?,
            (recorded::REFUSED, Field::Whole(of)) => read.refused = of,
            (recorded::OK, Field::Whole(of)) => read.outcomes.ok = of,
            (recorded::ERR, Field::Whole(of)) => read.outcomes.err = of,
            (recorded::PANICKED, Field::Whole(of)) => read.outcomes.panicked = of,
            (recorded::CANCELLED, Field::Whole(of)) => read.outcomes.cancelled = of,
            (recorded::IN_FLIGHT, Field::Whole(of)) => read.in_flight = of,
            (recorded::COUNT, Field::Whole(of)) => read.count = of,
            _ => {}
        }
    }
    Ok(read)
}

fn read_rates(bytes: &[u8]) -> Read<Rates> {
    let mut read = Rates::default();
    for field in checked_fields(bytes) {
        match field? {
            (rates::M1, Field::Eight(bits)) => read.m1 = f64::from_bits(bits),
            (rates::M5, Field::Eight(bits)) => read.m5 = f64::from_bits(bits),
            (rates::M15, Field::Eight(bits)) => read.m15 = f64::from_bits(bits),
            _ => {}
        }
    }
    Ok(read)
}

fn read_distribution(bytes: &[u8], items: &mut Items) -> Read<Distribution> {
    let mut read = Distribution::default();
    for field in checked_fields(bytes) {
        match field? {
            (distribution::ZERO, Field::Whole(of)) => read.zero = of,
            (distribution::BUCKETS, Field::Bytes(bytes)) => {
                read.buckets = read_buckets(bytes, items)?;
            }
            (distribution::MIN, Field::Eight(bits)) => read.min = f64::from_bits(bits),
            (distribution::MAX, Field::Eight(bits)) => read.max = f64::from_bits(bits),
            (distribution::WHOLE_LOW, Field::Whole(of)) => read.whole |= u128::from(of),
            (distribution::WHOLE_HIGH, Field::Whole(of)) => read.whole |= u128::from(of) << 64,
            (distribution::REST, Field::Eight(bits)) => read.rest = f64::from_bits(bits),
            _ => {}
        }
    }
    match read.rest.is_nan() {
        true => Err(Malformed),
        false => Ok(read),
    }
}

/// Ascending, each with something in it: everything that computes with them relies on that.
fn read_buckets(mut bytes: &[u8], items: &mut Items) -> Read<Vec<(i32, u64)>> {
    let mut buckets: Vec<(i32, u64)> = Vec::new();
    let mut before = 0_i64;
    while !bytes.is_empty() {
        items.take()?;
        let step = unzigzag(read_varint(&mut bytes).ok_or(Malformed)?);
        let count = read_varint(&mut bytes).ok_or(Malformed)?;
        let index = before.checked_add(step).ok_or(Malformed)?;
        let is_ascending = buckets.is_empty() || step > 0;
        if !is_ascending || count == 0 || index.abs() > FARTHEST_BUCKET {
            return Err(Malformed);
        }
        buckets.push((index as i32, count));
        before = index;
    }
    Ok(buckets)
}

fn read_family(
    bytes: &[u8],
    items: &mut Items,
    deep: usize,
    is_partial: &mut bool,
) -> Read<FamilyValue> {
    let mut members: Vec<(Arc<str>, Value)> = Vec::new();
    for field in checked_fields(bytes) {
        match field? {
            (family::PARTIAL, Field::Whole(flag)) => *is_partial |= flag != 0,
            (family::MEMBER, Field::Bytes(bytes)) => {
                items.take()?;
                members.push(read_member(bytes, items, deep)?);
            }
            _ => {}
        }
    }
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.dedup_by(|(a, _), (b, _)| a == b);
    Ok(members.into_iter().collect())
}

fn read_member(bytes: &[u8], items: &mut Items, deep: usize) -> Read<(Arc<str>, Value)> {
    let mut key: Arc<str> = Arc::from("");
    let mut found = None;
    for field in checked_fields(bytes) {
        match field? {
            // A key may hold anything that text can.
            (named::NAME, Field::Bytes(bytes)) => key = text(bytes)?.into(),
            (named::OF, Field::Bytes(bytes)) => {
                let mut within = false;
                found = Some(read_value(bytes, items, deep, &mut within)?);
                // Only the outermost family is ever put together from parts.
                if within {
                    return Err(Malformed);
                }
            }
            _ => {}
        }
    }
    Ok((key, found.ok_or(Malformed)?))
}

fn pair(bytes: &[u8]) -> Read<(&str, &str)> {
    let (mut name, mut of) = ("", "");
    for field in checked_fields(bytes) {
        match field? {
            (named::NAME, Field::Bytes(bytes)) => name = text(bytes)?,
            (named::OF, Field::Bytes(bytes)) => of = text(bytes)?,
            _ => {}
        }
    }
    Ok((name, of))
}

/// Any text, of a length that has a limit.
fn text(bytes: &[u8]) -> Read<&str> {
    match bytes.len() <= LONGEST_TEXT {
        true => std::str::from_utf8(bytes).map_err(|_| Malformed),
        false => Err(Malformed),
    }
}

/// What names something: short, and on one line.
fn plain(bytes: &[u8]) -> Read<&str> {
    let text = text(bytes)?;
    match text.len() <= LONGEST_NAME && !text.contains(char::is_control) {
        true => Ok(text),
        false => Err(Malformed),
    }
}

/// One segment of a path.
fn segment(bytes: &[u8]) -> Read<&str> {
    let name = plain(bytes)?;
    match name.is_empty() || name.contains('/') {
        true => Err(Malformed),
        false => Ok(name),
    }
}

/// The path of a place, as snapshots have it: nothing for the root, else names behind slashes.
fn path(text: &str) -> Read<&str> {
    let Some(rest) = text.strip_prefix('/') else {
        return if text.is_empty() {
            Ok(text)
        } else {
            Err(Malformed)
        };
    };
    match rest.split('/').any(str::is_empty) {
        true => Err(Malformed),
        false => Ok(text),
    }
}

fn time(nanos: u64) -> SystemTime {
    let time = UNIX_EPOCH.checked_add(Duration::from_nanos(nanos));
    time.unwrap_or(UNIX_EPOCH)
}
