//! Records as they are written.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::slot::Slot;
use crate::Merging;
use crate::cells::{CellId, clock};
use crate::mapped::bytes::Put;
use crate::mapped::layout::{flag, record, source};
use crate::tree::class::Spec;
use crate::tree::entry::{Bits, Measured, Source};
use crate::tree::journal::Key;
use crate::tree::place::Place;

/// Where the number of its description stands in the record of a stat.
pub(super) const SPEC_IN_STAT: usize = record::HEADER + 8 + 8;

/// One record: its length, its sort, and what `contents` writes, up to a multiple of eight.
pub(super) fn put(out: &mut Vec<u8>, sort: u8, contents: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.put(&[0, 0, 0, 0, sort, 0, 0, 0]);
    contents(out);
    out.resize(begin + (out.len() - begin).next_multiple_of(8), 0);
    let length = (out.len() - begin) as u32;
    out[begin..begin + 4].copy_from_slice(&length.to_ne_bytes());
}

/// A stat, as it is described.
pub(super) struct Stat<'s> {
    /// The family that it is a member of; 0 when it is none.
    pub(super) owner: Key,
    pub(super) place: &'s str,
    pub(super) labels: &'s [(&'static str, Arc<str>)],
    pub(super) flags: u8,
    /// Of a member, its key.
    pub(super) name: &'s str,
    pub(super) entry: &'s Measured,
    /// Tells it from others that have its key before or after it.
    pub(super) generation: u32,
    pub(super) since: Clocks,
}

/// One moment on both clocks.
#[derive(Clone, Copy)]
pub(super) struct Clocks {
    own: u64,
    wall: u64,
}

impl Clocks {
    pub(super) fn now() -> Clocks {
        Clocks {
            own: clock::real_now(),
            wall: nanos_since_1970(SystemTime::now()),
        }
    }

    /// A moment of the library's own clock, in nanoseconds since 1970.
    fn wall(self, own: u64) -> u64 {
        self.wall.wrapping_add(own.wrapping_sub(self.own))
    }
}

pub(super) fn flags(place: &Place) -> u8 {
    let collapsed = place.class.get().is_some_and(|class| class.collapsed);
    u8::from(place.aside) * flag::ASIDE + u8::from(collapsed) * flag::COLLAPSED
}

impl Stat<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>, spec: u32, slot: Option<Slot>) {
        let none: &[Arc<str>] = &[];
        let (sort, cell, names) = match &self.entry.source {
            Source::Counter(cell) => (source::COUNTER, *cell, none),
            Source::Level(cell) => (source::LEVEL, *cell, none),
            Source::Wide(cell) => (source::WIDE, *cell, none),
            Source::Gauge(cell, bits) => (gauge(*bits), *cell, none),
            Source::State(cell, names) => (source::STATE, *cell, &**names),
            Source::Held(_) => (source::HELD, CellId::NONE, none),
            Source::Closure(_) => (source::CLOSURE, CellId::NONE, none),
            Source::Family(_) => (source::FAMILY, CellId::NONE, none),
            Source::Aggregate(states) => (source::AGGREGATE, CellId::NONE, &**states),
        };
        put(out, record::STAT, |out| {
            out.u64(self.entry.journal_key().0);
            out.u64(self.owner.0);
            out.u32(spec);
            out.put(&[sort, self.flags, 0, 0]);
            out.u32(cell.id());
            out.u32(self.generation);
            out.u64(slot.map_or(0, |slot| slot.0));
            out.u64(self.since.wall(self.entry.born));
            out.text(self.place);
            out.text(self.name);
            out.u32(self.labels.len() as u32);
            for (label, text) in self.labels {
                out.text(label);
                out.text(text);
            }
            out.u32(names.len() as u32);
            names.iter().for_each(|name| out.text(name));
        });
    }
}

fn gauge(bits: Bits) -> u8 {
    match bits {
        Bits::F64 => source::GAUGE_F64,
        Bits::I64 => source::GAUGE_I64,
        Bits::U64 => source::GAUGE_U64,
        Bits::Bool => source::GAUGE_BOOL,
    }
}

pub(in crate::mapped) fn nanos_since_1970(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// What is written of a specification, but its number.
pub(super) fn spec(spec: &Spec) -> Vec<u8> {
    let mut text = Vec::new();
    text.u32(spec.cap as u32);
    text.u8(u8::from(spec.hide_zero));
    text.text(&spec.kind.to_string());
    text.text(spec.unit);
    text.text(spec.help);
    text.text(spec.label);
    text.u8(Merging::code(spec.merging));
    text
}
