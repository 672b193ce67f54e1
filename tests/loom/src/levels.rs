//! Up and down: a level that never shows below zero.
//!
//! Race: what goes up on thread A comes down on thread B, after A has told B about it. A reader that adds the slabs up one
//! after the other may have passed A before the up and reach B after the down: it sees minus one.
//!
//! Cure: ups and downs are two cells that only grow. A down is stored with `Release`; a reader reads all the downs first, with
//! `Acquire`, and the ups after that. A down that it sees brings along everything B knew when it went down, the up included.
//!
//! Race, again: A may be a thread that has only just begun. A reader that made its list of slabs before that misses A's up, however
//! late it reads, and sees B's down.
//!
//! Cure: the slabs whose ups are read are looked up after the downs were read. Whoever went down knew of the up, and so of the slab
//! that it is in.
//!
//! Listing costs more than reading, so a list is kept, with the count of slabs that had begun to be used before it was made. Each
//! is pushed first and counted then; a reader that finds the count unchanged after the downs were read has them all.
//!
//! Shown: ups are never fewer than downs. The store, the load and the order of reading are all needed, the order of listing slabs
//! too, and so is that A tells B in an orderly way, which is the program's own part.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    down_store: Ordering,
    down_load: Ordering,
    told: Ordering,
    downs_first: bool,
}

const RIGHT: Orders = Orders {
    down_store: Release,
    down_load: Acquire,
    told: Release,
    downs_first: true,
};

struct Slab {
    up: AtomicU64,
    down: AtomicU64,
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slabs = Arc::new([(); 2].map(|()| Slab {
            up: cell(),
            down: cell(),
        }));
        let told = Arc::new(AtomicBool::new(false));
        let a = thread::spawn({
            let (slabs, told) = (slabs.clone(), told.clone());
            move || {
                bump(&slabs[0].up, Relaxed);
                told.store(true, orders.told);
            }
        });
        let b = thread::spawn({
            let slabs = slabs.clone();
            move || {
                if told.load(Acquire) {
                    bump(&slabs[1].down, orders.down_store);
                }
            }
        });
        let ups = || slabs.iter().map(|slab| slab.up.load(Relaxed)).sum::<u64>();
        let downs = || {
            slabs
                .iter()
                .map(|slab| slab.down.load(orders.down_load))
                .sum::<u64>()
        };
        let (ups, downs) = if orders.downs_first {
            let downs = downs();
            (ups(), downs)
        } else {
            (ups(), downs())
        };
        assert!(ups >= downs, "a level below zero");
        a.join().unwrap();
        b.join().unwrap();
    }
}

/// Thread A is new: its slab comes onto the list when it first records. Slab 1 is B's, and 2 is A's.
fn newcomer(list_after_downs: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let list = Arc::new(Stack::new(2));
        let slabs = Arc::new([(); 3].map(|()| Slab {
            up: cell(),
            down: cell(),
        }));
        let told = Arc::new(AtomicBool::new(false));
        list.push(1, Release);
        let a = thread::spawn({
            let (list, slabs, told) = (list.clone(), slabs.clone(), told.clone());
            move || {
                list.push(2, Release);
                bump(&slabs[2].up, Relaxed);
                told.store(true, Release);
            }
        });
        let b = thread::spawn({
            let slabs = slabs.clone();
            move || {
                if told.load(Acquire) {
                    bump(&slabs[1].down, Release);
                }
            }
        });
        let early = list.walk(Acquire);
        let downs: u64 = early
            .iter()
            .map(|&slab| slabs[slab].down.load(Acquire))
            .sum();
        let known = if list_after_downs {
            list.walk(Acquire)
        } else {
            early
        };
        let ups: u64 = known.iter().map(|&slab| slabs[slab].up.load(Relaxed)).sum();
        assert!(ups >= downs, "a level below zero");
        a.join().unwrap();
        b.join().unwrap();
    }
}

#[derive(Clone, Copy)]
struct Counting {
    count: Ordering,
    noted: Ordering,
    pushed_first: bool,
    noted_first: bool,
}

const COUNTED: Counting = Counting {
    count: Release,
    noted: Acquire,
    pushed_first: true,
    noted_first: true,
};

/// As [`newcomer`], by a reader that lists the slabs again only if their count has changed.
fn counted(orders: Counting) -> impl Fn() + Send + Sync + 'static {
    move || {
        let list = Arc::new(Stack::new(2));
        let slabs = Arc::new([(); 3].map(|()| Slab {
            up: cell(),
            down: cell(),
        }));
        let (joined, told) = (Arc::new(cell()), Arc::new(AtomicBool::new(false)));
        list.push(1, Release);
        let a = thread::spawn({
            let (list, slabs) = (list.clone(), slabs.clone());
            let (joined, told) = (joined.clone(), told.clone());
            move || {
                if orders.pushed_first {
                    list.push(2, Release);
                    joined.fetch_add(1, orders.count);
                } else {
                    joined.fetch_add(1, orders.count);
                    list.push(2, Release);
                }
                bump(&slabs[2].up, Relaxed);
                told.store(true, Release);
            }
        });
        let b = thread::spawn({
            let slabs = slabs.clone();
            move || {
                if told.load(Acquire) {
                    bump(&slabs[1].down, Release);
                }
            }
        });
        let (noted, listed) = if orders.noted_first {
            let noted = joined.load(orders.noted);
            (noted, list.walk(Acquire))
        } else {
            let listed = list.walk(Acquire);
            (joined.load(orders.noted), listed)
        };
        let downs: u64 = listed
            .iter()
            .map(|&slab| slabs[slab].down.load(Acquire))
            .sum();
        let known = if joined.load(orders.noted) == noted {
            listed
        } else {
            list.walk(Acquire)
        };
        let ups: u64 = known.iter().map(|&slab| slabs[slab].up.load(Relaxed)).sum();
        assert!(ups >= downs, "a level below zero");
        a.join().unwrap();
        b.join().unwrap();
    }
}

#[test]
fn a_level_handed_from_thread_to_thread_is_never_below_zero() {
    holds(model(RIGHT));
}

#[test]
fn a_down_stored_relaxed_is_caught() {
    caught(
        "a level below zero",
        model(Orders {
            down_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_down_loaded_relaxed_is_caught() {
    caught(
        "a level below zero",
        model(Orders {
            down_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn ups_read_before_downs_are_caught() {
    caught(
        "a level below zero",
        model(Orders {
            downs_first: false,
            ..RIGHT
        }),
    );
}

#[test]
fn a_program_that_hands_over_without_order_is_caught() {
    caught(
        "a level below zero",
        model(Orders {
            told: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn nor_is_one_that_begins_on_a_new_thread() {
    holds(newcomer(true));
}

#[test]
fn slabs_listed_before_the_downs_are_read_are_caught() {
    caught("a level below zero", newcomer(false));
}

#[test]
fn a_list_is_kept_while_the_count_of_slabs_is() {
    holds(counted(COUNTED));
}

#[test]
fn a_slab_counted_relaxed_is_caught() {
    caught(
        "a level below zero",
        counted(Counting {
            count: Relaxed,
            ..COUNTED
        }),
    );
}

#[test]
fn a_count_noted_relaxed_is_caught() {
    caught(
        "a level below zero",
        counted(Counting {
            noted: Relaxed,
            ..COUNTED
        }),
    );
}

#[test]
fn a_slab_counted_before_it_is_pushed_is_caught() {
    caught(
        "a level below zero",
        counted(Counting {
            pushed_first: false,
            ..COUNTED
        }),
    );
}

#[test]
fn a_count_noted_after_the_list_is_made_is_caught() {
    caught(
        "a level below zero",
        counted(Counting {
            noted_first: false,
            ..COUNTED
        }),
    );
}
