//! A tree, and finding places in it by path.
//!
//! Look-ups go through maps in shards, so that two threads that init at two paths rarely meet. The collector
//! never locks them: it learns of places from the list of [news](Tree::news) and of their end from the
//! retire list, and keeps an order of its own ([`Known`]).
//!
//! [journal]: super::journal

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use foldhash::fast::RandomState;

use super::known::Known;
use super::life::Life;
use super::place::{Node, Place};
use crate::cells::list::Stack;
use crate::cells::turn::Kept;
use crate::cells::{fork, gate};

/// More shards than threads that init at once.
const SHARDS: usize = 32;

/// One tree of places. Everything in it keeps it alive.
pub(crate) struct Tree {
    shards: [Mutex<HashSet<ByPath, RandomState>>; SHARDS],
    hasher: RandomState,
    /// Places that are new or have new stats, and new stats that were opened by name.
    pub(crate) news: Stack<Life>,
    /// Whether it is the one that is told to the [journal].
    pub(crate) is_global: bool,
    /// What the collector knows of this tree.
    pub(crate) known: Kept<Known>,
}

/// A place in a set that is asked by path.
struct ByPath(Arc<Place>);

impl Borrow<str> for ByPath {
    fn borrow(&self) -> &str {
        &self.0.path
    }
}

impl Hash for ByPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.path.hash(state);
    }
}

impl PartialEq for ByPath {
    fn eq(&self, other: &ByPath) -> bool {
        self.0.path == other.0.path
    }
}

impl Eq for ByPath {}

/// Every tree, for the tick.
static TREES: Mutex<Vec<Weak<Tree>>> = Mutex::new(Vec::new());

/// The trees that are still in use.
pub(crate) fn trees() -> Vec<Arc<Tree>> {
    let _pass = gate::enter();
    let mut trees = TREES.lock().unwrap_or_else(PoisonError::into_inner);
    trees.retain(|tree| tree.strong_count() > 0);
    trees.iter().filter_map(Weak::upgrade).collect()
}

impl Tree {
    /// A new tree, and a share in its root. The root lives while its node or anything below does.
    pub(crate) fn plant() -> Node {
        Tree::planted(false)
    }

    /// The tree of the program, which is also shown outside it.
    pub(crate) fn plant_global() -> Node {
        Tree::planted(true)
    }

    fn planted(is_global: bool) -> Node {
        fork::install();
        let hasher = RandomState::default();
        let tree = Arc::new(Tree {
            shards: std::array::from_fn(|_| Mutex::new(HashSet::with_hasher(hasher.clone()))),
            hasher,
            news: Stack::new(),
            is_global,
            known: Kept::new(Known::default()),
        });
        {
            let _pass = gate::enter();
            let mut trees = TREES.lock().unwrap_or_else(PoisonError::into_inner);
            trees.retain(|tree| tree.strong_count() > 0);
            trees.push(Arc::downgrade(&tree));
        }
        tree.node("")
    }

    fn shard(&self, path: &str) -> MutexGuard<'_, HashSet<ByPath, RandomState>> {
        let hash = self.hasher.hash_one(path) as usize;
        // The low bits choose within a map, so the shard is chosen by others.
        self.shards[(hash >> 20) % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The place at a canonical path, if somebody holds it.
    pub(crate) fn find(&self, path: &str) -> Option<Node> {
        let _pass = gate::enter();
        self.shard(path).get(path)?.0.node()
    }

    /// The place at a canonical path; it and its ancestors are made if they are not there.
    pub(crate) fn node(self: &Arc<Tree>, path: &str) -> Node {
        if let Some(node) = self.find(path) {
            return node;
        }
        let parent = path.rsplit_once('/').map(|(parent, _)| self.node(parent));
        self.enter(path, || parent, false, None).0
    }

    /// The place at a canonical path right below `parent`.
    pub(crate) fn child(self: &Arc<Tree>, parent: &Node, path: &str) -> Node {
        self.enter(path, || Some(parent.clone()), false, None).0
    }

    /// The place at a canonical path for stats that cannot stand at `home`.
    pub(crate) fn aside(self: &Arc<Tree>, path: &str, home: &Node) -> Node {
        self.enter(path, || Some(home.clone()), true, None).0
    }

    /// A place below `group` that nobody else has, named by the lowest free number.
    pub(crate) fn numbered(self: &Arc<Tree>, group: &Node) -> Node {
        loop {
            let number = group.place().numbers().take();
            let path = format!("{}/{number}", group.place().path);
            let (node, made) = self.enter(&path, || Some(group.clone()), false, Some(number));
            if made {
                return node;
            }
            // Somebody named an instance by this number; it stays taken until the group goes.
        }
    }

    /// Makes a place, unless it is there; says which. `parent` is asked only then, and is held by the caller.
    fn enter(
        self: &Arc<Tree>,
        path: &str,
        parent: impl FnOnce() -> Option<Node>,
        aside: bool,
        number: Option<u32>,
    ) -> (Node, bool) {
        let _pass = gate::enter();
        let mut shard = self.shard(path);
        if let Some(present) = shard.get(path).and_then(|held| held.0.node()) {
            return (present, false);
        }
        let node = Place::begin(self.clone(), Arc::from(path), parent(), aside, number);
        // Whatever stood here is retired, and the collector has it.
        let before = shard.replace(ByPath(node.place().clone()));
        drop(shard);
        drop(before);
        node.place().announce();
        (node, true)
    }

    /// Takes a retired place out of the look-up, unless a newcomer has its path already.
    pub(crate) fn forget(&self, place: &Arc<Place>) {
        let _pass = gate::enter();
        let mut shard = self.shard(&place.path);
        let taken = shard.take(&*place.path);
        if let Some(newcomer) = taken.filter(|held| !Arc::ptr_eq(&held.0, place)) {
            shard.insert(newcomer);
        }
    }
}
