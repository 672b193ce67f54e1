//! What differs between two snapshots of one registry.

use std::cmp::Ordering;

use super::merging::CompiledGauges;
use super::writing::{Bodies, Sent};
use crate::Snapshot;
use crate::snapshot::{Entry, Place, StatShape, kinds, path_order};

/// Writes all that a receiver who has `known` needs to have `now`; all there is when it has nothing.
pub(super) fn write(
    known: Option<&Snapshot>,
    now: &Snapshot,
    gauges: &CompiledGauges,
    bodies: &mut Bodies,
) {
    let mut before = known
        .map_or(&[][..], |known| &known.places)
        .iter()
        .peekable();
    let order = |a: &Place, b: &Place| path_order(&a.shape.path, &b.shape.path);
    for place in &now.places {
        while let (Some(known), Some(gone)) =
            (known, before.next_if(|old| order(old, place).is_lt()))
        {
            for entry in known.entries_of(gone) {
                bodies.gone(&entry.path());
            }
        }
        let same = before.next_if(|old| order(old, place).is_eq());
        let old: Vec<Entry<'_>> = match (known, same) {
            (Some(known), Some(same)) => known.entries_of(same).collect(),
            _ => Vec::new(),
        };
        for gone in old
            .iter()
            .filter(|old| place.shape.stat_index(old.name()).is_none())
        {
            bodies.gone(&gone.path());
        }
        let stats = now.entries_of(place).filter_map(|entry| {
            let known = old
                .binary_search_by(|old| old.name().cmp(entry.name()))
                .ok()
                .and_then(|at| old.get(at));
            let known = known.filter(|old| is_like(old.shape(), entry.shape()));
            if known.is_some_and(|old| old.value() == entry.value())
                || !kinds::has_name(entry.kind())
            {
                return None;
            }
            let merging = match known {
                None => gauges.of(entry.place(), entry.shape()),
                Some(_) => None,
            };
            Some(Sent {
                stat: entry.shape(),
                value: entry.value(),
                merging,
                known: known.map(|old| old.value()),
            })
        });
        bodies.place(&place.shape, stats);
    }
    for gone in before {
        for entry in known.into_iter().flat_map(|known| known.entries_of(gone)) {
            bodies.gone(&entry.path());
        }
    }
}

/// Whether what was told of a stat still holds.
fn is_like(old: &StatShape, new: &StatShape) -> bool {
    old.kind.same(new.kind)
        && old.created == new.created
        && old.help == new.help
        && old.unit == new.unit
        && old.label == new.label
        && old.merging == new.merging
        && old.name.cmp(&new.name) == Ordering::Equal
}
