//! Retirement: the last handle of a node is dropped.
//!
//! Race, first: the thread that drops it puts the node on the retire list and finds the collector busy, so it leaves the
//! folding to the collector; the collector has just looked at the list, found it empty, and leaves. Neither folds the node,
//! and where nobody scrapes nobody ever will. Release and Acquire do not help: each side writes one word and reads the other,
//! and a `try_lock` that fails synchronises with nothing.
//!
//! Cure: both put a `SeqCst` fence between the write and the read. The dropper: push, fence, `try_lock`. The collector, after
//! *every* turn: unlock, fence, look, and if there is something, `try_lock` and another turn; if that fails there is somebody
//! else who will look after unlocking. (In the runtime a thread that drops looks for no more after a thousand or so; what others
//! have added by then goes with the next turn, whoever takes it.)
//!
//! Race, second: the collector folds the cells of the node and hands its ids to others, while another thread's last records,
//! made before it dropped its own handle, are still on their way.
//!
//! Cure: handles are counted as those of `Arc` are: down with `Release`, and an `Acquire` fence for the one who finds that it was
//! the last; then the push with `Release`, and the collector's swap with `Acquire`.
//!
//! Shown: when all threads are quiet no node is left unfolded, and a fold sees every record made through any handle. Both
//! fences, and all four orderings, are needed.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, fence};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Fences {
    dropper: bool,
    collector: bool,
}

/// The collector's role, its list, and what it has folded. The lock is a word of its own and not loom's mutex, which is stronger
/// than a real one: all of its operations are sequentially consistent.
struct Collector {
    locked: AtomicBool,
    retired: Stack,
    folded: Plain,
}

impl Collector {
    fn try_lock(&self) -> bool {
        self.locked
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_ok()
    }

    /// Turns, until there is nothing left to do or somebody else is at it. The lock is held on entry, and not on return.
    fn turns(&self, fences: Fences) {
        loop {
            let folded = self.retired.take(Acquire).len() as u64;
            self.folded.set(self.folded.get() + folded);
            self.locked.store(false, Release);
            if fences.collector {
                fence(Ordering::SeqCst);
            }
            if self.retired.is_empty() || !self.try_lock() {
                return;
            }
        }
    }

    fn retire(&self, node: usize, fences: Fences) {
        self.retired.push(node, Release);
        if fences.dropper {
            fence(Ordering::SeqCst);
        }
        if self.try_lock() {
            self.turns(fences);
        }
    }
}

fn wake_up(fences: Fences, nodes: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let collector = Arc::new(Collector {
            locked: AtomicBool::new(false),
            retired: Stack::new(nodes),
            folded: Plain::new(0),
        });
        let droppers: Vec<_> = (1..=nodes)
            .map(|node| {
                let collector = collector.clone();
                thread::spawn(move || collector.retire(node, fences))
            })
            .collect();
        if collector.try_lock() {
            collector.turns(fences);
        }
        for dropper in droppers {
            dropper.join().unwrap();
        }
        assert_eq!(
            collector.folded.get(),
            nodes as u64,
            "a retired node was left unfolded"
        );
    }
}

#[derive(Clone, Copy)]
struct Orders {
    count_down: Ordering,
    last_acquires: bool,
    push: Ordering,
    take: Ordering,
}

const RIGHT: Orders = Orders {
    count_down: Release,
    last_acquires: true,
    push: Release,
    take: Acquire,
};

fn last_records(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cells = Arc::new([cell(), cell()]);
        let handles = Arc::new(AtomicUsize::new(2));
        let retired = Arc::new(Stack::new(1));
        let threads = [0, 1].map(|index| {
            let (cells, handles, retired) = (cells.clone(), handles.clone(), retired.clone());
            thread::spawn(move || {
                bump(&cells[index], Relaxed);
                if handles.fetch_sub(1, orders.count_down) == 1 {
                    if orders.last_acquires {
                        fence(Acquire);
                    }
                    retired.push(1, orders.push);
                }
            })
        });
        for _node in retired.take(orders.take) {
            let folded: u64 = cells.iter().map(|cell| cell.load(Relaxed)).sum();
            assert_eq!(folded, 2, "a node was folded without its last records");
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

const UNFOLDED: &str = "a retired node was left unfolded";
const MISSED: &str = "a node was folded without its last records";

#[test]
fn no_retired_node_is_left_unfolded() {
    holds(wake_up(
        Fences {
            dropper: true,
            collector: true,
        },
        1,
    ));
}

#[test]
fn nor_with_two_droppers() {
    holds_within(
        3,
        wake_up(
            Fences {
                dropper: true,
                collector: true,
            },
            2,
        ),
    );
}

#[test]
fn a_dropper_without_its_fence_is_caught() {
    caught(
        UNFOLDED,
        wake_up(
            Fences {
                dropper: false,
                collector: true,
            },
            1,
        ),
    );
}

#[test]
fn a_collector_without_its_fence_is_caught() {
    caught(
        UNFOLDED,
        wake_up(
            Fences {
                dropper: true,
                collector: false,
            },
            1,
        ),
    );
}

#[test]
fn a_fold_sees_every_record_made_through_any_handle() {
    holds(last_records(RIGHT));
}

#[test]
fn counting_down_relaxed_is_caught() {
    caught(
        MISSED,
        last_records(Orders {
            count_down: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_last_handle_that_does_not_acquire_is_caught() {
    caught(
        MISSED,
        last_records(Orders {
            last_acquires: false,
            ..RIGHT
        }),
    );
}

#[test]
fn a_push_relaxed_is_caught() {
    caught(
        RACE,
        last_records(Orders {
            push: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_take_relaxed_is_caught() {
    caught(
        RACE,
        last_records(Orders {
            take: Relaxed,
            ..RIGHT
        }),
    );
}
