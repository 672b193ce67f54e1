//! Snapshots of what stands somewhere else: in a file, behind an address, in several processes.
//!
//! The collector makes a snapshot of places and their stats in order. What comes from outside is a list of stats in any
//! order, with names that nobody has checked; here it becomes the same tree.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use super::assembly::{Assembly, path_order};
use super::{PlaceShape, Snapshot, StatShape, Value, escape};
use crate::Kind;

/// A stat on its way into a snapshot.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The path of its place; empty for the root.
    place: String,
    name: String,
    kind: Kind,
    value: Value,
}

impl Standing {
    /// A stat by the segments of its path, as a path has them; empty ones are left out.
    pub(crate) fn at<'a>(
        segments: impl Iterator<Item = Cow<'a, str>>,
        kind: Kind,
        value: Value,
    ) -> Standing {
        let mut place = String::new();
        let mut name = String::new();
        for segment in segments.filter(|segment| !segment.is_empty()) {
            if !name.is_empty() {
                place.push('/');
                place.push_str(&name);
            }
            name = segment.into_owned();
        }
        if name.is_empty() {
            name.push('_');
        }
        Standing {
            place,
            name,
            kind,
            value,
        }
    }
}

impl Snapshot {
    /// A snapshot of these stats, in any order; of two at one path the later is kept.
    pub(crate) fn of_standing(
        taken: SystemTime,
        created: SystemTime,
        stats: impl IntoIterator<Item = Standing>,
    ) -> Snapshot {
        let mut stats: Vec<Standing> = stats.into_iter().collect();
        // Stable, so that the later of two equal ones comes last.
        stats.sort_by(|a, b| path_order(&a.place, &b.place).then_with(|| a.name.cmp(&b.name)));
        let mut assembly = Assembly::with_capacity(0, stats.len());
        let mut stats = stats.into_iter().peekable();
        while let Some(first) = stats.next() {
            let path: Arc<str> = first.place.as_str().into();
            let mut shapes: Vec<StatShape> = Vec::new();
            let mut values: Vec<Value> = Vec::new();
            let mut next = Some(first);
            while let Some(stat) = next {
                if shapes.last().is_some_and(|shape| *shape.name == *stat.name) {
                    shapes.pop();
                    values.pop();
                }
                shapes.push(StatShape {
                    name: stat.name.into(),
                    kind: stat.kind,
                    help: "",
                    unit: "",
                    label: "",
                    merging: None,
                    created,
                });
                values.push(stat.value);
                next = stats.next_if(|other| *other.place == *path);
            }
            let shape = PlaceShape {
                path,
                collapsed: false,
                labels: Arc::from([]),
                stats: shapes,
            };
            assembly.push(Arc::new(shape), values);
        }
        assembly.finish(taken)
    }

    /// Several snapshots in one, each below a place of its own: processes side by side.
    ///
    /// A name is one segment, written as [`escape`] does, and carries the label `process`; of two snapshots of one name the later is kept. It is taken when
    /// the latest of them was.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("jobs.done")?.add(3);
    /// let beside = calipers::Snapshot::side_by_side([("web-17".to_owned(), registry.snapshot())]);
    /// assert_eq!(beside.counter("/web-17/jobs/done"), Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn side_by_side(processes: impl IntoIterator<Item = (String, Snapshot)>) -> Snapshot {
        let below = processes
            .into_iter()
            .map(|(name, snapshot)| (format!("/{}", escape(&name)), snapshot));
        let mut below: Vec<(String, Snapshot)> = below.collect();
        below.sort_by(|(a, _), (b, _)| path_order(a, b));
        let places = below
            .iter()
            .map(|(_, snapshot)| snapshot.places.len())
            .sum();
        let mut assembly = Assembly::with_capacity(places, 0);
        let mut taken = SystemTime::UNIX_EPOCH;
        let mut rest = below.iter().peekable();
        while let Some((root, snapshot)) = rest.next() {
            if rest.peek().is_some_and(|(next, _)| next == root) {
                continue;
            }
            taken = taken.max(snapshot.taken);
            let process: Arc<str> = root.trim_start_matches('/').into();
            for place in &snapshot.places {
                let shape = PlaceShape {
                    path: format!("{root}{}", place.shape.path).into(),
                    collapsed: place.shape.collapsed,
                    labels: [("process", Arc::clone(&process))]
                        .into_iter()
                        .chain(place.shape.labels.iter().cloned())
                        .collect(),
                    stats: place.shape.stats.clone(),
                };
                assembly.push(Arc::new(shape), snapshot.values_of(place).iter().cloned());
            }
        }
        assembly.finish(taken)
    }
}
