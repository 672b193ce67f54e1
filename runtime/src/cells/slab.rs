//! Slabs: each thread's directory of pages, and what becomes of it when the thread ends.
//!
//! The directory has two levels and no fixed maximum: the first [`NEAR`] pages stand inline, the rest
//! in buckets of doubling size that are allocated when first needed and never move, so that a reader
//! may walk the directory while its owner extends it. A page's pointer is published with Release and
//! read with Acquire: the page is zeroed before anybody can find it.
//!
//! All slabs are on one list that only grows. A slab is, at any time, in one [`State`]:
//!
//! ```text
//!           adopt (Acquire)                thread ends (Release)
//!   Empty ───────────────────► Owned ───────────────────────────► Gone
//!     ▲                          ▲                                 │ │
//!     │ clear (Release)          └────────── adopt (Acquire) ──────┘ │
//!     └──────────────────────── Closed ◄─────────────────────────────┘ collector (Acquire)
//! ```
//!
//! A new thread adopts a gone thread's slab and goes on counting in it, numbers and all; only what no
//! thread adopts is folded into [`BASE`] by the collector. So memory follows the threads that live.
//! The Release when a thread leaves and the Acquire of whoever comes next hand over every plain store.
//!
//! Two slabs belong to no thread: [`BASE`], which the collector writes, and [`SHARED`], which everybody
//! writes with atomic adds: late and re-entrant records, and all values that are set, not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

use super::garbage::Garbage;
use super::page::{CELLS, Heap, LINE, Page, Part, Source, source};
use super::realm;

/// Pages in the inline part of the directory: 65,536 cells.
pub(super) const NEAR: usize = 256;

/// Buckets behind it: bucket `k` holds `NEAR << k` pages; sixteen reach every id that fits 32 bits.
const FAR: usize = 16;

/// The seven numbers and the block pointer of a wide run.
pub(super) type Line = [AtomicU64; LINE];

/// Who may write a slab; see the module's drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum State {
    Empty = 0,
    Owned = 1,
    Gone = 2,
    Closed = 3,
}

/// One thread's cells.
pub(crate) struct Slab {
    near: [AtomicPtr<Page>; NEAR],
    far: [AtomicPtr<AtomicPtr<Page>>; FAR],
    state: AtomicU32,
    /// Which realm its numbers count in; set while nobody but the setter can own it.
    realm: AtomicU32,
    /// Blocks that were outgrown; the owner pushes, the collector frees.
    pub(super) garbage: Garbage,
    /// The next slab on the list; set before the slab is published, constant after.
    next: AtomicPtr<Slab>,
}

/// Numbers of threads that are gone, written by the collector alone.
pub(super) static BASE: Slab = Slab::new();

/// Numbers that have no thread of their own, written with atomic adds; and values that are set.
pub(super) static SHARED: Slab = Slab::new();

/// The list of all threads' slabs.
static HEAD: AtomicPtr<Slab> = AtomicPtr::new(ptr::null_mut());

impl Slab {
    const fn new() -> Slab {
        Slab {
            near: [const { AtomicPtr::new(ptr::null_mut()) }; NEAR],
            far: [const { AtomicPtr::new(ptr::null_mut()) }; FAR],
            state: AtomicU32::new(State::Owned as u32),
            realm: AtomicU32::new(0),
            garbage: Garbage::new(),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Where the pointer of page `index` stands, if its bucket exists.
    fn entry(&self, index: usize) -> Option<&AtomicPtr<Page>> {
        if let Some(near) = self.near.get(index) {
            return Some(near);
        }
        let bucket = far_bucket(index);
        // Acquire: the bucket was zeroed before it was published.
        let entries = self.far.get(bucket)?.load(Acquire);
        if entries.is_null() {
            return None;
        }
        // SAFETY: a published bucket holds `NEAR << bucket` entries, is never freed or moved, and
        // `far_bucket` chose the one whose range contains `index`.
        Some(unsafe { &*entries.add(index - (NEAR << bucket)) })
    }

    /// The page, or null when it was never touched.
    pub(super) fn page(&self, index: usize) -> *const Page {
        // Acquire pairs with the Release in `ensure`: the page's zeroes are visible.
        self.entry(index)
            .map_or(ptr::null(), |entry| entry.load(Acquire).cast_const())
    }

    /// The cells of a run, if its page was ever touched.
    ///
    /// # Safety
    /// The slab's pages are not freed while the result is used: the caller owns the slab, or has the collector's turn.
    pub(super) unsafe fn run<const N: usize>(&self, first: u32) -> Option<&[AtomicU64; N]> {
        // SAFETY: the caller's promise; a page that is there is valid.
        let page = unsafe { self.page(first as usize / CELLS).as_ref()? };
        page.cells[first as usize % CELLS..].first_chunk()
    }

    /// The page, made if it is not there yet; null when memory is exhausted. Safe for several
    /// threads at once, which the shared slab needs; for a thread's own slab it is the cold path.
    pub(super) fn ensure(&self, index: usize) -> *const Page {
        let Some(entry) = self.ensure_entry(index) else {
            return ptr::null();
        };
        let present = entry.load(Acquire);
        if !present.is_null() {
            return present;
        }
        let taken = match self.part() {
            Some(part) => source().take(index, part),
            None => Heap.take(index, Part::Counted),
        };
        let Some(fresh) = taken else {
            return ptr::null();
        };
        // Release publishes the zeroes; Acquire, because the winner may be another thread's page.
        match entry.compare_exchange(ptr::null_mut(), fresh.as_ptr(), AcqRel, Acquire) {
            Ok(_) => fresh.as_ptr(),
            Err(winner) => {
                // SAFETY: `fresh` came from the source or the heap a moment ago and was never published.
                unsafe { source().give_back(fresh) };
                winner
            }
        }
    }

    /// What its cells are to readers outside; nothing in a test's realm, which they do not see.
    fn part(&self) -> Option<Part> {
        if ptr::eq(self, &SHARED) {
            Some(Part::Shared)
        } else {
            (self.realm() == realm::MAIN.0).then_some(Part::Counted)
        }
    }

    fn ensure_entry(&self, index: usize) -> Option<&AtomicPtr<Page>> {
        if let Some(entry) = self.entry(index) {
            return Some(entry);
        }
        let bucket = far_bucket(index);
        let layout = Layout::array::<AtomicPtr<Page>>(NEAR << bucket).ok()?;
        // SAFETY: the layout's size is above zero; all-zero bytes are null pointers.
        let fresh: *mut AtomicPtr<Page> = unsafe { System.alloc_zeroed(layout) }.cast();
        if fresh.is_null() {
            return None;
        }
        // Release publishes the zeroes, as for pages.
        if self
            .far
            .get(bucket)?
            .compare_exchange(ptr::null_mut(), fresh, AcqRel, Acquire)
            .is_err()
        {
            // SAFETY: allocated above with this layout and never published.
            unsafe { System.dealloc(fresh.cast(), layout) };
        }
        self.entry(index)
    }

    /// Every page that exists, by index.
    pub(super) fn pages(&self) -> impl Iterator<Item = (usize, &AtomicPtr<Page>)> {
        let near = self.near.iter().enumerate();
        let far = self
            .far
            .iter()
            .enumerate()
            .filter_map(|(bucket, entries)| {
                let entries = entries.load(Acquire);
                // SAFETY: as in `entry`: a published bucket of `NEAR << bucket` entries lives for ever.
                (!entries.is_null()).then(|| unsafe {
                    (
                        bucket,
                        std::slice::from_raw_parts(entries.cast_const(), NEAR << bucket),
                    )
                })
            })
            .flat_map(|(bucket, entries)| {
                let first = NEAR << bucket;
                entries
                    .iter()
                    .enumerate()
                    .map(move |(k, entry)| (first + k, entry))
            });
        near.chain(far)
            .filter(|(_, entry)| !entry.load(Relaxed).is_null())
    }

    /// Copies the inline directory, for a thread that takes this slab over.
    pub(super) fn near_pages(&self) -> impl Iterator<Item = *const Page> {
        // Acquire: the pages may have been made by the thread that owned this slab before.
        self.near
            .iter()
            .map(|entry| entry.load(Acquire).cast_const())
    }

    pub(super) fn realm(&self) -> u32 {
        self.realm.load(Acquire)
    }

    /// Makes it no realm's; the caller has closed it.
    pub(super) fn leave_realm(&self) {
        self.realm.store(realm::NOBODY.0, Release);
    }

    pub(super) fn state(&self) -> u32 {
        // Acquire: see `move_to`.
        self.state.load(Acquire)
    }

    /// One arrow of the module's drawing; false when the slab is not in `from`.
    pub(super) fn change(&self, from: State, to: State) -> bool {
        // AcqRel: whoever takes a slab over sees all that its last writer stored, and whoever lets go
        // of it hands that on.
        self.state
            .compare_exchange(from as u32, to as u32, AcqRel, Relaxed)
            .is_ok()
    }
}

/// The bucket behind the inline directory that page `index` (at least [`NEAR`]) is in.
fn far_bucket(index: usize) -> usize {
    (index.ilog2() - NEAR.ilog2()) as usize
}

/// All threads' slabs, in any state.
pub(super) fn all() -> impl Iterator<Item = &'static Slab> {
    // Acquire pairs with the Release in `push`: a slab found here is complete.
    // SAFETY: slabs on the list are never freed.
    let mut next = unsafe { HEAD.load(Acquire).as_ref() };
    std::iter::from_fn(move || {
        let slab = next?;
        // SAFETY: as above; `next` is constant once a slab is on the list.
        next = unsafe { slab.next.load(Relaxed).as_ref() };
        Some(slab)
    })
}

/// A slab for a thread that begins to record in `realm`: one that a gone thread of the same realm left,
/// else an empty one, else a new one. Nothing when memory is exhausted.
pub(super) fn adopt(realm: u32) -> Option<&'static Slab> {
    for slab in all() {
        if slab.state() == State::Gone as u32
            && slab.realm() == realm
            && slab.change(State::Gone, State::Owned)
        {
            // The realm may have ended and the slab passed on between the look and the change.
            if slab.realm() == realm {
                return Some(slab);
            }
            slab.change(State::Owned, State::Gone);
        }
    }
    for slab in all() {
        if slab.state() == State::Empty as u32 && slab.change(State::Empty, State::Owned) {
            // Until here it was nobody's, so no reader took its numbers for its former realm's.
            slab.realm.store(realm, Release);
            JOINED.fetch_add(1, Release);
            return Some(slab);
        }
    }
    // SAFETY: the layout's size is above zero.
    let memory: *mut Slab = unsafe { System.alloc(Layout::new::<Slab>()) }.cast();
    let fresh = NonNull::new(memory)?;
    // SAFETY: freshly allocated with `Slab`'s layout, and leaked: slabs are never freed.
    let slab: &'static Slab = unsafe {
        fresh.write(Slab::new());
        fresh.as_ref()
    };
    slab.realm.store(realm, Relaxed);
    let mut head = HEAD.load(Relaxed);
    loop {
        slab.next.store(head, Relaxed);
        // Release: the slab's contents, its link and its realm come before its publication.
        match HEAD.compare_exchange_weak(head, fresh.as_ptr(), Release, Relaxed) {
            Ok(_) => {
                JOINED.fetch_add(1, Release);
                return Some(slab);
            }
            Err(now) => head = now,
        }
    }
}

/// In a child of `fork`: every slab whose thread the child does not have is given up.
pub(super) fn orphan_all_but(is_own: impl Fn(&Slab) -> bool) {
    for slab in all() {
        if !is_own(slab) {
            slab.change(State::Owned, State::Gone);
        }
    }
}

/// Counts slabs that begin to be used: a reader that has listed the slabs finds out whether there are more.
static JOINED: AtomicU64 = AtomicU64::new(0);

/// How many slabs have begun to be used.
pub(super) fn joined() -> u64 {
    // Acquire: whoever sees the count sees the slab on the list.
    JOINED.load(Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(
        miri,
        ignore = "as many directories as there may be take an interpreter too long"
    )]
    fn the_directory_reaches_every_id() {
        let slab = Slab::new();
        for index in [0, 255, 256, 511, 512, 70_000, (1 << 24) - 1] {
            assert!(slab.page(index).is_null());
            let made = slab.ensure(index);
            assert!(!made.is_null());
            assert_eq!(slab.page(index), made);
            assert_eq!(slab.ensure(index), made);
        }
        assert_eq!(slab.pages().count(), 7);
        let id = 70_000 * CELLS as u32 + 9;
        // SAFETY: the slab is this test's own.
        let run = unsafe { slab.run::<1>(id) };
        assert_eq!(run.map(|[cell]| cell.load(Relaxed)), Some(0));
    }

    #[test]
    fn a_slab_is_adopted_by_its_own_realm_only() {
        let realm = 0xdead_0001;
        let first = adopt(realm).unwrap();
        assert!(first.change(State::Owned, State::Gone));
        assert!(!ptr::eq(adopt(0xdead_0002).unwrap(), first));
        assert!(ptr::eq(adopt(realm).unwrap(), first));
    }
}
