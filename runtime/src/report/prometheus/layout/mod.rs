//! The layout of an exposition: which stats of a snapshot show in which metric family.
//!
//! A snapshot is in the order of paths, an exposition wants each family in one piece. One walk over the places sorts
//! them: it notes for each stat where its place and its value are, twelve bytes, chained by slot. Nothing is copied,
//! and the values are read when the family they belong to is written.
//!
//! Places whose paths differ only in labelled segments have the same *template* (`walk`), and the stats of one name in
//! places of one template the same *slot* (`assign`). Which slots are one family, and which names would be two, is for
//! `families` to say.

mod assign;
mod families;
mod slot;
mod walk;

use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) use families::{Family, Type};
pub(super) use slot::{Facet, OUTCOME, STATE, Slot};

use super::buckets::Scale;
use super::exposition::Exposition;
use crate::snapshot::{PlaceShape, Snapshot, StatShape, Value};
use families::Families;
use walk::{Step, Template};

/// Which stats of a snapshot show in which family.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    snapshot: &'a Snapshot,
    options: &'a Exposition,
    templates: Vec<Template<'a>>,
    by_step: HashMap<(u32, Step<'a>), u32, RandomState>,
    slots: Vec<Slot<'a>>,
    series: Vec<Series>,
    families: Families,
    scales: Vec<Scale>,
    left_out: u64,
}

/// One stat of the snapshot, and the next of its slot.
#[derive(Clone, Copy, Debug)]
struct Series {
    place: u32,
    value: u32,
    next: u32,
}

/// A stat of the snapshot: where it stands, what it is, what it held.
pub(super) struct Stat<'a> {
    pub(super) place: &'a PlaceShape,
    pub(super) shape: &'a StatShape,
    pub(super) value: &'a Value,
}

const NONE: u32 = u32::MAX;

impl<'a> Layout<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, options: &'a Exposition) -> Layout<'a> {
        let mut layout = Layout {
            snapshot,
            options,
            templates: Vec::new(),
            by_step: HashMap::default(),
            slots: Vec::new(),
            series: Vec::with_capacity(snapshot.values.len()),
            families: Families::default(),
            scales: Vec::new(),
            left_out: 0,
        };
        layout.walk();
        layout
    }

    pub(super) fn families(&self) -> &[Family] {
        self.families.all()
    }

    pub(super) fn slot(&self, number: u32) -> Option<&Slot<'a>> {
        self.slots.get(number as usize)
    }

    pub(super) fn scale(&self, slot: &Slot<'_>) -> Option<&Scale> {
        self.scales.get(slot.scale)
    }

    /// The stats of a slot.
    pub(super) fn stats(&self, slot: &Slot<'_>) -> impl Iterator<Item = Stat<'a>> {
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
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
