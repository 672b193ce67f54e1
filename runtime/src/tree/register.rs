//! A place's register: which stats it has, for whoever adds more.
//!
//! Two instances may be put at one path at the same time, and must end up sharing every stat. So a stat is
//! entered here, under a short lock, when it is opened, and published to readers with the others of its init
//! when that is done. The lock is never held while a user's expression runs.

#![allow(
    clippy::mutable_key_type,
    reason = "a stat's name, which is the key, never changes"
)]

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::entry::{Entry, Source};
use super::journal::journal;
use super::life::{Life, Single};
use super::place::{Node, Place};
use super::standing::{Batch, ByName, EntryRef};
use crate::cells::gate;

/// The stats of a place by name.
#[derive(Default)]
pub(crate) struct Register {
    /// Opened, and not yet published.
    pending: Vec<Entry>,
    /// Only for places with many stats: looking through a few is faster than hashing.
    by_name: Option<HashSet<ByName<EntryRef>, RandomState>>,
    published: usize,
    /// Only for places where stats were opened by name.
    lone: Option<Box<Lone>>,
}

/// The stats of a place that were opened by name.
#[derive(Default)]
struct Lone {
    by_name: HashSet<ByName<Arc<Single>>, RandomState>,
    /// Those that fold descendants, until they are folded themselves; newest last.
    aggregates: Vec<Arc<Single>>,
}

/// From how many stats on a place keeps an index of their names.
const MANY: usize = 16;

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
    /// The stat of this name; and a share in its life, if it has one of its own. Whoever drops that share must have
    /// left the register: should it be the last, the stat leaves the register with it.
    pub(crate) fn find(&self, name: &str) -> Option<(&Entry, Option<Node>)> {
        let instances = match self.pending.iter().find(|entry| entry.name == *name) {
            Some(entry) => Some(entry),
            None => match &self.by_name {
                Some(by_name) => by_name.get(name).map(|ByName(stat)| &**stat),
                None => {
                    let mut stats = self.place.stats().map(|stat| stat.entry());
                    stats.find(|entry| entry.name == *name)
                }
            },
        };
        if let Some(entry) = instances {
            return Some((entry, None));
        }
        let ByName(single) = self.lone.as_ref()?.by_name.get(name)?;
        // Without a share to be had, its end waits for this lock.
        let node = single.node()?;
        Some((&single.entry, Some(node)))
    }

    /// Enters a stat of an instance, whose name is free; one of so many of its init. Readers see it when it is published.
    pub(crate) fn enter(&mut self, entry: Entry, of: usize) {
        if self.pending.is_empty() {
            self.pending.reserve_exact(of.max(1));
        }
        self.pending.push(entry);
    }

    /// Enters a stat that was opened by a name which is free, and shows readers.
    pub(crate) fn enter_alone(&mut self, entry: Entry, home: &Node) -> Node {
        let node = Single::begin(entry, home.clone());
        if let Life::Single(single) = node.0.life() {
            self.tell([&single.entry]);
            let lone = self.lone.get_or_insert_default();
            // Whatever is replaced is about to leave, and lives until it has.
            lone.by_name.replace(ByName(single.clone()));
            if single.entry.spec.kind.is_aggregate() {
                lone.aggregates.push(single.clone());
                // Release: who sees it takes the lock, and finds the aggregate.
                self.place.has_lone_aggregates.store(true, Release);
            }
            // With the lock held, so that the news of two stats of one name come in their order.
            self.place.tree.news.push(Life::Single(single.clone()));
        }
        node
    }

    /// The end of a stat that was opened by name: its name is free, unless a newcomer has it already.
    pub(super) fn leave(&mut self, single: &Arc<Single>) {
        if let Some(lone) = &mut self.lone {
            let name: &str = &single.entry.name;
            if lone
                .by_name
                .get(name)
                .is_some_and(|ByName(of)| Arc::ptr_eq(of, single))
            {
                lone.by_name.remove(name);
                shrink(&mut lone.by_name);
            }
        }
    }

    /// An aggregate that was opened by name was folded: nothing feeds it any more.
    pub(super) fn forget_aggregate(&mut self, single: &Arc<Single>) {
        if let Some(lone) = &mut self.lone {
            lone.aggregates.retain(|of| !Arc::ptr_eq(of, single));
        }
    }

    /// Shows readers what was entered. Gives the batch, if there is one.
    pub(crate) fn publish(&mut self) -> Option<Batch> {
        let pending = std::mem::take(&mut self.pending);
        let batch = (!pending.is_empty()).then(|| Batch::from(pending));
        if let Some(batch) = &batch {
            self.index(batch);
            self.tell(batch.iter());
            let aggregates = batch.iter().zip(0..);
            let aggregates = aggregates.filter(|(entry, _)| entry.spec.kind.is_aggregate());
            for (_, at) in aggregates {
                let aggregate = EntryRef::Stat(batch.clone(), at);
                self.place.aggregates.push(aggregate);
            }
            self.place.batches.push(batch.clone());
            self.place.announce();
        }
        batch
    }

    /// Tells the journal of stats that are about to be shown, before their handles can be used.
    fn tell<'e>(&self, stats: impl IntoIterator<Item = &'e Entry>) {
        if let (Some(journal), true) = (journal(), self.place.tree.is_global) {
            for stat in stats {
                journal.opened(self.place, stat);
                if let Source::Family(members) = &stat.source {
                    members.tell(journal);
                }
            }
        }
    }

    fn index(&mut self, batch: &Batch) {
        let place = self.place;
        self.published += batch.len();
        if self.published < MANY {
            return;
        }
        let by_name = self.by_name.get_or_insert_with(|| {
            let before = place.batches.iter();
            before.flat_map(EntryRef::all).map(ByName).collect()
        });
        by_name.extend(EntryRef::all(batch).map(ByName));
    }
}

/// Gives memory back after many names have gone.
fn shrink(by_name: &mut HashSet<ByName<Arc<Single>>, RandomState>) {
    if by_name.capacity() > 64 && by_name.len() < by_name.capacity() / 8 {
        by_name.shrink_to(2 * by_name.len());
    }
}

impl Place {
    /// Whether aggregates were ever opened by name here.
    #[inline]
    pub(super) fn has_lone_aggregates(&self) -> bool {
        // Acquire: pairs with the Release of whoever opened one.
        self.has_lone_aggregates.load(Acquire)
    }

    /// The aggregates of this name that were opened by it, newest first.
    #[inline]
    pub(super) fn lone_aggregates(self: &Arc<Place>, name: &str) -> Vec<EntryRef> {
        if self.has_lone_aggregates() {
            self.find_lone_aggregates(name)
        } else {
            Vec::new()
        }
    }

    #[cold]
    fn find_lone_aggregates(self: &Arc<Place>, name: &str) -> Vec<EntryRef> {
        let register = self.register();
        let newest = register
            .lone
            .iter()
            .flat_map(|lone| lone.aggregates.iter().rev());
        newest
            .filter(|single| single.entry.name == *name)
            .map(|single| EntryRef::Single(single.clone()))
            .collect()
    }
}
