//! The description as it is read: which stats there are.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::input::{Fault, Input};
use crate::mapped::bytes::{Bytes, word_at};
use crate::mapped::layout::{CELLS, flag, header, object, record, series, source};
use crate::mapped::values;
use crate::snapshot::Value;
use crate::snapshot::{kinds, words};
use crate::tree::class::Spec;
use crate::tree::path;
use crate::{Kind, Merging};

/// What is common to stats.
#[derive(Clone, Copy)]
pub(super) struct Described {
    pub(super) spec: Spec,
}

/// One stat, or a member of a family.
pub(super) struct Stat {
    /// The family that it is a member of; 0 when it is none.
    pub(super) owner: u64,
    pub(super) spec: Spec,
    pub(super) sort: u8,
    pub(super) is_aside: bool,
    pub(super) is_collapsed: bool,
    pub(super) cell: u32,
    /// Tells it from others that have its key before or after it.
    generation: u32,
    pub(super) slot: u64,
    pub(super) born: u64,
    pub(super) place: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) labels: Vec<(&'static str, Arc<str>)>,
    pub(super) states: Arc<[Arc<str>]>,
    /// The later of two at one path is the one that is shown.
    pub(super) order: u64,
}

/// What was retired into an aggregate; by key, into one of families.
pub(super) type Retired = Vec<(Option<Arc<str>>, Value)>;

type Map<K, V> = HashMap<K, V, RandomState>;

/// Everything that a description says up to some byte.
#[derive(Default)]
pub(super) struct Description {
    specs: Map<u32, Described>,
    pub(super) stats: Map<u64, Stat>,
    pub(super) totals: Map<u64, Retired>,
    records: u64,
    /// Which piece it stands in, by its place and its stamp, and how far it was read.
    place: u64,
    stamp: u64,
    length: u64,
}

impl Description {
    /// Reads it as it is now.
    pub(super) fn read(input: &Input) -> Result<Description, Fault> {
        for _ in 0..super::ATTEMPTS {
            let before = input.memory_left();
            match Description::read_once(input) {
                Err(Fault::Changed) => input.forget(before),
                result => return result,
            }
        }
        Err(Fault::Changed)
    }

    fn read_once(input: &Input) -> Result<Description, Fault> {
        let place = input.word(header::DESCRIPTION)?;
        let (stamp, _) = input.piece(place)?;
        let length = input.word(place.saturating_add(series::LENGTH))?;
        if stamp == 0 {
            return Err(Fault::Changed);
        }
        let mut description = Description {
            place,
            stamp,
            ..Description::default()
        };
        let bytes = description.bytes(input, length)?;
        description.apply(input, &bytes, true)?;
        description.length = length;
        Ok(description)
    }

    /// Takes out what has gone since it was read, and takes over what the totals have become. What came stays out: its cells
    /// may have been looked at before.
    pub(super) fn read_on(&mut self, input: &Input) -> Result<(), Fault> {
        let before = input.memory_left();
        match self.read_tail(input) {
            // It was written anew, without what is gone.
            Err(Fault::Changed) => {
                input.forget(before);
                let now = Description::read(input)?;
                self.stats.retain(|key, stat| {
                    let same = now.stats.get(key);
                    same.is_some_and(|same| same.generation == stat.generation)
                });
                self.totals = now.totals;
            }
            result => result?,
        }
        input.forget(before);
        Ok(())
    }

    fn read_tail(&mut self, input: &Input) -> Result<(), Fault> {
        let length = input.word(self.place.saturating_add(series::LENGTH))?;
        let bytes = self.bytes(input, length)?;
        self.apply(input, &bytes, false)
    }

    /// From where it was read to, up to a length.
    fn bytes(&self, input: &Input, length: u64) -> Result<Vec<u8>, Fault> {
        let more = length.checked_sub(self.length).ok_or(Fault::Changed)?;
        if more > input.length {
            return Err(Fault::Changed);
        }
        input.keep(more)?;
        let mut bytes = vec![0; more as usize];
        let at = self.place.saturating_add(series::BYTES);
        input.read(at.saturating_add(self.length), &mut bytes)?;
        // Only now: had another piece taken over, this one might have been used for something else.
        let (stamp, _) = input.piece(self.place)?;
        if input.word(header::DESCRIPTION)? != self.place || stamp != self.stamp {
            return Err(Fault::Changed);
        }
        Ok(bytes)
    }

    fn apply(&mut self, input: &Input, bytes: &[u8], with_stats: bool) -> Result<(), Fault> {
        let mut bytes = Bytes(bytes);
        while !bytes.0.is_empty() {
            let length = Bytes(bytes.0).u32().unwrap_or(0) as usize;
            let is_one = length >= record::HEADER && length.is_multiple_of(8);
            let record = bytes.take(length).filter(|_| is_one);
            let record = record.ok_or(Fault::Damaged("a record has no end"))?;
            self.records += 1;
            let mut contents = Bytes(record.get(record::HEADER..).unwrap_or_default());
            // A record that means nothing to us is passed over.
            match record[4] {
                record::SPEC if with_stats => {
                    input.keep(256)?;
                    self.spec(&mut contents);
                }
                record::STAT if with_stats => {
                    if let Some((key, stat)) = self.stat(&mut contents) {
                        input.keep(cost(&stat))?;
                        self.stats.insert(key, stat);
                    }
                }
                record::GONE => {
                    let key = contents.u64().unwrap_or(0);
                    self.stats.remove(&key);
                    self.totals.remove(&key);
                }
                record::TOTAL => {
                    input.keep(3 * length as u64)?;
                    self.total(&mut contents);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn spec(&mut self, contents: &mut Bytes<'_>) -> Option<()> {
        let number = contents.u32()?;
        let (cap, hide_zero) = (contents.u32()? as usize, contents.u8()? != 0);
        let kind = kinds::named(contents.text()?)?;
        let [unit, help, label] = [contents.text()?, contents.text()?, contents.text()?];
        // Where there is none: a writer that knew of none, whose records end here, or are filled up with zeros.
        let merging = Merging::of_code(contents.u8().unwrap_or(0).into());
        let spec = Spec {
            kind,
            help: words::kept(help),
            unit: words::kept(unit),
            label: words::kept(label),
            cap,
            hide_zero,
            merging,
        };
        self.specs.insert(number, Described { spec });
        Some(())
    }

    fn stat(&self, contents: &mut Bytes<'_>) -> Option<(u64, Stat)> {
        let (key, owner) = (contents.u64()?, contents.u64()?);
        let spec = self.specs.get(&contents.u32()?)?.spec;
        let (sort, flags) = (contents.u8()?, contents.u8()?);
        contents.take(2)?;
        let (cell, generation) = (contents.u32()?, contents.u32()?);
        let (slot, born) = (contents.u64()?, contents.u64()?);
        let (place, name) = (contents.text()?, contents.text()?);
        let label =
            |bytes: &mut Bytes<'_>| Some((words::kept(bytes.text()?), bytes.shared_text()?));
        let labels = contents.many(label)?;
        let states = contents.many(Bytes::shared_text)?.into();
        let is_place = place.is_empty() || path::canonical(place).is_ok_and(|path| path == place);
        let is_name = owner != 0 || path::is_one_segment(name);
        let stat = Stat {
            owner,
            spec,
            sort,
            is_aside: flags & flag::ASIDE != 0,
            is_collapsed: flags & flag::COLLAPSED != 0,
            cell,
            generation,
            slot,
            born,
            place: place.into(),
            name: name.into(),
            labels,
            states,
            order: self.records,
        };
        (is_place && is_name && stat.makes_sense()).then_some((key, stat))
    }

    fn total(&mut self, contents: &mut Bytes<'_>) -> Option<()> {
        let key = contents.u64()?;
        let member: Option<Arc<str>> = contents.maybe_text()?.map(Arc::from);
        let value = values::read(contents)?;
        let totals = self.totals.entry(key).or_default();
        match totals.binary_search_by(|(of, _)| of.cmp(&member)) {
            Ok(at) => totals[at].1 = value,
            Err(at) => totals.insert(at, (member, value)),
        }
        Some(())
    }
}

/// What a stat takes in memory, here and in the snapshot, with the places above it.
fn cost(stat: &Stat) -> u64 {
    let depth = stat.place.matches('/').count() + 1;
    let states: usize = stat.states.iter().map(|state| state.len() + 48).sum();
    let labels: usize = stat.labels.iter().map(|(_, text)| text.len() + 64).sum();
    (512 + 2 * stat.name.len() + depth * (stat.place.len() + 160) + 2 * states + 2 * labels) as u64
}

impl Stat {
    /// Whether what it is read from is there for its kind.
    fn makes_sense(&self) -> bool {
        let cell = self.cell as usize;
        match (self.sort, self.spec.kind) {
            (source::COUNTER, Kind::Counter | Kind::Meter)
            | (source::GAUGE_F64..=source::GAUGE_BOOL, Kind::Gauge)
            | (source::STATE, Kind::StateSet)
            | (source::CLOSURE, Kind::Gauge) => true,
            (source::LEVEL, Kind::UpDownCounter) => cell % CELLS + 2 <= CELLS,
            (source::WIDE, Kind::Histogram | Kind::Timer) => cell.is_multiple_of(8),
            (source::HELD, Kind::Text | Kind::Info | Kind::StateSet | Kind::StateTime) => true,
            (source::FAMILY, Kind::Family(_)) => self.owner == 0,
            (source::AGGREGATE, kind) => self.owner == 0 && kind.is_aggregate(),
            _ => false,
        }
    }
}

/// A value that its stat keeps itself, and when it was put there, in nanoseconds since 1970.
pub(super) fn held(input: &Input, slot: u64) -> Result<Option<(u64, Value)>, Fault> {
    for _ in 0..super::ATTEMPTS {
        let place = input.word(slot.saturating_add(object::CONTENTS))?;
        if place == 0 {
            return Ok(None);
        }
        let (stamp, size) = input.piece(place)?;
        let length = size.saturating_sub(object::CONTENTS);
        if length > input.length {
            return Err(Fault::Changed);
        }
        input.keep(3 * length)?;
        let mut bytes = vec![0; length as usize];
        input.read(place.saturating_add(object::CONTENTS), &mut bytes)?;
        let is_same = input.piece(place)? == (stamp, size)
            && input.word(slot.saturating_add(object::CONTENTS))? == place;
        if stamp != 0 && is_same {
            let value = values::read(&mut Bytes(bytes.get(8..).unwrap_or_default()));
            return Ok(value.map(|value| (word_at(&bytes, 0), value)));
        }
    }
    Err(Fault::Changed)
}
