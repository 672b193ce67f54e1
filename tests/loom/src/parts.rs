//! What the models are built from: memory that is not atomic, a cell's single-writer increment, the lock-free stack, and the
//! two verdicts, [`holds`] and [`caught`].
//!
//! Nothing is allocated inside a model. What the runtime allocates and publishes by pointer is a slot that exists from the
//! start and is published by its index (0 is null), so that a model that goes wrong ends in a failed assertion instead of a
//! stray pointer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::cell::UnsafeCell;
pub(crate) use loom::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use loom::sync::atomic::{AtomicU64, AtomicUsize};

/// What loom says of two accesses to plain memory that nothing orders.
pub(crate) const RACE: &str = "Causality violation";

/// A word of ordinary memory. Loom fails the schedule in which one thread writes it while another may be reading it.
pub(crate) struct Plain(UnsafeCell<u64>);

// SAFETY: loom runs all the threads of a model on one thread of the system, one at a time; that they take turns with this
// word in an orderly way is what the model finds out.
unsafe impl Sync for Plain {}
// SAFETY: as above.
unsafe impl Send for Plain {}

impl Plain {
    pub(crate) fn new(value: u64) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(crate) fn get(&self) -> u64 {
        // SAFETY: loom has checked, just before it calls this, that no other thread may be writing.
        self.0.with(|word| unsafe { *word })
    }

    pub(crate) fn set(&self, value: u64) {
        // SAFETY: loom has checked, just before it calls this, that no other thread may be reading or writing.
        self.0.with_mut(|word| unsafe { *word = value });
    }
}

/// A cell that nothing was recorded in yet.
pub(crate) fn cell() -> AtomicU64 {
    AtomicU64::new(0)
}

/// One more, by the only thread that writes this cell: a load and a store, not a read-modify-write. Loom fails the schedule in
/// which another thread may have written it, or may be writing it.
///
/// The runtime's load is a relaxed one, which for the only writer comes to the same. Here it must not be: see the blind spot
/// in the crate's documentation.
pub(crate) fn bump(cell: &AtomicU64, order: Ordering) {
    // SAFETY: loom checks that all stores so far happened before this.
    let value = unsafe { cell.unsync_load() };
    cell.store(value + 1, order);
}

/// A Treiber stack of slots 1 to `slots`: anybody pushes, and one taker takes all of it or looks through it.
///
/// Nothing is ever popped singly, so there is no ABA problem to have.
pub(crate) struct Stack {
    head: AtomicUsize,
    next: Vec<Plain>,
}

impl Stack {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            head: AtomicUsize::new(0),
            next: (0..=slots).map(|_| Plain::new(0)).collect(),
        }
    }

    /// Puts a slot on top. The link is written before the slot is published, so `order` must be `Release`.
    pub(crate) fn push(&self, slot: usize, order: Ordering) {
        // A guess that costs a turn when it is wrong. A load would be as good, but for loom's blind spot.
        let mut head = 0;
        loop {
            self.next[slot].set(head as u64);
            match self.head.compare_exchange(head, slot, order, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes everything, the newest first. It looks before it swaps, as the runtime does: who finds nothing takes nothing.
    pub(crate) fn take(&self, order: Ordering) -> Vec<usize> {
        if self.is_empty() {
            return Vec::new();
        }
        self.follow(self.head.swap(0, order))
    }

    /// Looks at everything, the newest first.
    pub(crate) fn walk(&self, order: Ordering) -> Vec<usize> {
        self.follow(self.head.load(order))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Relaxed) == 0
    }

    fn follow(&self, mut slot: usize) -> Vec<usize> {
        let mut slots = Vec::new();
        while slot != 0 {
            slots.push(slot);
            slot = self.next[slot].get() as usize;
        }
        slots
    }
}

/// Shows that a model holds under every schedule.
pub(crate) fn holds(model: impl Fn() + Send + Sync + 'static) {
    loom::model(model);
}

/// The same for a model with too many schedules to try all of them: those in which threads are interrupted `interruptions`
/// times in all, at most.
pub(crate) fn holds_within(interruptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.check(model);
}

/// Shows that loom finds the schedule in which a model fails, and that it fails for the reason expected.
pub(crate) fn caught(reason: &str, model: impl Fn() + Send + Sync + 'static) {
    let failure = catch_unwind(AssertUnwindSafe(|| loom::model(model)));
    let Err(failure) = failure else {
        panic!("loom did not catch it; expected: {reason}")
    };
    let said = failure
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| failure.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    assert!(
        said.contains(reason),
        "caught, but for another reason: {said}; expected: {reason}"
    );
}
