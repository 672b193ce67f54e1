//! Retirement: what a place counted goes to its ancestors when its last handle is gone.
//!
//! The race: a snapshot walks the tree while an instance is dropped, and must see it alive or retired, never
//! both, never neither. The cure: whoever drops the last handle only puts the place on a list; folding is
//! done by whoever has the collector's turn, which a snapshot holds from before its walk to after it. A place counts
//! as alive until it is folded.
//!
//! The dropper then tries for the turn, and folds at once if it is free. If it is not, whoever has it looks at
//! the list again after giving the turn up. The two fences below order "put on the list, then try" against
//! "give up, then look": one of the two always sees the other, so nothing waits for a later snapshot.
//!
//! A guard holds ids and no share of the place's life, because taking one would cost an atomic
//! read-modify-write. A timer's place is folded only when as many guards have ended as were started.

use std::sync::Arc;
use std::sync::atomic::{Ordering::SeqCst, fence};

use super::closures;
use super::entry::{Entry, Source};
use super::fold;
use super::known;
use super::lookup::Tree;
use super::place::Place;
use super::read::Read;
use super::remembered;
use crate::Kind;
use crate::cells::list::Stack;
use crate::cells::realm::Realm;
use crate::cells::turn::{Kept, Later, Turn};

/// Places whose last handle is gone.
static RETIRED: Stack<Arc<Place>> = Stack::new();

/// Those of them that guards still pin.
static PINNED: Kept<Pinned> = Kept::new(Pinned {
    places: Vec::new(),
    look_at: PATIENCE,
});

struct Pinned {
    places: Vec<Arc<Place>>,
    /// How many there may be before they are looked through without a snapshot or a tick, which always do: twice
    /// what was left the last time, so that looking costs little a place.
    look_at: usize,
}

const PATIENCE: usize = 64;

impl Pinned {
    fn take(&mut self) -> Vec<Arc<Place>> {
        std::mem::take(&mut self.places)
    }
}

/// Takes a place whose last handle is gone. Never waits.
pub(super) fn retire(place: Arc<Place>) {
    RETIRED.push(place);
    sweep();
}

/// Folds what waits, if nobody else is about to.
fn sweep() {
    let mut later = Vec::new();
    loop {
        // Between "put on the list" or "gave the turn up" before, and the look at the other's side after.
        fence(SeqCst);
        if RETIRED.is_empty() {
            break;
        }
        let Some(mut turn) = Turn::try_now() else {
            break; // whoever has the turn will look again
        };
        let pinned = PINNED.get_mut(&mut turn);
        let pinned = if pinned.places.len() >= pinned.look_at {
            pinned.take()
        } else {
            Vec::new()
        };
        fold_retired(&mut turn, pinned);
        later.push(turn.end());
    }
    // Only now: ending one thing's life may end another's, which sweeps again.
    later.into_iter().for_each(drop_later);
}

/// Runs `work` as the collector, after everything that can be settled is. `work` runs no user code.
pub(crate) fn in_turn<R>(work: impl FnOnce(&mut Turn) -> R) -> R {
    let mut turn = Turn::wait();
    turn.fold_gone_threads();
    let pinned = PINNED.get_mut(&mut turn).take();
    fold_retired(&mut turn, pinned);
    let result = work(&mut turn);
    let later = turn.end();
    sweep();
    drop_later(later);
    result
}

fn drop_later(later: Later) {
    closures::bury(later.users);
    drop(later.ours);
}

fn fold_retired(turn: &mut Turn, pinned: Vec<Arc<Place>>) {
    let looked = !pinned.is_empty();
    let mut waiting = pinned;
    loop {
        waiting.extend(RETIRED.take());
        if waiting.is_empty() {
            break;
        }
        let mut free = Vec::new();
        for place in waiting.drain(..) {
            if is_pinned(turn, &place) {
                PINNED.get_mut(turn).places.push(place);
            } else {
                *place.folded.get_mut(turn) = true;
                free.push(place);
            }
        }
        let mut heard: Option<Arc<Tree>> = None;
        for place in free {
            // News first, so that what is born and gone at once never enters the view.
            if heard
                .as_ref()
                .is_none_or(|tree| !Arc::ptr_eq(tree, &place.tree))
            {
                known::hear_news(turn, &place.tree);
                heard = Some(place.tree.clone());
            }
            fold(turn, &place);
            for entry in place.entries() {
                entry.retire(turn);
            }
            known::remove(turn, &place);
            turn.later(place);
        }
        if let Some(tree) = heard {
            turn.later(tree);
        }
    }
    if looked {
        let pinned = PINNED.get_mut(turn);
        pinned.look_at = (2 * pinned.places.len()).max(PATIENCE);
    }
}

/// Whether a guard of one of its timers has yet to end.
fn is_pinned(turn: &Turn, place: &Place) -> bool {
    place.entries().any(|entry| has_guards(turn, entry))
}

fn has_guards(turn: &Turn, entry: &Entry) -> bool {
    match &entry.source {
        Source::Wide(run) if entry.spec.kind == Kind::Timer => (0..turn.realms()).any(|realm| {
            let reader = turn.reader(turn.realm(realm));
            super::read::in_flight(&reader.line(*run)) != 0
        }),
        Source::Family(members) => members.list.iter().any(|member| has_guards(turn, member)),
        _ => false,
    }
}

/// Adds what a place counted to the totals of the nearest ancestors that aggregate it.
fn fold(turn: &mut Turn, place: &Arc<Place>) {
    for batch in place.batches.iter() {
        for entry in batch.iter() {
            let Some((fed, at)) = place.feeds(entry) else {
                continue;
            };
            for realm in 0..turn.realms() {
                fold_into(turn, turn.realm(realm), entry, &fed[at]);
            }
        }
    }
}

fn fold_into(turn: &mut Turn, realm: Realm, entry: &Entry, aggregate: &Entry) {
    let value = Read::new(turn, realm).total(entry);
    if fold::is_nothing(&value) {
        return; // most instances leave some of their stats unused
    }
    let ticked = remembered::take(turn, realm, entry);
    let total = remembered::total_of(turn, realm, aggregate);
    total.absorb(&aggregate.spec, value, ticked);
}
