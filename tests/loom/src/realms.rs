//! Realms: whose numbers a slab holds.
//!
//! Race: an empty slab that served realm A is adopted by a thread of realm B, which takes it first and writes its own realm's name
//! on it a moment later. A reader of A that looks in between finds a slab that is owned and says A; it reads it to the end of its
//! turn, and by then B's numbers are in it. A's total is too high, and falls at the next look.
//!
//! Cure: a slab that is emptied is nobody's. Whoever looks in between skips it; whoever knows of a record made in it sees the
//! name, which was written before that record.
//!
//! Shown: no realm's reader counts what was recorded in another, and a reader that was told of a record counts it. An emptied
//! slab that keeps its name is caught, and so is one that is named after it was recorded in.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use loom::thread;

use crate::parts::*;

const NOBODY: usize = 0;
const A: usize = 1;
const B: usize = 2;

const EMPTY: usize = 0;
const OWNED: usize = 1;

struct Slab {
    state: AtomicUsize,
    realm: AtomicUsize,
    cell: AtomicU64,
}

impl Slab {
    /// What a reader of `realm` counts of it: it decides at the start of its turn, and reads later.
    fn read(&self, realm: usize) -> u64 {
        let counts = self.realm.load(Relaxed) == realm && self.state.load(Acquire) != EMPTY;
        if counts { self.cell.load(Relaxed) } else { 0 }
    }
}

fn model(emptied: usize, name_then_record: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let slab = Arc::new(Slab {
            state: AtomicUsize::new(EMPTY),
            realm: AtomicUsize::new(emptied),
            cell: cell(),
        });
        let told = Arc::new(AtomicBool::new(false));
        let adopter = thread::spawn({
            let (slab, told) = (slab.clone(), told.clone());
            move || {
                slab.state
                    .compare_exchange(EMPTY, OWNED, Acquire, Relaxed)
                    .unwrap();
                if name_then_record {
                    slab.realm.store(B, Relaxed);
                }
                bump(&slab.cell, Relaxed);
                told.store(true, Release);
                if !name_then_record {
                    slab.realm.store(B, Relaxed);
                }
            }
        });
        assert_eq!(slab.read(A), 0, "a number counts in another realm");
        if told.load(Acquire) {
            assert_eq!(slab.read(B), 1, "a record that was told of is missing");
        }
        adopter.join().unwrap();
    }
}

#[test]
fn a_number_counts_in_its_own_realm_only() {
    holds(model(NOBODY, true));
}

#[test]
fn an_emptied_slab_that_keeps_its_name_is_caught() {
    caught("a number counts in another realm", model(A, true));
}

#[test]
fn a_slab_named_after_its_first_record_is_caught() {
    caught("a record that was told of is missing", model(NOBODY, false));
}
