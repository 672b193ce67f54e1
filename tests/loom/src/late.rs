//! Late records: the slab that all threads share.
//!
//! Race: a thread whose own slab is gone already, or which is in the middle of the library's cold path, must still count. Several
//! such threads write the same cells, and the first of them must allocate the page.
//!
//! Cure: atomic additions, which are slow and rare. The page is published by compare-and-exchange, success with `Release` (`AcqRel`
//! does no harm); who loses frees its own and uses the winner's, which it must see whole: failure is `Acquire`, and so is every
//! load of the pointer.
//!
//! Shown: no increment is lost and no page is touched before its zeroes. Each ordering is needed, and so are the additions.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    load: Ordering,
    won: Ordering,
    lost: Ordering,
    atomically: bool,
}

const RIGHT: Orders = Orders {
    load: Acquire,
    won: AcqRel,
    lost: Acquire,
    atomically: true,
};

const GARBAGE: u64 = 0xdead;

struct Shared {
    page: AtomicUsize,
    /// One for each thread that may allocate it; 0 is null.
    memory: [Plain; 3],
    cells: [AtomicU64; 3],
}

impl Shared {
    fn add(&self, thread: usize, orders: Orders) {
        let mut page = self.page.load(orders.load);
        if page == 0 {
            self.memory[thread].set(0);
            page = match self
                .page
                .compare_exchange(0, thread, orders.won, orders.lost)
            {
                Ok(_) => thread,
                Err(winner) => winner,
            };
        }
        assert_eq!(
            self.memory[page].get(),
            0,
            "a page was used before its zeroes"
        );
        if orders.atomically {
            self.cells[page].fetch_add(1, Relaxed);
        } else {
            bump(&self.cells[page], Relaxed);
        }
    }
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared = Arc::new(Shared {
            page: AtomicUsize::new(0),
            memory: [GARBAGE; 3].map(Plain::new),
            cells: [cell(), cell(), cell()],
        });
        let threads = [1, 2].map(|thread| {
            let shared = shared.clone();
            thread::spawn(move || shared.add(thread, orders))
        });
        for thread in threads {
            thread.join().unwrap();
        }
        let page = shared.page.load(Acquire);
        assert_eq!(shared.cells[page].load(Relaxed), 2, "an increment was lost");
    }
}

#[test]
fn no_late_increment_is_lost() {
    holds(model(RIGHT));
}

#[test]
fn a_page_pointer_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_page_published_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            won: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_race_lost_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            lost: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn additions_that_are_not_atomic_are_caught() {
    caught(
        RACE,
        model(Orders {
            atomically: false,
            ..RIGHT
        }),
    );
}
