//! Realms: which slabs are read together.
//!
//! Everything that a program records counts in the [`MAIN`] realm. A test may open a realm of its own
//! and move threads into it: they record into fresh slabs that only that realm's readers see. Ids and
//! handles are the same in every realm, so even statics are isolated, at no cost to recording.
//!
//! What belongs to a realm beside its slabs is kept by the collector: the *base* of every run that was
//! handed out before, which is subtracted from its sum.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::page::{CELLS, LINE};

/// Names a realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Realm(pub(crate) u32);

/// Where a program records unless it says otherwise.
pub(crate) const MAIN: Realm = Realm(0);

/// Where an empty slab is, until a thread takes it somewhere.
pub(super) const NOBODY: Realm = Realm(u32::MAX);

/// A realm that nobody used before. They wrap after four billion, by when the first is long closed.
pub(super) fn fresh() -> Realm {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    loop {
        let id = NEXT.fetch_add(1, Relaxed);
        if id != MAIN.0 && id != NOBODY.0 {
            return Realm(id);
        }
    }
}

/// What a realm's cells added up to when their ids were last handed back, by page and place. Pages where nothing was counted
/// have none.
#[derive(Default)]
pub(super) struct Bases {
    pages: Vec<Option<Box<[u64; CELLS]>>>,
}

impl Bases {
    pub(super) fn get(&self, id: u32) -> u64 {
        match self.pages.get(id as usize / CELLS) {
            Some(Some(page)) => page[id as usize % CELLS],
            _ => 0,
        }
    }

    /// Those of a whole page, by its first id, if it has any.
    pub(super) fn of_page(&self, first: u32) -> Option<&[u64; CELLS]> {
        self.pages.get(first as usize / CELLS)?.as_deref()
    }

    /// Those of a wide run, if it has any.
    pub(super) fn of_line(&self, first: u32) -> Option<&[u64; LINE]> {
        let page = self.pages.get(first as usize / CELLS)?.as_ref()?;
        page[first as usize % CELLS..].first_chunk()
    }

    /// Sets those of a run, which never crosses its page.
    pub(super) fn set(&mut self, first: u32, bases: &[u64]) {
        let (page, at) = (first as usize / CELLS, first as usize % CELLS);
        let is_there = self.pages.get(page).is_some_and(Option::is_some);
        if !is_there {
            if bases.iter().all(|base| *base == 0) {
                return;
            }
            if page >= self.pages.len() {
                self.pages.resize_with(page + 1, || None);
            }
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([0; CELLS]));
        page[at..at + bases.len()].copy_from_slice(bases);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_take_no_more_memory_than_the_pages_that_have_some() {
        let mut bases = Bases::default();
        let far = 1_000 * CELLS as u32 + 8;
        bases.set(far, &[0, 0]);
        assert!(bases.pages.is_empty());
        bases.set(far, &[3, 4]);
        assert_eq!(
            [7, 8, 9, 10].map(|at| bases.get(far - 8 + at)),
            [0, 3, 4, 0]
        );
        assert_eq!(bases.pages.iter().flatten().count(), 1);
        bases.set(far, &[0, 5]);
        assert_eq!((bases.get(far), bases.get(far + 1)), (0, 5));
        assert_eq!(bases.get(u32::MAX), 0);
    }
}
