//! From cells to values: what one stat stands at, in one realm.

use std::cell::RefCell;
use std::sync::Arc;

use super::entry::{Bits, Measured, Source};
use super::members::{Member, Members};
use super::remembered;
use super::total::Rated;
use crate::Kind;
use crate::cells::page::LINE;
use crate::cells::realm::Realm;
use crate::cells::tally::Tally;
use crate::cells::turn::{Reader, Turn};
use crate::cells::{CellId, local};
use crate::snapshot::{
    Distribution, FamilyValue, HistogramValue, MeterValue, Number, Outcomes, StatesValue,
    TimerValue, Value,
};

/// The numbers of a wide run; its place 0 is the distribution.
pub(crate) mod line {
    /// A timer's guards that began; a histogram's values.
    pub(crate) const STARTED: usize = 1;
    /// Guards by how they ended, from here on.
    pub(crate) const OK: usize = 2;
    pub(crate) const ERR: usize = 3;
    pub(crate) const PANICKED: usize = 4;
    pub(crate) const CANCELLED: usize = 5;
    /// Guards that ended without a record.
    pub(crate) const DISCARDED: usize = 6;
    /// Values that were refused.
    pub(crate) const REFUSED: usize = 7;
}

/// Guards that began and have not ended.
pub(crate) fn in_flight(numbers: &[u64; LINE]) -> u64 {
    let ended = numbers[line::OK..=line::DISCARDED]
        .iter()
        .fold(0_u64, |sum, n| sum.wrapping_add(*n));
    numbers[line::STARTED].wrapping_sub(ended)
}

/// How many values a wide run has counted, without adding its buckets up.
pub(crate) fn counted(kind: Kind, numbers: &[u64; LINE]) -> u64 {
    match kind {
        Kind::Timer => numbers[line::OK..=line::CANCELLED]
            .iter()
            .fold(0_u64, |sum, n| sum.wrapping_add(*n)),
        _ => numbers[line::STARTED],
    }
}

/// Reads stats of one realm. It lives within a turn.
pub(crate) struct Read<'t> {
    turn: &'t Turn,
    reader: Reader<'t>,
    realm: Realm,
    scratch: RefCell<Tally>,
}

impl<'t> Read<'t> {
    pub(crate) fn new(turn: &'t Turn, realm: Realm) -> Read<'t> {
        Read {
            turn,
            reader: turn.reader(realm),
            realm,
            scratch: RefCell::new(Tally::default()),
        }
    }

    /// What a stat stands at, its rates and recent values included. Of an aggregate only what was retired
    /// into it; of a closure nothing.
    pub(crate) fn value(&self, entry: &Measured, now: u64) -> Value {
        let rated = || remembered::rated(self.turn, self.realm, entry, now);
        match &entry.source {
            Source::Counter(cell) => {
                let count = self.reader.total(*cell);
                match entry.spec.kind {
                    Kind::Meter => Value::Meter(MeterValue {
                        count,
                        rates: rated().rates,
                    }),
                    _ => Value::Counter(count),
                }
            }
            Source::Wide(run) => self.wide(entry, *run, rated()),
            Source::Family(members) => Value::Family(Arc::new(self.family(entry, members, now))),
            Source::Aggregate(states) if entry.spec.kind == Kind::CountBy => {
                Value::CountBy(Arc::new(StatesValue {
                    counts: states.iter().map(|state| (state.clone(), 0)).collect(),
                }))
            }
            Source::Aggregate(_) => remembered::retired(self.turn, self.realm, entry, now),
            Source::Level(up) => Value::UpDownCounter(self.reader.level(*up)),
            Source::Gauge(cell, bits) => Value::Gauge(Some(number(set(*cell), *bits))),
            Source::State(cell, names) => {
                let place = (set(*cell) as usize).checked_sub(1);
                let name = place.and_then(|place| names.get(place)).cloned();
                Value::StateSet(name, names.clone())
            }
            Source::Held(held) => held.read(),
            Source::Closure(_) => Value::Gauge(None),
        }
    }

    /// What a stat adds to a total: its value without rates and recent values, which are folded apart.
    pub(crate) fn total(&self, entry: &Measured) -> Value {
        match &entry.source {
            Source::Wide(run) => self.wide(entry, *run, Rated::default()),
            _ => self.value(entry, 0),
        }
    }

    /// Whether a stat that retires certainly adds nothing to a total: a level, or one that never counted.
    pub(crate) fn adds_nothing(&self, entry: &Measured) -> bool {
        match &entry.source {
            Source::Counter(cell) => self.reader.total(*cell) == 0,
            Source::Wide(run) => self.reader.numbers(*run) == [0; LINE],
            // Its keys stay admitted, even those that stand at zero.
            Source::Family(members) => members.sorted(self.turn).is_empty(),
            Source::Held(_) | Source::Aggregate(_) => false,
            Source::Level(_) | Source::Gauge(..) | Source::State(..) | Source::Closure(_) => true,
        }
    }

    /// A wide run's distribution as it stands.
    pub(crate) fn distribution(&self, run: CellId) -> Distribution {
        let mut tally = self.scratch.borrow_mut();
        tally.clear();
        self.reader.tally(run, &mut tally);
        Distribution {
            zero: tally.zero,
            buckets: tally.buckets().collect(),
            // Whoever has no least value yet gets one outside every bucket, which is never believed.
            min: tally.min().unwrap_or(-1.0),
            max: tally.max().unwrap_or(-1.0),
            whole: tally.whole,
            rest: tally.rest,
        }
    }

    /// How many values a stat that has rates has counted; nothing for other stats.
    pub(crate) fn count(&self, entry: &Measured) -> Option<u64> {
        match (&entry.source, entry.spec.kind) {
            (Source::Counter(cell), Kind::Meter) => Some(self.reader.total(*cell)),
            (Source::Wide(run), kind) => Some(counted(kind, &self.reader.numbers(*run))),
            _ => None,
        }
    }

    fn wide(&self, entry: &Measured, run: CellId, rated: Rated<'_>) -> Value {
        let numbers = self.reader.line(run);
        let lifetime = self.distribution(run);
        let born = || remembered::born(self.turn, self.realm, entry);
        let recent = rated.recent(&lifetime, born);
        match entry.spec.kind {
            Kind::Timer => Value::Timer(Arc::new(TimerValue {
                recent,
                lifetime,
                rates: rated.rates,
                outcomes: Outcomes {
                    ok: numbers[line::OK],
                    err: numbers[line::ERR],
                    panicked: numbers[line::PANICKED],
                    cancelled: numbers[line::CANCELLED],
                },
                // Of one realm it may be below zero, when a guard crossed into another.
                in_flight: (in_flight(&numbers) as i64).max(0) as u64,
            })),
            _ => Value::Histogram(Arc::new(HistogramValue {
                recent,
                lifetime,
                rates: rated.rates,
                refused: numbers[line::REFUSED],
            })),
        }
    }

    /// A family's members by key.
    fn family(&self, family: &Measured, members: &Members, now: u64) -> FamilyValue {
        let value = |member: &Member| self.value(member, now);
        if family.spec.hide_zero {
            let members = members.sorted(self.turn);
            let shown = members.iter().map(|member| (member.key(), value(member)));
            return shown.filter(|(_, value)| !is_zero(value)).collect();
        }
        let column = members.column(self.turn);
        let values = match &column.counters {
            Some(cells) => self.reader.totals(cells).map(Value::Counter).collect(),
            None => members.sorted(self.turn).iter().map(value).collect(),
        };
        FamilyValue::of(column.keys.clone(), values)
    }
}

fn set(cell: CellId) -> u64 {
    local::set_cell(cell).map_or(0, |cell| cell.load(std::sync::atomic::Ordering::Relaxed))
}

fn number(bits: u64, kind: Bits) -> Number {
    match kind {
        Bits::F64 => Number::F64(f64::from_bits(bits)),
        Bits::I64 => Number::I64(bits as i64),
        Bits::U64 => Number::U64(bits),
        Bits::Bool => Number::Bool(bits != 0),
    }
}

pub(crate) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Counter(n) => *n == 0,
        Value::UpDownCounter(n) => *n == 0,
        Value::Meter(meter) => meter.count == 0,
        Value::Gauge(number) => number.is_none_or(|number| number.as_f64() == 0.0),
        Value::Histogram(value) => value.lifetime.is_empty(),
        Value::Timer(value) => value.lifetime.is_empty() && value.in_flight == 0,
        _ => false,
    }
}
