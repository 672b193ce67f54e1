//! Skeleton: helper S completes this module.

mod distribution;
mod value;

use std::sync::Arc;
use std::time::SystemTime;

pub use distribution::Distribution;
pub use value::{
    FamilyValue, HistogramValue, MeterValue, Number, Outcomes, Rates, StateTimeValue, StatesValue,
    TimerValue, Value,
};

use crate::Kind;

/// An owned read of a whole tree.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) taken: SystemTime,
    /// In pre-order, siblings sorted: that is, sorted by path, segment by segment. `places[0]` is the root.
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
    pub(crate) created: SystemTime,
}
