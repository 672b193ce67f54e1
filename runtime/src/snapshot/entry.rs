//! One stat of a snapshot with its metadata, and the iteration over all of them.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Place, PlaceShape, Snapshot, StatShape, Value};
use crate::{Kind, Merging};

/// One stat of a snapshot: where it is, what it is, what it held.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    place: &'a PlaceShape,
    stat: &'a StatShape,
    value: &'a Value,
}

impl<'a> Entry<'a> {
    /// Its whole path, `/handler/requests`; allocates.
    pub fn path(self) -> String {
        format!("{}/{}", self.place.path, self.stat.name)
    }

    /// The path of the place it stands at, `/handler`; empty for the root.
    pub fn place(self) -> &'a str {
        &self.place.path
    }

    /// Its name within the place, `requests`.
    pub fn name(self) -> &'a str {
        &self.stat.name
    }

    /// What it held.
    pub fn value(self) -> &'a Value {
        self.value
    }

    /// What sort of stat it is.
    pub fn kind(self) -> Kind {
        self.stat.kind
    }

    /// What it means, from its doc comment; empty when it has none.
    pub fn help(self) -> &'a str {
        self.stat.help
    }

    /// The unit of what it counts or measures, in UCUM (`s`, `By`, `1`); empty when unknown.
    pub fn unit(self) -> &'a str {
        self.stat.unit
    }

    /// What a family's key is called where keys have names (a Prometheus label); empty for other kinds.
    pub fn key_label(self) -> &'a str {
        self.stat.label
    }

    /// How a gauge is merged with those of other processes, if it declares it.
    pub fn merging(self) -> Option<Merging> {
        self.stat.merging
    }

    /// The labels that segments of its path carry, outermost first: `("thread", "thread-0")`.
    pub fn labels(self) -> impl ExactSizeIterator<Item = (&'static str, &'a str)> {
        self.place
            .labels
            .iter()
            .map(|(name, segment)| (*name, &**segment))
    }

    /// When the stat was created: its counts are since then.
    pub fn created(self) -> SystemTime {
        self.stat.created
    }

    pub(crate) fn shape(self) -> &'a StatShape {
        self.stat
    }
}

impl Snapshot {
    /// All stats, place by place in the order of paths; within a place by name.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("jobs.done")?.add(2);
    /// let snapshot = registry.snapshot();
    /// let done = snapshot.stats().find(|stat| stat.name() == "done").unwrap();
    /// assert_eq!(done.path(), "/jobs/done");
    /// assert_eq!(done.value().as_counter(), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stats(&self) -> impl Iterator<Item = Entry<'_>> {
        self.places.iter().flat_map(|place| self.entries_of(place))
    }

    /// The stat at this path with its metadata.
    pub fn entry(&self, path: &str) -> Option<Entry<'_>> {
        let (place, stat) = self.locate(path)?;
        self.entry_at(place, stat)
    }

    /// A place's own stats.
    pub(crate) fn entries_of<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = Entry<'a>> {
        let values = self.values.get(place.first as usize..).unwrap_or_default();
        place
            .shape
            .stats
            .iter()
            .zip(values)
            .map(|(stat, value)| Entry {
                place: &place.shape,
                stat,
                value,
            })
    }

    pub(super) fn entry_at(&self, place: usize, stat: usize) -> Option<Entry<'_>> {
        let place = self.places.get(place)?;
        let shape = place.shape.stats.get(stat)?;
        let value = self.values.get(place.first as usize + stat)?;
        Some(Entry {
            place: &place.shape,
            stat: shape,
            value,
        })
    }

    /// A place's own values.
    pub(super) fn values_of(&self, place: &Place) -> &[Value] {
        let values = self.values.get(place.first as usize..).unwrap_or_default();
        values.get(..place.shape.stats.len()).unwrap_or(values)
    }
}

impl PlaceShape {
    pub(crate) fn stat_index(&self, name: &str) -> Option<usize> {
        self.stats
            .binary_search_by(|stat| (*stat.name).cmp(name))
            .ok()
    }

    /// The same place with other stats.
    pub(super) fn with_stats(&self, stats: Vec<StatShape>) -> Arc<PlaceShape> {
        Arc::new(PlaceShape {
            path: Arc::clone(&self.path),
            collapsed: self.collapsed,
            labels: Arc::clone(&self.labels),
            stats,
        })
    }
}
