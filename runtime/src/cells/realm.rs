//! Realms: which slabs are read together.
//!
//! Everything that a program records counts in the [`MAIN`] realm. A test may open a realm of its own
//! and move threads into it: they record into fresh slabs that only that realm's readers see. Ids and
//! handles are the same in every realm, so even statics are isolated, at no cost to recording.
//!
//! What belongs to a realm beside its slabs is kept by the collector: the *base* of every run that was
//! handed out before, which is subtracted from its sum.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Names a realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Realm(pub(crate) u32);

/// Where a program records unless it says otherwise.
pub(crate) const MAIN: Realm = Realm(0);

/// Where an empty slab is, until a thread takes it somewhere.
pub(super) const NOBODY: Realm = Realm(u32::MAX);

/// A realm that nobody used before. They wrap after four billion, by when the first is long closed.
pub(super) fn fresh() -> Realm {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    loop {
        let id = NEXT.fetch_add(1, Relaxed);
        if id != MAIN.0 && id != NOBODY.0 {
            return Realm(id);
        }
    }
}

/// What a realm's cells added up to when their ids were last handed back, by id.
#[derive(Default)]
pub(super) struct Bases {
    by_id: Vec<u64>,
}

impl Bases {
    pub(super) fn get(&self, id: u32) -> u64 {
        self.by_id.get(id as usize).copied().unwrap_or(0)
    }

    /// Sets those of a run.
    pub(super) fn set(&mut self, first: u32, bases: &[u64]) {
        let (first, end) = (first as usize, first as usize + bases.len());
        if end > self.by_id.len() {
            if bases.iter().all(|base| *base == 0) {
                return;
            }
            self.by_id.resize(end.next_power_of_two(), 0);
        }
        self.by_id[first..end].copy_from_slice(bases);
    }
}
