//! Moving what a gone thread recorded into the block of those that are gone.

use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::{Block, current, publish};
use crate::cells::garbage::Garbage;
use crate::cells::sample::{add_whole, bump, bump_rest};

/// The least window that contains both.
fn covering((lo, len): (i32, u32), (other_lo, other_len): (i32, u32)) -> (i32, u32) {
    match (len, other_len) {
        (_, 0) => (lo, len),
        (0, _) => (other_lo, other_len),
        _ => {
            let hi = (lo + len as i32).max(other_lo + other_len as i32);
            let lo = lo.min(other_lo);
            (lo, (hi - lo) as u32)
        }
    }
}

/// Whether two blocks' counts add up without one that a bucket cannot hold.
///
/// # Safety
/// Both are valid.
unsafe fn fits(a: NonNull<Block>, b: NonNull<Block>) -> bool {
    // SAFETY: the caller's promise.
    let [a, b] = [a, b].map(|block| unsafe { Block::counts(block) }.max().unwrap_or(0));
    a.saturating_add(b) <= u64::from(u32::MAX)
}

/// Moves the block behind `from` into the one behind `to`, which the collector writes. False, and nothing is
/// moved, when memory is exhausted.
///
/// # Safety
/// The caller has the collector's turn, is the one writer of `to`, `garbage` is that of its slab, and it owns
/// `from`'s slab, whose thread is gone.
pub(in crate::cells) unsafe fn absorb(to: &AtomicU64, garbage: &Garbage, from: &AtomicU64) -> bool {
    // SAFETY: the caller's promise.
    let Some(moved) = (unsafe { current(from, Acquire) }) else {
        return true;
    };
    // SAFETY: likewise.
    let header = unsafe { &moved.as_ref().header };
    // SAFETY: likewise.
    let target = match unsafe { current(to, Relaxed) } {
        None => {
            // The window starts as the moved one's, so one allocation does.
            let Some(fresh) = Block::new(header.window(), header.spilled) else {
                return false;
            };
            publish(to, fresh)
        }
        Some(present) => {
            // SAFETY: likewise.
            let held = unsafe { &present.as_ref().header };
            let window = covering(held.window(), header.window());
            // SAFETY: likewise.
            let spilled = held.spilled || header.spilled || !unsafe { fits(present, moved) };
            if (window.1, spilled) == (held.len, held.spilled) {
                present
            } else {
                let Some(fresh) = Block::new(window, spilled) else {
                    return false;
                };
                // SAFETY: the new window contains the present one.
                unsafe { Block::copy(present, fresh) };
                let fresh = publish(to, fresh);
                garbage.add(present);
                fresh
            }
        }
    };
    // SAFETY: the target's window contains the moved one's; both are valid, this thread writes both.
    unsafe {
        let into = &target.as_ref().header;
        bump(&into.zero, header.zero.load(Relaxed));
        add_whole(&into.whole, &into.rest, header.whole.load(Relaxed));
        bump_rest(&into.rest, f64::from_bits(header.rest.load(Relaxed)));
        let (min, max) = (header.min.load(Relaxed), header.max.load(Relaxed));
        into.min.store(into.min.load(Relaxed).min(min), Relaxed);
        into.max.store(into.max.load(Relaxed).max(max), Relaxed);
        let shift = (header.lo() - into.lo()).max(0) as usize;
        Block::add(target, shift, Block::counts(moved));
        from.store(0, Relaxed);
        Block::free(moved);
    }
    true
}
