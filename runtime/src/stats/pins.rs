//! What a registry keeps: stats by name, however the name is spelled.
//!
//! A name has one entry whether it is written `jobs.done`, `/jobs/done` or `jobs/done`, and no key beside the stat, which
//! knows its place and its name ([`super::spelling`]). Maps stand in shards, so that two threads that use two names rarely meet.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::Stat;
use super::spelling::{HasName, Name};
use crate::Kind;
use crate::cells::gate;
use crate::tree::class::SpecRef;
use crate::tree::entry::{Backing, Entry};
use crate::tree::members::OVERFLOW;
use crate::tree::opener::Opened;
use crate::tree::place::Node;
use crate::tree::stat_name::StatName;

/// More shards than threads that look names up at once.
const SHARDS: usize = 16;

/// A stat that a registry keeps.
#[derive(Clone)]
pub(super) struct Pinned {
    /// A share in its life.
    node: Node,
    /// Of a stat that an instance has too: what the node does not know, because it is a share in a place.
    shared: Option<Arc<Entry>>,
}

impl Pinned {
    /// A stat as it was opened.
    pub(super) fn new(name: &str, spec: SpecRef, opened: Opened<'_>) -> Pinned {
        let Opened { node, source, .. } = opened;
        let node = node.into_owned();
        let shared = node
            .single()
            .is_none()
            .then(|| Arc::new(Entry::new(StatName::given(name), spec, source, 0)));
        Pinned { node, shared }
    }

    /// What is known of it; always there.
    fn entry(&self) -> Option<&Entry> {
        match &self.shared {
            Some(entry) => Some(entry),
            None => self.node.single().map(|single| &single.entry),
        }
    }

    pub(super) fn attach<S: Stat>(&self) -> Option<S> {
        S::attach(&Backing(self.entry()?.source.clone()), &self.node)
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        Some(self.entry()?.spec.kind)
    }

    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.node.place().path, self.name().rest)
    }
}

impl HasName for Pinned {
    fn name(&self) -> Name<'_> {
        let place = &self.node.place().path;
        Name {
            above: place.strip_prefix('/').unwrap_or(place),
            rest: self.entry().map_or("", |entry| &entry.name),
            dotted: false,
        }
    }
}

impl<'a> Borrow<dyn HasName + 'a> for Pinned {
    fn borrow(&self) -> &(dyn HasName + 'a) {
        self
    }
}

impl Hash for Pinned {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self as &dyn HasName).hash(state);
    }
}

impl PartialEq for Pinned {
    fn eq(&self, other: &Pinned) -> bool {
        self as &dyn HasName == other as &dyn HasName
    }
}

impl Eq for Pinned {}

/// The stats that a registry keeps.
pub(super) struct Pins {
    cap: usize,
    hasher: RandomState,
    shards: [Mutex<HashSet<Pinned, RandomState>>; SHARDS],
    /// How many count against the cap.
    count: AtomicUsize,
}

impl Pins {
    pub(super) fn new(cap: usize) -> Pins {
        let hasher = RandomState::default();
        Pins {
            cap,
            shards: std::array::from_fn(|_| Mutex::new(HashSet::with_hasher(hasher.clone()))),
            hasher,
            count: AtomicUsize::new(0),
        }
    }

    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    /// Whether no further name is kept.
    pub(super) fn is_full(&self) -> bool {
        self.count.load(Relaxed) >= self.cap
    }

    fn shard(&self, name: &dyn HasName) -> MutexGuard<'_, HashSet<Pinned, RandomState>> {
        let hash = self.hasher.hash_one(name) as usize;
        // The low bits choose within a map, so the shard is chosen by others.
        self.shards[(hash >> 20) % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, name: &str) -> Option<Pinned> {
        let name: &dyn HasName = &Name::spelled(name);
        let _pass = gate::enter();
        self.shard(name).get(name).cloned()
    }

    /// Keeps a stat by its name; what was kept by it before is let go.
    pub(super) fn keep(&self, pinned: Pinned) {
        let counts = !is_overflow(&pinned);
        let before = {
            let _pass = gate::enter();
            self.shard(&pinned).replace(pinned)
        };
        if before.is_none() && counts {
            self.count.fetch_add(1, Relaxed);
        }
    }

    /// Lets go of a name; true if it was kept.
    pub(super) fn remove(&self, name: &str) -> bool {
        let name: &dyn HasName = &Name::spelled(name);
        let before = {
            let _pass = gate::enter();
            let mut shard = self.shard(name);
            let before = shard.take(name);
            if shard.capacity() > 64 && shard.len() < shard.capacity() / 8 {
                let room = 2 * shard.len();
                shard.shrink_to(room); // many names have gone
            }
            before
        };
        if before.as_ref().is_some_and(|before| !is_overflow(before)) {
            self.count.fetch_sub(1, Relaxed);
        }
        before.is_some()
    }
}

impl fmt::Debug for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pins")
            .field("cap", &self.cap)
            .field("count", &self.count)
            .finish()
    }
}

/// Where the stats stand that names beyond the cap share.
const OVERFLOW_PLACE: &str = "/calipers/overflow/";

/// The place of the overflow stat of a kind; it is called [`OVERFLOW`] there.
pub(super) fn overflow_place(kind: Kind) -> String {
    format!("{OVERFLOW_PLACE}{kind}")
}

/// Whether it is kept beyond the cap.
fn is_overflow(pinned: &Pinned) -> bool {
    let shared = pinned.node.place().path.strip_prefix(OVERFLOW_PLACE);
    let is_its_kinds = |of: &str| pinned.kind().is_some_and(|kind| kind.to_string() == of);
    pinned.name().rest == OVERFLOW && shared.is_some_and(is_its_kinds)
}
