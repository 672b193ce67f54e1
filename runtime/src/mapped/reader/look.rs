//! One look at a page file: what every stat stands at, all at one moment as far as that can be had.
//!
//! The writer knows nothing of it and waits for nobody, so everything is arranged so that a look beside it is right:
//!
//! - The description is read first, and again last. What went meanwhile is taken out, together with what the totals above
//!   it became by that; what stayed had its cells to itself all the time.
//! - All cells are read twice. What counts a thing's end (a down, an outcome) is taken from the first time, what counts
//!   its begin from the second: so no level is below zero, and nothing ends that did not begin.
//! - Whatever may be replaced is looked at again afterwards, and read anew if it was.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::fast::RandomState;

use super::cells::Twice;
use super::description::{Description, Stat, held};
use super::head::Head;
use super::input::{Fault, Input};
use crate::Kind;
use crate::mapped::layout::{CELLS, source};
use crate::snapshot::{
    HistogramValue, MeterValue, Number, Outcomes, Rates, StateTimeValue, TimerValue, Value,
};
use crate::tree::read::{in_flight, line};

/// What was seen.
pub(super) struct Look {
    pub(super) description: Description,
    /// What stats stand at, by key; not those that are made of others.
    pub(super) values: HashMap<u64, Value, RandomState>,
    /// How many distributions stood in memory.
    pub(super) missing: u64,
}

impl Look {
    pub(super) fn new(input: &Input, head: &Head, is_live: bool) -> Result<Look, Fault> {
        let mut description = Description::read(input)?;
        let pages: BTreeSet<u32> = description
            .stats
            .values()
            .map(|stat| stat.cell / CELLS as u32)
            .collect();
        let is_used = |page: u32| pages.contains(&page);
        let before = input.memory_left();
        let cells = Twice::read(input, is_used)?;
        let mut values = HashMap::default();
        let mut missing = 0;
        let after = input.memory_left();
        for (key, stat) in &description.stats {
            if let Some(value) = cells.value(input, head, is_live, stat, &mut missing)? {
                values.insert(*key, value);
            }
        }
        input.forget(before - (after - input.memory_left())); // the cells go, the values stay
        description.read_on(input)?;
        Ok(Look {
            description,
            values,
            missing,
        })
    }
}

impl Twice {
    fn value(
        &self,
        input: &Input,
        head: &Head,
        is_live: bool,
        stat: &Stat,
        missing: &mut u64,
    ) -> Result<Option<Value>, Fault> {
        let has_cell = stat.cell as usize >= CELLS;
        let count = || {
            if has_cell {
                self.second.sum(stat.cell)
            } else {
                0
            }
        };
        let set = || {
            if has_cell {
                self.second.set(stat.cell)
            } else {
                0
            }
        };
        let number = |number| Some(Value::Gauge(Some(number)));
        Ok(match (stat.sort, stat.spec.kind) {
            (source::COUNTER, Kind::Meter) => Some(Value::Meter(MeterValue {
                count: count(),
                rates: Rates::default(),
            })),
            (source::COUNTER, _) => Some(Value::Counter(count())),
            (source::LEVEL, _) => {
                let down = if has_cell {
                    self.first.sum(stat.cell + 1)
                } else {
                    0
                };
                Some(Value::UpDownCounter(count().wrapping_sub(down) as i64))
            }
            (source::WIDE, _) if has_cell => self.wide(input, head, stat, missing).map(Some)?,
            (source::WIDE, kind) => Some(crate::tree::fold::nothing(kind)),
            (source::GAUGE_F64, _) => number(Number::F64(f64::from_bits(set()))),
            (source::GAUGE_I64, _) => number(Number::I64(set() as i64)),
            (source::GAUGE_U64, _) => number(Number::U64(set())),
            (source::GAUGE_BOOL, _) => number(Number::Bool(set() != 0)),
            (source::STATE, _) => {
                let place = usize::try_from(set()).unwrap_or(0).checked_sub(1);
                let name = place.and_then(|place| stat.states.get(place)).cloned();
                Some(Value::StateSet(name, stat.states.clone()))
            }
            (source::HELD, kind) => {
                let value = if stat.slot == 0 {
                    None
                } else {
                    held(input, stat.slot)?
                };
                let value = value.map(|(since, value)| match value {
                    Value::StateTime(times) if is_live => Value::StateTime(by_now(times, since)),
                    value => value,
                });
                Some(
                    value
                        .filter(|value| value.is_of(kind))
                        .unwrap_or_else(|| unset(kind)),
                )
            }
            (source::CLOSURE, _) => Some(Value::Gauge(None)), // only the process can call it
            _ => None,
        })
    }

    /// As [`crate::tree::read`] reads a wide run.
    fn wide(
        &self,
        input: &Input,
        head: &Head,
        stat: &Stat,
        missing: &mut u64,
    ) -> Result<Value, Fault> {
        let mut numbers = [0; 8];
        for (number, cell) in numbers.iter_mut().zip(stat.cell..).skip(1) {
            *number = self.first.sum(cell);
        }
        numbers[line::STARTED] = self.second.sum(stat.cell + line::STARTED as u32);
        let lifetime = self
            .second
            .distribution(input, head.address, stat.cell, missing)?;
        Ok(match stat.spec.kind {
            Kind::Timer => Value::Timer(Arc::new(TimerValue {
                lifetime,
                outcomes: Outcomes {
                    ok: numbers[line::OK],
                    err: numbers[line::ERR],
                    panicked: numbers[line::PANICKED],
                    cancelled: numbers[line::CANCELLED],
                },
                in_flight: (in_flight(&numbers) as i64).max(0) as u64,
                ..TimerValue::default()
            })),
            _ => Value::Histogram(Arc::new(HistogramValue {
                lifetime,
                refused: numbers[line::REFUSED],
                ..HistogramValue::default()
            })),
        })
    }
}

/// Of a process that runs, the state that holds has gone on holding since the value was written.
fn by_now(mut times: Arc<StateTimeValue>, since: u64) -> Arc<StateTimeValue> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let more = u64::try_from(now.as_nanos())
        .unwrap_or(0)
        .saturating_sub(since);
    let own = Arc::make_mut(&mut times);
    if let Some(current) = &own.current
        && let Some((_, nanos)) = own.nanos.iter_mut().find(|(name, _)| name == current)
    {
        *nanos = nanos.saturating_add(more);
    }
    times
}

/// What a stat that keeps its value itself stands at before it has one.
fn unset(kind: Kind) -> Value {
    match kind {
        Kind::Info => Value::Info(Arc::from([])),
        Kind::StateSet => Value::StateSet(None, Arc::from([])),
        Kind::StateTime => Value::StateTime(Arc::default()),
        _ => Value::Text(None),
    }
}
