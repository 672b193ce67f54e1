//! Snapshots: an owned read of a whole tree, and everything that can be done with one.
//!
//! Readers (the page, exporters, tools, tests) get a [`Snapshot`] and never see cells, so nothing they do can
//! delay a writer, and two readers of one snapshot agree. What changes between snapshots, the values, stands
//! flat in one vector; what does not, names and metadata, is shared behind an `Arc` per place.
//!
//! - [`entry`](self::Entry) and [`SubTree`] walk it; look-ups by path stand in `lookup`.
//! - [`Value`] and its parts say what each kind of stat holds; [`Distribution`] computes percentiles.
//! - [`Snapshot::filter`], [`Snapshot::query`] and [`Snapshot::search`] select, [`Snapshot::since`] subtracts, [`Snapshot::merge`] adds.
//! - It is written as JSON through serde (the shape is the tree itself) and as a table through `Display`.
//!
//! `part` knows of which named parts a value consists. JSON writes them, paths reach them and queries
//! compare them, so the three cannot disagree.

mod assembly;
mod counted;
mod distribution;
mod entry;
mod filter;
pub mod humane;
mod json;
mod key_text;
mod keyed;
mod keys;
pub(crate) mod kinds;
mod lookup;
mod merge;
#[cfg(any(feature = "graphite", feature = "pipe"))]
mod numbers;
mod part;
mod query;
mod read_json;
mod search;
mod select;
mod since;
mod standing;
mod subtree;
mod table;
#[cfg(any(feature = "http", test))]
mod telling;
#[cfg(test)]
mod tests;
mod timer;
mod told_kinds;
mod value;
#[cfg(any(feature = "distributed", feature = "mapped"))]
pub(crate) mod words;

use std::sync::Arc;
use std::time::SystemTime;

pub(crate) use assembly::{Assembly, path_order};
#[cfg(feature = "distributed")]
pub(crate) use counted::{counts, total};
pub use distribution::{Bucket, Distribution};
pub use entry::Entry;
pub use filter::FilterError;
#[cfg(any(
    feature = "distributed",
    feature = "graphite",
    feature = "otlp",
    feature = "pipe",
    feature = "statsd"
))]
pub(crate) use filter::PathGlob;
pub use key_text::{escape, unescape};
pub use keyed::{FamilyValue, StateTimeValue, StatesValue};
pub(crate) use keys::Keys;
pub use merge::MergeConflict;
pub use query::QueryError;
#[cfg(feature = "otlp")]
pub(crate) use select::Kept;
#[cfg(feature = "mmstats")]
pub(crate) use standing::Standing;
pub use subtree::SubTree;
pub use table::Table;
#[cfg(feature = "http")]
pub(crate) use telling::WithKinds;
pub use timer::{Durations, HistogramValue, Outcomes, TimerValue};
pub use value::{MeterValue, Number, Rates, Value};

use crate::{Kind, Merging};

/// An owned read of a whole tree: every place, every stat, one moment.
///
/// Values are looked up by path, with or without the leading `/`; the typed look-ups give `None` when there is
/// nothing at the path or it is of another kind. A path may reach into a value, by the names JSON has for its
/// parts: a family's member (`/handler/byPath/%2Findex`, keys written with [`escape`]), the
/// number of instances in a state (`/processor/state/waiting_for_task`), a statistic
/// (`/handler/latency/p99`, in seconds). Where a stat and a place have the same path, the path
/// means the stat, and with a `/` at its end, the place.
///
/// A look-up is a binary search; iterating is a walk over two vectors. Cloning copies the values, which are small
/// or behind an `Arc`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) taken: SystemTime,
    /// In pre-order, siblings sorted: that is, sorted by path, segment by segment. `places[0]` is the root, and
    /// every place but the root has its parent here ([`Assembly`] sees to both).
    pub(crate) places: Vec<Place>,
    /// All values, flat: a place's values stand at `first..first + shape.stats.len()`, in its stats' order.
    pub(crate) values: Vec<Value>,
}

/// One place of a snapshot's tree.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) shape: Arc<PlaceShape>,
    /// Where its values start in `Snapshot::values`.
    pub(crate) first: u32,
    /// One past the last place below this one, in `Snapshot::places`.
    pub(crate) end: u32,
}

/// What of a place does not change from snapshot to snapshot.
#[derive(Debug)]
pub(crate) struct PlaceShape {
    /// `""` for the root, else `/a/b`.
    pub(crate) path: Arc<str>,
    /// Readers show one line for it unless asked to open it.
    pub(crate) collapsed: bool,
    /// Labels that segments of the path carry, outermost first: `("thread", "thread-0")`.
    pub(crate) labels: Arc<[(&'static str, Arc<str>)]>,
    /// Sorted by name.
    pub(crate) stats: Vec<StatShape>,
}

/// What of a stat does not change from snapshot to snapshot.
#[derive(Clone, Debug)]
pub(crate) struct StatShape {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    /// UCUM: `s`, `By`, `1`; empty when unknown.
    pub(crate) unit: &'static str,
    /// What a family's key is called in Prometheus; empty for other kinds.
    pub(crate) label: &'static str,
    /// What a gauge declares of how it is merged with those of other processes.
    pub(crate) merging: Option<Merging>,
    pub(crate) created: SystemTime,
}

impl Snapshot {
    /// When it was taken.
    pub fn taken(&self) -> SystemTime {
        self.taken
    }

    /// How many stats it holds; members of families are not counted one by one.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds no stat at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
