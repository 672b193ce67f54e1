//! What counts as slow: a duration, or a multiple of what was usual in the last minute.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::read::Read;
use super::recent::Recent;
use crate::cells::{CellId, gate};

/// Sections that must have ended in the window before a quantile of them means anything.
const ENOUGH: u64 = 100;

/// A limit that the tick keeps at a multiple of a timer's recent quantile.
#[derive(Debug)]
pub(crate) struct Limit {
    run: CellId,
    quantile: f64,
    factor: f64,
    /// `u64::MAX` while nothing is slow yet.
    nanos: AtomicU64,
    recent: Mutex<Option<(u64, Recent)>>,
}

static LIMITS: Mutex<Vec<Weak<Limit>>> = Mutex::new(Vec::new());

/// The limits in use.
pub(super) fn limits() -> Vec<Arc<Limit>> {
    let _pass = gate::enter();
    let mut limits = LIMITS.lock().unwrap_or_else(PoisonError::into_inner);
    limits.retain(|limit| limit.strong_count() > 0);
    limits.iter().filter_map(Weak::upgrade).collect()
}

impl Limit {
    /// A limit on the timer of this run, which must outlive the limit.
    pub(crate) fn new(run: CellId, quantile: f64, factor: f64) -> Arc<Limit> {
        let limit = Arc::new(Limit {
            run,
            quantile,
            factor,
            nanos: AtomicU64::new(u64::MAX),
            recent: Mutex::new(None),
        });
        let _pass = gate::enter();
        LIMITS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&limit));
        limit
    }

    /// What is slow at present, in nanoseconds.
    pub(crate) fn nanos(&self) -> u64 {
        self.nanos.load(Relaxed)
    }

    pub(crate) fn renew(&self, read: &Read<'_>, now: u64) {
        let lifetime = read.distribution(self.run);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, recent) =
            recent.get_or_insert_with(|| (now, Recent::begin(&lifetime, now, now)));
        let values = recent.values(&lifetime, now);
        if now > *last {
            recent.tick(lifetime, *last, now);
            *last = now;
        }
        let usual = (values.count() >= ENOUGH)
            .then(|| values.quantile(self.quantile))
            .flatten();
        let nanos = usual.map_or(u64::MAX, |usual| (usual * self.factor) as u64);
        self.nanos.store(nanos, Relaxed);
    }
}
