//! Pins: a timing that goes on after its timer is gone.
//!
//! Race: a guard is started on thread A, moved to thread B, and meanwhile the timer's last handle is dropped. The collector
//! would like to note the final values of the timer's cells and to hand their ids to somebody else; if it does so before the
//! guard has recorded, the record lands in the new owner's stat.
//!
//! Cure: a guard holds ids and no handle, so a start must be remembered elsewhere: each thread counts `started` and, for each
//! outcome, `ended`, in cells of the timer that only grow. A guard's last act is its outcome, stored with `Release`, after
//! everything else that it records. The collector may let go of the ids when no handle is left (read with `Acquire`, so
//! that no start is missed) and as many timings have ended (read with `Acquire`, so that their records are seen) as started.
//!
//! Shown: what the collector notes as final is final. Each of the four orderings is needed, and so is that the outcome comes
//! last. (That the number in flight never shows below zero is the model of `levels`.)

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    ended_store: Ordering,
    ended_load: Ordering,
    handle_drop: Ordering,
    handle_check: Ordering,
    outcome_last: bool,
}

const RIGHT: Orders = Orders {
    ended_store: Release,
    ended_load: Acquire,
    handle_drop: Release,
    handle_check: Acquire,
    outcome_last: true,
};

struct Slab {
    started: AtomicU64,
    recorded: AtomicU64,
    ended: AtomicU64,
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slabs = Arc::new([(); 2].map(|()| Slab {
            started: cell(),
            recorded: cell(),
            ended: cell(),
        }));
        let handles = Arc::new(AtomicUsize::new(1));
        let sum = |which: fn(&Slab) -> &AtomicU64, order| -> u64 {
            slabs.iter().map(|slab| which(slab).load(order)).sum()
        };

        let a = thread::spawn({
            let (slabs, handles) = (slabs.clone(), handles.clone());
            move || {
                bump(&slabs[0].started, Relaxed);
                let b = thread::spawn(move || {
                    if orders.outcome_last {
                        bump(&slabs[1].recorded, Relaxed);
                        bump(&slabs[1].ended, orders.ended_store);
                    } else {
                        bump(&slabs[1].ended, orders.ended_store);
                        bump(&slabs[1].recorded, Relaxed);
                    }
                });
                handles.fetch_sub(1, orders.handle_drop);
                b
            }
        });

        let mut noted = None;
        if handles.load(orders.handle_check) == 0 {
            let ended = sum(|slab| &slab.ended, orders.ended_load);
            let started = sum(|slab| &slab.started, Relaxed);
            if ended == started {
                noted = Some(sum(|slab| &slab.recorded, Relaxed));
            }
        }
        a.join().unwrap().join().unwrap();
        if let Some(noted) = noted {
            assert_eq!(
                noted,
                sum(|slab| &slab.recorded, Relaxed),
                "the ids were let go before the last record"
            );
        }
    }
}

const EARLY: &str = "the ids were let go before the last record";

#[test]
fn ids_are_let_go_after_the_last_record() {
    holds(model(RIGHT));
}

#[test]
fn an_outcome_stored_relaxed_is_caught() {
    caught(
        EARLY,
        model(Orders {
            ended_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn an_outcome_loaded_relaxed_is_caught() {
    caught(
        EARLY,
        model(Orders {
            ended_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_handle_dropped_relaxed_is_caught() {
    caught(
        EARLY,
        model(Orders {
            handle_drop: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn handles_counted_relaxed_are_caught() {
    caught(
        EARLY,
        model(Orders {
            handle_check: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn an_outcome_that_is_not_the_last_act_is_caught() {
    caught(
        EARLY,
        model(Orders {
            outcome_last: false,
            ..RIGHT
        }),
    );
}
