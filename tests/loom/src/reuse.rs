//! Ids are reused without zeroing.
//!
//! Race: the cells of a retired stat belong to the threads that wrote them, so nobody may set them to zero. A stat that gets the
//! id next would show what the former one counted, or the former one's total would miss what comes to light later.
//!
//! Cure: when the last handle is gone (counted down with `Release`, seen with `Acquire`) no record is on its way any more. The
//! collector then notes the sum over all slabs: it is the former owner's last value and the next owner's base, which is
//! subtracted, wrapping, wherever the value is shown. The id goes to its next owner together with that base, through a mutex.
//!
//! Shown: nothing that the former owner counted shows in the new one, and nothing of it is lost, also when one thread records for
//! both. Both orderings are needed, and so is that the note is taken after the last handle is seen to be gone.

use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    drop: Ordering,
    seen: Ordering,
    note_after: bool,
}

const RIGHT: Orders = Orders {
    drop: Release,
    seen: Acquire,
    note_after: true,
};

/// `next`: the slab of the thread that records for the next owner; 0 is the one that the former owner's thread used, adopted.
fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slabs = Arc::new([cell(), cell()]);
        let handles = Arc::new(AtomicUsize::new(1));
        let free = Arc::new(Mutex::new(None));
        let sum = |slabs: &[AtomicU64; 2]| slabs.iter().map(|cell| cell.load(Relaxed)).sum::<u64>();

        let former = thread::spawn({
            let (slabs, handles) = (slabs.clone(), handles.clone());
            move || {
                bump(&slabs[0], Relaxed);
                handles.fetch_sub(1, orders.drop);
            }
        });
        let next = thread::spawn({
            let (slabs, free) = (slabs.clone(), free.clone());
            move || {
                let base: Option<u64> = free.lock().unwrap().take();
                if base.is_some() {
                    bump(&slabs[1], Relaxed);
                }
                base
            }
        });
        let early = sum(&slabs);
        if handles.load(orders.seen) == 0 {
            let last = if orders.note_after {
                sum(&slabs)
            } else {
                early
            };
            assert_eq!(last, 1, "a record of the former owner was lost");
            *free.lock().unwrap() = Some(last);
        }
        former.join().unwrap();
        if let Some(base) = next.join().unwrap() {
            assert_eq!(
                sum(&slabs).wrapping_sub(base),
                1,
                "the new owner shows what the former one counted"
            );
        }
    }
}

const LOST: &str = "a record of the former owner was lost";

#[test]
fn a_new_owner_starts_at_zero_and_the_former_one_loses_nothing() {
    holds(model(RIGHT));
}

#[test]
fn a_handle_dropped_relaxed_is_caught() {
    caught(
        LOST,
        model(Orders {
            drop: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_count_of_handles_read_relaxed_is_caught() {
    caught(
        LOST,
        model(Orders {
            seen: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_base_noted_too_early_is_caught() {
    caught(
        LOST,
        model(Orders {
            note_after: false,
            ..RIGHT
        }),
    );
}
