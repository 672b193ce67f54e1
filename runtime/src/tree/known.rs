//! The collector's own view of a tree: its places in path order, each with its stats sorted by name.
//!
//! It is brought up to date from the list of news at the start of a turn, place by place, so that a walk
//! needs no lock and a tree in which little changed costs little to follow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::lookup::Tree;
use super::pass::Passes;
use super::path::PathKey;
use super::place::{Batch, Place};
use crate::cells::clock;
use crate::cells::turn::Turn;
use crate::snapshot::{PlaceShape, StatShape};

/// Everything the collector knows of one tree.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) rows: BTreeMap<PathKey, Row>,
    /// Retired places that a guard still pins, whose path a newcomer has taken. They count in the totals
    /// of their ancestors and are shown nowhere.
    pub(crate) hidden: Vec<Row>,
    /// How far rates have been brought, by realm.
    pub(crate) passes: Passes,
}

/// A place as the collector walks it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) place: Arc<Place>,
    /// Sorted by name.
    pub(crate) stats: Vec<(Batch, usize)>,
    /// Made when first shown; most instances that come and go never are.
    shape: Option<Arc<PlaceShape>>,
}

impl Row {
    fn new(place: Arc<Place>) -> Row {
        let mut stats: Vec<(Batch, usize)> = place
            .batches
            .iter()
            .flat_map(|batch| (0..batch.len()).map(|at| (batch.clone(), at)))
            .collect();
        stats.sort_by(|(a, i), (b, j)| a[*i].name.cmp(&b[*j].name));
        Row {
            place,
            stats,
            shape: None,
        }
    }

    /// What readers see of it beside its values.
    pub(crate) fn shape(&mut self, epoch: Epoch) -> Arc<PlaceShape> {
        let Row { place, stats, .. } = self;
        self.shape
            .get_or_insert_with(|| {
                Arc::new(PlaceShape {
                    path: place.path.clone(),
                    collapsed: place.class.get().is_some_and(|class| class.collapsed),
                    labels: labels(place).into(),
                    stats: stats
                        .iter()
                        .map(|(batch, at)| {
                            let entry = &batch[*at];
                            StatShape {
                                name: Arc::from(&*entry.name),
                                kind: entry.spec.kind,
                                help: entry.spec.help,
                                unit: entry.spec.unit,
                                label: entry.spec.label,
                                created: epoch.at(entry.born),
                            }
                        })
                        .collect(),
                })
            })
            .clone()
    }
}

/// The labels that the segments of a path carry, outermost first.
fn labels(place: &Place) -> Vec<(&'static str, Arc<str>)> {
    let mut labels = match &place.parent {
        Some(parent) => labels(parent.place()),
        None => Vec::new(),
    };
    if let Some(label) = place.class.get().and_then(|class| class.label) {
        labels.push((label, Arc::from(place.segment())));
    }
    labels
}

/// What turns the library's own nanoseconds into wall time.
#[derive(Clone, Copy)]
pub(crate) struct Epoch {
    now: u64,
    wall: SystemTime,
}

impl Epoch {
    pub(crate) fn now() -> Epoch {
        Epoch {
            now: clock::real_now(),
            wall: SystemTime::now(),
        }
    }

    pub(crate) fn wall(self) -> SystemTime {
        self.wall
    }

    fn at(self, nanos: u64) -> SystemTime {
        let ago = std::time::Duration::from_nanos(self.now.saturating_sub(nanos));
        self.wall.checked_sub(ago).unwrap_or(self.wall)
    }
}

/// Brings the view of a tree up to date.
pub(crate) fn hear_news(turn: &mut Turn, tree: &Tree) {
    for place in tree.news.take() {
        place.heard();
        if *place.folded.get(turn) {
            turn.later(place); // born and gone between two turns
            continue;
        }
        let known = tree.known.get_mut(turn);
        if let Some(hidden) = known.hidden.iter_mut().find(|row| same(row, &place)) {
            *hidden = Row::new(place);
            continue;
        }
        let key = PathKey(place.path.clone());
        if let Some(before) = known.rows.insert(key, Row::new(place.clone()))
            && !same(&before, &place)
        {
            // It can only be retired, and pinned by a guard: a path has one place at a time.
            if before.place.is_retired() {
                known.hidden.push(before);
            } else {
                // `place` is the retired one: its news arrived after its successor's.
                let newer = before;
                let key = PathKey(newer.place.path.clone());
                if let Some(older) = known.rows.insert(key, newer) {
                    known.hidden.push(older);
                }
            }
        }
    }
}

/// Takes a folded place out of the view.
pub(crate) fn remove(turn: &mut Turn, place: &Arc<Place>) {
    let known = place.tree.known.get_mut(turn);
    let key = PathKey(place.path.clone());
    let row = if known.rows.get(&key).is_some_and(|row| same(row, place)) {
        known.rows.remove(&key)
    } else {
        let hidden = known.hidden.iter().position(|row| same(row, place));
        hidden.map(|at| known.hidden.swap_remove(at))
    };
    if let Some(row) = row {
        turn.later(row);
    }
}

fn same(row: &Row, place: &Arc<Place>) -> bool {
    Arc::ptr_eq(&row.place, place)
}
