//! Recording: from a cell's id to this thread's cell, and one store.
//!
//! The inline directory stands in a thread-local without a destructor and without lazy
//! initialisation, so the hot path is: load the page's pointer, test it, add. A null pointer covers every
//! rare case with the one branch: the page was never touched, the id lies beyond the inline
//! directory, the thread has no slab yet, or it has none any more.
//!
//! A thread's end: the destructor of [`OWNED`] clears the inline directory and gives the slab up.
//! What is recorded after that (by destructors of other thread-locals), or while this module is itself at
//! work on this thread (by a signal-free re-entry, such as an allocator that counts), goes to the shared
//! slab with atomic adds. Recording is not safe in a signal handler: the handler could interrupt
//! the owner between its load and its store.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{self, Relaxed, Release};
use std::sync::{Mutex, PoisonError};

use super::block;
use super::gate;
use super::ids::CellId;
use super::page::{CELLS, Page};
use super::realm::{MAIN, Realm};
use super::sample::{Sample, bump};
use super::slab::{self, Line, NEAR, SHARED, Slab, State};
use super::stays::{Stay, Stays};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing was recorded yet.
    Fresh,
    /// The thread owns a slab.
    Live,
    /// This module is at work on this thread.
    Busy,
    /// The thread is ending and has given its slab up.
    Gone,
}

struct Local {
    pages: [Cell<*const Page>; NEAR],
    slab: Cell<*const Slab>,
    phase: Cell<Phase>,
    /// The realm that the slab counts in; the main one while there is none.
    realm: Cell<Realm>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            pages: [const { Cell::new(ptr::null()) }; NEAR],
            slab: Cell::new(ptr::null()),
            phase: Cell::new(Phase::Fresh),
            realm: Cell::new(MAIN),
        }
    };

    /// Its destructor is how a thread's end is noticed.
    static OWNED: Owned = const {
        Owned {
            main: Cell::new(None),
            stays: RefCell::new(Stays::new()),
        }
    };
}

/// The slabs that a thread owns: one that it records into unless a test says otherwise, and one for each realm
/// that it is in.
struct Owned {
    main: Cell<Option<&'static Slab>>,
    /// The innermost is the one recorded into.
    stays: RefCell<Stays<&'static Slab>>,
}

impl Owned {
    fn current(&self) -> Option<&'static Slab> {
        let innermost = self.stays.borrow().innermost().copied();
        innermost.or(self.main.get())
    }

    fn has(&self, slab: &Slab) -> bool {
        let is_it = |own: &&'static Slab| ptr::eq(*own, slab);
        self.main.get().iter().any(is_it) || self.stays.borrow().iter().any(is_it)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let local = here();
        local.phase.set(Phase::Gone);
        local.forget_pages();
        let main = self.main.take();
        for slab in self.stays.get_mut().leave_all().chain(main) {
            slab.change(State::Owned, State::Gone);
        }
    }
}

/// This thread's part.
#[inline(always)]
fn here<'a>() -> &'a Local {
    // The smallest possible closure, so that every compiler setting inlines it.
    let local = LOCAL.try_with(ptr::from_ref).unwrap_or(ptr::null());
    // SAFETY: a thread-local without destructor and without lazy initialisation is there from the thread's
    // begin to its end, so `try_with` never fails; the reference stays on this thread, because `Local`
    // is not `Sync`, and no caller keeps it.
    unsafe { &*local }
}

/// Where a record goes: this thread's own cell, or one that all threads share.
enum Target {
    Own(*const Page, &'static Slab),
    Shared(*const Page),
    /// There is no memory, or no such cell: the record is dropped.
    Nowhere,
}

impl Local {
    /// The page of `cell` if it is this thread's and in the inline directory.
    #[inline(always)]
    fn page(&self, cell: &CellId) -> *const Page {
        self.pages[cell.near_page()].get()
    }

    /// Everything that [`Local::page`] does not cover.
    #[cold]
    #[inline(never)]
    fn find(&self, cell: CellId) -> Target {
        if cell.is_none() {
            return Target::Nowhere;
        }
        match self.phase.get() {
            Phase::Live => {}
            Phase::Fresh => self.begin(),
            Phase::Busy | Phase::Gone => return shared(cell),
        }
        // SAFETY: slabs are never freed; a non-null one here is this thread's own.
        let Some(slab) = (unsafe { self.slab.get().as_ref() }) else {
            return shared(cell);
        };
        let index = cell.page();
        let mut page = slab.page(index);
        if page.is_null() {
            self.phase.set(Phase::Busy);
            page = slab.ensure(index);
            self.phase.set(Phase::Live);
            if page.is_null() {
                return Target::Nowhere;
            }
        }
        if let Some(near) = self.pages.get(index) {
            near.set(page);
        }
        Target::Own(page, slab)
    }

    /// Whether what the inline directory does not have goes to the shared slab.
    fn records_late(&self) -> bool {
        matches!(self.phase.get(), Phase::Busy | Phase::Gone)
    }

    /// Gives a thread its slab, and arranges for its end to be noticed.
    fn begin(&self) {
        self.phase.set(Phase::Busy);
        let adopted = OWNED.try_with(|owned| {
            let slab = slab::adopt(MAIN.0);
            owned.main.set(slab);
            slab
        });
        match adopted {
            Ok(Some(slab)) => self.record_into(Some(slab)),
            Ok(None) => self.phase.set(Phase::Fresh), // no memory now; the next record tries again
            // The thread's destructors have run: there is no end left to notice.
            Err(_) => self.phase.set(Phase::Gone),
        }
    }

    /// From here on this thread records into `slab`; with none, into one that the next record adopts.
    fn record_into(&self, slab: Option<&'static Slab>) {
        match slab {
            Some(slab) => {
                self.slab.set(slab);
                self.realm.set(Realm(slab.realm()));
                for (here, page) in self.pages.iter().zip(slab.near_pages()) {
                    here.set(page);
                }
                self.phase.set(Phase::Live);
            }
            None => {
                self.forget_pages();
                self.phase.set(Phase::Fresh);
            }
        }
    }

    fn forget_pages(&self) {
        self.slab.set(ptr::null());
        self.realm.set(MAIN);
        for page in &self.pages {
            page.set(ptr::null());
        }
    }
}

fn shared(cell: CellId) -> Target {
    let page = SHARED.ensure(cell.page());
    if page.is_null() {
        Target::Nowhere
    } else {
        Target::Shared(page)
    }
}

/// A cell of a page.
///
/// # Safety
/// `page` is not null and valid: this thread's own, or the shared slab's. `offset` is that of a run, and at most its width
/// further on: runs never cross a page.
#[inline(always)]
unsafe fn cell_at<'a>(page: *const Page, offset: usize) -> &'a AtomicU64 {
    debug_assert!(offset < CELLS);
    // SAFETY: the caller's promise.
    unsafe { (*page).cells.get_unchecked(offset) }
}

/// The wide run at `id`'s place in a page.
///
/// # Safety
/// As for [`cell_at`]; and `cell` is the first of a wide run, which never crosses its page.
#[inline(always)]
unsafe fn line_at<'a>(page: *const Page, cell: &CellId) -> &'a Line {
    // SAFETY: the caller's promise.
    unsafe {
        &*(&raw const (*page).cells)
            .cast::<AtomicU64>()
            .add(cell.offset())
            .cast::<Line>()
    }
}

/// Adds to the cell that stands `at` so many further on in a run.
// Ids come by reference, and the cold paths take the bare number: a `CellId` as an argument travels in one register, and the
// hot path would have to take it apart.
#[inline(always)]
pub(crate) fn add(run: &CellId, at: usize, n: u64) {
    add_ordered(run, at, n, Relaxed);
}

/// Likewise; whoever reads it with Acquire sees all that this thread did before. For the *down*
/// of a level, whose *up* must not be missed.
#[inline(always)]
pub(crate) fn add_last(run: &CellId, at: usize, n: u64) {
    add_ordered(run, at, n, Release);
}

#[inline(always)]
fn add_ordered(run: &CellId, at: usize, n: u64, ordering: Ordering) {
    let local = here();
    let page = local.page(run);
    if page.is_null() {
        return add_elsewhere(local, run.id() + at as u32, n);
    }
    // SAFETY: a page in the inline directory belongs to this thread's slab, which it owns.
    let own = unsafe { cell_at(page, run.offset() + at) };
    own.store(own.load(Relaxed).wrapping_add(n), ordering);
}

#[cold]
#[inline(never)]
fn add_elsewhere(local: &Local, id: u32, n: u64) {
    let cell = CellId::new(id);
    match local.find(cell) {
        // Release serves both kinds of add.
        // SAFETY: `find` gives a valid page: this thread's own …
        Target::Own(page, _) => unsafe {
            let own = cell_at(page, cell.offset());
            own.store(own.load(Relaxed).wrapping_add(n), Release);
        },
        // SAFETY: … or the shared slab's, whose pages are never freed.
        Target::Shared(page) => unsafe {
            cell_at(page, cell.offset()).fetch_add(n, Release);
        },
        Target::Nowhere => {}
    }
}

/// Guards of the shared slab's blocks: several threads may be late at once.
static LATE: Mutex<()> = Mutex::new(());

/// Records a sample into the distribution of a wide run, adds to the run's number `first`, and then, as the
/// last store, to its number `last`. Either may be 0 for none.
///
/// The one call in it is the last thing it does, so it is small enough to be inlined wherever a stat records.
#[inline(always)]
pub(crate) fn record(run: &CellId, sample: impl Sample, first: usize, last: usize) {
    let local = here();
    let page = local.page(run);
    if page.is_null() {
        return record_rarely(local, run.id(), sample, first, last);
    }
    // SAFETY: the page is this thread's own; `run` is a wide run.
    let line = unsafe { line_at(page, run) };
    // SAFETY: the line is this thread's own, so this thread is the pointer's one writer.
    if !unsafe { block::record(&line[0], sample) } {
        return record_rarely(local, run.id(), sample, first, last);
    }
    count_own(line, first, last);
}

#[inline(always)]
fn count_own(line: &Line, first: usize, last: usize) {
    if first != 0 {
        bump(&line[first], 1);
    }
    if last != 0 {
        // Release: whoever reads this number with Acquire finds the sample recorded. It is what lets
        // the collector free the run of a stat that only a guard was still using.
        line[last].store(line[last].load(Relaxed).wrapping_add(1), Release);
    }
}

/// Everything that [`record`] does not cover.
#[cold]
#[inline(never)]
fn record_rarely(local: &Local, id: u32, sample: impl Sample, first: usize, last: usize) {
    let run = CellId::new(id);
    match local.find(run) {
        Target::Own(page, slab) => {
            // SAFETY: `find` gives a valid page of this thread's own slab.
            let line = unsafe { line_at(page, &run) };
            // SAFETY: the line is this thread's own, so this thread is the pointer's one writer.
            unsafe { block::record_rare(&line[0], &slab.garbage, sample) };
            count_own(line, first, last);
        }
        Target::Shared(page) => {
            let _pass = gate::enter();
            // SAFETY: the shared slab's pages are never freed.
            let line = unsafe { line_at(page, &run) };
            {
                let _one = LATE.lock().unwrap_or_else(PoisonError::into_inner);
                // SAFETY: whoever holds `LATE` is the one writer of the shared slab's blocks.
                unsafe { block::record_rare(&line[0], &SHARED.garbage, sample) };
            }
            if first != 0 {
                line[first].fetch_add(1, Relaxed);
            }
            if last != 0 {
                line[last].fetch_add(1, Release); // as in `count_own`
            }
        }
        Target::Nowhere => {}
    }
}

/// The one cell of a value that is set, not counted: it stands in the shared slab, and so in the page
/// files too. Nothing when memory is exhausted.
pub(crate) fn set_cell(cell: CellId) -> Option<&'static AtomicU64> {
    if cell.is_none() {
        return None;
    }
    let page = SHARED.ensure(cell.page());
    // SAFETY: the shared slab's pages are never freed.
    (!page.is_null()).then(|| unsafe { cell_at(page, cell.offset()) })
}

/// The realm that this thread records in.
#[inline(always)]
pub(crate) fn realm() -> Realm {
    here().realm.get()
}

/// Records as if this thread were in `realm`: for a guard that ends elsewhere than it began.
#[cold]
#[inline(never)]
pub(crate) fn in_realm(realm: Realm, record: impl FnOnce()) {
    match enter(realm) {
        Some(stay) => {
            record();
            leave(stay);
        }
        // The shared slab is the main realm's.
        None if realm == MAIN && here().records_late() => record(),
        // It counts nowhere rather than in another realm, where the end of what never began would pin it for ever.
        None => {}
    }
}

/// Whether this thread owns a slab, in any realm.
pub(super) fn owns(slab: &Slab) -> bool {
    OWNED.try_with(|owned| owned.has(slab)).unwrap_or(false)
}

/// From here on this thread records into a slab of `realm`. Nothing when the thread is ending.
pub(crate) fn enter(realm: Realm) -> Option<Stay> {
    let local = here();
    if local.records_late() {
        return None;
    }
    let before = local.phase.replace(Phase::Busy);
    let entered = OWNED.try_with(|owned| {
        let slab = slab::adopt(realm.0)?;
        Some((owned.stays.borrow_mut().enter(slab), slab))
    });
    match entered {
        Ok(Some((stay, slab))) => {
            local.record_into(Some(slab));
            Some(stay)
        }
        _ => {
            local.phase.set(before);
            None
        }
    }
}

/// Ends a stay, on the thread that began it. The innermost that has not ended is the one recorded into.
pub(crate) fn leave(stay: Stay) {
    let local = here();
    // Once the thread's destructors have run, its slabs are given up already.
    let _ = OWNED.try_with(|owned| {
        let left = owned.stays.borrow_mut().leave(stay);
        if let Some(left) = left {
            local.record_into(owned.current());
            left.change(State::Owned, State::Gone);
        }
    });
}
