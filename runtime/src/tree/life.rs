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
use crate::cells::turn::Kept;

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

    /// Set by the collector when it was folded.
    pub(crate) fn folded(&self) -> &Kept<bool> {
        match self {
            Life::Place(place) => &place.folded,
            Life::Single(single) => &single.folded,
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

/// What all nodes of a life share; its end is the life's.
pub(crate) struct Lease {
    life: Life,
}

impl Lease {
    pub(crate) fn of_place(place: Arc<Place>) -> Arc<Lease> {
        let lease = Arc::new(Lease {
            life: Life::Place(place),
        });
        // Set once, before anybody else can see the place.
        let _ = lease.life.place().lease.set(Arc::downgrade(&lease));
        lease
    }

    fn of_single(entry: Entry, home: Node) -> Arc<Lease> {
        Arc::new_cyclic(|lease| {
            let single = Single {
                entry,
                home,
                lease: lease.clone(),
                folded: Kept::new(false),
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
        match &self.life {
            Life::Place(place) => place.leave(),
            Life::Single(single) => single.home.place().register().leave(single),
        }
        settle::retire(self.life.clone());
    }
}

/// A stat that goes by itself.
pub(crate) struct Single {
    pub(crate) entry: Entry,
    /// The place it stands at, kept alive by it.
    pub(super) home: Node,
    lease: Weak<Lease>,
    folded: Kept<bool>,
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
