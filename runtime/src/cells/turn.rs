//! The collector's turn: one reader at a time.
//!
//! The race: whoever adds cells up over slabs must not meet somebody who moves numbers between slabs,
//! frees an outgrown block or hands an id to a new owner. The cure: there is one [`Turn`] in the
//! process, and only who holds it reads, folds or frees. Snapshots and the tick wait for it; who
//! drops a handle only tries ([`Turn::try_now`]), and leaves the work to whoever has it. Recording
//! never comes here.
//!
//! Nothing that runs user code may happen during a turn: no log line, no closure, no drop of a user's
//! value. Things to be dropped are handed to [`Turn::later`], and come back from [`Turn::end`].
//!
//! What only the collector may touch is wrapped in [`Kept`] and opened with the turn.

use std::any::Any;
use std::cell::{RefCell, UnsafeCell};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::block;
use super::gate;
use super::ids::{self, CellId, PageKind, Width};
use super::page::{self, CELLS, LINE, Page};
use super::realm::{self, Bases, MAIN, Realm};
use super::sample;
use super::slab::{self, BASE, Line, SHARED, Slab, State};
use super::tally::Tally;

static ROLE: Mutex<()> = Mutex::new(());

/// Gone slabs that are left for new threads to adopt; the rest is folded.
const SPARE: usize = 8;

/// The collector's role, held.
pub(crate) struct Turn {
    /// Dropped before the pass: fields go in order.
    _role: MutexGuard<'static, ()>,
    _pass: gate::Pass,
    later: Later,
    /// The slabs of the realm that was read last, in this turn or an earlier one.
    listed: RefCell<Option<Listed>>,
    /// `&Turn` reads what `Kept` wraps, so two threads must not share one.
    _alone: PhantomData<*const ()>,
}

/// Every slab whose numbers count in a realm.
#[derive(Clone)]
struct Listed {
    realm: Realm,
    /// How many slabs had begun to be used when these were listed.
    joined: u64,
    slabs: Rc<[&'static Slab]>,
}

impl Listed {
    fn now(realm: Realm) -> Listed {
        let joined = slab::joined(); // before the list: what joins later is seen to have
        let slabs = slab::all()
            .filter(|slab| slab.realm() == realm.0 && slab.state() != State::Empty as u32)
            .chain([&BASE, &SHARED].into_iter().filter(|_| realm == MAIN))
            .collect();
        Listed {
            realm,
            joined,
            slabs,
        }
    }

    fn is_complete(&self) -> bool {
        self.joined == slab::joined()
    }
}

/// The list that the last turn left for the next: slabs rarely join, and listing them costs more than folding a small
/// instance does.
static LISTED: Kept<Handed> = Kept::new(Handed(None));

struct Handed(Option<Listed>);

// SAFETY: what is in it shares its count with nobody: readers have clones, but none outlives its turn, and the list is here
// only between turns.
unsafe impl Send for Handed {}

/// Runs that were retired in this turn, to be handed back with one lock. Between turns it is empty, and keeps [`ROOM`].
static RETURNED: Kept<Vec<(CellId, Width)>> = Kept::new(Vec::new());

/// For as many as most turns retire; a backlog leaves more.
const ROOM: usize = 256;

/// What was put off until the turn has ended.
#[derive(Default)]
pub(crate) struct Later {
    /// The library's own: it may end other things' lives.
    pub(crate) ours: Vec<Arc<dyn Any + Send + Sync>>,
    /// Users' values: dropping them runs their code.
    pub(crate) users: Vec<Box<dyn Any + Send>>,
}

/// Something that only the collector touches.
pub(crate) struct Kept<T>(UnsafeCell<T>);

// SAFETY: the value is reached only through a `Turn`, of which there is one, on one thread at a time,
// and the role's mutex orders one turn after the other. It may be dropped anywhere, hence `Send`.
unsafe impl<T: Send> Sync for Kept<T> {}

impl<T: Default> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept::new(T::default())
    }
}

impl<T> Kept<T> {
    pub(crate) const fn new(value: T) -> Kept<T> {
        Kept(UnsafeCell::new(value))
    }

    /// Reads it. The turn is borrowed, so that nothing writes a kept value meanwhile.
    pub(crate) fn get<'t>(&'t self, _turn: &'t Turn) -> &'t T {
        // SAFETY: there is one turn, and `get_mut` needs it exclusively.
        unsafe { &*self.0.get() }
    }

    /// Writes it. The turn is borrowed whole, so that this is the only kept value open.
    #[allow(clippy::mut_from_ref)] // the exclusive borrow is the turn's
    pub(crate) fn get_mut<'t>(&'t self, _turn: &'t mut Turn) -> &'t mut T {
        // SAFETY: there is one turn, and it is borrowed exclusively for as long as the result lives.
        unsafe { &mut *self.0.get() }
    }
}

static BASES: Kept<Vec<(Realm, Bases)>> = Kept::new(Vec::new());

impl Turn {
    /// Waits for the turn. Whoever calls this must not hold it already.
    pub(crate) fn wait() -> Turn {
        let pass = gate::enter();
        Turn::begin(pass, ROLE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the turn if nobody has it.
    pub(crate) fn try_now() -> Option<Turn> {
        let pass = gate::enter();
        let role = match ROLE.try_lock() {
            Ok(role) => role,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Turn::begin(pass, role))
    }

    fn begin(pass: gate::Pass, role: MutexGuard<'static, ()>) -> Turn {
        for slab in [&BASE, &SHARED].into_iter().chain(slab::all()) {
            // SAFETY: the turn has just begun and no block pointer has been read in it.
            unsafe { slab.garbage.free() };
        }
        let mut turn = Turn {
            _role: role,
            _pass: pass,
            later: Later::default(),
            listed: RefCell::new(None),
            _alone: PhantomData,
        };
        let handed = LISTED.get_mut(&mut turn).0.take();
        *turn.listed.get_mut() = handed;
        turn
    }

    /// Puts a drop off until the turn has ended.
    pub(crate) fn later(&mut self, dropped: Arc<impl Any + Send + Sync>) {
        self.later.ours.push(dropped);
    }

    /// Puts the drop of a user's value off until the turn has ended.
    pub(crate) fn bury(&mut self, dropped: impl Any + Send) {
        self.later.users.push(Box::new(dropped));
    }

    /// What of the library's own was put off so far.
    pub(crate) fn take_ours(&mut self) -> Vec<Arc<dyn Any + Send + Sync>> {
        std::mem::take(&mut self.later.ours)
    }

    /// Ends the turn; gives what was put off.
    pub(crate) fn end(mut self) -> Later {
        let listed = self.listed.take();
        LISTED.get_mut(&mut self).0 = listed;
        let returned = RETURNED.get_mut(&mut self);
        ids::give_back(returned.drain(..));
        returned.shrink_to(ROOM);
        std::mem::take(&mut self.later)
    }

    /// What reads the cells of one realm.
    pub(crate) fn reader(&self, realm: Realm) -> Reader<'_> {
        let bases = BASES.get(self).iter().find(|(of, _)| *of == realm);
        Reader {
            listed: self.listed(realm),
            bases: bases.map(|(_, bases)| bases),
        }
    }

    /// The slabs of a realm. Most turns read one realm again and again.
    fn listed(&self, realm: Realm) -> Listed {
        let mut listed = self.listed.borrow_mut();
        match &*listed {
            Some(present) if present.realm == realm && present.is_complete() => present.clone(),
            _ => listed.insert(Listed::now(realm)).clone(),
        }
    }

    /// How many realms have numbers.
    pub(crate) fn realms(&self) -> usize {
        1 + OPEN.get(self).len()
    }

    /// One of them: the first is the main one.
    pub(crate) fn realm(&self, at: usize) -> Realm {
        match at.checked_sub(1) {
            None => MAIN,
            Some(at) => OPEN.get(self).get(at).map_or(MAIN, |(realm, _)| *realm),
        }
    }

    /// Opens a realm that nobody used before; `now` is the present on its clock.
    pub(crate) fn open_realm(&mut self, now: u64) -> Realm {
        let realm = realm::fresh();
        OPEN.get_mut(self).push((realm, now));
        realm
    }

    /// When a realm was opened, on its clock; the main one was there from the first.
    pub(crate) fn opened(&self, realm: Realm) -> u64 {
        let mut open = OPEN.get(self).iter();
        open.find(|(of, _)| *of == realm).map_or(0, |(_, at)| *at)
    }

    /// Ends a realm: its numbers are forgotten, its slabs are free for any thread.
    pub(crate) fn close_realm(&mut self, realm: Realm) {
        OPEN.get_mut(self).retain(|(open, _)| *open != realm);
        BASES.get_mut(self).retain(|(of, _)| *of != realm);
        self.empty_ended_realms();
    }

    /// Frees what was left in realms that have ended. Those who stayed in a scope have left it by then; but a guard that
    /// ends after its scope comes back for a moment.
    fn empty_ended_realms(&mut self) {
        let of_an_ended = |turn: &Turn, slab: &Slab| {
            let realm = Realm(slab.realm());
            realm != MAIN && !OPEN.get(turn).iter().any(|(open, _)| *open == realm)
        };
        for slab in slab::all() {
            if slab.state() == State::Gone as u32
                && of_an_ended(self, slab)
                && slab.change(State::Gone, State::Closed)
            {
                self.empty(slab, false);
            }
        }
    }

    /// Folds what threads that are gone left behind, but for a few slabs that new threads will adopt.
    pub(crate) fn fold_gone_threads(&mut self) {
        if !page::source().lets_counts_move() {
            return; // they wait for new threads to adopt them
        }
        self.empty_ended_realms();
        let gone =
            slab::all().filter(|slab| slab.realm() == MAIN.0 && slab.state() == State::Gone as u32);
        let surplus: Vec<_> = gone.skip(SPARE).collect();
        for slab in surplus {
            if slab.realm() == MAIN.0 && slab.change(State::Gone, State::Closed) {
                self.empty(slab, true);
            }
        }
    }

    /// Empties a closed slab, into the base when its numbers count, and frees its pages.
    fn empty(&mut self, slab: &'static Slab, fold: bool) {
        *self.listed.borrow_mut() = None;
        let kinds = ids::page_kinds();
        for (index, entry) in slab.pages() {
            let Some(page) = std::ptr::NonNull::new(entry.load(Acquire)) else {
                continue;
            };
            // SAFETY: the slab is closed, so this turn is the only one to touch it; the page is valid.
            let from = unsafe { page.as_ref() };
            let wide = kinds.get(index) == Some(&PageKind::Wide);
            if fold && !fold_page(from, index, wide) {
                continue; // no memory for the base: the page stays, and is counted where it is
            }
            if !fold && wide {
                for line in from.cells.chunks(LINE) {
                    // SAFETY: a wide page's lines begin with a block pointer; nobody records here.
                    unsafe { block::remove(&line[0]) };
                }
            }
            entry.store(std::ptr::null_mut(), Relaxed);
            // SAFETY: the page came from the source or the heap, and nobody else can reach it any more.
            unsafe { page::source().give_back(page) };
        }
        // SAFETY: the turn frees garbage only at its begin and here, for a slab whose blocks have all
        // just been moved or freed.
        unsafe { slab.garbage.free() };
        if slab.pages().next().is_some() {
            slab.change(State::Closed, State::Gone);
        } else {
            slab.leave_realm();
            slab.change(State::Closed, State::Empty);
        }
    }

    /// Forgets a run whose handles and guards are gone: notes in every realm what its cells add up to, frees its
    /// blocks, and hands the ids back when the turn ends.
    pub(crate) fn retire(&mut self, first: CellId, width: Width) {
        if first.is_none() {
            return;
        }
        for realm in 0..self.realms() {
            let realm = self.realm(realm);
            match width {
                Width::One => self.note_bases::<1>(realm, first.id()),
                Width::Two => self.note_bases::<2>(realm, first.id()),
                Width::Line => {
                    self.remove_blocks(realm, first.id());
                    self.note_bases::<LINE>(realm, first.id());
                }
            }
        }
        RETURNED.get_mut(self).push((first, width));
    }

    /// Frees the blocks of a wide run whose handles and guards are gone.
    fn remove_blocks(&self, realm: Realm, first: u32) {
        for slab in self.listed(realm).slabs.iter() {
            // SAFETY: this is the collector's turn.
            if let Some([pointer]) = unsafe { slab.run(first) } {
                // SAFETY: likewise, and nobody records into the run any more.
                unsafe { block::remove(pointer) };
            }
        }
    }

    /// Notes what the numbers of a run add up to in a realm.
    fn note_bases<const N: usize>(&mut self, realm: Realm, first: u32) {
        let sums: [u64; N] = sums_over(&self.listed(realm).slabs, first);
        let bases = BASES.get_mut(self);
        let place = match bases.iter().position(|(of, _)| *of == realm) {
            Some(place) => place,
            None if sums.iter().all(|sum| *sum == 0) => return,
            None => {
                bases.push((realm, Bases::default()));
                bases.len() - 1
            }
        };
        bases[place].1.set(first, &sums);
        if realm == MAIN {
            page::source().note_bases(first, &sums);
        }
    }
}

/// Realms beside the main one, and when they were opened.
static OPEN: Kept<Vec<(Realm, u64)>> = Kept::new(Vec::new());

/// Adds a gone thread's page to the base. False when there is no memory for it.
fn fold_page(from: &Page, index: usize, wide: bool) -> bool {
    let base = BASE.ensure(index);
    // SAFETY: the base's pages are valid for ever once made.
    let Some(base) = (unsafe { base.as_ref() }) else {
        return false;
    };
    let mut whole = true;
    for (place, (from, to)) in from.cells.iter().zip(&base.cells).enumerate() {
        if wide && place % LINE == 0 {
            // SAFETY: only the collector writes the base, and this is its turn; the thread of `from`
            // is gone, and the slab was closed with Acquire.
            whole &= unsafe { block::absorb(to, &BASE.garbage, from) };
        } else {
            let moved = from.load(Relaxed);
            if moved != 0 {
                sample::bump(to, moved);
                from.store(0, Relaxed); // should a block find no room, the page stays and is read again
            }
        }
    }
    whole
}

/// What the cells of a run add up to.
fn sums_over<const N: usize>(slabs: &[&'static Slab], first: u32) -> [u64; N] {
    let mut sums = [0_u64; N];
    for slab in slabs {
        // SAFETY: pages are freed only within a turn, by code that holds no reader.
        let Some(run) = (unsafe { slab.run::<N>(first) }) else {
            continue;
        };
        for (sum, cell) in sums.iter_mut().zip(run) {
            // Acquire: pairs with the Release of a level's downs and of a guard's outcome; for the rest it costs nothing
            // on x86, and readers are in no hurry elsewhere.
            *sum = sum.wrapping_add(cell.load(Acquire));
        }
    }
    sums
}

/// Adds cells up over the slabs of one realm. It lives within a turn.
pub(crate) struct Reader<'t> {
    listed: Listed,
    bases: Option<&'t Bases>,
}

impl Reader<'_> {
    fn base(&self, id: u32) -> u64 {
        self.bases.map_or(0, |bases| bases.get(id))
    }

    /// A cell's value.
    pub(crate) fn total(&self, cell: CellId) -> u64 {
        let [sum] = sums_over(&self.listed.slabs, cell.id());
        sum.wrapping_sub(self.base(cell.id()))
    }

    /// The values of many cells. Neighbours mostly stand on one page, so what there is of it is looked up once.
    pub(crate) fn totals<'a>(&'a self, cells: &'a [CellId]) -> impl Iterator<Item = u64> + 'a {
        let mut of = None;
        let mut pages: Vec<&[AtomicU64; CELLS]> = Vec::new();
        let mut bases: Option<&[u64; CELLS]> = None;
        cells.iter().map(move |cell| {
            if of.replace(cell.page()) != Some(cell.page()) {
                let first = cell.id() - cell.offset() as u32;
                // SAFETY: this reader lives within a turn, and only turns free pages.
                let there = |slab: &&'static Slab| unsafe { slab.run(first) };
                pages.clear();
                pages.extend(self.listed.slabs.iter().filter_map(there));
                bases = self.bases.and_then(|bases| bases.of_page(first));
            }
            let sum = pages.iter().fold(0_u64, |sum, page| {
                sum.wrapping_add(page[cell.offset()].load(Acquire))
            });
            sum.wrapping_sub(bases.map_or(0, |bases| bases[cell.offset()]))
        })
    }

    /// A cell's sum, by a thread that has just read what was counted after it. What was counted after it may stand
    /// in a listed slab, and it itself in one that has joined since.
    fn sum_before(&self, id: u32) -> u64 {
        let [sum] = if self.listed.is_complete() {
            sums_over(&self.listed.slabs, id)
        } else {
            sums_over(&Listed::now(self.listed.realm).slabs, id)
        };
        sum
    }

    /// An up-and-down pair's value. All downs are read before any ups: whoever counted a thing down
    /// knew of its up, so a level that never is below zero is never seen below zero.
    pub(crate) fn level(&self, up: CellId) -> i64 {
        let (up, down) = (up.id(), up.plus(1));
        let down = self.total(down);
        let up = self.sum_before(up).wrapping_sub(self.base(up));
        up.wrapping_sub(down) as i64
    }

    /// The numbers of a wide run, `[1]` to `[7]`, each as it stands; the last are read before the
    /// first, so that whoever adds to `[1]` before `[2…]` is never seen the other way round.
    pub(crate) fn line(&self, run: CellId) -> [u64; LINE] {
        let mut numbers = self.numbers(run);
        let first = run.id() + 1;
        numbers[1] = self.sum_before(first).wrapping_sub(self.base(first));
        numbers
    }

    /// As [`Reader::line`], in no order: for who does not compare `[1]` with the others.
    pub(crate) fn numbers(&self, run: CellId) -> [u64; LINE] {
        let first = run.id();
        let mut numbers: [u64; LINE] = sums_over(&self.listed.slabs, first);
        numbers[0] = 0; // pointers
        if let Some(bases) = self.bases.and_then(|bases| bases.of_line(first)) {
            for (number, base) in numbers.iter_mut().zip(bases).skip(1) {
                *number = number.wrapping_sub(*base);
            }
        }
        numbers
    }

    /// Adds a wide run's distribution to `tally`.
    pub(crate) fn tally(&self, run: CellId, tally: &mut Tally) {
        for slab in self.listed.slabs.iter() {
            // SAFETY: this reader lives within a turn.
            if let Some([pointer]) = unsafe { slab.run(run.id()) } {
                // SAFETY: in which only outgrown blocks of closed slabs are freed; `run` is a wide run.
                unsafe { block::read(pointer, tally) };
            }
        }
    }
}

// The line type is what a wide run is in memory; `LINE` counts its cells.
const _: () = assert!(size_of::<Line>() == LINE * size_of::<AtomicU64>());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::local;

    #[test]
    fn who_comes_back_to_a_realm_that_has_ended_leaves_nothing_there() {
        let in_turn = |work: &dyn Fn(&mut Turn) -> Realm| {
            let mut turn = Turn::wait();
            let realm = work(&mut turn);
            drop(turn.end());
            realm
        };
        let run = ids::take(Width::Line);
        let realm = in_turn(&|turn| turn.open_realm(0));
        in_turn(&|turn| {
            turn.close_realm(realm);
            realm
        });
        local::in_realm(realm, || local::record(&run, 7_u64, 1, 2));
        let has_slabs = || slab::all().any(|slab| slab.realm() == realm.0);
        assert!(has_slabs());
        in_turn(&|turn| {
            turn.fold_gone_threads();
            realm
        });
        assert!(!has_slabs());
    }
}
