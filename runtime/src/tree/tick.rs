//! The tick: every five seconds the collector looks at what counted something, and brings rates and recent
//! values on.
//!
//! A pass compares one count a stat and touches only those that moved. A snapshot makes up for ticks that
//! are due before it reads, so nothing is wrong where the background thread is turned off; what was missed is
//! taken as an even stretch ([`super::rates`]).

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::class::Spec;
use super::entry::{Entry, OVERFLOW, Source};
use super::fold;
use super::lookup::{Tree, trees};
use super::place::Batch;
use super::rates::{TICK_SECONDS, Ticked, tick_of};
use super::read::Read;
use super::recent::Recent;
use super::slow;
use super::{known, settle};
use crate::cells::realm::{MAIN, Realm};
use crate::cells::turn::Turn;
use crate::cells::{clock, fork, gate};
use crate::snapshot::{Distribution, FamilyValue, Rates, Value};

/// How long after somebody looked recent values are kept, in ticks: five minutes.
const WATCHED: u64 = 60;

/// What the collector remembers of an entry, by realm.
#[derive(Default)]
pub(crate) struct RealmStates {
    main: State,
    others: Vec<(Realm, State)>,
}

#[derive(Default)]
struct State {
    /// Of a stat with rates, once it counted something.
    ticked: Option<Box<Ticked>>,
    /// Of an aggregate, once something was retired into it.
    total: Option<Box<Total>>,
}

impl RealmStates {
    fn get(&self, realm: Realm) -> Option<&State> {
        if realm == MAIN {
            return Some(&self.main);
        }
        let of = |(of, _): &&(Realm, State)| *of == realm;
        self.others.iter().find(of).map(|(_, state)| state)
    }

    fn get_mut(&mut self, realm: Realm) -> &mut State {
        if realm == MAIN {
            return &mut self.main;
        }
        let at = match self.others.iter().position(|(of, _)| *of == realm) {
            Some(at) => at,
            None => {
                self.others.push((realm, State::default()));
                self.others.len() - 1
            }
        };
        &mut self.others[at].1
    }
}

/// What was retired into an aggregate.
#[derive(Default)]
pub(crate) struct Total {
    all: Retired,
    /// Of an aggregate of families: by key, and so also the keys it has admitted.
    keys: BTreeMap<Arc<str>, Retired>,
}

#[derive(Default)]
struct Retired {
    value: Option<Value>,
    ticked: Option<Box<Ticked>>,
}

impl Total {
    /// Adds what a retired stat counted.
    pub(crate) fn absorb(&mut self, aggregate: &Spec, value: Value, ticked: Taken) {
        let Value::Family(family) = value else {
            let kind = aggregate.kind;
            return self.all.absorb(kind, value, ticked.own);
        };
        let mut by_key = ticked.by_key;
        for (key, value) in Arc::unwrap_or_clone(family).members {
            let kind = fold::member_kind(aggregate.kind);
            let ticked = by_key.remove(&*key);
            self.key(aggregate, &key).absorb(kind, value, ticked);
        }
    }

    /// What was retired under a key; under the overflow's when there are too many. Keys are never given
    /// up, so that no key's total ever moves.
    fn key(&mut self, aggregate: &Spec, key: &Arc<str>) -> &mut Retired {
        let key = self.admit(aggregate, key);
        self.keys.entry(key).or_default()
    }

    /// The key under which the aggregate counts `key`.
    pub(crate) fn admit(&mut self, aggregate: &Spec, key: &Arc<str>) -> Arc<str> {
        let cap = match aggregate.cap {
            0 => super::entry::DEFAULT_CAP,
            cap => cap,
        };
        if !self.keys.contains_key(key) {
            let used = self.keys.len() - usize::from(self.keys.contains_key(OVERFLOW));
            if used >= cap && &**key != OVERFLOW {
                return Arc::from(OVERFLOW);
            }
            self.keys.insert(key.clone(), Retired::default());
        }
        key.clone()
    }

    fn value(&self, kind: crate::Kind, now: u64) -> Value {
        if matches!(kind.folded(), crate::Kind::Family(_)) {
            let members = self
                .keys
                .iter()
                .filter_map(|(key, retired)| Some((key.clone(), retired.value(now)?)))
                .collect();
            return Value::Family(Arc::new(FamilyValue { members }));
        }
        self.all.value(now).unwrap_or_else(|| fold::nothing(kind))
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Retired> {
        std::iter::once(&mut self.all).chain(self.keys.values_mut())
    }
}

impl Retired {
    fn absorb(&mut self, kind: crate::Kind, value: Value, ticked: Option<Box<Ticked>>) {
        let Some(kept) = fold::kept_when_retired(value) else {
            return; // a level: it is subtracted by no longer being added
        };
        if let Some(mut ticked) = ticked {
            let gained = ticked.recent.take();
            match &mut self.ticked {
                Some(own) => own.absorb(*ticked),
                None => self.ticked = Some(ticked),
            }
            if let (Some(gained), Some(own)) = (gained, &mut self.ticked) {
                // What was retired before, while nobody looked, is of unknown age.
                let before = self.value.as_ref().and_then(fold::lifetime);
                let recent =
                    own.recent.get_or_insert_with(|| {
                        Box::new(before.map_or_else(Recent::default, |before| {
                            Recent::begin(before, 0, u64::MAX)
                        }))
                    });
                recent.absorb(*gained);
            }
        } else if let Some(own) = &mut self.ticked
            && let (Some(recent), Some(lifetime)) = (&mut own.recent, fold::lifetime(&kept))
        {
            recent.absorb(Recent::begin(lifetime, 0, u64::MAX));
        }
        match &mut self.value {
            Some(own) => {
                own.fold(kind, &kept);
            }
            None => self.value = Some(kept),
        }
    }

    fn value(&self, now: u64) -> Option<Value> {
        let mut value = self.value.clone()?;
        let rated = Rated::of(self.ticked.as_deref(), now);
        fold::set_rates(&mut value, rated.rates);
        if let Some(recent) = fold::lifetime(&value).map(|lifetime| rated.recent_of_total(lifetime))
        {
            fold::set_recent(&mut value, recent);
        }
        Some(value)
    }

    fn tick(&mut self, since: u64, now: u64) {
        let Some(value) = &self.value else { return };
        let Some(count) = fold::count(value) else {
            return;
        };
        let ticked = self
            .ticked
            .get_or_insert_with(|| Box::new(Ticked::quiet(since)));
        if count != ticked.counted {
            ticked.tick(count, since, now);
        }
        if let (Some(recent), Some(lifetime)) = (&mut ticked.recent, fold::lifetime(value)) {
            recent.tick(lifetime.clone(), since, now);
        }
    }
}

/// Rates and a look at recent values, at one moment.
#[derive(Default)]
pub(crate) struct Rated<'t> {
    pub(crate) rates: Rates,
    look: Option<Look<'t>>,
}

struct Look<'t> {
    recent: Option<&'t Recent>,
    now: u64,
}

impl<'t> Rated<'t> {
    fn of(ticked: Option<&'t Ticked>, now: u64) -> Rated<'t> {
        let now = tick_of(now);
        Rated {
            rates: ticked.map_or(Rates::default(), |ticked| ticked.rates(now)),
            look: Some(Look {
                recent: ticked.and_then(|ticked| ticked.recent.as_deref()),
                now,
            }),
        }
    }

    /// The recent values of a stat born at `born`, in nanoseconds.
    pub(crate) fn recent(&self, lifetime: &Distribution, born: u64) -> Distribution {
        match &self.look {
            None => Distribution::default(),
            Some(Look {
                recent: Some(recent),
                now,
            }) => recent.values(lifetime, *now),
            Some(Look { recent: None, now }) => {
                Recent::begin(lifetime, tick_of(born), *now).values(lifetime, *now)
            }
        }
    }

    fn recent_of_total(&self, lifetime: &Distribution) -> Distribution {
        match &self.look {
            Some(Look {
                recent: Some(recent),
                now,
            }) => recent.values(lifetime, *now),
            _ => Distribution::default(),
        }
    }
}

/// The rates of an entry.
pub(crate) fn rated<'t>(turn: &'t Turn, realm: Realm, entry: &'t Entry, now: u64) -> Rated<'t> {
    let state = entry.states.get(turn).get(realm);
    Rated::of(state.and_then(|state| state.ticked.as_deref()), now)
}

/// What was retired into an aggregate.
pub(crate) fn retired(turn: &Turn, realm: Realm, entry: &Entry, now: u64) -> Value {
    let state = entry.states.get(turn).get(realm);
    match state.and_then(|state| state.total.as_deref()) {
        Some(total) => total.value(entry.spec.kind, now),
        None => fold::nothing(entry.spec.kind),
    }
}

/// An aggregate's total, to add to.
pub(crate) fn total_of<'t>(turn: &'t mut Turn, realm: Realm, entry: &'t Entry) -> &'t mut Total {
    let state = entry.states.get_mut(turn).get_mut(realm);
    state.total.get_or_insert_default()
}

/// What is remembered of a stat that retires.
#[derive(Default)]
pub(crate) struct Taken {
    own: Option<Box<Ticked>>,
    by_key: BTreeMap<String, Box<Ticked>>,
}

/// Takes what is remembered of a stat that retires. An aggregate's own total counts as one stat.
pub(crate) fn take(turn: &mut Turn, realm: Realm, entry: &Entry) -> Taken {
    let mut taken = Taken::default();
    match &entry.source {
        Source::Family(members) => {
            for member in members.list.iter() {
                let state = member.states.get_mut(turn).get_mut(realm);
                if let Some(ticked) = state.ticked.take() {
                    taken.by_key.insert(member.name.to_string(), ticked);
                }
            }
        }
        Source::Aggregate(_) => {
            let state = entry.states.get_mut(turn).get_mut(realm);
            if let Some(total) = &mut state.total {
                taken.own = total.all.ticked.take();
                for (key, retired) in &mut total.keys {
                    if let Some(ticked) = retired.ticked.take() {
                        taken.by_key.insert(key.to_string(), ticked);
                    }
                }
            }
        }
        _ => taken.own = entry.states.get_mut(turn).get_mut(realm).ticked.take(),
    }
    taken
}

/// Forgets what was remembered for a realm that ended.
pub(crate) fn forget_realm(turn: &mut Turn, tree: &Tree, realm: Realm) {
    let known = tree.known.get_mut(turn);
    known.passes.by_realm.retain(|(of, _)| *of != realm);
    let rows: Vec<(Batch, usize)> = known
        .rows
        .values()
        .chain(&known.hidden)
        .flat_map(|row| row.stats.iter().cloned())
        .collect();
    for (batch, at) in rows {
        let entry = &batch[at];
        entry
            .states
            .get_mut(turn)
            .others
            .retain(|(of, _)| *of != realm);
        if let Source::Family(members) = &entry.source {
            for member in members.list.iter() {
                member
                    .states
                    .get_mut(turn)
                    .others
                    .retain(|(of, _)| *of != realm);
            }
        }
    }
}

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

/// A stat or a member, held.
#[derive(Clone)]
pub(crate) enum EntryRef {
    Stat(Batch, usize),
    Member(Arc<Entry>),
}

impl Deref for EntryRef {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        match self {
            EntryRef::Stat(batch, at) => &batch[*at],
            EntryRef::Member(entry) => entry,
        }
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
        for row in known.rows.values().chain(&known.hidden) {
            for (batch, at) in &row.stats {
                match &batch[*at].source {
                    Source::Aggregate(_) => aggregates.push((batch.clone(), *at)),
                    Source::Family(members) => {
                        for member in members.list.iter() {
                            let held = || EntryRef::Member(member.clone());
                            moved.extend(look(turn, &read, realm, member, watched, held));
                        }
                    }
                    _ => {
                        let held = || EntryRef::Stat(batch.clone(), *at);
                        moved.extend(look(turn, &read, realm, &batch[*at], watched, held));
                    }
                }
            }
        }
    }
    for moved in moved {
        moved.apply(turn, realm, last, now);
    }
    for (batch, at) in aggregates {
        let state = batch[at].states.get_mut(turn).get_mut(realm);
        if let Some(total) = &mut state.total {
            let since = last.unwrap_or(tick_of(batch[at].born));
            total.each().for_each(|retired| retired.tick(since, now));
        }
    }
}

/// A stat whose count moved since the last pass.
struct Moved {
    entry: EntryRef,
    count: u64,
    /// Its distribution, if its recent values are kept.
    lifetime: Option<Distribution>,
}

fn look(
    turn: &Turn,
    read: &Read<'_>,
    realm: Realm,
    entry: &Entry,
    watched: bool,
    held: impl FnOnce() -> EntryRef,
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
        entry: held(),
        count,
        lifetime,
    })
}

impl Moved {
    fn apply(self, turn: &mut Turn, realm: Realm, last: Option<u64>, now: u64) {
        // Born on a clock that was ahead, in a test: as if just now.
        let born = tick_of(self.entry.born).min(now.saturating_sub(1));
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
    seen: Vec<(EntryRef, Distribution)>,
) {
    let now = tick_of(now);
    tree.known.get_mut(turn).passes.of(realm).watched_until = now + WATCHED;
    for (entry, lifetime) in seen {
        let born = tick_of(entry.born);
        let state = entry.states.get_mut(turn).get_mut(realm);
        let ticked = state
            .ticked
            .get_or_insert_with(|| Box::new(Ticked::fresh(born)));
        ticked
            .recent
            .get_or_insert_with(|| Box::new(Recent::begin(&lifetime, born, now)));
    }
}

/// Whether recent values of an entry are kept.
pub(crate) fn is_watched(turn: &Turn, realm: Realm, entry: &Entry) -> bool {
    let state = entry.states.get(turn).get(realm);
    state.is_some_and(|state| state.ticked.as_ref().is_some_and(|t| t.recent.is_some()))
}

/// Ticks every tree once, as the background thread does, as if it were `later` than it is. Realms with a clock of their
/// own wait for their snapshots.
pub(crate) fn tick(later: Duration) {
    let trees = trees();
    let limits = slow::limits();
    settle::in_turn(|turn| {
        clock::refine();
        let now = clock::real_now() + later.as_nanos() as u64;
        for tree in &trees {
            known::hear_news(turn, tree);
            pass(turn, tree, MAIN, now);
        }
        for limit in &limits {
            limit.renew(&Read::new(turn, MAIN), tick_of(now));
        }
    });
}

/// Whether the background thread may run.
static ALLOWED: AtomicBool = AtomicBool::new(true);
/// Names the thread that ticks: another number, and it ends. 0 for none.
static TICKER: AtomicU64 = AtomicU64::new(0);
/// The fork generation it was started in: a child of `fork` has no threads of its parent.
static STARTED_IN: AtomicU32 = AtomicU32::new(0);
static STARTING: Mutex<u64> = Mutex::new(0);

/// Turns the background tick on or off. It is on from the start, and its thread begins with the first stat that
/// has rates; where it is off, ticks that are due are made up for by the next snapshot.
///
/// ```
/// calipers::background_tick(false); // this program takes snapshots often enough
/// ```
pub fn background_tick(on: bool) {
    ALLOWED.store(on, Relaxed);
    if !on {
        TICKER.store(0, Relaxed);
    }
}

fn is_running() -> bool {
    TICKER.load(Relaxed) != 0 && STARTED_IN.load(Relaxed) == fork::generation()
}

/// Makes sure that the tick runs, if it may. Called when a stat with rates is opened.
pub(crate) fn ensure() {
    if is_running() || !ALLOWED.load(Relaxed) {
        return;
    }
    let _pass = gate::enter();
    let mut names = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if is_running() {
        return;
    }
    *names += 1;
    let name = *names;
    TICKER.store(name, Relaxed);
    STARTED_IN.store(fork::generation(), Relaxed);
    let thread = std::thread::Builder::new().name("calipers-tick".to_owned());
    let spawned = thread.spawn(move || {
        while TICKER.load(Relaxed) == name {
            std::thread::sleep(Duration::from_secs(TICK_SECONDS));
            tick(Duration::ZERO);
        }
    });
    if spawned.is_err() {
        TICKER.store(0, Relaxed); // snapshots make up for the ticks
    }
}
