//! What a reader's own stats are: `/calipers/report/<reader>/…`, in the registry it reads.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::report::{PushError, Pushed};
use crate::snapshot::escape;
use crate::tree::Tree;
use crate::{Counter, Family, Gauge, Instrumented, Registry, Timer};

/// One reader's stats.
#[derive(Instrumented)]
pub(super) struct ReaderStats {
    /// Snapshots that the reader took.
    pub(super) pushes: Counter,
    /// What left the program.
    #[stat(unit = "By")]
    bytes: Counter,
    /// Values, lines or datagrams that were to be delivered: sent, dropped and queued add up to this.
    offered: Counter,
    /// How many of them left the program: the system took them, or the server said so where the protocol has it say.
    sent: Counter,
    /// How many were let go, since there was no room for them.
    dropped: Counter,
    /// How many wait to be delivered.
    queued: Gauge<u64>,
    /// What went wrong, by cause.
    #[stat(label = "cause")]
    errors: Family<String, Counter>,
    /// How often the reader panicked, and was restarted.
    pub(super) panics: Counter,
    /// Pushes that were left out, since the one before took longer than the period.
    pub(super) missed: Counter,
    /// When a push was last delivered with nothing of it dropped, in seconds since 1970; zero before the first time.
    #[stat(name = "lastSuccess", unit = "s")]
    last_success: Gauge,
    /// From the beginning of a push until everything was delivered.
    pub(super) duration: Timer,
}

impl ReaderStats {
    /// Opens those of a reader of this name. One that has ended, and whose handle is still held, shares them.
    pub(super) fn open(registry: &Registry, name: &Name) -> ReaderStats {
        // One segment, whatever it is called.
        let path = format!("/calipers/report/{}", escape(&name.name));
        ReaderStats::init_in(registry, &path)
    }

    pub(super) fn add(&self, pushed: &Pushed) {
        self.offered.add(pushed.offered);
        self.bytes.add(pushed.bytes);
        self.sent.add(pushed.sent);
        self.dropped.add(pushed.dropped);
        self.queued.set(pushed.queued);
        for (cause, times) in &pushed.faults {
            self.errors.get(*cause).add(*times);
        }
    }

    /// Counts an error.
    pub(super) fn fail(&self, error: &PushError) {
        self.errors.get(error.cause()).inc();
    }

    /// All is delivered of what was begun at `began`.
    pub(super) fn succeed(&self, began: Instant) {
        self.duration.record(began.elapsed());
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.last_success
            .set(now.map_or(0.0, |since| since.as_secs_f64()));
    }
}

/// A reader's name, taken until it ends: the second Graphite reader is `graphite-2`.
pub(super) struct Name {
    tree: Arc<Tree>,
    name: String,
}

/// The names in use, by the address of the tree, which `Name` keeps from being another's.
static TAKEN: Mutex<BTreeSet<(usize, String)>> = Mutex::new(BTreeSet::new());

impl Name {
    /// One that no other reader of the registry has.
    pub(super) fn take(registry: &Registry, wanted: &str) -> Name {
        let tree = registry.tree().clone();
        let own = |name: &str| (Arc::as_ptr(&tree) as usize, name.to_owned());
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut name = wanted.to_owned();
        let mut number = 1_u64;
        while !taken.insert(own(&name)) {
            number += 1;
            name = format!("{wanted}-{number}");
        }
        drop(taken);
        Name { tree, name }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.name
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let own = (Arc::as_ptr(&self.tree) as usize, self.name.clone());
        TAKEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&own);
    }
}
