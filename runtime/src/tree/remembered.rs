//! What the collector remembers of every entry, by realm: how its rates stand, and what was retired into it.

use std::collections::BTreeMap;

use super::entry::{Measured, Source};
use super::fold;
use super::lookup::Tree;
use super::rates::{Ticked, tick_of};
use super::standing::EntryRef;
use super::total::{Rated, Total};
use crate::cells::realm::{MAIN, Realm};
use crate::cells::turn::Turn;
use crate::snapshot::Value;

/// What the collector remembers of an entry, by realm. Boxed, since most have nothing, and every stat pays for the room.
#[derive(Default)]
pub(crate) struct RealmStates(Option<Box<ByRealm>>);

#[derive(Default)]
struct ByRealm {
    main: State,
    /// Those of tests, which nearly no entry has.
    others: Option<Box<Others>>,
}

#[derive(Default)]
struct Others(Vec<(Realm, State)>);

#[derive(Default)]
pub(super) struct State {
    /// Of a stat with rates, once it counted something.
    pub(super) ticked: Option<Box<Ticked>>,
    /// Of an aggregate, once something was retired into it.
    pub(super) total: Option<Box<Total>>,
}

impl RealmStates {
    pub(super) fn get(&self, realm: Realm) -> Option<&State> {
        let ByRealm { main, others } = self.0.as_deref()?;
        if realm == MAIN {
            return Some(main);
        }
        let of = |(of, _): &&(Realm, State)| *of == realm;
        others.as_ref()?.0.iter().find(of).map(|(_, state)| state)
    }

    /// To change what is there; nothing when nothing is.
    pub(super) fn present(&mut self, realm: Realm) -> Option<&mut State> {
        let ByRealm { main, others } = self.0.as_deref_mut()?;
        if realm == MAIN {
            return Some(main);
        }
        let of = |(of, _): &&mut (Realm, State)| *of == realm;
        let mut others = others.as_mut()?.0.iter_mut();
        others.find(of).map(|(_, state)| state)
    }

    pub(super) fn get_mut(&mut self, realm: Realm) -> &mut State {
        let ByRealm { main, others } = &mut **self.0.get_or_insert_default();
        if realm == MAIN {
            return main;
        }
        let Others(others) = &mut **others.get_or_insert_default();
        let at = match others.iter().position(|(of, _)| *of == realm) {
            Some(at) => at,
            None => {
                others.push((realm, State::default()));
                others.len() - 1
            }
        };
        &mut others[at].1
    }

    fn forget(&mut self, realm: Realm) {
        if let Some(ByRealm { others, .. }) = self.0.as_deref_mut()
            && let Some(Others(others)) = others.as_deref_mut()
        {
            others.retain(|(of, _)| *of != realm);
        }
    }
}

/// The tick from which on an entry has counted in a realm: that of its birth, or of the realm's.
pub(super) fn born(turn: &Turn, realm: Realm, entry: &Measured) -> u64 {
    tick_of(entry.born.max(turn.opened(realm)))
}

/// The rates of an entry.
pub(crate) fn rated<'t>(turn: &'t Turn, realm: Realm, entry: &'t Measured, now: u64) -> Rated<'t> {
    let state = entry.states.get(turn).get(realm);
    Rated::of(state.and_then(|state| state.ticked.as_deref()), now)
}

/// What was retired into an aggregate.
pub(crate) fn retired(turn: &Turn, realm: Realm, entry: &Measured, now: u64) -> Value {
    let state = entry.states.get(turn).get(realm);
    match state.and_then(|state| state.total.as_deref()) {
        Some(total) => total.value(entry.spec.kind, now),
        None => fold::nothing(entry.spec.kind),
    }
}

/// The rates of an aggregate of which everything was folded.
pub(crate) fn set_rates(turn: &Turn, realm: Realm, entry: &Measured, value: &mut Value, now: u64) {
    let state = entry.states.get(turn).get(realm);
    if let Some(total) = state.and_then(|state| state.total.as_deref()) {
        total.set_rates(value, now);
    }
}

/// An aggregate's total, to add to.
pub(crate) fn total_of<'t>(turn: &'t mut Turn, realm: Realm, entry: &'t Measured) -> &'t mut Total {
    let state = entry.states.get_mut(turn).get_mut(realm);
    state.total.get_or_insert_default()
}

/// What is remembered of a stat that retires.
#[derive(Default)]
pub(crate) struct Taken {
    /// The tick from which on it counted.
    pub(super) born: u64,
    pub(super) own: Option<Box<Ticked>>,
    pub(super) by_key: BTreeMap<String, Box<Ticked>>,
}

/// Takes what is remembered of a stat that retires. An aggregate's own total counts as one stat.
pub(crate) fn take(turn: &mut Turn, realm: Realm, entry: &Measured) -> Taken {
    let mut taken = Taken {
        born: born(turn, realm, entry),
        ..Taken::default()
    };
    match &entry.source {
        Source::Family(members) => {
            for member in members.sorted(turn).iter() {
                let state = member.states.get_mut(turn).present(realm);
                if let Some(ticked) = state.and_then(|state| state.ticked.take()) {
                    taken.by_key.insert(member.key().to_owned(), ticked);
                }
            }
        }
        Source::Aggregate(_) => {
            let state = entry.states.get_mut(turn).present(realm);
            if let Some(total) = state.and_then(|state| state.total.as_mut()) {
                taken = total.take();
            }
        }
        _ => {
            let state = entry.states.get_mut(turn).present(realm);
            taken.own = state.and_then(|state| state.ticked.take());
        }
    }
    taken
}

/// Forgets what was remembered for a realm that ended.
pub(crate) fn forget_realm(turn: &mut Turn, tree: &Tree, realm: Realm) {
    let known = tree.known.get_mut(turn);
    known.passes.forget(realm);
    let mut stats: Vec<EntryRef> = Vec::new();
    known.each(|_, stat| stats.push(stat.held()));
    for entry in stats {
        entry.states.get_mut(turn).forget(realm);
        if let Source::Family(members) = &entry.source {
            for member in members.sorted(turn).iter() {
                member.states.get_mut(turn).forget(realm);
            }
        }
    }
}

/// Whether recent values of an entry are kept.
pub(crate) fn is_watched(turn: &Turn, realm: Realm, entry: &Measured) -> bool {
    let state = entry.states.get(turn).get(realm);
    state.is_some_and(|state| state.ticked.as_ref().is_some_and(|t| t.recent.is_some()))
}
