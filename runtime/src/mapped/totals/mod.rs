//! Totals: what processes counted that are gone, added up, so that sums over restarts do not fall.
//!
//! They are a snapshot of what of stats outlives their process, each with all that it is: its kind, its buckets, its outcomes,
//! its keys. So they merge with the snapshots of processes that run as those merge with each other. `stored` is their
//! form in a file.

mod stored;

use std::time::SystemTime;

use crate::Snapshot;
use crate::snapshot::{Assembly, MergeConflict};

/// What processes counted that are gone.
///
/// Counters, meters, histograms, timers, the time in states, sums of these and families of these are kept, without loss; what
/// stands for a moment (gauges, levels, texts, states, rates) is not. Through serde it is written to a file and read back.
///
/// ```
/// use calipers::mapped::Totals;
/// let registry = calipers::Registry::new();
/// registry.histogram("size")?.record(7);
/// let mut totals = Totals::default();
/// totals.add(&registry.snapshot()).expect("nothing is of another kind");
///
/// let stored = serde_json::to_string(&totals)?;
/// let read: Totals = serde_json::from_str(&stored)?;
/// let whole = registry.snapshot().merged(read.snapshot());
/// assert_eq!(whole.histogram("/size").unwrap().lifetime().sum(), 14.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Totals(Snapshot);

impl Default for Totals {
    fn default() -> Totals {
        Totals(Assembly::with_capacity(0, 0).finish(SystemTime::UNIX_EPOCH))
    }
}

impl Totals {
    /// The totals, to be merged with the snapshots of those that run.
    pub fn snapshot(&self) -> &Snapshot {
        &self.0
    }

    /// Adds what a process counted.
    ///
    /// # Errors
    /// A stat is of another kind here; then nothing was added.
    pub fn add(&mut self, process: &Snapshot) -> Result<(), MergeConflict> {
        let counted = process.counted();
        for entry in counted.stats() {
            if let Some(own) = self.0.entry(&entry.path())
                && !own.kind().folded().same(entry.kind().folded())
            {
                return Err(MergeConflict {
                    path: entry.path(),
                    kept: own.kind(),
                    dropped: entry.kind(),
                });
            }
        }
        self.0.merge(&counted);
        Ok(())
    }
}

/// Two are the same when they are written the same.
impl PartialEq for Totals {
    fn eq(&self, other: &Totals) -> bool {
        stored::stats(self) == stored::stats(other)
    }
}
