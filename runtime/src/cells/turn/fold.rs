//! What threads that are gone left behind: moved into the base, so that memory follows the threads alive.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::Turn;
use crate::cells::ids::{self, PageKind};
use crate::cells::page::{self, LINE, Page};
use crate::cells::realm::MAIN;
use crate::cells::slab::{self, BASE, Slab, State};
use crate::cells::{block, sample};

/// Gone slabs that are left for new threads to adopt; the rest is folded.
const SPARE: usize = 8;

impl Turn {
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
    pub(super) fn empty(&mut self, slab: &'static Slab, fold: bool) {
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
}

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
