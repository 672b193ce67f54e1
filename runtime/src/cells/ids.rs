//! Which cells exist: ids handed out and taken back.
//!
//! Ids come in runs: one cell (a counter), two (up and down), or a whole line of eight (a
//! distribution and what stands beside it). A run never crosses a page. Pages are of two kinds, so
//! that somebody who knows only a page, and not the stats on it, can still fold or free it: in a
//! *narrow* page every cell is a number; in a *wide* page every eighth cell is the pointer of a
//! distribution's block ([`super::block`]).
//!
//! A run that comes back is handed out again as it is, without touching any thread's memory: the
//! collector has noted what its cells added up to ([`super::realm`]), and that base is subtracted
//! from then on.
//!
//! Page 0 is never handed out. Its directory entry stays null for ever, so that [`CellId::NONE`], and
//! every id too large for the inline directory, takes the same cold branch as a page not yet touched.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::gate;
use super::page::{CELLS, LINE};

/// The first cell of a run.
///
/// It carries its place in the inline directory beside the id, so that the recording path needs no
/// range check: an id beyond the inline directory points to page 0, which is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellId {
    id: u32,
    /// Its page in the inline directory, and its place there: two bytes, because loading them apart is less work than
    /// taking them apart.
    page: u8,
    offset: u8,
    _always: Always,
}

/// A byte of which there is one value: the others tell the variants of an enum apart that has an id in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Always {
    Zero,
}

impl CellId {
    /// No cell: what is recorded here is dropped. Handed out only when ids have run out.
    pub(crate) const NONE: CellId = CellId {
        id: 0,
        page: 0,
        offset: 0,
        _always: Always::Zero,
    };

    pub(super) fn new(id: u32) -> CellId {
        let page = if id < 1 << 16 { id / CELLS as u32 } else { 0 };
        CellId {
            id,
            page: page as u8,
            offset: (id % CELLS as u32) as u8,
            _always: Always::Zero,
        }
    }

    /// The cell `offset` further on in the same run.
    #[inline(always)]
    pub(crate) fn plus(self, offset: u8) -> CellId {
        CellId {
            id: self.id + u32::from(offset),
            offset: self.offset + offset,
            ..self
        }
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn is_none(self) -> bool {
        self.id < CELLS as u32
    }

    /// Its page in the inline directory; page 0 when it lies beyond.
    #[inline(always)]
    pub(super) fn near_page(&self) -> usize {
        usize::from(self.page)
    }

    /// Its place within its page.
    #[inline(always)]
    pub(super) fn offset(&self) -> usize {
        usize::from(self.offset)
    }

    /// Its page, wherever that is.
    pub(super) fn page(self) -> usize {
        (self.id / CELLS as u32) as usize
    }
}

/// How many cells a stat needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// A number.
    One,
    /// Two numbers that are read in an order.
    Two,
    /// A distribution's block and seven numbers.
    Line,
}

#[cfg(test)]
impl Width {
    pub(crate) fn cells(self) -> usize {
        match self {
            Width::One => 1,
            Width::Two => 2,
            Width::Line => LINE,
        }
    }
}

/// What the cells of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    Narrow,
    Wide,
}

struct Ids {
    /// What each page is, from page 0.
    pages: Vec<PageKind>,
    /// The next unused cell of the newest narrow and wide page; a multiple of the page size when full.
    narrow: u32,
    wide: u32,
    free_one: Vec<u32>,
    free_two: Vec<u32>,
    free_line: Vec<u32>,
}

static IDS: Mutex<Ids> = Mutex::new(Ids {
    pages: Vec::new(),
    narrow: 0,
    wide: 0,
    free_one: Vec::new(),
    free_two: Vec::new(),
    free_line: Vec::new(),
});

fn lock() -> MutexGuard<'static, Ids> {
    // Nothing below panics, so a poisoned lock cannot hide a half-done change.
    IDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands out a run. [`CellId::NONE`] when all four billion ids are in use.
pub(crate) fn take(width: Width) -> CellId {
    let _pass = gate::enter();
    lock().take(width).map_or(CellId::NONE, CellId::new)
}

/// Runs that were taken with one lock, for stats that are about to be made; what none of them takes is given back.
#[derive(Default)]
pub(crate) struct Reserve {
    runs: [Cell<Option<(CellId, Width)>>; Reserve::ROOM],
}

impl Reserve {
    /// For as many stats as most inits make.
    const ROOM: usize = 8;

    /// A run for each of these stats that needs one.
    pub(crate) fn of(widths: impl Iterator<Item = Option<Width>>) -> Reserve {
        let reserve = Reserve::default();
        let _pass = gate::enter();
        let mut ids = lock();
        for (place, width) in reserve.runs.iter().zip(widths) {
            let run = width.and_then(|width| Some((CellId::new(ids.take(width)?), width)));
            place.set(run);
        }
        reserve
    }

    /// The run of the stat at `index`, if it is of this width and was not taken.
    pub(crate) fn take(&self, index: usize, width: Width) -> Option<CellId> {
        let place = self.runs.get(index)?;
        let (run, _) = place.get().filter(|(_, reserved)| *reserved == width)?;
        place.set(None);
        Some(run)
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // Nobody has recorded into them, so their bases stand.
        give_back(self.runs.iter().filter_map(Cell::take));
    }
}

/// Takes back runs whose handles and guards are all gone and whose bases have been noted.
pub(super) fn give_back(runs: impl Iterator<Item = (CellId, Width)>) {
    let mut runs = runs.peekable();
    if runs.peek().is_none() {
        return;
    }
    let _pass = gate::enter();
    let mut ids = lock();
    runs.for_each(|(first, width)| match width {
        Width::One => ids.free_one.push(first.id),
        Width::Two => ids.free_two.push(first.id),
        Width::Line => ids.free_line.push(first.id),
    });
}

/// What each page is, from page 0.
pub(super) fn page_kinds() -> Vec<PageKind> {
    let _pass = gate::enter();
    lock().pages.clone()
}

impl Ids {
    fn take(&mut self, width: Width) -> Option<u32> {
        match width {
            Width::One => match self.free_one.pop() {
                Some(id) => Some(id),
                None => self.bump(PageKind::Narrow, 1),
            },
            Width::Two => match self.free_two.pop() {
                Some(id) => Some(id),
                None => {
                    if self.narrow % 2 == 1 {
                        // An odd place would let a pair cross into the next page.
                        let odd = self.bump(PageKind::Narrow, 1)?;
                        self.free_one.push(odd);
                    }
                    self.bump(PageKind::Narrow, 2)
                }
            },
            Width::Line => match self.free_line.pop() {
                Some(id) => Some(id),
                None => self.bump(PageKind::Wide, LINE as u32),
            },
        }
    }

    fn bump(&mut self, kind: PageKind, cells: u32) -> Option<u32> {
        let next = match kind {
            PageKind::Narrow => self.narrow,
            PageKind::Wide => self.wide,
        };
        let id = if next % CELLS as u32 == 0 {
            self.open_page(kind)?
        } else {
            next
        };
        match kind {
            PageKind::Narrow => self.narrow = id.wrapping_add(cells),
            PageKind::Wide => self.wide = id.wrapping_add(cells),
        }
        Some(id)
    }

    fn open_page(&mut self, kind: PageKind) -> Option<u32> {
        if self.pages.is_empty() {
            self.pages.push(PageKind::Narrow); // page 0, which nobody gets
        }
        let page = u32::try_from(self.pages.len()).ok()?;
        let first = page.checked_mul(CELLS as u32)?;
        self.pages.push(kind);
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::effort::times;

    fn empty() -> Ids {
        Ids {
            pages: Vec::new(),
            narrow: 0,
            wide: 0,
            free_one: Vec::new(),
            free_two: Vec::new(),
            free_line: Vec::new(),
        }
    }

    #[test]
    fn no_run_crosses_a_page_or_meets_another() {
        let mut ids = empty();
        let mut seen = std::collections::HashSet::new();
        for n in 0..times(5000) {
            let width = [Width::One, Width::Line, Width::Two, Width::One][n % 4];
            let first = ids.take(width).unwrap();
            let last = first + width.cells() as u32 - 1;
            assert!(first >= CELLS as u32, "page 0 stays absent");
            assert_eq!(first / CELLS as u32, last / CELLS as u32);
            let kind = ids.pages[(first / CELLS as u32) as usize];
            assert_eq!(kind == PageKind::Wide, width == Width::Line);
            if width == Width::Line {
                assert_eq!(first % LINE as u32, 0);
            }
            for id in first..=last {
                assert!(seen.insert(id), "{id} handed out twice");
            }
        }
    }

    #[test]
    fn ids_that_come_back_are_handed_out_again() {
        let mut ids = empty();
        let first = ids.take(Width::Line).unwrap();
        ids.free_line.push(first);
        assert_eq!(ids.take(Width::Line), Some(first));
    }

    #[test]
    #[cfg_attr(
        miri,
        ignore = "as many pages as there are ids take an interpreter too long"
    )]
    fn ids_end_with_nothing_rather_than_wrapping() {
        let mut ids = empty();
        ids.pages = vec![PageKind::Narrow; 1 << 24];
        assert_eq!(ids.take(Width::One), None);
    }

    #[test]
    fn an_id_beyond_the_inline_directory_points_at_the_absent_page() {
        let near = CellId::new(0xffff);
        assert_eq!((near.near_page(), near.offset()), (255, 255));
        let far = CellId::new(0x1_0010);
        assert_eq!((far.near_page(), far.offset(), far.page()), (0, 16, 256));
        assert_eq!(far.plus(3).id(), 0x1_0013);
    }
}
