//! Places, and how long they live.
//!
//! A [`Place`] is a path with the stats that stand there. A [`Node`] is a share in its life: every handle of a
//! stat holds one, and every place holds one of its parent, so an instance needs no field of its own for it.
//! When the last share goes, the place is *retired*: it leaves the look-up at once, so that a newcomer at its
//! path starts anew, and waits for the collector to fold what it counted into the totals of its
//! ancestors ([`super::settle`]).
//!
//! A place's stats stand in batches, one an init, on a list that is read without a lock. Beside them may stand stats
//! that were opened by name, each with [a life of its own](super::life).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::class::Class;
use super::entry::{Entry, Source};
use super::life::{Course, Lease, Life, Single};
use super::lookup::Tree;
use super::register::Register;
use super::standing::{Batch, EntryRef, Standing};
use crate::Kind;
use crate::cells::gate;
use crate::cells::list::List;
use crate::cells::turn::Kept;
use crate::snapshot::escape;

/// A place in the tree, and a share in its life: while somebody holds it, the place stays.
///
/// Every stat handle holds one, so most programs never name this type. A struct without any stat of its own
/// has a field `node: Node`, so that it can be a parent. Cloning is cheap: one atomic increment.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::Node;
///
/// #[derive(Instrumented)]
/// struct Server { node: Node }
///
/// let server = Server::init("/server");
/// assert_eq!(server.node.path(), "/server");
/// ```
#[derive(Clone)]
pub struct Node(pub(crate) Arc<Lease>);

impl Node {
    /// Its path, from the root: `/processor/thread-0`; the root's is `/`.
    pub fn path(&self) -> &str {
        match &*self.place().path {
            "" => "/",
            path => path,
        }
    }

    pub(crate) fn place(&self) -> &Arc<Place> {
        self.0.life().place()
    }

    pub(crate) fn tree(&self) -> &Arc<Tree> {
        self.0.life().tree()
    }

    /// The node of the instance a stat belongs to: that of its place, unless the stat was set aside.
    pub(crate) fn home(&self) -> &Node {
        match self.0.life() {
            Life::Single(single) => single.home.home(),
            Life::Place(place) => match (&place.parent, place.aside) {
                (Some(parent), true) => parent.home(),
                _ => self,
            },
        }
    }

    /// The stat that this is a share in, if it lives alone.
    pub(crate) fn single(&self) -> Option<&Single> {
        match self.0.life() {
            Life::Single(single) => Some(single),
            Life::Place(_) => None,
        }
    }

    /// The path of a stat that this keeps, given what it is read from; of the place, while the stat is being opened.
    pub(crate) fn stat_path(&self, is_it: impl Fn(&Source) -> bool) -> String {
        let name = self.0.life().stats().find_map(|stat| {
            let entry = stat.entry();
            match &entry.source {
                source if is_it(source) => Some(entry.name.to_string()),
                Source::Family(members) => {
                    let key = members.key_of(&is_it)?;
                    Some(format!("{}/{}", entry.name, escape(&key)))
                }
                _ => None,
            }
        });
        match name {
            Some(name) => format!("{}/{name}", self.place().path),
            None => self.path().to_owned(),
        }
    }
}

/// The root of a tree that nobody shows, below which detached stats live.
pub(crate) fn nowhere() -> &'static Node {
    static NOWHERE: OnceLock<Node> = OnceLock::new();
    gate::get_or_init(&NOWHERE, Tree::plant)
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.path()).finish()
    }
}

/// A path with the stats that stand there.
pub(crate) struct Place {
    /// Canonical: `""` is the root.
    pub(crate) path: Arc<str>,
    /// Kept alive by this place; also the place that a stat which was set aside belongs to.
    pub(crate) parent: Option<Node>,
    pub(crate) tree: Arc<Tree>,
    /// Whether it holds stats that could not stand where they belong; nothing is folded from here.
    pub(crate) aside: bool,
    /// The number that this instance goes by among its siblings.
    number: Option<u32>,
    lease: Weak<Lease>,
    /// What kind of instance is here, if one is.
    pub(crate) class: OnceLock<&'static Class>,
    /// Its stats, an init at a time.
    pub(super) batches: List<Batch>,
    /// Its instances' aggregates again, so that descendants find them without a search.
    pub(super) aggregates: List<EntryRef>,
    /// Whether an aggregate was ever opened by name here: those stand in the register.
    pub(super) has_lone_aggregates: AtomicBool,
    /// Held by whoever adds stats.
    pub(super) register: Mutex<Register>,
    numbers: Mutex<Option<Box<Numbers>>>,
    /// Whether it waits on the tree's list of news.
    announced: AtomicBool,
    /// How far the collector is with it.
    pub(super) course: Kept<Course>,
}

impl Place {
    /// A new place, and the first share in its life.
    pub(super) fn begin(
        tree: Arc<Tree>,
        path: Arc<str>,
        parent: Option<Node>,
        aside: bool,
        number: Option<u32>,
    ) -> Node {
        Node(Lease::of_place(|lease| Place {
            path,
            parent,
            tree,
            aside,
            number,
            lease,
            class: OnceLock::new(),
            batches: List::new(),
            aggregates: List::new(),
            has_lone_aggregates: AtomicBool::new(false),
            register: Mutex::new(Register::default()),
            numbers: Mutex::new(None),
            announced: AtomicBool::new(false),
            course: Kept::default(),
        }))
    }

    /// A share in its life, unless that is over.
    pub(crate) fn node(&self) -> Option<Node> {
        self.lease.upgrade().map(Node)
    }

    /// Whether it is waiting to be folded.
    pub(crate) fn is_retired(&self) -> bool {
        self.lease.strong_count() == 0
    }

    /// All stats of its instances, by batch.
    pub(crate) fn instances(&self) -> impl Iterator<Item = (&Batch, u32)> {
        let batches = self.batches.iter();
        batches.flat_map(|batch| (0..batch.len() as u32).map(move |at| (batch, at)))
    }

    /// All stats of its instances.
    pub(crate) fn stats(&self) -> impl Iterator<Item = Standing<'_>> {
        self.instances()
            .map(|(batch, at)| Standing::Stat(batch, at))
    }

    /// Its end: it leaves the look-up, and its number is free.
    pub(super) fn leave(self: &Arc<Place>) {
        self.tree.forget(self);
        if let (Some(parent), Some(number)) = (&self.parent, self.number) {
            parent.place().numbers().give_back(number);
        }
    }

    /// The nearest aggregate above that can fold a stat of this place.
    pub(crate) fn feeds(&self, entry: &Entry) -> Option<EntryRef> {
        self.find_named_above(&entry.name, |_, aggregate| {
            let fits = aggregate.spec.kind.folds(entry.spec.kind);
            fits.then(|| aggregate.clone())
        })
    }

    /// Whether some of these stats may be [unfed](Self::unfed). It looks at each aggregate above once, and finds none that
    /// could be meant and does not fit, in nearly every init.
    pub(crate) fn may_be_unfed(&self, stats: &[Entry]) -> bool {
        let mut above = self.parent.as_ref().filter(|_| !self.aside);
        while let Some(node) = above {
            let place = node.place();
            let unfit = |aggregate: &EntryRef| {
                let aggregate: &Entry = aggregate;
                let name: &str = &aggregate.name;
                let mut named = stats.iter().filter(|stat| stat.name == *name);
                named.any(|stat| !aggregate.spec.kind.folds(stat.spec.kind))
            };
            if place.has_lone_aggregates() || place.aggregates.iter().any(unfit) {
                return true;
            }
            above = place.parent.as_ref();
        }
        false
    }

    /// Where aggregates of this stat's name stand above and none can fold it: the path and kind of the nearest.
    pub(crate) fn unfed(&self, entry: &Entry) -> Option<(&Arc<str>, Kind)> {
        let kind = entry.spec.kind;
        if kind.is_aggregate() {
            return None;
        }
        let mut nearest = None;
        let fed = self.find_named_above(&entry.name, |place, aggregate| {
            let above = aggregate.spec.kind;
            nearest.get_or_insert((&place.path, above));
            above.folds(kind).then_some(())
        });
        nearest.filter(|_| fed.is_none())
    }

    /// Looks at the aggregates of this name above, nearest first, until `found` gives something; at none above what was
    /// set aside.
    fn find_named_above<'p, R>(
        &'p self,
        name: &str,
        mut found: impl FnMut(&'p Place, &EntryRef) -> Option<R>,
    ) -> Option<R> {
        let mut above = self.parent.as_ref().filter(|_| !self.aside);
        while let Some(node) = above {
            let place = node.place();
            // Two loops rather than a chain: every stat of every init comes here.
            for aggregate in place.aggregates.iter().filter(|of| of.name == *name) {
                if let Some(result) = found(place, aggregate) {
                    return Some(result);
                }
            }
            for aggregate in &place.lone_aggregates(name) {
                if let Some(result) = found(place, aggregate) {
                    return Some(result);
                }
            }
            above = place.parent.as_ref();
        }
        None
    }

    /// Puts it on the tree's list of news, unless it is there.
    pub(crate) fn announce(self: &Arc<Place>) {
        // AcqRel: who announces has added its stats before; who takes the news sees them.
        if !self.announced.swap(true, AcqRel) {
            self.tree.news.push(Life::Place(self.clone()));
        }
    }

    /// Called when the news was taken, before the stats are read.
    pub(crate) fn heard(&self) {
        self.announced.swap(false, AcqRel);
    }

    pub(crate) fn numbers(&self) -> NumbersGuard<'_> {
        let pass = gate::enter(); // before the lock, as everywhere
        NumbersGuard {
            numbers: self.numbers.lock().unwrap_or_else(PoisonError::into_inner),
            _pass: pass,
        }
    }

    /// The last segment of its path.
    pub(crate) fn segment(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or("", |(_, segment)| segment)
    }
}

/// The numbers that the instances under a place go by: the lowest free one is given out next, so that
/// instances that come and go do not mint names for ever.
#[derive(Default)]
pub(crate) struct Numbers {
    highest: u32,
    free: BTreeSet<u32>,
}

pub(crate) struct NumbersGuard<'a> {
    numbers: MutexGuard<'a, Option<Box<Numbers>>>,
    _pass: gate::Pass,
}

impl NumbersGuard<'_> {
    pub(crate) fn take(&mut self) -> u32 {
        let numbers = self.numbers.get_or_insert_default();
        numbers.free.pop_first().unwrap_or_else(|| {
            numbers.highest += 1;
            numbers.highest
        })
    }

    fn give_back(&mut self, number: u32) {
        if let Some(numbers) = &mut *self.numbers {
            numbers.free.insert(number);
            // The numbers at the end need not be remembered one by one.
            while numbers.highest > 0 && numbers.free.remove(&numbers.highest) {
                numbers.highest -= 1;
            }
        }
    }
}
