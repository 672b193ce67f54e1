//! Births: a new node becomes known to the collector.
//!
//! Race, first: the collector takes the list of new nodes while others push. It may find a node before its contents, or a
//! child before its parent.
//!
//! Cure: push with `Release`, take with `Acquire`. Whoever makes a child holds the parent, so the parent was pushed before; what
//! comes off the stack is handled in reverse, oldest first.
//!
//! Race, second: a node is born and dropped between two lines of the collector, so that it is on the retire list but not
//! among the births that were taken.
//!
//! Cure: the retire list is taken *before* the births, and handled after them. Whatever is on it was born before it retired.
//!
//! Race, third: a static's id is loaded by a thread that did not open it. The thread records, and takes a snapshot in which the
//! stat is missing.
//!
//! Cure: the id is stored with `Release` after the birth was pushed, and loaded with `Acquire`.
//!
//! Shown: all three. Each ordering is needed, and so are both orders of taking.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize};
use loom::thread;

use crate::parts::*;

const PARENT: usize = 1;
const CHILD: usize = 2;
const PATH: u64 = 7;

#[derive(Clone, Copy)]
struct Orders {
    push: Ordering,
    take: Ordering,
    oldest_first: bool,
}

const RIGHT: Orders = Orders {
    push: Release,
    take: Acquire,
    oldest_first: true,
};

fn family(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let births = Arc::new(Stack::new(2));
        let contents = Arc::new([0, PARENT, CHILD].map(|_| Plain::new(0)));
        let handed_over = Arc::new(AtomicBool::new(false));
        let threads = [PARENT, CHILD].map(|node| {
            let (births, contents, handed_over) =
                (births.clone(), contents.clone(), handed_over.clone());
            thread::spawn(move || {
                if node == CHILD && !handed_over.load(Acquire) {
                    return;
                }
                contents[node].set(PATH);
                births.push(node, orders.push);
                if node == PARENT {
                    handed_over.store(true, Release);
                }
            })
        });
        let mut known = [false; 3];
        for _turn in 0..2 {
            let mut born = births.take(orders.take);
            if orders.oldest_first {
                born.reverse();
            }
            for node in born {
                assert_eq!(contents[node].get(), PATH, "a node without its contents");
                known[node] = true;
                assert!(known[PARENT], "a child before its parent");
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

fn short_life(retired_first: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let births = Arc::new(Stack::new(1));
        let retired = Arc::new(Stack::new(1));
        let program = thread::spawn({
            let (births, retired) = (births.clone(), retired.clone());
            move || {
                births.push(1, Release);
                retired.push(1, Release);
            }
        });
        let (born, gone) = if retired_first {
            let gone = retired.take(Acquire);
            (births.take(Acquire), gone)
        } else {
            (births.take(Acquire), retired.take(Acquire))
        };
        assert!(
            gone.iter().all(|node| born.contains(node)),
            "a node retired before it was born"
        );
        program.join().unwrap();
    }
}

fn opened_elsewhere(store: Ordering, load: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let births = Arc::new(Stack::new(1));
        let id = Arc::new(AtomicUsize::new(0));
        let opener = thread::spawn({
            let (births, id) = (births.clone(), id.clone());
            move || {
                births.push(1, Release);
                id.store(1, store);
            }
        });
        if id.load(load) != 0 {
            assert_eq!(
                births.walk(Acquire),
                [1],
                "a stat that was recorded is missing"
            );
        }
        opener.join().unwrap();
    }
}

#[test]
fn nodes_arrive_whole_and_after_their_parents() {
    holds(family(RIGHT));
}

#[test]
fn a_birth_pushed_relaxed_is_caught() {
    caught(
        RACE,
        family(Orders {
            push: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn births_taken_relaxed_are_caught() {
    caught(
        RACE,
        family(Orders {
            take: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn births_handled_newest_first_are_caught() {
    caught(
        "a child before its parent",
        family(Orders {
            oldest_first: false,
            ..RIGHT
        }),
    );
}

#[test]
fn a_short_life_is_born_before_it_retires() {
    holds(short_life(true));
}

#[test]
fn births_taken_before_retirements_are_caught() {
    caught("a node retired before it was born", short_life(false));
}

#[test]
fn who_has_the_id_of_a_static_finds_its_stat() {
    holds(opened_elsewhere(Release, Acquire));
}

#[test]
fn an_id_stored_relaxed_is_caught() {
    caught(
        "a stat that was recorded is missing",
        opened_elsewhere(Relaxed, Acquire),
    );
}

#[test]
fn an_id_loaded_relaxed_is_caught() {
    caught(
        "a stat that was recorded is missing",
        opened_elsewhere(Release, Relaxed),
    );
}
