//! What a block is in memory: how it is laid out, made, freed and copied.

use std::alloc::Layout;
#[cfg(test)]
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

use super::{Block, Header};
use crate::cells::page;
use crate::cells::sample::bump;
use crate::cells::scale;

/// Where a block's buckets begin.
#[inline(always)]
pub(super) fn first_bucket(block: NonNull<Block>) -> *const AtomicU32 {
    // SAFETY: every block is allocated with its buckets right behind the header (`layout`), whose
    // size is a multiple of eight.
    unsafe { block.as_ptr().add(1).cast::<AtomicU32>().cast_const() }
}

impl Block {
    /// The layout of a block with so many buckets, and where in it stands what they carry.
    fn layout(len: u32, spilled: bool) -> Option<(Layout, usize)> {
        let len = len as usize;
        let (block, _) = Layout::new::<Block>()
            .extend(Layout::array::<AtomicU32>(len).ok()?)
            .ok()?;
        let carried = if spilled { len } else { 0 };
        let (block, carried) = block
            .extend(Layout::array::<AtomicU64>(carried).ok()?)
            .ok()?;
        Some((block.pad_to_align(), carried))
    }

    pub(super) fn new((lo, len): (i32, u32), spilled: bool) -> Option<NonNull<Block>> {
        // Zeroed buckets are valid.
        let memory = page::source().take_block(Block::layout(len, spilled)?.0)?;
        let block = memory.cast::<Block>();
        // SAFETY: freshly allocated with room for the header.
        unsafe {
            block.write(Block {
                header: Header {
                    first: scale::place_of(lo),
                    spilled,
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

    /// The addresses that a block takes up.
    ///
    /// # Safety
    /// The block is valid.
    #[cfg(test)]
    pub(in crate::cells) unsafe fn addresses(block: NonNull<Block>) -> Range<usize> {
        // SAFETY: the caller's promise.
        let Header { len, spilled, .. } = unsafe { &block.as_ref().header };
        let size = Block::layout(*len, *spilled).map_or(0, |(layout, _)| layout.size());
        let begin = block.as_ptr().addr();
        begin..begin + size
    }

    /// # Safety
    /// Nobody uses the block any more, and it is freed once.
    pub(in crate::cells) unsafe fn free(block: NonNull<Block>) {
        // SAFETY: the caller's promise; the layout is that of `new`, which succeeded with this length.
        unsafe {
            let Header { len, spilled, .. } = (*block.as_ptr()).header;
            if let Some((layout, _)) = Block::layout(len, spilled) {
                page::source().give_block_back(block.cast(), layout);
            }
        }
    }

    /// The buckets and what they carry, nothing unless it has spilled; any thread may read them while one writes.
    ///
    /// # Safety
    /// The block stays valid for `'a`.
    pub(super) unsafe fn buckets<'a>(block: NonNull<Block>) -> (&'a [AtomicU32], &'a [AtomicU64]) {
        // SAFETY: the block is valid, and these are constant.
        let Header { len, spilled, .. } = unsafe { &block.as_ref().header };
        let len = *len;
        // SAFETY: `len` buckets follow the header.
        let buckets = unsafe { std::slice::from_raw_parts(first_bucket(block), len as usize) };
        let carried = match Block::layout(len, true) {
            // SAFETY: in a block that has spilled, as many counts follow where the layout says.
            Some((_, at)) if *spilled => unsafe {
                let first = block.as_ptr().cast::<u8>().add(at).cast::<AtomicU64>();
                std::slice::from_raw_parts(first.cast_const(), len as usize)
            },
            _ => &[],
        };
        (buckets, carried)
    }

    /// What each bucket has counted.
    ///
    /// # Safety
    /// The block stays valid for `'a`.
    pub(super) unsafe fn counts<'a>(
        block: NonNull<Block>,
    ) -> impl ExactSizeIterator<Item = u64> + Clone + 'a {
        // SAFETY: the caller's promise.
        let (buckets, carried) = unsafe { Block::buckets(block) };
        buckets.iter().enumerate().map(|(at, bucket)| {
            let carried = carried.get(at).map_or(0, |carried| carried.load(Relaxed));
            carried + u64::from(bucket.load(Relaxed))
        })
    }

    /// Adds to what the buckets from the place `shift` on have counted. What overflows a bucket of a block that has not
    /// spilled is lost: the caller has seen to it that none does.
    ///
    /// # Safety
    /// The block is valid, and nobody else writes it.
    pub(super) unsafe fn add(
        block: NonNull<Block>,
        shift: usize,
        counts: impl Iterator<Item = u64>,
    ) {
        // SAFETY: the caller's promise.
        let (buckets, carried) = unsafe { Block::buckets(block) };
        for (count, at) in counts.zip(shift..) {
            if let Some(carried) = carried.get(at) {
                bump(carried, count);
            } else if let Some(bucket) = buckets.get(at) {
                let sum = u64::from(bucket.load(Relaxed)) + count;
                bucket.store(u32::try_from(sum).unwrap_or(u32::MAX), Relaxed);
            }
        }
    }

    /// Starts `fresh` where `old` ended.
    ///
    /// # Safety
    /// Both are valid, the window of `fresh` contains that of `old`, it has spilled if `old` has, and nobody else writes
    /// either.
    pub(super) unsafe fn copy(old: NonNull<Block>, fresh: NonNull<Block>) {
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
        unsafe { Block::add(fresh, shift, Block::counts(old)) };
    }
}
