//! Time spent in each state.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::state_set::{State, names};
use super::{Stat, detached};
use crate::Kind;
use crate::cells::{clock, gate};
use crate::snapshot::{StateTimeValue, Value};
use crate::tree::entry::{Backing, Description, Held, Source};
use crate::tree::journal::{Outlet, Shown};
use crate::tree::members::OVERFLOW;
use crate::tree::place::Node;

/// How many states of an open set are told apart.
const CAP: usize = 1000;

/// How long this instance has been in each state, the present one up to now.
///
/// States are an enum that derives `States`, or any strings with `StateTime<String>`. Changing state takes a short
/// lock of this stat's own and reads the clock. Of strings the first thousand are told apart, the rest is `(other)`. No time passes in any state before the first is set.
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
struct Times {
    spent: Mutex<Spent>,
    shown: Shown,
}

/// States by their places in `nanos`.
#[derive(Debug, Default)]
struct Spent {
    /// What was set while nothing was held.
    set: Option<usize>,
    /// What is held, by number of the guard, the latest last.
    held: Vec<(u64, usize)>,
    guards: u64,
    /// When the present state was entered.
    since: u64,
    nanos: Vec<(Arc<str>, u64)>,
}

impl Spent {
    fn current(&self) -> Option<usize> {
        self.held.last().map_or(self.set, |(_, state)| Some(*state))
    }

    /// Gives the present state the time it has had.
    fn settle(&mut self, now: u64) {
        if let Some(current) = self.current() {
            self.nanos[current].1 += now.saturating_sub(self.since);
        }
        self.since = now;
    }

    fn set(&mut self, state: usize, now: u64) {
        self.settle(now);
        match self.held.last_mut() {
            Some((_, held)) => *held = state,
            None => self.set = Some(state),
        }
    }

    /// Enters a state; gives the number to leave it by.
    fn acquire(&mut self, state: usize, now: u64) -> u64 {
        self.settle(now);
        self.guards += 1;
        self.held.push((self.guards, state));
        self.guards
    }

    fn release(&mut self, guard: u64, now: u64) {
        self.settle(now);
        self.held.retain(|(number, _)| *number != guard);
    }

    /// The place of a state of an open set. Past the cap there is one for all the rest.
    fn place(&mut self, name: &str) -> usize {
        let find = |nanos: &[(Arc<str>, u64)], name: &str| {
            nanos.iter().position(|(known, _)| &**known == name)
        };
        if let Some(known) = find(&self.nanos, name) {
            return known;
        }
        let name = if self.nanos.len() < CAP {
            name
        } else {
            OVERFLOW
        };
        find(&self.nanos, name).unwrap_or_else(|| {
            self.nanos.push((Arc::from(name), 0));
            self.nanos.len() - 1
        })
    }
}

impl Times {
    fn change<R>(&self, change: impl FnOnce(&mut Spent) -> R) -> R {
        let changed = {
            let _pass = gate::enter();
            change(&mut self.spent.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.shown.tell(self);
        changed
    }
}

impl Held for Times {
    fn read(&self) -> Value {
        let now = clock::now();
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nanos = spent.nanos.clone();
        let current = spent.current();
        if let Some(current) = current {
            nanos[current].1 += now.saturating_sub(spent.since);
        }
        Value::StateTime(Arc::new(StateTimeValue {
            current: current.map(|current| nanos[current].0.clone()),
            nanos,
        }))
    }

    fn show_in(&self, outlet: Arc<dyn Outlet>) -> bool {
        self.shown.start(self, outlet)
    }
}

impl<S: State> StateTime<S> {
    /// One that no tree shows.
    pub fn detached() -> StateTime<S> {
        detached()
    }

    /// Enters a state; from here on time is its.
    pub fn set(&self, state: impl Into<S>) {
        self.change(&state.into(), Spent::set);
    }

    /// Enters a state until the guard is dropped. The state that holds is always that of the latest guard there is, and
    /// without one what was set.
    pub fn acquire(&self, state: impl Into<S>) -> StateGuard {
        StateGuard {
            number: self.change(&state.into(), Spent::acquire),
            held: self.held.clone(),
            _node: self.node.clone(),
        }
    }

    fn change<R>(&self, state: &S, change: impl FnOnce(&mut Spent, usize, u64) -> R) -> R {
        let name = state.name();
        self.held.change(|spent| {
            let place = if S::CLOSED.is_empty() {
                spent.place(&name)
            } else {
                state.place().min(spent.nanos.len().saturating_sub(1))
            };
            change(spent, place, clock::now())
        })
    }
}

/// A state that is held for a while; see [`StateTime::acquire`].
#[derive(Debug)]
#[must_use = "a state that is dropped at once is left at once; bind it: `let _state = …`"]
pub struct StateGuard {
    number: u64,
    held: Arc<Times>,
    _node: Node,
}

impl Drop for StateGuard {
    fn drop(&mut self) {
        self.held
            .change(|spent| spent.release(self.number, clock::now()));
    }
}

impl<S: State> Stat for StateTime<S> {
    const KIND: Kind = Kind::StateTime;

    fn make(_: &Description<'_>) -> Backing {
        let nanos = names::<S>().iter().map(|name| (name.clone(), 0)).collect();
        Backing(Source::Held(Arc::new(Times {
            spent: Mutex::new(Spent {
                nanos,
                ..Spent::default()
            }),
            shown: Shown::default(),
        })))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(time: &StateTime<String>) -> (Option<String>, Vec<(String, u64)>) {
        let Value::StateTime(value) = time.held.read() else {
            unreachable!("it is one");
        };
        let seconds = |nanos: u64| Duration::from_nanos(nanos).as_secs();
        let states = value.nanos.iter();
        let states = states.map(|(name, nanos)| (name.to_string(), seconds(*nanos)));
        (
            value.current.as_deref().map(str::to_owned),
            states.collect(),
        )
    }

    #[test]
    fn the_latest_guard_there_is_decides_in_whatever_order_they_are_dropped() {
        let t = crate::test::isolated_with_clock();
        let second = || t.advance(Duration::from_secs(1));
        let time = StateTime::<String>::detached();
        time.set("idle");
        let reading = time.acquire("reading");
        second();
        let writing = time.acquire("writing");
        second();
        drop(reading);
        second();
        assert_eq!(shown(&time).0.as_deref(), Some("writing"));
        time.set("closing");
        second();
        drop(writing);
        second();
        let states = [("idle", 1), ("reading", 1), ("writing", 2), ("closing", 1)];
        let states = states.map(|(name, seconds)| (name.to_owned(), seconds));
        assert_eq!(shown(&time), (Some("idle".to_owned()), states.to_vec()));
    }

    #[test]
    fn an_open_set_of_states_is_bounded() {
        let time = StateTime::<String>::detached();
        (0..2 * CAP).for_each(|state| time.set(state.to_string()));
        let (current, states) = shown(&time);
        assert_eq!(current.as_deref(), Some(OVERFLOW));
        assert_eq!(states.len(), CAP + 1);
    }
}
