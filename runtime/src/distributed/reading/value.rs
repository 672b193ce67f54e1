//! Values of all kinds, out of a body.

use std::sync::Arc;

use super::recorded::read_recorded;
use super::text::{pair, text};
use super::{Items, Read};
use crate::distributed::fields::{family, named, number, states, value};
use crate::report::wire::{Field, Malformed, checked_fields, unzigzag};
use crate::snapshot::{
    FamilyValue, HistogramValue, MeterValue, Number, StateTimeValue, StatesValue, TimerValue, Value,
};

/// Families in families, deeper than any that can be declared.
pub(super) const DEEPEST: usize = 4;

/// Strings of an info, as values have them.
type Pairs = Arc<[(Box<str>, Box<str>)]>;

/// `deep` more families may be within; whether it is one of which only some members are told is added to `is_partial`.
pub(super) fn read_value(
    bytes: &[u8],
    items: &mut Items,
    deep: usize,
    is_partial: &mut bool,
) -> Read<Value> {
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
