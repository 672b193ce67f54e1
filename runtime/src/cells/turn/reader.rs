//! Adding cells up, over the slabs of a realm.

use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Acquire;

use super::retire::BASES;
use super::{Kept, Turn};
use crate::cells::block;
use crate::cells::ids::CellId;
use crate::cells::page::{CELLS, LINE};
use crate::cells::realm::{Bases, MAIN, Realm};
use crate::cells::slab::{self, BASE, Line, SHARED, Slab, State};
use crate::cells::tally::Tally;

/// Every slab whose numbers count in a realm.
#[derive(Clone)]
pub(super) struct Listed {
    realm: Realm,
    /// How many slabs had begun to be used when these were listed.
    joined: u64,
    pub(super) slabs: Rc<[&'static Slab]>,
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
pub(super) static LISTED: Kept<Handed> = Kept::new(Handed(None));

pub(super) struct Handed(pub(super) Option<Listed>);

// SAFETY: what is in it shares its count with nobody: readers have clones, but none outlives its turn, and the list is here
// only between turns.
unsafe impl Send for Handed {}

impl Turn {
    /// What reads the cells of one realm.
    pub(crate) fn reader(&self, realm: Realm) -> Reader<'_> {
        let bases = BASES.get(self).iter().find(|(of, _)| *of == realm);
        Reader {
            listed: self.listed(realm),
            bases: bases.map(|(_, bases)| bases),
        }
    }

    /// The slabs of a realm. Most turns read one realm again and again.
    pub(super) fn listed(&self, realm: Realm) -> Listed {
        let mut listed = self.listed.borrow_mut();
        match &*listed {
            Some(present) if present.realm == realm && present.is_complete() => present.clone(),
            _ => listed.insert(Listed::now(realm)).clone(),
        }
    }
}

/// What the cells of a run add up to.
pub(super) fn sums_over<const N: usize>(slabs: &[&'static Slab], first: u32) -> [u64; N] {
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
    use crate::cells::ids::{self, Width};
    use crate::cells::local;

    #[test]
    fn many_cells_have_the_values_that_each_has_by_itself_over_pages_threads_and_realms() {
        let in_turn = |work: &mut dyn FnMut(&mut Turn)| {
            let mut turn = Turn::wait();
            work(&mut turn);
            drop(turn.end());
        };
        let count = |cells: &[CellId]| {
            for (cell, n) in cells.iter().zip(1..) {
                local::add(cell, 0, n);
            }
        };
        let take = || (0..3 * CELLS).map(|_| ids::take(Width::One));
        let used: Vec<_> = take().collect();
        let mut realm = MAIN;
        in_turn(&mut |turn| realm = turn.open_realm(0));
        let everywhere = |cells: &[CellId]| {
            count(cells);
            std::thread::scope(|scope| drop(scope.spawn(|| count(cells))));
            local::in_realm(realm, || count(cells));
        };
        everywhere(&used);
        // Those that come back have a base from here on.
        in_turn(&mut |turn| used.iter().for_each(|cell| turn.retire(*cell, Width::One)));
        // Every other one counts nothing; they stand in any order, with some that do not exist.
        let cells: Vec<_> = take().collect();
        let quiet: Vec<_> = cells.iter().copied().step_by(2).collect();
        let mut sought = [cells.clone(), quiet, vec![CellId::NONE; 2]].concat();
        everywhere(&cells.iter().copied().skip(1).step_by(2).collect::<Vec<_>>());
        sought.sort_by_key(|cell| cell.id().wrapping_mul(0x9E37_79B9));
        sought.extend(&cells);
        in_turn(&mut |turn| {
            for (realm, times) in [(MAIN, 2), (realm, 1)] {
                let reader = turn.reader(realm);
                let totals: Vec<_> = reader.totals(&sought).collect();
                let each: Vec<_> = sought.iter().map(|cell| reader.total(*cell)).collect();
                assert_eq!(totals, each);
                let whole = reader.totals(&cells).sum::<u64>();
                let counted = cells.len() as u64 / 2;
                assert_eq!(whole, times * counted * (counted + 1) / 2);
            }
            turn.close_realm(realm);
        });
    }
}
