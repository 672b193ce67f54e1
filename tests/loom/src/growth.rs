//! Growth of a distribution: its block is replaced by a larger one, while a reader counts.
//!
//! Race: the owner copies its buckets into a larger block and goes on there. The reader may find the new block before its
//! contents, may go on reading the old one after somebody freed it, and may find fewer records than it found before.
//!
//! Cure: the owner fills the new block, stores its pointer with `Release`, and only then pushes the old one on a garbage list, with
//! `Release`; from then on it does not touch it. Readers load the pointer with `Acquire`, and they are all in the collector's role;
//! the collector takes the garbage with `Acquire` and frees it before it looks at any pointer. It cannot find a pointer to what it
//! has freed, because the newer pointer was stored before the older block was thrown away.
//!
//! Shown: no block is read before it is filled or after it is freed, and the count (which is the sum of the buckets, so it
//! cannot differ from it) never falls. Each ordering is needed, and so are both orders of doing things.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    publish: Ordering,
    look: Ordering,
    discard: Ordering,
    collect: Ordering,
    publish_then_discard: bool,
    collect_then_look: bool,
}

const RIGHT: Orders = Orders {
    publish: Release,
    look: Acquire,
    discard: Release,
    collect: Acquire,
    publish_then_discard: true,
    collect_then_look: true,
};

const SMALL: usize = 1;
const LARGE: usize = 2;
const FREED: u64 = 0;

/// A block of as many buckets as its plain word says; 0 when it is freed memory.
struct Block {
    len: Plain,
    buckets: [AtomicU64; 2],
}

struct Distribution {
    block: AtomicUsize,
    /// By index, as the others; 0 is null.
    blocks: [Block; 3],
    garbage: Stack,
}

impl Distribution {
    fn new() -> Self {
        let blocks = [FREED, 1, FREED].map(|len| Block {
            len: Plain::new(len),
            buckets: [cell(), cell()],
        });
        Self {
            block: AtomicUsize::new(SMALL),
            blocks,
            garbage: Stack::new(2),
        }
    }

    fn grow(&self, orders: Orders) {
        let (old, new) = (&self.blocks[SMALL], &self.blocks[LARGE]);
        new.len.set(old.len.get() + 1);
        new.buckets[0].store(old.buckets[0].load(Relaxed), Relaxed);
        if !orders.publish_then_discard {
            self.garbage.push(SMALL, orders.discard);
        }
        self.block.store(LARGE, orders.publish);
        if orders.publish_then_discard {
            self.garbage.push(SMALL, orders.discard);
        }
    }

    fn free_garbage(&self, orders: Orders) {
        for block in self.garbage.take(orders.collect) {
            self.blocks[block].len.set(FREED);
        }
    }

    fn count(&self, orders: Orders) -> u64 {
        if orders.collect_then_look {
            self.free_garbage(orders);
        }
        let block = &self.blocks[self.block.load(orders.look)];
        if !orders.collect_then_look {
            self.free_garbage(orders);
        }
        let len = block.len.get();
        assert_ne!(len, FREED, "a freed block was read");
        block.buckets[..len as usize]
            .iter()
            .map(|bucket| bucket.load(Relaxed))
            .sum()
    }
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let distribution = Arc::new(Distribution::new());
        let owner = thread::spawn({
            let distribution = distribution.clone();
            move || {
                bump(&distribution.blocks[SMALL].buckets[0], Relaxed);
                distribution.grow(orders);
                bump(&distribution.blocks[LARGE].buckets[1], Relaxed);
            }
        });
        let mut before = 0;
        for _turn in 0..2 {
            let count = distribution.count(orders);
            assert!(count >= before, "a count fell");
            before = count;
        }
        owner.join().unwrap();
        assert_eq!(distribution.count(orders), 2, "a record was lost");
    }
}

#[test]
fn a_growing_distribution_is_read_whole_and_never_falls() {
    holds(model(RIGHT));
}

#[test]
fn a_block_published_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            publish: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_block_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            look: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_block_discarded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            discard: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn garbage_taken_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            collect: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_block_discarded_before_it_is_replaced_is_caught() {
    caught(
        "a freed block was read",
        model(Orders {
            publish_then_discard: false,
            ..RIGHT
        }),
    );
}

#[test]
fn garbage_freed_while_a_block_is_read_is_caught() {
    caught(
        "a freed block was read",
        model(Orders {
            collect_then_look: false,
            ..RIGHT
        }),
    );
}
