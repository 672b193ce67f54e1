//! Pages of cells, and where they come from.
//!
//! A page is taken from a [`Source`]: the heap, or a memory-mapped file when the program asks
//! for one. The heap source goes to the system allocator directly, never through the program's
//! global allocator: a user's allocator that counts its calls with this library would otherwise
//! re-enter the path that is allocating for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;
use std::sync::OnceLock;
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

/// What the cells of a page are, for whoever keeps pages where others can read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// One thread's counts, or those of threads that are gone.
    Counted,
    /// Values that are set, and counts that had no thread.
    Shared,
}

/// Where the memory of pages and blocks comes from and goes back to, and who hears what becomes of it.
///
/// None of these may use the program's global allocator while it holds a lock: a user's allocator that counts its calls
/// with this library would re-enter it.
///
/// # Safety
/// What `take` and `take_block` give is valid for reads and writes from all threads, zeroed, aligned as they say, and
/// nobody else's, until it is given back; nothing of the source's reads or writes it meanwhile but as atomics.
pub(crate) unsafe trait Source: Sync {
    /// A zeroed page for the cells from `index * CELLS` on, or nothing when memory is exhausted.
    fn take(&self, index: usize, part: Part) -> Option<NonNull<Page>>;

    /// Takes back a page that this source or the heap gave.
    ///
    /// # Safety
    /// `page` came from `take` of this source or of [`Heap`], and nobody reads or writes it any more.
    unsafe fn give_back(&self, page: NonNull<Page>);

    /// Zeroed memory of this layout, whose size is above zero and whose alignment is at most a cache line's 64, for a
    /// distribution's block; nothing when memory is exhausted.
    fn take_block(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Takes such memory back.
    ///
    /// # Safety
    /// As for `give_back`; the layout is the one it was taken with.
    unsafe fn give_block_back(&self, block: NonNull<u8>, layout: Layout);

    /// From here on `bases` are subtracted from what the cells from `first` on add up to.
    fn note_bases(&self, _first: u32, _bases: &[u64]) {}

    /// Whether what gone threads counted may move into other pages.
    fn lets_counts_move(&self) -> bool {
        true
    }

    /// Called around `fork`, with the gate closed.
    fn at_fork(&self, _moment: Fork) {}
}

/// When something is called around `fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fork {
    Before,
    InParent,
    InChild,
}

/// Memory from the system allocator.
pub(crate) struct Heap;

// SAFETY: the system allocator's promises, for zeroed memory of these layouts.
unsafe impl Source for Heap {
    fn take(&self, _index: usize, _part: Part) -> Option<NonNull<Page>> {
        // SAFETY: the layout of `Page` has a size above zero; all-zero bytes are valid atomics.
        NonNull::new(unsafe { System.alloc_zeroed(Layout::new::<Page>()) }.cast())
    }

    unsafe fn give_back(&self, page: NonNull<Page>) {
        // SAFETY: the caller promises that `take` made this page, with the same layout.
        unsafe { System.dealloc(page.as_ptr().cast(), Layout::new::<Page>()) }
    }

    fn take_block(&self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the caller asks for a size above zero.
        NonNull::new(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn give_block_back(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller promises that `take_block` gave it for this layout.
        unsafe { System.dealloc(block.as_ptr(), layout) }
    }
}

static INSTALLED: OnceLock<&'static dyn Source> = OnceLock::new();

/// The source in use.
pub(crate) fn source() -> &'static dyn Source {
    INSTALLED.get().copied().unwrap_or(&Heap)
}

/// Replaces the heap, once, before the first page is taken.
#[cfg(feature = "mapped")]
pub(crate) fn install(source: &'static dyn Source) {
    let _ = INSTALLED.set(source);
}
