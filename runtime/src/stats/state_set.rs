//! Which of a set of states an instance is in.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwapOption;

use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::local;
use crate::snapshot::Value;
use crate::tree::entry::{Backing, Description, Held, Source};
use crate::tree::journal::{Outlet, Shown};
use crate::tree::place::Node;

/// A closed set of states: an enum without fields that derives `States`.
///
/// ```
/// use calipers::States;
///
/// #[derive(States)]
/// enum Phase { WaitingForTask, PerformingTask }
/// assert_eq!(Phase::NAMES, ["waiting_for_task", "performing_task"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of states",
    label = "does not derive `States`",
    note = "write `#[derive(States)]` on the enum, or use `String` for an open set"
)]
pub trait States: Sized + Send + Sync + 'static {
    /// The names of the states, in the order of declaration.
    const NAMES: &'static [&'static str];

    /// The place of this state among the names.
    fn index(&self) -> usize;

    /// The state at a place among the names.
    fn from_index(index: usize) -> Option<Self>;
}

/// What a [`StateSet`] or [`StateTime`](super::StateTime) is of: an enum that derives [`States`], or `String` for an
/// open set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of states",
    label = "does not derive `States`",
    note = "write `#[derive(States)]` on the enum, or use `String` for an open set"
)]
pub trait State: Send + Sync + 'static {
    /// The names of a closed set; empty for an open one.
    #[doc(hidden)]
    const CLOSED: &'static [&'static str];

    /// The place of this state in a closed set.
    #[doc(hidden)]
    fn place(&self) -> usize;

    /// Its name.
    #[doc(hidden)]
    fn name(&self) -> Cow<'_, str>;
}

#[diagnostic::do_not_recommend]
impl<S: States> State for S {
    const CLOSED: &'static [&'static str] = S::NAMES;

    fn place(&self) -> usize {
        self.index()
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(S::NAMES.get(self.index()).copied().unwrap_or("unknown"))
    }
}

impl State for String {
    const CLOSED: &'static [&'static str] = &[];

    fn place(&self) -> usize {
        0
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

/// The state this instance is in: one of an enum that derives [`States`], or any string with `StateSet<String>`.
///
/// It is in none until one is set. Setting one of a closed set is one store; of an open set, an
/// allocation and no lock. A parent's `CountBy<StateSet<…>>` counts how many instances are in each.
///
/// ```
/// use calipers::prelude::*;
/// use calipers::{StateSet, States};
///
/// #[derive(States)]
/// enum Phase { WaitingForTask, PerformingTask }
///
/// #[derive(Instrumented)]
/// struct Worker { phase: StateSet<Phase> }
///
/// let worker = Worker::init("/worker");
/// worker.phase.set(Phase::PerformingTask);
/// assert_eq!(calipers::snapshot().state("/worker/phase"), Some("performing_task"));
/// ```
#[derive(Debug)]
pub struct StateSet<S> {
    held: Handle,
    node: Node,
    states: PhantomData<fn(S)>,
}

#[derive(Clone, Debug)]
enum Handle {
    /// The place of the state, plus one. Nothing where memory has run out.
    Closed(Option<&'static AtomicU64>),
    Open(Arc<OpenState>),
}

impl<S> Clone for StateSet<S> {
    fn clone(&self) -> StateSet<S> {
        StateSet {
            held: self.held.clone(),
            node: self.node.clone(),
            states: PhantomData,
        }
    }
}

#[derive(Debug, Default)]
struct OpenState {
    name: ArcSwapOption<Arc<str>>,
    shown: Shown,
}

impl OpenState {
    /// Out of line: one of a closed set is entered with a store, and without what this takes.
    #[cold]
    #[inline(never)]
    fn enter(&self, name: &str) {
        self.set(Some(Arc::new(Arc::from(name))));
    }

    fn set(&self, name: Option<Arc<Arc<str>>>) {
        self.name.store(name);
        self.shown.tell(self);
    }
}

impl Held for OpenState {
    fn read(&self) -> Value {
        Value::StateSet(self.name.load().as_deref().cloned(), Arc::from([]))
    }

    fn show_in(&self, outlet: Arc<dyn Outlet>) -> bool {
        self.shown.start(self, outlet)
    }
}

/// The names of a closed set, shared.
pub(super) fn names<S: State>() -> Arc<[Arc<str>]> {
    S::CLOSED.iter().map(|name| Arc::from(*name)).collect()
}

impl<S: State> StateSet<S> {
    /// A set that no tree shows.
    pub fn detached() -> StateSet<S> {
        detached()
    }

    /// Enters a state.
    #[inline]
    pub fn set(&self, state: impl Into<S>) {
        let state = state.into();
        match &self.held {
            Handle::Closed(Some(cell)) => cell.store(state.place() as u64 + 1, Relaxed),
            Handle::Closed(None) => {}
            Handle::Open(open) => open.enter(&state.name()),
        }
    }

    /// Back to no state.
    pub fn clear(&self) {
        match &self.held {
            Handle::Closed(cell) => cell.iter().for_each(|cell| cell.store(0, Relaxed)),
            Handle::Open(open) => open.set(None),
        }
    }
}

impl<S: State> Stat for StateSet<S> {
    const KIND: Kind = Kind::StateSet;

    fn make(description: &Description<'_>) -> Backing {
        if S::CLOSED.is_empty() {
            return Backing(Source::Held(Arc::new(OpenState::default())));
        }
        let cell = description.cells(Width::One);
        // The id may have been another's: no state holds until one is set.
        if let Some(cell) = local::set_cell(cell) {
            cell.store(0, Relaxed);
        }
        Backing(Source::State(cell, names::<S>()))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<StateSet<S>> {
        let held = match &backing.0 {
            Source::State(cell, names) => {
                let same = names
                    .iter()
                    .map(|name| &**name)
                    .eq(S::CLOSED.iter().copied());
                same.then(|| Handle::Closed(local::set_cell(*cell)))?
            }
            Source::Held(held) if S::CLOSED.is_empty() => {
                let held: Arc<dyn std::any::Any + Send + Sync> = held.clone();
                Handle::Open(held.downcast().ok()?)
            }
            _ => return None,
        };
        Some(StateSet {
            held,
            node: node.clone(),
            states: PhantomData,
        })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
