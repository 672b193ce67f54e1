//! A pass over a tree: every stat that counted something since the last one is brought up to date.
//!
//! It compares one count a stat and touches only those that moved. A snapshot makes up for passes that are due before it
//! reads, so nothing is wrong where the background thread is turned off; what was missed is taken as an even stretch
//! ([`super::rates`]).

use std::sync::Arc;

use super::entry::{Measured, Source};
use super::lookup::Tree;
use super::rates::{Ticked, tick_of};
use super::read::Read;
use super::recent::Recent;
use super::remembered;
use super::standing::{EntryRef, MeasuredRef};
use crate::cells::realm::Realm;
use crate::cells::turn::Turn;
use crate::snapshot::Distribution;

/// How long after somebody looked recent values are kept, in ticks: five minutes.
const WATCHED: u64 = 60;

/// How far the rates of one tree have been brought, by realm.
#[derive(Default)]
pub(crate) struct Passes {
    by_realm: Vec<(Realm, Pass)>,
}

#[derive(Clone, Copy, Default)]
struct Pass {
    to: Option<u64>,
    watched_until: u64,
}

impl Passes {
    pub(super) fn forget(&mut self, realm: Realm) {
        self.by_realm.retain(|(of, _)| *of != realm);
    }

    fn of(&mut self, realm: Realm) -> &mut Pass {
        let at = match self.by_realm.iter().position(|(of, _)| *of == realm) {
            Some(at) => at,
            None => {
                self.by_realm.push((realm, Pass::default()));
                self.by_realm.len() - 1
            }
        };
        &mut self.by_realm[at].1
    }
}

/// Brings a tree's rates in one realm to the moment `now`.
pub(crate) fn pass(turn: &mut Turn, tree: &Tree, realm: Realm, now: u64) {
    let now = tick_of(now);
    let state = tree.known.get_mut(turn).passes.of(realm);
    let (last, watched) = (state.to, now < state.watched_until);
    if last.is_some_and(|last| last >= now) {
        return;
    }
    state.to = Some(now);

    let mut moved = Vec::new();
    let mut aggregates = Vec::new();
    {
        let read = Read::new(turn, realm);
        let known = tree.known.get(turn);
        known.each(|place, stat| {
            let entry = stat.entry();
            match &entry.source {
                Source::Aggregate(_) => aggregates.push((stat.held(), place.feeds(entry))),
                Source::Family(members) if !members.spec.kind.has_rates() => {}
                Source::Family(members) => {
                    let mut fed = None; // looked for once, when a member moved
                    for (number, member) in members.sorted(turn).numbered() {
                        let held = || MeasuredRef::member(members, number);
                        if let Some(mut found) = look(turn, &read, realm, member, watched, held) {
                            let fed = fed.get_or_insert_with(|| place.feeds(entry)).clone();
                            found.feeds = fed.map(|fed| (fed, Some(Arc::from(member.key()))));
                            moved.push(found);
                        }
                    }
                }
                _ => {
                    let held = || Some(MeasuredRef::Stat(stat.held()));
                    if let Some(mut found) = look(turn, &read, realm, entry, watched, held) {
                        found.feeds = place.feeds(entry).map(|feeds| (feeds, None));
                        moved.push(found);
                    }
                }
            }
        });
    }
    for moved in moved {
        moved.apply(turn, realm, last, now);
    }
    // Against the order of paths, so that what an aggregate passes on is there when the one above is brought on.
    for (aggregate, feeds) in aggregates.into_iter().rev() {
        let born = remembered::born(turn, realm, &aggregate).min(now.saturating_sub(1));
        let since = last.map_or(born, |last| last.max(born));
        let state = aggregate.states.get_mut(turn).present(realm);
        let Some(total) = state.and_then(|state| state.total.as_mut()) else {
            continue;
        };
        let gained = total.tick(since, now, last.is_some_and(|last| born < last));
        if let Some(feeds) = feeds {
            let total = remembered::total_of(turn, realm, &feeds);
            gained.iter().for_each(|gain| total.gain(feeds.spec, gain));
        }
    }
}

/// A stat whose count moved since the last pass.
struct Moved {
    entry: MeasuredRef,
    count: u64,
    /// Its distribution, if its recent values are kept.
    lifetime: Option<Distribution>,
    /// The aggregate that its events count in, and under which key.
    feeds: Option<(EntryRef, Option<Arc<str>>)>,
}

fn look(
    turn: &Turn,
    read: &Read<'_>,
    realm: Realm,
    entry: &Measured,
    watched: bool,
    held: impl FnOnce() -> Option<MeasuredRef>,
) -> Option<Moved> {
    let count = read.count(entry)?;
    let state = entry.states.get(turn).get(realm);
    let ticked = state.and_then(|state| state.ticked.as_deref());
    if count == ticked.map_or(0, |ticked| ticked.counted) {
        return None;
    }
    let lifetime = match &entry.source {
        Source::Wide(run) if watched => Some(read.distribution(*run)),
        _ => None,
    };
    Some(Moved {
        entry: held()?,
        count,
        lifetime,
        feeds: None,
    })
}

impl Moved {
    fn apply(self, turn: &mut Turn, realm: Realm, last: Option<u64>, now: u64) {
        // Born on a clock that was ahead, in a test: as if just now.
        let born = remembered::born(turn, realm, &self.entry).min(now.saturating_sub(1));
        let since = last.map_or(born, |last| last.max(born));
        let was_there = last.is_some_and(|last| born < last);
        let state = self.entry.states.get_mut(turn).get_mut(realm);
        let before = state.ticked.as_ref().map_or(0, |ticked| ticked.counted);
        let ticked = state
            .ticked
            .get_or_insert_with(|| Box::new(Ticked::fresh(since)));
        if was_there {
            ticked.was_quiet();
        }
        ticked.tick(self.count, since, now);
        if let Some((feeds, key)) = self.feeds {
            let events = self.count.wrapping_sub(before);
            // Borrowed anew below: the turn opens one kept thing at a time.
            remembered::total_of(turn, realm, &feeds).gain(feeds.spec, &(key, events));
        }
        let state = self.entry.states.get_mut(turn).get_mut(realm);
        let Some(ticked) = &mut state.ticked else {
            return;
        };
        match (self.lifetime, &mut ticked.recent) {
            (None, recent) => *recent = None, // nobody looks any more
            (Some(lifetime), Some(recent)) => recent.tick(lifetime, since, now),
            (Some(lifetime), none) => {
                let mut recent = Recent::default();
                if before == 0 {
                    recent.tick(lifetime, since, now);
                } else {
                    recent = Recent::begin(&lifetime, 0, u64::MAX); // of unknown age
                }
                *none = Some(Box::new(recent));
            }
        }
    }
}

/// Somebody looks at a tree's recent values: from here on they are kept. `seen` are the distributions that have none.
pub(crate) fn watch(
    turn: &mut Turn,
    tree: &Tree,
    realm: Realm,
    now: u64,
    seen: Vec<(MeasuredRef, Distribution)>,
) {
    let now = tick_of(now);
    tree.known.get_mut(turn).passes.of(realm).watched_until = now + WATCHED;
    for (entry, lifetime) in seen {
        let born = remembered::born(turn, realm, &entry);
        let state = entry.states.get_mut(turn).get_mut(realm);
        let ticked = state
            .ticked
            .get_or_insert_with(|| Box::new(Ticked::fresh(born)));
        ticked
            .recent
            .get_or_insert_with(|| Box::new(Recent::begin(&lifetime, born, now)));
    }
}
