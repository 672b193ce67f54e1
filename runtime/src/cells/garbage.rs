//! Outgrown blocks, from the thread that outgrew them to the collector that frees them.

use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::block::Block;

/// A slab's outgrown blocks; the slab's writer adds, the collector frees.
pub(super) struct Garbage {
    head: AtomicPtr<Block>,
}

impl Garbage {
    pub(super) const fn new() -> Garbage {
        Garbage {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Hands an outgrown block to the collector. Called by the slab's writer after the block's successor was
    /// published, so that whoever finds the block here finds the successor there.
    pub(super) fn add(&self, block: NonNull<Block>) {
        let mut head = self.head.load(Relaxed);
        loop {
            // SAFETY: the block was outgrown by this slab's one writer, who is the caller; the collector cannot
            // free it before it is on the list.
            unsafe { (*block.as_ptr()).next.store(head, Relaxed) };
            // Release: the link, and the publication of the successor, come before this.
            match self
                .head
                .compare_exchange_weak(head, block.as_ptr(), Release, Relaxed)
            {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Frees what was added.
    ///
    /// # Safety
    /// The caller has the collector's turn and holds no block pointer that it read before this call.
    pub(super) unsafe fn free(&self) {
        if self.head.load(Relaxed).is_null() {
            return; // nearly always; the swap would be an atomic read-modify-write a slab and turn
        }
        // Acquire pairs with `add`: a block pointer read from a cell after this is a successor.
        let mut block = self.head.swap(ptr::null_mut(), Acquire);
        while let Some(outgrown) = NonNull::new(block) {
            // SAFETY: it was taken off the list whole, so it is freed once; its writer dropped it for its
            // successor, and readers read block pointers only within a turn, after this.
            unsafe {
                block = (*outgrown.as_ptr()).next.load(Relaxed);
                Block::free(outgrown);
            }
        }
    }
}
