//! Fields as a snapshot, for everything that shows snapshots.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::read::Fields;
use super::value::FieldValue;
use crate::Kind;
use crate::snapshot::{Number, Snapshot, Standing, Value, escape};

/// The text field by which our own files are known, beside Python's `org.python.version`.
pub(super) const WRITER: &str = "org.calipers.version";

/// Labels of more parts are left in one piece.
const DEEPEST: usize = 32;
/// What the paths of all places may take, in bytes; then labels are left in one piece.
const PATHS: usize = 64 << 20;
/// They may always take so many times what the labels do.
const PARTS: usize = 16;

impl Fields {
    /// The fields as a tree: labels are parted at their dots, `handler.requests` is `/handler/requests`, and an empty part
    /// is written as [`escape`] does.
    ///
    /// The format tells no counter from a number that stands for itself. In a file of ours a `Q` is a counter, for we
    /// mark the others. In one of Python's it is a counter where it has two buffers, as its `CounterField` has; so has
    /// its `UInt64Field`, which reads as a counter here. All other numbers are gauges, and every text is a text.
    pub fn snapshot(&self) -> Snapshot {
        let ours = self
            .fields
            .iter()
            .any(|field| field.label.ends_with(WRITER));
        let created = self
            .fields
            .iter()
            .rev()
            .find_map(|field| match field.value {
                FieldValue::Float(seconds) if field.label.ends_with("sys.created") => {
                    Duration::try_from_secs_f64(seconds).ok()
                }
                _ => None,
            });
        let created = created.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        // A place of the tree has a whole path, so that a file made of nothing but dots could ask for any amount of them.
        let labels: usize = self.fields.iter().map(|field| field.label.len()).sum();
        let most = PATHS.max(PARTS * labels);
        let mut paths = 0;
        let standing = self.fields.iter().map(|field| {
            let (kind, value) = match &field.value {
                FieldValue::Unsigned(count)
                    if field.wide && !field.explicit && (ours || field.buffered) =>
                {
                    (Kind::Counter, Value::Counter(*count))
                }
                FieldValue::Unsigned(x) => gauge(Number::U64(*x)),
                FieldValue::Signed(x) => gauge(Number::I64(*x)),
                FieldValue::Float(x) => gauge(Number::F64(*x)),
                FieldValue::Bool(x) => gauge(Number::Bool(*x)),
                FieldValue::Text(text) => (Kind::Text, Value::Text(Some(Arc::from(&**text)))),
            };
            let segments = field.label.split('.').count();
            paths += field.label.len() * segments;
            if segments <= DEEPEST && paths <= most {
                Standing::at(field.label.split('.').map(escape), kind, value)
            } else {
                Standing::at([escape(&field.label)].into_iter(), kind, value)
            }
        });
        let taken = SystemTime::now();
        Snapshot::of_standing(taken, created.unwrap_or(SystemTime::UNIX_EPOCH), standing)
    }
}

fn gauge(number: Number) -> (Kind, Value) {
    (Kind::Gauge, Value::Gauge(Some(number)))
}
