//! Snapshots as labels and values, the way mmstats and its tools name them.

use calipers::Snapshot;
use calipers::mapped::mmstats::{Field, Fields};

/// All labels of a snapshot with their values.
pub(crate) fn of(snapshot: &Snapshot) -> Vec<Field> {
    Fields::of(snapshot).fields
}
