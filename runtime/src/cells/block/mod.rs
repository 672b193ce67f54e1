//! Distribution blocks: one thread's buckets of one distribution.
//!
//! A block covers a window of the bucket range (see [`super::scale`]) and stands behind one pointer in
//! the thread's slab, so memory follows the range that is in use. A value outside the window makes the
//! owner copy the block into a larger one, publish that with Release and hand the old one to the
//! collector ([`Garbage`]). Buckets only grow, a copy starts where its original ended, and the
//! pointer moves only forward: no reader ever sees a bucket fall.
//!
//! The count of a distribution is the sum of its buckets and is stored nowhere, so the two cannot
//! disagree, whenever a reader looks.
//!
//! A bucket is four bytes, which halves what a distribution takes. One that is full makes the owner *spill*: it goes on in
//! a fresh block of the same window, which carries the counts so far in eight bytes each beside empty buckets. To a
//! reader that is growth like any other.

mod absorb;
mod memory;

use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU64};

use super::garbage::Garbage;
use super::sample::{Sample, bump};
use super::scale;
use super::tally::Tally;

pub(super) use absorb::absorb;
use memory::first_bucket;

/// A block. Its buckets follow it in the same allocation, and then, once it has spilled, what they carry. It begins and ends
/// where a cache line does, because an allocation of another thread may stand next to it.
#[repr(C, align(64))]
pub(crate) struct Block {
    header: Header,
    /// The next block on the collector's list, once outgrown.
    pub(super) next: AtomicPtr<Block>,
}

/// What stands beside the buckets.
#[repr(C)]
pub(super) struct Header {
    /// The place of the first bucket ([`scale::place`]); constant.
    first: u32,
    /// How many buckets; constant.
    len: u32,
    /// Whether each bucket carries a count of its own; constant.
    spilled: bool,
    /// Values that were exactly zero.
    pub(super) zero: AtomicU64,
    /// Bits of the least and the largest value, as `f64`: for values that are not negative, bits order as numbers do.
    pub(super) min: AtomicU64,
    pub(super) max: AtomicU64,
    /// Sum of the integers, exact.
    pub(super) whole: AtomicU64,
    /// Sum of the rest, as bits of an `f64`.
    pub(super) rest: AtomicU64,
}

impl Header {
    /// The index of the first bucket.
    pub(super) fn lo(&self) -> i32 {
        scale::index_at(self.first)
    }

    /// The index of the first bucket, and how many there are.
    fn window(&self) -> (i32, u32) {
        (self.lo(), self.len)
    }
}

/// Records into the block behind `pointer` what nearly all samples are. False, and nothing is recorded, for the rest: a
/// value outside the window, which zero always is, an integer that `f64` cannot hold, a sum or a bucket that would overflow.
///
/// All of those leave by one door, to [`record_rare`], so that the caller can inline this and need not keep anything over
/// a call.
///
/// # Safety
/// The caller is the one writer of `pointer` and of the block behind it.
#[inline(always)]
pub(super) unsafe fn record(pointer: &AtomicU64, sample: impl Sample) -> bool {
    let Some(bits) = sample.plain_bits() else {
        return false;
    };
    // SAFETY: passed on to the caller, who is the one writer.
    let Some(block) = (unsafe { current(pointer, Relaxed) }) else {
        return false;
    };
    // SAFETY: a current block is valid, and only this thread replaces it.
    let header = unsafe { &block.as_ref().header };
    let place = scale::place(bits).wrapping_sub(header.first);
    if place >= header.len {
        return false;
    }
    // SAFETY: `place` is below the block's length.
    let bucket = unsafe { &*first_bucket(block).add(place as usize) };
    let Some(count) = bucket.load(Relaxed).checked_add(1) else {
        return false;
    };
    if !sample.add_plain(&header.whole, &header.rest) {
        return false;
    }
    bucket.store(count, Relaxed);
    stretch(header, bits);
    true
}

/// Keeps the least and the largest value.
#[inline(always)]
fn stretch(header: &Header, bits: u64) {
    if bits < header.min.load(Relaxed) {
        header.min.store(bits, Relaxed);
    }
    if bits > header.max.load(Relaxed) {
        header.max.store(bits, Relaxed);
    }
}

/// Records what [`record`] did not.
///
/// # Safety
/// The caller is the one writer of `pointer` and of the block behind it, and `garbage` is that of the slab it stands in.
pub(super) unsafe fn record_rare(pointer: &AtomicU64, garbage: &Garbage, sample: impl Sample) {
    let bits = sample.bits();
    // SAFETY: passed on to the caller, who is the one writer.
    let inside = match unsafe { current(pointer, Relaxed) } {
        // SAFETY: likewise.
        Some(block) => unsafe { count(block, bits) },
        None => None,
    };
    let block = match inside {
        Some(block) => block,
        // SAFETY: likewise.
        None => match unsafe { count_outside(pointer, garbage, bits) } {
            Some(block) => block,
            None => return,
        },
    };
    // SAFETY: the block is current, and only this thread replaces it.
    let header = unsafe { &block.as_ref().header };
    sample.add_to(&header.whole, &header.rest);
    stretch(header, bits);
}

/// The block behind a pointer cell.
///
/// # Safety
/// `pointer` is the first cell of a wide run.
#[inline(always)]
unsafe fn current(
    pointer: &AtomicU64,
    ordering: std::sync::atomic::Ordering,
) -> Option<NonNull<Block>> {
    NonNull::new(ptr::with_exposed_provenance_mut(
        pointer.load(ordering) as usize
    ))
}

/// Adds one to the bucket of `bits`, if the window has it and it is not full.
///
/// # Safety
/// The caller is the block's one writer.
unsafe fn count(block: NonNull<Block>, bits: u64) -> Option<NonNull<Block>> {
    // SAFETY: a current block is valid; its window is constant.
    let (lo, len) = unsafe { (*block.as_ptr()).header.window() };
    let place = scale::index(bits).wrapping_sub(lo) as u32;
    if bits == 0 || place >= len {
        return None;
    }
    // SAFETY: `place` is below the block's length.
    let bucket = unsafe { &*first_bucket(block).add(place as usize) };
    bucket.store(bucket.load(Relaxed).checked_add(1)?, Relaxed);
    Some(block)
}

/// The rare cases: the first value, zero, a value outside the window, and a full bucket. Nothing when memory is
/// exhausted, in which case the value is dropped.
///
/// # Safety
/// As for [`record`].
#[cold]
#[inline(never)]
unsafe fn count_outside(
    pointer: &AtomicU64,
    garbage: &Garbage,
    bits: u64,
) -> Option<NonNull<Block>> {
    // SAFETY: passed on to the caller.
    let old = unsafe { current(pointer, Relaxed) };
    if bits == 0 {
        let block = match old {
            Some(block) => block,
            None => publish(pointer, Block::new((0, 0), false)?),
        };
        // SAFETY: the block is current and this thread its writer.
        bump(unsafe { &(*block.as_ptr()).header.zero }, 1);
        return Some(block);
    }
    let index = scale::index(bits);
    // SAFETY: a current block is valid; its window is constant.
    let (lo, len) = old.map_or((0, 0), |old| unsafe { (*old.as_ptr()).header.window() });
    // SAFETY: likewise.
    let spilled = old.is_some_and(|old| unsafe { (*old.as_ptr()).header.spilled });
    let is_full = (index.wrapping_sub(lo) as u32) < len; // it is inside, and was not counted
    let fresh = if is_full {
        Block::new((lo, len), true)?
    } else {
        Block::new(widened(lo, len, index), spilled)?
    };
    if let Some(old) = old {
        // SAFETY: both are valid, the window of `fresh` contains that of `old`, nobody else has `fresh`.
        unsafe { Block::copy(old, fresh) };
    }
    let block = publish(pointer, fresh);
    if let Some(old) = old {
        garbage.add(old); // after its successor is published, as `add` asks
    }
    // SAFETY: the window was widened to contain the bucket, or the bucket emptied.
    unsafe { count(block, bits) }
}

fn publish(pointer: &AtomicU64, block: NonNull<Block>) -> NonNull<Block> {
    // Release: a reader that finds the block finds what was copied into it.
    pointer.store(block.as_ptr().expose_provenance() as u64, Release);
    block
}

/// The window that holds `index` too, with a sixteenth of slack on the side that grew, so that a range
/// that widens slowly costs few copies. It ends where the buckets do: beyond are the places of what is no positive, normal
/// number.
fn widened(lo: i32, len: u32, index: i32) -> (i32, u32) {
    const STEP: i32 = 16;
    let (lo, hi) = match len {
        0 => (index & !(STEP - 1), (index & !(STEP - 1)) + STEP),
        _ => (lo, lo + len as i32),
    };
    let slack = (len as i32 / 16).max(STEP);
    let new_lo = if index < lo {
        index.min(lo - slack) & !(STEP - 1)
    } else {
        lo
    };
    let new_hi = if index >= hi {
        ((index + 1).max(hi + slack) + STEP - 1) & !(STEP - 1)
    } else {
        hi
    };
    let new_lo = new_lo.max(scale::MIN_INDEX);
    let new_hi = new_hi.min(scale::MAX_INDEX + 1);
    (new_lo, (new_hi - new_lo) as u32)
}

/// Adds the block behind `pointer` to `tally`.
///
/// # Safety
/// `pointer` is the first cell of a wide run, and the caller has the collector's turn, so that the
/// block is not freed meanwhile.
pub(super) unsafe fn read(pointer: &AtomicU64, tally: &mut Tally) {
    // Acquire pairs with `publish`. SAFETY: the caller's promise.
    if let Some(block) = unsafe { current(pointer, Acquire) } {
        // SAFETY: as above.
        unsafe {
            tally.add(&block.as_ref().header, Block::counts(block));
        }
    }
}

/// Takes the block away from `pointer` and frees it.
///
/// # Safety
/// Nobody records through `pointer` any more (its handles and guards are gone and that is visible to the
/// caller), and the caller has the collector's turn.
pub(super) unsafe fn remove(pointer: &AtomicU64) {
    // SAFETY: the caller's promise.
    if let Some(block) = unsafe { current(pointer, Acquire) } {
        pointer.store(0, Relaxed);
        // SAFETY: likewise; the pointer is gone, so it is freed once.
        unsafe { Block::free(block) };
    }
}

#[cfg(test)]
mod tests;
