//! Time spent in each state.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::state_set::{State, names};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::{clock, gate};
use crate::snapshot::{StateTimeValue, Value};
use crate::tree::entry::{Backing, Description, Held, Source};
use crate::tree::place::Node;

/// How long this instance has been in each state, the present one up to now.
///
/// States are an enum that derives `States`, or any strings with `StateTime<String>`. Changing state takes a short
/// lock of this stat's own and reads the clock. No time passes in any state before the first is set.
///
/// ```
/// use calipers::{StateTime, States};
///
/// #[derive(States)]
/// enum Step { Reading, Writing }
///
/// let steps = StateTime::<Step>::detached();
/// steps.set(Step::Reading);
/// {
///     let _writing = steps.acquire(Step::Writing);
///     // … time here is Writing's …
/// } // and from here on Reading's again
/// ```
#[derive(Debug)]
pub struct StateTime<S> {
    held: Arc<Times>,
    node: Node,
    states: PhantomData<fn(S)>,
}

impl<S> Clone for StateTime<S> {
    fn clone(&self) -> StateTime<S> {
        StateTime {
            held: self.held.clone(),
            node: self.node.clone(),
            states: PhantomData,
        }
    }
}

#[derive(Debug)]
struct Times(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    /// The place of the present state in `nanos`.
    current: Option<usize>,
    /// When it was entered.
    since: u64,
    nanos: Vec<(Arc<str>, u64)>,
}

impl Spent {
    /// Enters a state; gives the one that was left.
    fn enter(&mut self, state: Option<usize>, now: u64) -> Option<usize> {
        if let Some(left) = self.current {
            self.nanos[left].1 += now.saturating_sub(self.since);
        }
        self.since = now;
        std::mem::replace(&mut self.current, state)
    }

    fn place(&mut self, name: &str) -> usize {
        match self.nanos.iter().position(|(known, _)| &**known == name) {
            Some(place) => place,
            None => {
                self.nanos.push((Arc::from(name), 0));
                self.nanos.len() - 1
            }
        }
    }
}

impl Times {
    fn change<R>(&self, change: impl FnOnce(&mut Spent) -> R) -> R {
        let _pass = gate::enter();
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held for Times {
    fn read(&self) -> Value {
        let now = clock::now();
        let spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nanos = spent.nanos.clone();
        if let Some(current) = spent.current {
            nanos[current].1 += now.saturating_sub(spent.since);
        }
        Value::StateTime(Arc::new(StateTimeValue {
            current: spent.current.map(|current| nanos[current].0.clone()),
            nanos,
        }))
    }
}

impl<S: State> StateTime<S> {
    /// One that no tree shows.
    pub fn detached() -> StateTime<S> {
        detached()
    }

    /// Enters a state; from here on time is its.
    pub fn set(&self, state: impl Into<S>) {
        self.enter(&state.into());
    }

    /// Enters a state until the guard is dropped, then the one before it again.
    pub fn acquire(&self, state: impl Into<S>) -> StateGuard {
        StateGuard {
            before: self.enter(&state.into()),
            held: self.held.clone(),
            _node: self.node.clone(),
        }
    }

    fn enter(&self, state: &S) -> Option<usize> {
        let name = state.name();
        self.held.change(|spent| {
            let place = if S::CLOSED.is_empty() {
                spent.place(&name)
            } else {
                state.place().min(spent.nanos.len().saturating_sub(1))
            };
            spent.enter(Some(place), clock::now())
        })
    }
}

/// A state that is held for a while; see [`StateTime::acquire`].
#[derive(Debug)]
#[must_use = "a state that is dropped at once is left at once; bind it: `let _state = …`"]
pub struct StateGuard {
    before: Option<usize>,
    held: Arc<Times>,
    _node: Node,
}

impl Drop for StateGuard {
    fn drop(&mut self) {
        let before = self.before;
        self.held.change(|spent| spent.enter(before, clock::now()));
    }
}

impl<S: State> Stat for StateTime<S> {
    const KIND: Kind = Kind::StateTime;

    fn make(_: &Description) -> Backing {
        let nanos = names::<S>().iter().map(|name| (name.clone(), 0)).collect();
        Backing(Source::Held(Arc::new(Times(Mutex::new(Spent {
            nanos,
            ..Spent::default()
        })))))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<StateTime<S>> {
        let Source::Held(held) = &backing.0 else {
            return None;
        };
        let held: Arc<dyn std::any::Any + Send + Sync> = held.clone();
        let held: Arc<Times> = held.downcast().ok()?;
        let fits = held.change(|spent| {
            let known = spent.nanos.iter().map(|(name, _)| &**name);
            S::CLOSED.is_empty() || known.eq(S::CLOSED.iter().copied())
        });
        fits.then(|| StateTime {
            held,
            node: node.clone(),
            states: PhantomData,
        })
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
