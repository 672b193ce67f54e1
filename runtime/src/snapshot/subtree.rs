//! Walking a snapshot as a tree: a place with what is below it, or a stat, or a part of one.

use std::time::SystemTime;

use super::lookup::Found;
use super::part::Part;
use super::{Entry, Place, Snapshot, Table, Value};

/// Part of a snapshot: a place with all below it, a stat, or something within a stat's value.
///
/// It is what a reader shows when somebody opens a path, and how a reader walks from place to place. It is
/// written as JSON, or as a table through [`Display`](std::fmt::Display), like a whole snapshot.
#[derive(Clone, Copy, Debug)]
pub struct SubTree<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) at: Found<'a>,
}

impl Snapshot {
    /// The whole snapshot as a tree.
    pub fn root(&self) -> SubTree<'_> {
        SubTree {
            snapshot: self,
            at: Found::Place(0),
        }
    }

    /// What is at this path: a place, a stat, or a part of a stat's value.
    ///
    /// `""` and `/` are the root. Where a stat and a place have the same path, a `/` at the end means the place.
    pub fn at(&self, path: &str) -> Option<SubTree<'_>> {
        self.find(path).map(|at| SubTree { snapshot: self, at })
    }
}

impl<'a> SubTree<'a> {
    /// When the snapshot was taken that this is part of.
    pub fn taken(self) -> SystemTime {
        self.snapshot.taken()
    }

    /// The path of the place, or of the place that the stat stands at; empty for the root.
    pub fn path(self) -> &'a str {
        let (Found::Place(place) | Found::Stat { place, .. } | Found::Within { place, .. }) =
            self.at;
        self.snapshot
            .places
            .get(place)
            .map_or("", |place| &place.shape.path)
    }

    /// The last segment of the place's path, or the stat's name; empty for the root.
    pub fn name(self) -> &'a str {
        match self.entry() {
            Some(entry) => entry.name(),
            None => self.path().rsplit('/').next().unwrap_or_default(),
        }
    }

    /// The places directly below, sorted by name; none for a stat.
    pub fn children(self) -> impl Iterator<Item = SubTree<'a>> {
        let snapshot = self.snapshot;
        let (mut next, end) = match self.at {
            Found::Place(place) => (
                place + 1,
                snapshot
                    .places
                    .get(place)
                    .map_or(0, |place| place.end as usize),
            ),
            _ => (0, 0),
        };
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            // At least one further, whatever the place says, so that the walk ends.
            next = (snapshot.places.get(child)?.end as usize).max(child + 1);
            Some(SubTree {
                snapshot,
                at: Found::Place(child),
            })
        })
    }

    /// The stats of the place itself, sorted by name; for a stat, or what is within one, the stat.
    pub fn stats(self) -> impl Iterator<Item = Entry<'a>> {
        let snapshot = self.snapshot;
        self.entry().into_iter().chain(
            self.place()
                .into_iter()
                .flat_map(|place| snapshot.entries_of(place)),
        )
    }

    /// The stats of the place and of all places below, in the order of paths; for a stat, or what is within one, the stat.
    pub fn all_stats(self) -> impl Iterator<Item = Entry<'a>> {
        let snapshot = self.snapshot;
        let places = match self.at {
            Found::Place(place) => {
                place
                    ..snapshot
                        .places
                        .get(place)
                        .map_or(place, |place| place.end as usize)
            }
            _ => 0..0,
        };
        let below = snapshot.places.get(places).unwrap_or_default();
        self.entry()
            .into_iter()
            .chain(below.iter().flat_map(|place| snapshot.entries_of(place)))
    }

    /// The stat, when this is one or within one.
    pub fn entry(self) -> Option<Entry<'a>> {
        match self.at {
            Found::Stat { place, stat } | Found::Within { place, stat, .. } => {
                self.snapshot.entry_at(place, stat)
            }
            Found::Place(_) => None,
        }
    }

    /// The value, when this is a stat or a family's member.
    pub fn value(self) -> Option<&'a Value> {
        match self.at {
            Found::Stat { .. } => self.entry().map(Entry::value),
            Found::Within {
                part: Part::Value(value),
                ..
            } => Some(value),
            _ => None,
        }
    }

    /// Whether it is a place, rather than a stat or a part of one.
    pub fn is_place(self) -> bool {
        matches!(self.at, Found::Place(_))
    }

    /// Whether readers should show one line for the place unless asked to open it.
    pub fn is_collapsed(self) -> bool {
        self.place().is_some_and(|place| place.shape.collapsed)
    }

    /// The labels that segments of the place's path carry, outermost first: `("thread", "thread-0")`.
    pub fn labels(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let labels = self.place().map(|place| &place.shape.labels);
        labels
            .into_iter()
            .flat_map(|labels| labels.iter())
            .map(|(name, segment)| (*name, &**segment))
    }

    /// As a table for people; see [`Table`].
    pub fn table(self) -> Table<'a> {
        Table::new(self)
    }

    pub(super) fn place(self) -> Option<&'a Place> {
        match self.at {
            Found::Place(place) => self.snapshot.places.get(place),
            _ => None,
        }
    }
}
