//! What lives and ends as one: a place with all its stats, or a single stat that was opened by name.
//!
//! The stats of an instance go together, so a place is one life, and all handles share one lease on it. Names come
//! and go one by one beside others that stay, so a stat opened by name has a lease of its own: a [`Single`]. It keeps
//! the place it stands at, and everything that happens to a life happens to both alike: it is told as news, it is
//! retired when its lease ends, guards may pin it, and it is folded ([`super::settle`]).

use std::sync::{Arc, Weak};

use super::entry::Entry;
use super::lookup::Tree;
use super::place::{Node, Place};
use super::settle;
use super::standing::Standing;
use crate::cells::gate;
use crate::cells::turn::{Kept, Turn};

/// What retires whole.
#[derive(Clone)]
pub(crate) enum Life {
    Place(Arc<Place>),
    Single(Arc<Single>),
}

impl Life {
    /// The place it is, or stands at.
    pub(crate) fn place(&self) -> &Arc<Place> {
        match self {
            Life::Place(place) => place,
            Life::Single(single) => single.home.place(),
        }
    }

    pub(crate) fn tree(&self) -> &Arc<Tree> {
        &self.place().tree
    }

    /// All its stats.
    pub(crate) fn stats(&self) -> impl Iterator<Item = Standing<'_>> {
        let (place, single) = match self {
            Life::Place(place) => (Some(place), None),
            Life::Single(single) => (None, Some(Standing::Single(single))),
        };
        place
            .into_iter()
            .flat_map(|place| place.stats())
            .chain(single)
    }

    /// Goes through all its stats. Not as an iterator, which for the few that most instances have takes longer than
    /// looking at them.
    pub(crate) fn each<'l>(&'l self, mut look: impl FnMut(Standing<'l>)) {
        match self {
            Life::Place(place) => {
                for batch in place.batches.iter() {
                    (0..batch.len() as u32).for_each(|at| look(Standing::Stat(batch, at)));
                }
            }
            Life::Single(single) => look(Standing::Single(single)),
        }
    }

    /// How far the collector is with it.
    pub(crate) fn course(&self) -> &Kept<Course> {
        match self {
            Life::Place(place) => &place.course,
            Life::Single(single) => &single.course,
        }
    }

    /// Puts its drop off until the turn has ended.
    pub(crate) fn drop_later(self, turn: &mut Turn) {
        match self {
            Life::Place(place) => turn.later(place),
            Life::Single(single) => turn.later(single),
        }
    }

    /// What tells it from all others.
    pub(crate) fn address(&self) -> usize {
        match self {
            Life::Place(place) => Arc::as_ptr(place).addr(),
            Life::Single(single) => Arc::as_ptr(single).addr(),
        }
    }
}

/// How far the collector is with a life.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    /// Its news was heard, so it is in the view of its tree. Most of those that come and go never are.
    pub(crate) known: bool,
    /// It is retired, and its totals are its ancestors'.
    pub(crate) folded: bool,
}

/// What all nodes of a life share; its end is the life's.
pub(crate) struct Lease {
    life: Life,
}

impl Lease {
    /// The first share in a place's life; the place is made with a way to find it.
    pub(super) fn of_place(place: impl FnOnce(Weak<Lease>) -> Place) -> Arc<Lease> {
        Arc::new_cyclic(|lease| Lease {
            life: Life::Place(Arc::new(place(lease.clone()))),
        })
    }

    fn of_single(entry: Entry, home: Node) -> Arc<Lease> {
        Arc::new_cyclic(|lease| {
            let single = Single {
                entry,
                home,
                lease: lease.clone(),
                course: Kept::default(),
            };
            Lease {
                life: Life::Single(Arc::new(single)),
            }
        })
    }

    pub(crate) fn life(&self) -> &Life {
        &self.life
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let pass = gate::enter(); // once for all that follows
        match &self.life {
            Life::Place(place) => place.leave(),
            Life::Single(single) => single.home.place().register().leave(single),
        }
        settle::retire(self.life.clone(), pass);
    }
}

/// A stat that goes by itself.
pub(crate) struct Single {
    pub(crate) entry: Entry,
    /// The place it stands at, kept alive by it.
    pub(super) home: Node,
    lease: Weak<Lease>,
    course: Kept<Course>,
}

impl Single {
    /// A new one at a place, and a share in its life. Nobody knows of it yet.
    pub(super) fn begin(entry: Entry, home: Node) -> Node {
        Node(Lease::of_single(entry, home))
    }

    /// A share in its life, unless that is over.
    pub(super) fn node(&self) -> Option<Node> {
        self.lease.upgrade().map(Node)
    }
}
