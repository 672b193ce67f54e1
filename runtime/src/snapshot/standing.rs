//! Snapshots of what stands somewhere else: in a file, behind an address, in several processes.
//!
//! The collector makes a snapshot of places and their stats in order. What comes from outside is a list of stats in any
//! order, with names that nobody has checked; here it becomes the same tree.

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
    /// A stat by the segments of its path, as they read. What no segment can hold is escaped, and empty ones are left out.
    pub(crate) fn at<'a>(
        segments: impl Iterator<Item = &'a str>,
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
            name = escape(segment).into_owned();
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
}
