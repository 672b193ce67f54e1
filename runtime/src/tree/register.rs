//! A place's register: which stats it has, for whoever adds more.
//!
//! Two instances may be put at one path at the same time, and must end up sharing every stat. So a stat is
//! entered here, under a short lock, when it is opened, and published to readers with the others of its init
//! when that is done. The lock is never held while a user's expression runs.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::entry::Entry;
use super::place::{Batch, Place};
use crate::cells::gate;

/// The stats of a place by name.
#[derive(Default)]
pub(crate) struct Register {
    /// Opened, and not yet published.
    pending: Vec<Entry>,
    /// Only for places with many stats: looking through a few is faster than hashing.
    by_name: Option<HashSet<ByName, RandomState>>,
    published: usize,
}

/// From how many stats on a place keeps an index of their names.
const MANY: usize = 16;

/// A published stat in a set that is asked by name.
struct ByName(Batch, usize);

impl Borrow<str> for ByName {
    fn borrow(&self) -> &str {
        &self.0[self.1].name
    }
}

impl Hash for ByName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0[self.1].name.hash(state);
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &ByName) -> bool {
        self.0[self.1].name == other.0[other.1].name
    }
}

impl Eq for ByName {}

/// The register, held.
pub(crate) struct RegisterGuard<'a> {
    register: MutexGuard<'a, Register>,
    place: &'a Arc<Place>,
    /// Passed before the lock and left after it.
    _pass: gate::Pass,
}

impl Place {
    /// Holds the register. Only the library's own code may run while it is held.
    pub(crate) fn register(self: &Arc<Place>) -> RegisterGuard<'_> {
        let pass = gate::enter();
        RegisterGuard {
            register: self.register.lock().unwrap_or_else(PoisonError::into_inner),
            place: self,
            _pass: pass,
        }
    }
}

impl Deref for RegisterGuard<'_> {
    type Target = Register;

    fn deref(&self) -> &Register {
        &self.register
    }
}

impl DerefMut for RegisterGuard<'_> {
    fn deref_mut(&mut self) -> &mut Register {
        &mut self.register
    }
}

impl RegisterGuard<'_> {
    /// What `look` makes of the stat of this name.
    pub(crate) fn find<R>(&self, name: &str, look: impl Fn(&Entry) -> R) -> Option<R> {
        let named = |entry: &&Entry| entry.name == name;
        if let Some(entry) = self.pending.iter().find(named) {
            return Some(look(entry));
        }
        match &self.by_name {
            Some(by_name) => by_name.get(name).map(|ByName(batch, at)| look(&batch[*at])),
            None => self.place.entries().find(named).map(look),
        }
    }

    /// Enters a stat whose name is free. Readers see it when it is published.
    pub(crate) fn enter(&mut self, entry: Entry) {
        self.pending.push(entry);
    }

    /// Shows readers what was entered. Gives the batch, if there is one.
    pub(crate) fn publish(&mut self) -> Option<Batch> {
        let pending = std::mem::take(&mut self.pending);
        let batch = (!pending.is_empty()).then(|| Batch::from(pending));
        if let Some(batch) = &batch {
            self.index(batch);
            for (at, entry) in batch.iter().enumerate() {
                if entry.spec.kind.is_aggregate() {
                    self.place.aggregates.push((batch.clone(), at));
                }
            }
            self.place.batches.push(batch.clone());
            self.place.announce();
        }
        batch
    }

    #[allow(clippy::mutable_key_type)] // a stat's name, which is the key, never changes
    fn index(&mut self, batch: &Batch) {
        let place = self.place;
        self.published += batch.len();
        if self.published < MANY {
            return;
        }
        let by_name = self.by_name.get_or_insert_with(|| {
            let before = place.batches.iter();
            before.flat_map(all).collect()
        });
        by_name.extend(all(batch));
    }
}

fn all(batch: &Batch) -> impl Iterator<Item = ByName> + '_ {
    (0..batch.len()).map(|at| ByName(batch.clone(), at))
}
