//! Retirement: what a place, or a stat opened by name, counted goes to its ancestors when its last handle is gone.
//!
//! The race: a snapshot walks the tree while an instance is dropped, and must see it alive or retired, never
//! both, never neither. The cure: whoever drops the last handle only puts the [`Life`] on a list; folding is
//! done by whoever has the collector's turn, which a snapshot holds from before its walk to after it. It counts
//! as alive until it is folded.
//!
//! The dropper then tries for the turn, and folds at once if it is free. If it is not, whoever has it looks at
//! the list again after giving the turn up. The two fences below order "put on the list, then try" against
//! "give up, then look": one of the two always sees the other, so nothing waits for a later snapshot.
//!
//! A guard holds ids and no share of the place's life, because taking one would cost an atomic
//! read-modify-write. A timer is folded, with its place,
//! only when as many guards have ended as were started.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicUsize, fence};

use super::closures;
use super::entry::{Entry, Measured, Source};
use super::fold;
use super::journal::{Key, Total, journal};
use super::known;
use super::life::Life;
use super::lookup::Tree;
use super::read::Read;
use super::remembered;
use super::standing::{EntryRef, Standing};
use crate::Kind;
use crate::cells::gate;
use crate::cells::list::Stack;
use crate::cells::realm::{MAIN, Realm};
use crate::cells::turn::{Kept, Reader, Turn};

/// What lost its last handle.
static RETIRED: Stack<Life> = Stack::new();

/// Those of them that guards still pin.
static PINNED: Kept<Pinned> = Kept::new(Pinned {
    lives: Vec::new(),
    look_at: PATIENCE,
});

struct Pinned {
    lives: Vec<Life>,
    /// How many there may be before they are looked through without a snapshot or a tick, which always do: twice
    /// what was left the last time, so that looking costs little each.
    look_at: usize,
}

const PATIENCE: usize = 64;

/// Where what is being folded is listed. Between turns it is empty, and keeps [`ROOM`]: nearly every drop needs some.
static FOLDED: Kept<Vec<Life>> = Kept::new(Vec::new());

/// For as many as most turns fold; a backlog leaves more.
const ROOM: usize = 64;

impl Pinned {
    fn take(&mut self) -> Vec<Life> {
        std::mem::take(&mut self.lives)
    }
}

/// What lost its last handle by the folding of others. Nobody else puts anything here.
static ENDED: Stack<Life> = Stack::new();

/// How many droppers found the turn taken since the list was last taken; about as many as wait there.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// From how many waiting on, whoever adds one looks for the turn again, so that droppers cannot outrun the folding for ever.
const CROWD: usize = 64;

/// How often a dropper looks for the turn then: some microseconds. It is never blocked, and gives no processor away: a
/// snapshot that takes long is not waited for.
const TRIES: usize = 16;

/// After how many a dropper looks for no more, so that it does not fold for all others without end. What they have dropped
/// meanwhile goes with the next drop, snapshot or tick.
const SHARE: usize = 1024;

thread_local! {
    /// Whether this thread is at it. Without a destructor, so that it also works while a thread is ending.
    static FOLDING: Cell<bool> = const { Cell::new(false) };
}

/// Takes what lost its last handle, from somebody who has passed the gate. Never waits.
pub(super) fn retire(life: Life, pass: gate::Pass) {
    if FOLDING.get() {
        return ENDED.push(life);
    }
    RETIRED.push(life);
    if !sweep(pass) && WAITING.fetch_add(1, Relaxed) >= CROWD {
        for _ in 0..TRIES {
            if WAITING.load(Relaxed) < CROWD {
                break;
            }
            (0..64).for_each(|_| std::hint::spin_loop());
            sweep(gate::enter());
        }
    }
}

/// Folds what waits, if nobody else is about to. False when somebody is. The gate was passed once for all turns of it.
fn sweep(pass: gate::Pass) -> bool {
    let mut is_free = true;
    let mut users = Vec::new();
    let mut folded = 0;
    while folded < SHARE {
        // Between "put on the list" or "gave the turn up" before, and the look at the other's side after.
        fence(SeqCst);
        if RETIRED.is_empty() {
            break;
        }
        let Some(mut turn) = Turn::try_now() else {
            is_free = false; // whoever has the turn will look again
            break;
        };
        let pinned = PINNED.get_mut(&mut turn);
        let pinned = if pinned.lives.len() >= pinned.look_at {
            pinned.take()
        } else {
            Vec::new()
        };
        folded += fold_retired(&mut turn, pinned);
        users.extend(turn.end().users);
    }
    drop(pass); // before users' values are dropped
    closures::bury(users);
    is_free
}

/// Runs `work` as the collector, after everything that can be settled is. `work` runs no user code.
pub(crate) fn in_turn<R>(work: impl FnOnce(&mut Turn) -> R) -> R {
    let mut turn = Turn::wait();
    turn.fold_gone_threads();
    let pinned = PINNED.get_mut(&mut turn).take();
    fold_retired(&mut turn, pinned);
    let result = work(&mut turn);
    let later = turn.end();
    sweep(gate::enter());
    closures::bury(later.users);
    drop(later.ours);
    result
}

/// Folds what is on the list, and what of `pinned`, which was on it before, no guard pins any more; then what that
/// was the last to keep alive, and so on, so that a whole branch goes in one turn. What others add meanwhile waits for
/// the next. Gives how many it folded.
fn fold_retired(turn: &mut Turn, pinned: Vec<Life>) -> usize {
    struct Folding;

    impl Drop for Folding {
        fn drop(&mut self) {
            FOLDING.set(false);
        }
    }

    FOLDING.set(true);
    let _folding = Folding;
    let looked = !pinned.is_empty();
    let mut waiting = std::mem::take(FOLDED.get_mut(turn));
    waiting.extend(pinned);
    waiting.extend(RETIRED.take());
    WAITING.store(0, Relaxed); // who adds one at this very moment may be missed, or counted for the next list
    let mut folded = 0;
    while !waiting.is_empty() {
        folded += fold_all(turn, &mut waiting);
        // Nothing of a user's is in it, so it may go within the turn.
        turn.drop_ours();
        waiting.extend(ENDED.take());
    }
    waiting.shrink_to(ROOM);
    *FOLDED.get_mut(turn) = waiting;
    if looked {
        let pinned = PINNED.get_mut(turn);
        pinned.look_at = (2 * pinned.lives.len()).max(PATIENCE);
    }
    folded
}

/// Folds what no guard pins; gives how many that were.
fn fold_all(turn: &mut Turn, waiting: &mut Vec<Life>) -> usize {
    let pinned: Vec<Life> = waiting
        .extract_if(.., |life| is_pinned(turn, life))
        .collect();
    PINNED.get_mut(turn).lives.extend(pinned);
    let folded = waiting.len();
    for life in waiting.iter() {
        life.course().get_mut(turn).folded = true;
    }
    let mut heard: *const Tree = ptr::null();
    for life in waiting.drain(..) {
        // News first, so that what is born and gone at once never enters the view.
        let tree = life.tree();
        if !ptr::eq(heard, &**tree) {
            known::hear_news(turn, tree);
            heard = &raw const **tree; // which the life keeps, and is itself kept until this is done
        }
        let totals = fold(turn, &life);
        if let (Some(journal), true) = (journal(), life.tree().is_global) {
            // Before the cells may be another's.
            let gone = keys(turn, &life);
            journal.retired(&gone, &totals.told(turn));
        }
        life.each(|stat| stat.entry().retire(turn));
        known::remove(turn, &life);
        life.drop_later(turn);
    }
    folded
}

/// Whether a guard of one of its timers has yet to end.
fn is_pinned(turn: &Turn, life: &Life) -> bool {
    (0..turn.realms()).any(|realm| {
        let reader = turn.reader(turn.realm(realm));
        let mut pinned = false;
        life.each(|stat| pinned = pinned || has_guards(turn, &reader, stat.entry()));
        pinned
    })
}

fn has_guards(turn: &Turn, reader: &Reader<'_>, entry: &Measured) -> bool {
    match &entry.source {
        Source::Wide(run) if entry.spec.kind == Kind::Timer => {
            super::read::in_flight(&reader.line(*run)) != 0
        }
        Source::Family(members) => {
            let members = members.sorted(turn);
            members
                .iter()
                .any(|member| has_guards(turn, reader, member))
        }
        _ => false,
    }
}

/// Adds what a life counted to the totals of the nearest ancestors that aggregate it; gives which those are.
fn fold(turn: &mut Turn, life: &Life) -> Changed {
    let mut changed = Changed::default();
    for realm in 0..turn.realms() {
        let realm = turn.realm(realm);
        // Most instances leave some of their stats unused, and many stats have no aggregate.
        let mut counted: Vec<Standing<'_>> = Vec::new();
        {
            let read = Read::new(turn, realm);
            life.each(|stat| {
                if !read.adds_nothing(stat.entry()) {
                    counted.push(stat);
                }
            });
        }
        for stat in counted {
            if let Some(fed) = life.place().feeds(stat.entry())
                && fold_into(turn, realm, stat.entry(), &fed)
                && realm == MAIN
                && journal().is_some()
            {
                changed.note(turn, stat.entry(), fed);
            }
        }
    }
    changed
}

/// False when there was nothing to add.
fn fold_into(turn: &mut Turn, realm: Realm, entry: &Entry, aggregate: &Entry) -> bool {
    let value = Read::new(turn, realm).total(entry);
    if fold::is_nothing(&value) {
        return false;
    }
    let ticked = remembered::take(turn, realm, entry);
    let total = remembered::total_of(turn, realm, aggregate);
    total.absorb(aggregate.spec, value, ticked);
    true
}

/// What the stats of a life go by in the journal, and their members.
fn keys(turn: &Turn, life: &Life) -> Vec<Key> {
    let mut keys = Vec::new();
    life.each(|stat| {
        keys.push(stat.entry().journal_key());
        if let Source::Family(members) = &stat.entry().source {
            let members = members.sorted(turn);
            keys.extend(members.iter().map(|member| member.journal_key()));
        }
    });
    keys
}

/// Totals that something was folded into, with the keys that were.
#[derive(Default)]
struct Changed(Vec<(EntryRef, Vec<Arc<str>>)>);

impl Changed {
    fn note(&mut self, turn: &Turn, entry: &Entry, aggregate: EntryRef) {
        let keys = match &entry.source {
            Source::Family(members) => {
                let members = members.sorted(turn);
                let keys = members.iter().map(|member| Arc::from(member.key()));
                keys.collect()
            }
            _ => Vec::new(), // all of them, of an aggregate of families
        };
        self.0.push((aggregate, keys));
    }

    /// For the journal.
    fn told(&self, turn: &mut Turn) -> Vec<Total> {
        let mut told = Vec::new();
        for (aggregate, keys) in &self.0 {
            let (key, kind) = (aggregate.journal_key(), aggregate.spec.kind);
            let total = remembered::total_of(turn, MAIN, aggregate);
            if is_keyed(kind) {
                let parts = total.parts(keys);
                told.extend(parts.map(|(member, value)| Total {
                    aggregate: key,
                    member: Some(member),
                    value,
                }));
            } else {
                told.push(Total {
                    aggregate: key,
                    member: None,
                    value: total.value(kind, 0),
                });
            }
        }
        told
    }
}

/// Whether an aggregate folds families.
fn is_keyed(kind: Kind) -> bool {
    matches!(kind.folded(), Kind::Family(_))
}

#[cfg(test)]
mod tests {
    use crate::cells::turn::Turn;
    use crate::prelude::*;
    use crate::{Registry, Timer};

    #[derive(Instrumented)]
    #[allow(dead_code, reason = "it is there to be shown")]
    struct Server {
        requests: Counter,
    }

    #[derive(Instrumented)]
    #[allow(dead_code, reason = "it is there to be shown")]
    struct Connection {
        requests: Counter,
        latency: Timer,
    }

    #[test]
    fn a_snapshot_shows_nothing_that_was_dropped_before_however_much_that_is() {
        let registry = Registry::new();
        let server = Server::init_in(&registry, "/server");
        let open = |n: usize| Connection::init_child(&server, n);
        let connections: Vec<_> = (0..3000).map(open).collect();
        // Somebody else has the turn meanwhile.
        let turn = Turn::wait();
        drop(connections);
        drop(server);
        drop(turn.end());
        assert!(registry.snapshot().is_empty());
    }

    #[test]
    fn nor_however_much_is_pinned() {
        let registry = Registry::new();
        let open = |n: usize| Connection::init_in(&registry, &format!("/pinned/{n}"));
        let connections: Vec<_> = (0..1500).map(open).collect();
        let timings: Vec<_> = connections.iter().map(|c| c.latency.start()).collect();
        drop(connections);
        let server = Server::init_in(&registry, "/server");
        let connection = Connection::init_child(&server, "one");
        let turn = Turn::wait();
        drop((connection, server));
        drop(turn.end());
        assert!(registry.snapshot().at("/server").is_none());
        drop(timings);
        assert!(registry.snapshot().is_empty());
    }
}
