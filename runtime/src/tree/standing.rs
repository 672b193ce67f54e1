//! Stats where they stand: in the batch of an instance's, alone, or as a family's member.
//!
//! An instance's stats are one allocation, made by one init; what follows one of them holds the batch and a place in
//! it. [`MeasuredRef`], [`EntryRef`] and [`Standing`] hide which of the three it is from whoever walks, reads or folds.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::entry::{Entry, Measured};
use super::life::Single;
use super::members::{Member, Members};
use crate::cells::rooms::Inside;

/// The stats of one init.
pub(crate) type Batch = Arc<[Entry]>;

/// A stat, held.
#[derive(Clone)]
pub(crate) enum EntryRef {
    /// One of an instance's stats.
    Stat(Batch, u32),
    Single(Arc<Single>),
}

impl Deref for EntryRef {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        match self {
            EntryRef::Stat(batch, at) => &batch[*at as usize],
            EntryRef::Single(single) => &single.entry,
        }
    }
}

impl EntryRef {
    /// All of a batch.
    pub(crate) fn all(batch: &Batch) -> impl Iterator<Item = EntryRef> {
        (0..batch.len() as u32).map(|at| EntryRef::Stat(batch.clone(), at))
    }
}

/// A stat or a member, held.
pub(crate) enum MeasuredRef {
    Stat(EntryRef),
    Member(Inside<Members, Member>),
}

impl MeasuredRef {
    /// The member of this number.
    pub(crate) fn member(of: &Arc<Members>, number: u32) -> Option<MeasuredRef> {
        Inside::of(of, |members| members.get(number)).map(MeasuredRef::Member)
    }
}

impl Deref for MeasuredRef {
    type Target = Measured;

    fn deref(&self) -> &Measured {
        match self {
            MeasuredRef::Stat(stat) => stat,
            MeasuredRef::Member(member) => member,
        }
    }
}

/// A stat where it stands: [`EntryRef`], borrowed.
#[derive(Clone, Copy)]
pub(crate) enum Standing<'a> {
    Stat(&'a Batch, u32),
    Single(&'a Arc<Single>),
}

impl<'a> Standing<'a> {
    pub(crate) fn entry(self) -> &'a Entry {
        match self {
            Standing::Stat(batch, at) => &batch[at as usize],
            Standing::Single(single) => &single.entry,
        }
    }

    pub(crate) fn held(self) -> EntryRef {
        match self {
            Standing::Stat(batch, at) => EntryRef::Stat(batch.clone(), at),
            Standing::Single(single) => EntryRef::Single(single.clone()),
        }
    }
}

/// A stat in a set that is asked by name.
pub(crate) struct ByName<T>(pub(crate) T);

/// What stands in such a set.
pub(crate) trait Named {
    fn name(&self) -> &str;
}

impl Named for EntryRef {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Arc<Single> {
    fn name(&self) -> &str {
        &self.entry.name
    }
}

impl<T: Named> Borrow<str> for ByName<T> {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl<T: Named> Hash for ByName<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name().hash(state);
    }
}

impl<T: Named> PartialEq for ByName<T> {
    fn eq(&self, other: &ByName<T>) -> bool {
        self.0.name() == other.0.name()
    }
}

impl<T: Named> Eq for ByName<T> {}

impl<T: Named> PartialOrd for ByName<T> {
    fn partial_cmp(&self, other: &ByName<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Named> Ord for ByName<T> {
    fn cmp(&self, other: &ByName<T>) -> Ordering {
        self.0.name().cmp(other.0.name())
    }
}
