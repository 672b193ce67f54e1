//! The end of a thread: its slab is adopted by another thread, or folded by the collector.
//!
//! Race: a slab whose thread is gone holds numbers that count. A new thread would like to go on writing in it, with plain
//! loads and stores; the collector would like to add it to the base slab and zero it, so that memory follows the threads
//! alive. Both may come at once, either may come too early to see the last increments, and a new owner may start from a value
//! that was zeroed already.
//!
//! Cure: a state word a slab, and whoever takes a slab takes it by compare-and-exchange, so one of them loses. A thread leaves
//! with `Release` and is succeeded with `Acquire`, by thread and collector alike. The collector adds to the base slab, which
//! nobody else writes, zeroes, and hands back with `Release`; a new owner of an emptied slab takes it with `Acquire`, too.
//! Readers hold the collector's mutex, so none of them looks while the numbers are in both places or in neither.
//!
//! Shown: nothing is lost or counted twice, and no total falls. Each ordering is needed, and so is the exchange: without one of
//! them, somebody goes on from a value that was not the last one.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    leave: Ordering,
    adopt: Ordering,
    fold: Ordering,
    emptied: Ordering,
    by_exchange: bool,
    /// How often the collector comes while the threads run.
    turns: usize,
}

const RIGHT: Orders = Orders {
    leave: Release,
    adopt: Acquire,
    fold: Acquire,
    emptied: Release,
    by_exchange: true,
    turns: 2,
};

const OWNED: usize = 0;
const GONE: usize = 1;
const FOLDING: usize = 2;
const EMPTY: usize = 3;

struct Slab {
    state: AtomicUsize,
    cell: AtomicU64,
}

impl Slab {
    fn take(&self, from: usize, to: usize, order: Ordering, by_exchange: bool) -> bool {
        if by_exchange {
            return self
                .state
                .compare_exchange(from, to, order, Relaxed)
                .is_ok();
        }
        let free = self.state.load(order) == from;
        if free {
            self.state.store(to, Relaxed);
        }
        free
    }
}

/// One turn of the collector: what a reader sees before and after a fold, if there is something to fold.
fn turn(slab: &Slab, base: &AtomicU64, orders: Orders) {
    let total = || base.load(Relaxed) + slab.cell.load(Relaxed);
    let before = total();
    if slab.take(GONE, FOLDING, orders.fold, orders.by_exchange) {
        base.store(base.load(Relaxed) + slab.cell.load(Relaxed), Relaxed);
        slab.cell.store(0, Relaxed);
        slab.state.store(EMPTY, orders.emptied);
    }
    assert!(total() >= before, "a total fell");
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slab = Arc::new(Slab {
            state: AtomicUsize::new(OWNED),
            cell: cell(),
        });
        // Only the collector touches it: the mutex that readers share is this one thread.
        let base = AtomicU64::new(0);
        let first = thread::spawn({
            let slab = slab.clone();
            move || {
                bump(&slab.cell, Relaxed);
                slab.state.store(GONE, orders.leave);
            }
        });
        let second = thread::spawn({
            let slab = slab.clone();
            move || {
                let adopted = [GONE, EMPTY]
                    .iter()
                    .any(|&from| slab.take(from, OWNED, orders.adopt, orders.by_exchange));
                if adopted {
                    bump(&slab.cell, Relaxed);
                    slab.state.store(GONE, orders.leave);
                }
                u64::from(adopted)
            }
        });
        for _turn in 0..orders.turns {
            turn(&slab, &base, orders);
        }
        first.join().unwrap();
        let adopted = second.join().unwrap();
        turn(&slab, &base, orders);
        assert_eq!(slab.state.load(Relaxed), EMPTY, "a slab was left behind");
        assert_eq!(
            base.load(Relaxed),
            1 + adopted,
            "increments were lost or counted twice"
        );
    }
}

#[test]
fn a_thread_that_ends_leaves_every_increment() {
    holds_within(3, model(RIGHT));
}

/// With one turn while the threads run, under every schedule.
#[test]
fn and_so_it_does_however_often_it_is_interrupted() {
    holds(model(Orders { turns: 1, ..RIGHT }));
}

#[test]
fn leaving_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            leave: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn adopting_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            adopt: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn folding_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            fold: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn emptying_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            emptied: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn taking_a_slab_without_an_exchange_is_caught() {
    caught(
        RACE,
        model(Orders {
            by_exchange: false,
            ..RIGHT
        }),
    );
}
