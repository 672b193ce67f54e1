//! A closed set's members: each place is filled once, by whoever comes first.
//!
//! Race: two threads make a member for the same place, while a third looks there. They may end with different members, or find
//! one before its contents.
//!
//! Cure: a member is complete before its pointer is put there by a compare-exchange with `Release`, and every look at it loads
//! with `Acquire`, that of the thread that lost too. Nothing is ever taken out.
//!
//! Shown: all find the same member, with its contents. Both orderings are needed, and so is the comparison.

use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::thread;

use crate::parts::*;

#[derive(Clone, Copy)]
struct Orders {
    fill: Ordering,
    look: Ordering,
    compares: bool,
}

const RIGHT: Orders = Orders {
    fill: Release,
    look: Acquire,
    compares: true,
};

struct Set {
    /// The index of the member that is there, 0 for none.
    place: AtomicUsize,
    members: [Plain; 3],
    orders: Orders,
}

impl Set {
    fn get(&self) -> Option<usize> {
        let member = self.place.load(self.orders.look);
        if member == 0 {
            return None;
        }
        assert_eq!(self.members[member].get(), member as u64, "half a member");
        Some(member)
    }

    fn fill(&self, member: usize) -> Option<usize> {
        self.members[member].set(member as u64);
        if self.orders.compares {
            // Whoever loses looks again.
            let _ = self
                .place
                .compare_exchange(0, member, self.orders.fill, Relaxed);
        } else {
            self.place.store(member, self.orders.fill);
        }
        self.get()
    }
}

fn model(orders: Orders) -> impl Fn() + Send + Sync + 'static {
    move || {
        let set = Arc::new(Set {
            place: AtomicUsize::new(0),
            members: [0; 3].map(Plain::new),
            orders,
        });
        let filling = [1, 2].map(|member| {
            let set = set.clone();
            thread::spawn(move || set.fill(member))
        });
        let seen = set.get();
        let filled = filling.map(|thread| thread.join().unwrap());
        assert!(filled[0].is_some());
        assert_eq!(filled[0], filled[1], "two members in one place");
        assert!(
            seen.is_none() || seen == filled[0],
            "two members in one place"
        );
    }
}

#[test]
fn all_find_the_member_that_came_first() {
    holds(model(RIGHT));
}

#[test]
fn a_member_stored_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            fill: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn a_member_loaded_relaxed_is_caught() {
    caught(
        RACE,
        model(Orders {
            look: Relaxed,
            ..RIGHT
        }),
    );
}

#[test]
fn filling_without_a_comparison_is_caught() {
    caught(
        "two members in one place",
        model(Orders {
            compares: false,
            ..RIGHT
        }),
    );
}
