//! Pages of cells, and where they come from.
//!
//! A page is taken from a [`Source`]: the heap today, a memory-mapped file when the program asks
//! for one. The heap source goes to the system allocator directly, never through the program's
//! global allocator: a user's allocator that counts its calls with this library would otherwise
//! re-enter the path that is allocating for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// Cells in one page: 2 KiB, so that a thread that touches one stat pays for little more.
pub(crate) const CELLS: usize = 256;

/// Cells in a wide run: one cache line.
pub(crate) const LINE: usize = 8;

/// A run of cells. Aligned to two cache lines, because processors prefetch lines in pairs and two
/// threads' pages must share neither.
#[repr(C, align(128))]
pub(crate) struct Page {
    pub(crate) cells: [AtomicU64; CELLS],
}

/// Where pages come from and go back to.
pub(crate) trait Source: Sync {
    /// A zeroed page, or nothing when memory is exhausted.
    fn take(&self) -> Option<NonNull<Page>>;

    /// Takes back a page that this source gave.
    ///
    /// # Safety
    /// `page` came from `take` of this source and nobody reads or writes it any more.
    unsafe fn give_back(&self, page: NonNull<Page>);
}

/// Pages from the system allocator.
pub(crate) struct Heap;

impl Source for Heap {
    fn take(&self) -> Option<NonNull<Page>> {
        // SAFETY: the layout of `Page` has a size above zero; all-zero bytes are valid atomics.
        NonNull::new(unsafe { System.alloc_zeroed(Layout::new::<Page>()) }.cast())
    }

    unsafe fn give_back(&self, page: NonNull<Page>) {
        // SAFETY: the caller promises that `take` made this page, with the same layout.
        unsafe { System.dealloc(page.as_ptr().cast(), Layout::new::<Page>()) }
    }
}

/// The source in use. A file-backed source replaces this before the first page is taken.
pub(crate) static SOURCE: &dyn Source = &Heap;
