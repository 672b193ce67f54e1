//! Snapshots as labels and values, the way mmstats and its tools name them.

use calipers::Snapshot;
use calipers::mapped::mmstats::{Field, Fields};

use crate::source::Source;

/// All labels of a snapshot with their values.
pub(crate) fn of(snapshot: &Snapshot) -> Vec<Field> {
    Fields::of(snapshot).fields
}

/// What a process says beside others: of those that are gone only what they counted, for nothing stands at anything there.
pub(crate) fn beside(source: &Source, snapshot: &Snapshot) -> Vec<Field> {
    let mut fields = of(snapshot);
    if source.is_totals() {
        fields.retain(Field::is_count);
    }
    fields
}
