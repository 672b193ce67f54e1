//! Opening: how the stats of an instance come to stand at its place.
//!
//! The derive's `build` gets an [`Opener`] and opens the fields one after another. Each is entered in the place's
//! register at once, so that two instances at one path share their stats; what is new becomes visible to readers
//! in one piece when the opener goes.
//!
//! Where no expression of a user's runs between the fields, which is the rule, the register is held from the first to the
//! last, so that an init locks it once.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::{Display, Write};
use std::sync::Arc;

use super::class::{Class, SpecRef, StatSpec};
use super::entry::{Description, Entry, Source, cells_of};
use super::faults::{self, Fault};
use super::instrumented::{Instrumented, Parent};
use super::journal;
use super::lookup::Tree;
use super::path::{self, PathError};
use super::place::Node;
use super::register::RegisterGuard;
use super::stat_name::StatName;
use crate::Kind;
use crate::cells::ids::Reserve;
use crate::cells::{clock, gate};

/// Opens the stats of one place, and shows them when it is dropped.
pub struct Opener<'n> {
    pub(super) node: &'n Node,
    class: &'static Class,
    /// Whether what is opened gets a life of its own, rather than the place's.
    alone: bool,
    /// When its stats are born.
    born: u64,
    /// Stats that were opened alone.
    lone: RefCell<Vec<Node>>,
    /// Told when the stats are published: a logger is user code.
    conflicts: RefCell<Vec<Conflict>>,
    /// What is kept from the first stat until all are published, where nothing but the library's own code runs between
    /// them.
    uninterrupted: OnceCell<Uninterrupted>,
    /// Likewise, from one stat that is new to the next. Not past one that was there: a share in its life may end with its
    /// handle, and who ends it needs the register.
    register: Cell<Option<RegisterGuard<'n>>>,
}

struct Uninterrupted {
    reserve: Reserve,
    /// Left after the rest was given back.
    _pass: gate::Pass,
}

impl<'n> Opener<'n> {
    fn new(node: &'n Node, class: &'static Class) -> Opener<'n> {
        journal::before_a_stat();
        Opener {
            node,
            class,
            alone: false,
            born: clock::now(),
            lone: RefCell::new(Vec::new()),
            conflicts: RefCell::new(Vec::new()),
            uninterrupted: OnceCell::new(),
            register: Cell::new(None),
        }
    }

    /// Called by a `build` in which no expression of a user's runs, so that the gate is passed, the register locked and
    /// cells taken once rather than at every stat. A user's expression may take long, fork, or init something at this very place: neither
    /// goes with having passed, or with holding the register.
    pub fn uninterrupted(&self) {
        self.uninterrupted.get_or_init(|| Uninterrupted {
            _pass: gate::enter(),
            reserve: Reserve::of(self.class.stats.iter().map(|stat| cells_of(stat.spec.kind))),
        });
    }

    /// The register, held.
    fn register(&self) -> RegisterGuard<'n> {
        let held = self.register.take();
        held.unwrap_or_else(|| self.node.place().register())
    }

    /// Where the class's stat at `index` is to be opened.
    pub fn at(&self, index: usize) -> Opening<'_, 'n> {
        const UNKNOWN: &StatSpec = &StatSpec::new("unknown", crate::Kind::Info, "", 0);
        let stat = self.class.stats.get(index).unwrap_or(UNKNOWN);
        Opening {
            opener: self,
            index,
            name: StatName::Declared(&stat.name),
            spec: &stat.spec,
        }
    }

    /// A struct of stats below this place.
    pub fn child<C: Instrumented>(&self, name: &'static str, parts: C::Parts) -> C {
        instance(&child_of(self.node, &name), parts)
    }
}

/// Shows what was opened, and tells what could not stand where it belongs or feeds nothing.
impl Drop for Opener<'_> {
    fn drop(&mut self) {
        let place = self.node.place();
        let batch = self.register().publish();
        drop(self.uninterrupted.take()); // before a logger runs
        for Conflict {
            path,
            held,
            refused,
        } in self.conflicts.take()
        {
            faults::report_about(Fault::PathConflict, &path, || {
                format!(
                    "`{path}` is a {held}, so a {refused} of that path is kept at `/calipers/conflicts{path}`"
                )
            });
        }
        let lone = self.lone.take();
        let lone = lone.iter().filter_map(Node::single);
        let batch = batch.filter(|batch| place.may_be_unfed(batch));
        let stats = batch.iter().flat_map(|batch| batch.iter());
        for entry in stats.chain(lone.map(|single| &single.entry)) {
            if let Some((above, aggregate)) = place.unfed(entry) {
                faults::report(Fault::CannotFold, || {
                    let (path, name, kind) = (&place.path, &entry.name, entry.spec.kind);
                    format!(
                        "`{above}/{name}` is a {aggregate} and cannot fold `{path}/{name}`, a {kind}"
                    )
                });
            }
        }
    }
}

/// One stat about to be opened.
pub struct Opening<'o, 'n> {
    opener: &'o Opener<'n>,
    /// Which of the class's stats it is, if one of them.
    index: usize,
    name: StatName,
    spec: SpecRef,
}

/// A stat that was opened: where it stands, what it is read from, and whether it was there before.
pub(crate) struct Opened<'n> {
    /// Not shared once more only to be handed on.
    pub(crate) node: Cow<'n, Node>,
    pub(crate) source: Source,
    pub(crate) shared: bool,
}

impl Opened<'_> {
    /// For longer than it is being opened.
    pub(crate) fn kept(self) -> Opened<'static> {
        Opened {
            node: Cow::Owned(self.node.into_owned()),
            ..self
        }
    }
}

impl<'n> Opening<'_, 'n> {
    pub(crate) fn description(&self) -> Description<'_> {
        let kept = self.opener.uninterrupted.get();
        Description {
            spec: self.spec,
            reserved: kept.map(|kept| (&kept.reserve, self.index)),
        }
    }

    /// The stat of this name at this place: the one already there if it is of the same kind and `fits`, else one
    /// made by `make`. Where another kind of stat holds the name, its kind.
    pub(crate) fn try_open(
        &self,
        fits: impl Fn(&Source) -> bool,
        make: impl FnOnce() -> Source,
    ) -> Result<Opened<'n>, Kind> {
        let opener = self.opener;
        let mut register = opener.register();
        let Some((entry, own)) = register.find(&self.name) else {
            let source = make();
            let (name, spec) = (self.name.clone(), self.spec);
            let entry = Entry::new(name, spec, source.clone(), opener.born);
            let node = if opener.alone {
                let node = register.enter_alone(entry, opener.node);
                opener.lone.borrow_mut().push(node.clone());
                Cow::Owned(node)
            } else {
                register.enter(entry, opener.class.stats.len());
                Cow::Borrowed(opener.node)
            };
            if opener.uninterrupted.get().is_some() {
                opener.register.set(Some(register));
            }
            return Ok(Opened {
                node,
                source,
                shared: false,
            });
        };
        let kind = entry.spec.kind;
        let fits = kind.same(self.spec.kind) && fits(&entry.source);
        let source = fits.then(|| entry.source.clone());
        drop(register); // before the share in its life that `own` is
        Ok(Opened {
            node: own.map_or(Cow::Borrowed(opener.node), Cow::Owned),
            source: source.ok_or(kind)?,
            shared: true,
        })
    }

    /// As [`Opening::try_open`]; a stat whose name another kind holds is set aside.
    pub(crate) fn open(
        &self,
        fits: impl Fn(&Source) -> bool,
        make: impl Fn() -> Source,
    ) -> Opened<'n> {
        self.try_open(&fits, &make).unwrap_or_else(|held| {
            self.opener.conflicts.borrow_mut().push(Conflict {
                path: format!("{}/{}", self.opener.node.place().path, self.name),
                held,
                refused: self.spec.kind,
            });
            self.set_aside(fits, make)
        })
    }

    /// Opens the stat where it harms nobody.
    fn set_aside(&self, fits: impl Fn(&Source) -> bool, make: impl Fn() -> Source) -> Opened<'n> {
        let home = self.opener.node;
        let mut path = format!("/calipers/conflicts{}", home.place().path);
        loop {
            let aside = home.tree().aside(&path, home);
            let mut opener = Opener::new(&aside, <Node as Parent>::CLASS);
            opener.alone = self.opener.alone;
            let opening = Opening {
                opener: &opener,
                index: usize::MAX,
                name: self.name.clone(),
                spec: self.spec,
            };
            if let Ok(opened) = opening.try_open(&fits, &make) {
                return opened.kept();
            }
            path.push_str("/again"); // a third kind: one place further aside
        }
    }
}

/// A stat that could not stand where it belongs.
struct Conflict {
    path: String,
    held: Kind,
    refused: Kind,
}

/// Opens one stat by place and name; it stays as long as its place.
pub(crate) fn stat<S>(
    node: &Node,
    name: &str,
    spec: SpecRef,
    open: impl FnOnce(&Opening<'_, '_>) -> S,
) -> S {
    open_one(Opener::new(node, <Node as Parent>::CLASS), name, spec, open)
}

/// Opens one stat by place and name; it goes when its own last handle does.
pub(crate) fn lone_stat<S>(
    node: &Node,
    name: &str,
    spec: SpecRef,
    open: impl FnOnce(&Opening<'_, '_>) -> S,
) -> S {
    let mut opener = Opener::new(node, <Node as Parent>::CLASS);
    opener.alone = true;
    open_one(opener, name, spec, open)
}

fn open_one<S>(
    opener: Opener<'_>,
    name: &str,
    spec: SpecRef,
    open: impl FnOnce(&Opening<'_, '_>) -> S,
) -> S {
    let opened = open(&Opening {
        opener: &opener,
        index: usize::MAX,
        name: StatName::given(name),
        spec,
    });
    drop(opener);
    opened
}

/// Builds an instance at a place.
pub(crate) fn instance<T: Instrumented>(node: &Node, parts: T::Parts) -> T {
    // Set once: the first class at a place names it.
    gate::get_or_init(&node.place().class, || T::CLASS);
    let opener = Opener::new(node, T::CLASS);
    let built = T::build(&opener, parts);
    drop(opener);
    built
}

/// Builds an instance at a path; a path that is none is mended, counted and logged.
pub(crate) fn init<T: Instrumented>(tree: &Arc<Tree>, path: &str, parts: T::Parts) -> T {
    instance(&tree.node(&usable(path)), parts)
}

/// Builds an instance below a parent.
pub(crate) fn init_child<T: Instrumented>(parent: &Node, name: &dyn Display, parts: T::Parts) -> T {
    instance(&below(parent, name), parts)
}

/// Builds an instance below a parent, under the lowest number that is free there.
pub(crate) fn init_child_numbered<T: Instrumented>(
    parent: &Node,
    name: &str,
    parts: T::Parts,
) -> T {
    let group = below(parent, &name);
    instance(&parent.tree().numbered(&group), parts)
}

/// The place of this name below a stat's or an instance's.
fn below(parent: &Node, name: &dyn Display) -> Node {
    child_of(parent.home(), name)
}

fn child_of(parent: &Node, name: &dyn Display) -> Node {
    let (tree, above) = (parent.tree(), &*parent.place().path);
    let mut path = String::with_capacity(above.len() + 32);
    path.push_str(above);
    path.push('/');
    let written = write!(path, "{name}");
    let name = &path[above.len() + 1..];
    if written.is_ok() && name.len() < path::LONGEST && path::is_one_segment(name) {
        return tree.child(parent, &path);
    }
    // What would be the parent's own place is none below it.
    let name = match usable(name) {
        own if own.is_empty() => mended(name, &PathError::nameless(name)),
        below => below,
    };
    tree.node(&format!("{above}{name}"))
}

/// A path in canonical form, whatever was given. The root is written `/`; nothing at all is a mistake.
pub(crate) fn usable(given: &str) -> String {
    match path::canonical(given) {
        Ok(_) if given.is_empty() => mended(given, &PathError::nameless(given)),
        Ok(path) => path,
        Err(error) => mended(given, &error),
    }
}

/// What is used instead of a path that is none; counted and logged.
pub(crate) fn mended(given: &str, error: &PathError) -> String {
    let mended = path::mended(given);
    faults::report_about(Fault::InvalidPath, given, || {
        format!("{error}; using `{mended}`")
    });
    mended
}
