//! The counter: one writer a cell, a total over all slabs.
//!
//! Race: a load and a store instead of an atomic addition lose an increment as soon as two threads do it to the same word;
//! and two snapshots, taken on different threads, may read the cells in such a way that the later total is the smaller one.
//!
//! Cure: each thread has a cell of its own, so that nobody else writes it; and snapshots are taken one at a time, under the
//! collector's mutex, so that what the earlier one has seen happens before what the later one reads. A cell's own accesses
//! need no ordering at all: that a word never runs backwards for those who read it in turn is coherence.
//!
//! Shown: no increment is lost and no total falls. Two writers on a cell, and readers that do not take turns, are caught.

use loom::sync::atomic::AtomicU64;
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::parts::*;

fn sum(cells: &[AtomicU64; 2]) -> u64 {
    cells.iter().map(|cell| cell.load(Relaxed)).sum()
}

/// `at`: the cell that each of the two threads writes.
fn writers(at: [usize; 2]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cells = Arc::new([cell(), cell()]);
        let threads = at.map(|index| {
            let cells = cells.clone();
            thread::spawn(move || {
                bump(&cells[index], Relaxed);
                bump(&cells[index], Relaxed);
            })
        });
        let before = sum(&cells);
        assert!(sum(&cells) >= before, "a total fell");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(&cells), 4, "an increment was lost");
    }
}

fn readers(in_turn: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cells = Arc::new([cell(), cell()]);
        let collector = Arc::new(Mutex::new(()));
        let shown = Arc::new(cell());
        let written = cells.clone();
        let writer = thread::spawn(move || bump(&written[0], Relaxed));
        let look = move |cells: &[AtomicU64; 2], collector: &Mutex<()>, shown: &AtomicU64| {
            let turn = in_turn.then(|| collector.lock().unwrap());
            let before = shown.load(Relaxed);
            let total = sum(cells);
            assert!(total >= before, "a total fell");
            shown.store(total, Relaxed);
            drop(turn);
        };
        let other = thread::spawn({
            let (cells, collector, shown) = (cells.clone(), collector.clone(), shown.clone());
            move || look(&cells, &collector, &shown)
        });
        look(&cells, &collector, &shown);
        other.join().unwrap();
        writer.join().unwrap();
    }
}

#[test]
fn no_increment_is_lost_and_no_total_falls() {
    holds(writers([0, 1]));
}

#[test]
fn two_writers_on_one_cell_are_caught() {
    caught(RACE, writers([0, 0]));
}

#[test]
fn readers_on_different_threads_agree() {
    holds(readers(true));
}

#[test]
fn readers_that_do_not_take_turns_are_caught() {
    caught("a total fell", readers(false));
}
