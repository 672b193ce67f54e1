//! Publication of pages.
//!
//! Race: the collector follows a slab's directory to a bucket and on to a page at the moment at which the owning thread has
//! just allocated them. It may find a pointer before the zeroes that it leads to.
//!
//! Cure: whoever makes a bucket or a page stores its pointer with `Release` as the last act, and whoever is not the owner
//! loads it with `Acquire`, on both levels. The owner itself may load `Relaxed`: it made them.
//!
//! Shown: the collector never touches a bucket or a page whose zeroes it cannot see, and what it reads of a cell is a value
//! that the cell had; both stores and both loads are needed.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    bucket_store: Ordering,
    bucket_load: Ordering,
    page_store: Ordering,
    page_load: Ordering,
}

const RIGHT: Orders = Orders {
    bucket_store: Release,
    bucket_load: Acquire,
    page_store: Release,
    page_load: Acquire,
};

const GARBAGE: u64 = 0xdead;

/// One slab: a directory entry that leads to a bucket, whose entry leads to a page of one cell.
struct Slab {
    directory: AtomicUsize,
    bucket_memory: Plain,
    bucket: AtomicUsize,
    page_memory: Plain,
    cell: AtomicU64,
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slab = Arc::new(Slab {
            directory: AtomicUsize::new(0),
            bucket_memory: Plain::new(GARBAGE),
            bucket: AtomicUsize::new(0),
            page_memory: Plain::new(GARBAGE),
            cell: cell(),
        });
        let owned = slab.clone();
        let owner = thread::spawn(move || {
            owned.bucket_memory.set(0);
            owned.directory.store(1, orders.bucket_store);
            owned.page_memory.set(0);
            owned.bucket.store(1, orders.page_store);
            bump(&owned.cell, Relaxed);
            bump(&owned.cell, Relaxed);
        });
        if slab.directory.load(orders.bucket_load) != 0 {
            assert_eq!(
                slab.bucket_memory.get(),
                0,
                "a bucket was read before its zeroes"
            );
            if slab.bucket.load(orders.page_load) != 0 {
                assert_eq!(
                    slab.page_memory.get(),
                    0,
                    "a page was read before its zeroes"
                );
                assert!(
                    slab.cell.load(Relaxed) <= 2,
                    "a value that the cell never had"
                );
            }
        }
        owner.join().unwrap();
        assert_eq!(slab.cell.load(Relaxed), 2);
    }
}

#[test]
fn the_collector_reads_only_what_it_can_see_whole() {
    holds(model(RIGHT));
}

#[test]
fn a_bucket_stored_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            bucket_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_bucket_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            bucket_load: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_page_stored_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            page_store: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_page_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            page_load: Relaxed,
            ..RIGHT
        }),
    );
}
