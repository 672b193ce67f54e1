//! Metric families: a snapshot as the protocols want it whose unit is a named metric with labelled series.
//!
//! A snapshot is in the order of paths, such a protocol wants each family in one piece. One walk over the places sorts
//! them: it notes for each stat where its place and its value are, twelve bytes, chained by slot. Nothing is copied,
//! and the values are read when the family they belong to is written.
//!
//! Places whose paths differ only in labelled segments have the same *template* (`walk`), and the stats of one name in
//! places of one template the same *slot* (`assign`). Which slots are one family, and which names would be two, is for
//! `family` to say, and how a name is spelt for a [`Dialect`]. `emit` then goes through the values and hands them to a
//! [`Writer`], which knows the bytes; `scale` has what distributions look like.

mod assign;
mod clashes;
mod depth;
mod dialect;
mod emit;
mod factor;
mod family;
#[cfg_attr(
    not(feature = "prometheus"),
    allow(dead_code, reason = "only Prometheus has classic histograms")
)]
pub(in crate::report) mod scale;
mod slot;
mod walk;

use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(in crate::report) use clashes::{Clashes, Told};
pub use depth::Depth;
pub(in crate::report) use dialect::{Dialect, Unit};
#[cfg(feature = "prometheus")]
pub(in crate::report) use emit::Added;
pub(in crate::report) use emit::{Header, Writer, emit, since_1970};
pub(in crate::report) use factor::Factor;
#[cfg(feature = "prometheus")]
pub(in crate::report) use factor::{per, times};
pub(in crate::report) use family::Type;
pub(in crate::report) use scale::Scale;

use crate::snapshot::{PlaceShape, Snapshot, StatShape, Value};
use family::{Families, Family};
use slot::Slot;
use walk::{Step, Template};

/// Which stats of a snapshot show in which family.
#[derive(Debug)]
pub(in crate::report) struct Layout<'a> {
    snapshot: &'a Snapshot,
    style: Style<'a>,
    templates: Vec<Template<'a>>,
    by_step: HashMap<(u32, Step<'a>), u32, RandomState>,
    slots: Vec<Slot<'a>>,
    series: Vec<Series>,
    families: Families,
    scales: Vec<Scale>,
    left_out: u64,
    clashes: Clashes,
}

/// How a snapshot is to be shown.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Style<'a> {
    pub(in crate::report) dialect: &'a dyn Dialect,
    pub(in crate::report) depth: Depth,
    /// What every name begins with.
    pub(in crate::report) prefix: Option<&'a str>,
    /// The bounds of histograms that have some, in the unit shown.
    pub(in crate::report) bounds: Option<&'a [f64]>,
}

/// One stat of the snapshot, and the next of its slot.
#[derive(Clone, Copy, Debug)]
struct Series {
    place: u32,
    value: u32,
    next: u32,
}

/// A stat of the snapshot: where it stands, what it is, what it held.
struct Stat<'a> {
    place: &'a PlaceShape,
    shape: &'a StatShape,
    value: &'a Value,
}

const NONE: u32 = u32::MAX;

impl<'a> Layout<'a> {
    pub(in crate::report) fn of(snapshot: &'a Snapshot, style: Style<'a>) -> Layout<'a> {
        let mut layout = Layout {
            snapshot,
            style,
            templates: Vec::new(),
            by_step: HashMap::default(),
            slots: Vec::new(),
            series: Vec::with_capacity(snapshot.values.len()),
            families: Families::default(),
            scales: Vec::new(),
            left_out: 0,
            clashes: Clashes::default(),
        };
        layout.walk();
        layout
    }

    fn families(&self) -> &[Family] {
        self.families.all()
    }

    fn slot(&self, number: u32) -> Option<&Slot<'a>> {
        self.slots.get(number as usize)
    }

    fn scale(&self, slot: &Slot<'_>) -> Option<&Scale> {
        self.scales.get(slot.scale)
    }

    /// The stats of a slot.
    fn stats(&self, slot: &Slot<'_>) -> impl Iterator<Item = Stat<'a>> {
        let snapshot = self.snapshot;
        let mut next = slot.first;
        std::iter::from_fn(move || {
            let series = self.series.get(next as usize)?;
            next = series.next;
            let place = snapshot.places.get(series.place as usize)?;
            let index = series.value - place.first;
            Some(Stat {
                place: &place.shape,
                shape: place.shape.stats.get(index as usize)?,
                value: snapshot.values.get(series.value as usize)?,
            })
        })
    }

    /// How many stats could not be shown, since the name is another's.
    pub(in crate::report) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Which they are.
    pub(in crate::report) fn clashes(&self) -> &Clashes {
        &self.clashes
    }
}
