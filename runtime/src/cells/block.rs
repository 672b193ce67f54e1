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

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU64};

use super::garbage::Garbage;
use super::sample::{Sample, add_whole, bump, bump_rest};
use super::scale;
use super::tally::Tally;

/// A block; its buckets follow it in the same allocation.
#[repr(C)]
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
/// value outside the window, which zero always is, an integer that `f64` cannot hold, a sum that would overflow.
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
    if place >= header.len || !sample.add_plain(&header.whole, &header.rest) {
        return false;
    }
    // SAFETY: `place` is below the block's length.
    bump(unsafe { &*first_bucket(block).add(place as usize) }, 1);
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

/// Adds one to the bucket of `bits`, if the window has it.
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
    bump(unsafe { &*first_bucket(block).add(place as usize) }, 1);
    Some(block)
}

/// The rare cases: the first value, zero, and a value outside the window. Nothing when memory is
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
            None => publish(pointer, Block::new(0, 0)?),
        };
        // SAFETY: the block is current and this thread its writer.
        bump(unsafe { &(*block.as_ptr()).header.zero }, 1);
        return Some(block);
    }
    let index = scale::index(bits);
    // SAFETY: a current block is valid; its window is constant.
    let (lo, len) = old.map_or((0, 0), |old| unsafe { (*old.as_ptr()).header.window() });
    let (lo, len) = widened(lo, len, index);
    let fresh = Block::new(lo, len)?;
    if let Some(old) = old {
        // SAFETY: both are valid, the window of `fresh` contains that of `old`, nobody else has `fresh`.
        unsafe { Block::copy(old, fresh) };
    }
    let block = publish(pointer, fresh);
    if let Some(old) = old {
        garbage.add(old); // after its successor is published, as `add` asks
    }
    // SAFETY: the window was widened to contain the bucket.
    unsafe { count(block, bits) }
}

fn publish(pointer: &AtomicU64, block: NonNull<Block>) -> NonNull<Block> {
    // Release: a reader that finds the block finds what was copied into it.
    pointer.store(block.as_ptr().expose_provenance() as u64, Release);
    block
}

/// The window that holds `index` too, with a quarter of slack on the side that grew, so that a range
/// that widens slowly costs few copies.
fn widened(lo: i32, len: u32, index: i32) -> (i32, u32) {
    const STEP: i32 = 16;
    if len == 0 {
        return (index & !(STEP - 1), STEP as u32);
    }
    let hi = lo + len as i32;
    let slack = (len as i32 / 4).max(STEP);
    let new_lo = if index < lo {
        (index.min(lo - slack)).max(scale::MIN_INDEX.min(index)) & !(STEP - 1)
    } else {
        lo
    };
    let new_hi = if index >= hi {
        ((index + 1).max(hi + slack) + STEP - 1) & !(STEP - 1)
    } else {
        hi
    };
    (new_lo, (new_hi - new_lo) as u32)
}

#[inline(always)]
fn first_bucket(block: NonNull<Block>) -> *const AtomicU64 {
    // SAFETY: every block is allocated with its buckets right behind the header (`layout`), whose
    // size is a multiple of eight.
    unsafe { block.as_ptr().add(1).cast::<AtomicU64>().cast_const() }
}

impl Block {
    fn layout(len: u32) -> Option<Layout> {
        let buckets = Layout::array::<AtomicU64>(len as usize).ok()?;
        Layout::new::<Block>().extend(buckets).ok().map(|l| l.0)
    }

    fn new(lo: i32, len: u32) -> Option<NonNull<Block>> {
        // SAFETY: the size is at least the header's; zeroed buckets are valid.
        let memory = unsafe { System.alloc_zeroed(Block::layout(len)?) };
        let block = NonNull::new(memory.cast::<Block>())?;
        // SAFETY: freshly allocated with room for the header.
        unsafe {
            block.write(Block {
                header: Header {
                    first: scale::place_of(lo),
                    len,
                    zero: AtomicU64::new(0),
                    min: AtomicU64::new(u64::MAX),
                    max: AtomicU64::new(0),
                    whole: AtomicU64::new(0),
                    rest: AtomicU64::new(0),
                },
                next: AtomicPtr::new(ptr::null_mut()),
            });
        }
        Some(block)
    }

    /// # Safety
    /// Nobody uses the block any more, and it is freed once.
    pub(super) unsafe fn free(block: NonNull<Block>) {
        // SAFETY: the caller's promise; the layout is that of `new`, which succeeded with this length.
        unsafe {
            if let Some(layout) = Block::layout((*block.as_ptr()).header.len) {
                System.dealloc(block.as_ptr().cast(), layout);
            }
        }
    }

    /// The buckets, which any thread may read while one writes.
    ///
    /// # Safety
    /// The block stays valid for `'a`.
    unsafe fn buckets<'a>(block: NonNull<Block>) -> &'a [AtomicU64] {
        // SAFETY: `len` buckets follow the header.
        unsafe {
            std::slice::from_raw_parts(first_bucket(block), (*block.as_ptr()).header.len as usize)
        }
    }

    /// Starts `fresh` where `old` ended.
    ///
    /// # Safety
    /// Both are valid, the window of `fresh` contains that of `old`, and nobody else writes either.
    unsafe fn copy(old: NonNull<Block>, fresh: NonNull<Block>) {
        // SAFETY: the caller's promise.
        let (from, to) = unsafe { (&old.as_ref().header, &fresh.as_ref().header) };
        for (from, to) in [
            (&from.zero, &to.zero),
            (&from.min, &to.min),
            (&from.max, &to.max),
            (&from.whole, &to.whole),
            (&from.rest, &to.rest),
        ] {
            to.store(from.load(Relaxed), Relaxed);
        }
        let shift = (from.lo() - to.lo()) as usize;
        // SAFETY: the caller's promise.
        let (source, target) = unsafe { (Block::buckets(old), Block::buckets(fresh)) };
        for (from, to) in source.iter().zip(target.iter().skip(shift)) {
            to.store(from.load(Relaxed), Relaxed);
        }
    }
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
            tally.add(&block.as_ref().header, Block::buckets(block));
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

/// Moves the block behind `from` into the one behind `to`, which the collector writes. False, and nothing is
/// moved, when memory is exhausted.
///
/// # Safety
/// The caller has the collector's turn, is the one writer of `to`, `garbage` is that of its slab, and it owns
/// `from`'s slab, whose thread is gone.
pub(super) unsafe fn absorb(to: &AtomicU64, garbage: &Garbage, from: &AtomicU64) -> bool {
    // SAFETY: the caller's promise.
    let Some(moved) = (unsafe { current(from, Acquire) }) else {
        return true;
    };
    // SAFETY: likewise.
    let (header, buckets) = unsafe { (&moved.as_ref().header, Block::buckets(moved)) };
    // SAFETY: likewise.
    let target = match unsafe { current(to, Relaxed) } {
        None => {
            // The window starts as the moved one's, so one allocation does.
            let Some(fresh) = Block::new(header.lo(), header.len) else {
                return false;
            };
            publish(to, fresh)
        }
        Some(present) => {
            // SAFETY: likewise.
            let (lo, len) = unsafe { (*present.as_ptr()).header.window() };
            let (lo, hi) = if header.len == 0 {
                (lo, lo + len as i32)
            } else if len == 0 {
                (header.lo(), header.lo() + header.len as i32)
            } else {
                (
                    lo.min(header.lo()),
                    (lo + len as i32).max(header.lo() + header.len as i32),
                )
            };
            if (hi - lo) as u32 == len {
                present
            } else {
                let Some(fresh) = Block::new(lo, (hi - lo) as u32) else {
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
        for (from, to) in buckets
            .iter()
            .zip(Block::buckets(target).iter().skip(shift))
        {
            bump(to, from.load(Relaxed));
        }
        from.store(0, Relaxed);
        Block::free(moved);
    }
    true
}
