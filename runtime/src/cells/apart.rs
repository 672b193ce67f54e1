//! Why recording scales: what two threads write stands on no common cache line, so none waits for another, however many
//! processors there are. A page is two kilobytes of one slab, which one thread owns; a block is behind one slab's pointer.
//! Both are aligned to cache lines, and are whole numbers of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Barrier;
use std::sync::atomic::Ordering::Acquire;
use std::thread;

use super::block::Block;
use super::ids::{self, CellId, Width};
use super::page::Page;
use super::{local, slab};

const THREADS: usize = 8;
/// Bytes of a cache line.
const CACHE_LINE: usize = 64;
const RUNS: usize = 300;

/// The addresses that recording writes, for each slab that has touched one of these runs.
fn written(runs: &[CellId]) -> Vec<Vec<Range<usize>>> {
    let mut written = Vec::new();
    for slab in slab::all() {
        let mut own = Vec::new();
        for run in runs {
            let page = slab.page(run.page());
            // SAFETY: the threads that have these runs stand still, and nobody else knows of them.
            let Some(line) = (unsafe { slab.run::<1>(run.id()) }) else {
                continue;
            };
            own.push(page.addr()..page.addr() + size_of::<Page>());
            let block = NonNull::new(line[0].load(Acquire) as *mut Block);
            // SAFETY: likewise; what is not null was stored as a pointer to a block.
            own.extend(block.map(|block| unsafe { Block::addresses(block) }));
        }
        if !own.is_empty() {
            written.push(own);
        }
    }
    written
}

#[test]
#[cfg_attr(
    miri,
    ignore = "about where things stand, not about who may touch them"
)]
fn what_two_threads_write_shares_no_cache_line() {
    let runs: Vec<CellId> = (0..RUNS).map(|_| ids::take(Width::Line)).collect();
    let stand = Barrier::new(THREADS + 1);
    let written = thread::scope(|scope| {
        for thread in 0..THREADS {
            let (runs, stand) = (&runs, &stand);
            scope.spawn(move || {
                for (at, run) in runs.iter().enumerate() {
                    // Windows of many lengths, which grow a few times.
                    for sample in 0..40 {
                        local::record(run, 1_u64 << ((sample * at + thread) % 40), 1, 2);
                    }
                }
                stand.wait();
                stand.wait();
            });
        }
        stand.wait();
        let written = written(&runs);
        stand.wait();
        written
    });
    assert!(
        written.len() >= THREADS,
        "each thread has a slab of its own"
    );
    let mut owners = BTreeMap::new();
    for (slab, ranges) in written.iter().enumerate() {
        for range in ranges {
            // So that nothing else shares its first line or its last, whatever the allocator puts there.
            assert_eq!((range.start % CACHE_LINE, range.end % CACHE_LINE), (0, 0));
            for line in range.start / CACHE_LINE..range.end.div_ceil(CACHE_LINE) {
                let owner = *owners.entry(line).or_insert(slab);
                assert_eq!(owner, slab, "line {line:#x} is written by two threads");
            }
        }
    }
    assert!(owners.len() > THREADS * RUNS, "blocks were looked at too");
}
