//! Runs whose handles and guards are gone: what they add up to is noted, and their ids are handed back.

use super::reader::sums_over;
use super::{Kept, Turn};
use crate::cells::block;
use crate::cells::ids::{self, CellId, Width};
use crate::cells::page::{self, LINE};
use crate::cells::realm::{Bases, MAIN, Realm};
use crate::cells::slab::Slab;

/// What the cells of ids in use held when these were handed out, by realm.
pub(super) static BASES: Kept<Vec<(Realm, Bases)>> = Kept::new(Vec::new());

/// Runs that were retired in this turn, to be handed back when it ends. Between turns it is empty, and keeps [`ROOM`].
static RETIRED: Kept<Vec<(CellId, Width)>> = Kept::new(Vec::new());

/// For as many as most turns retire; a backlog leaves more.
const ROOM: usize = 256;

impl Turn {
    /// Forgets a run whose handles and guards are gone. When the turn ends, what its cells add up to in every realm is
    /// noted, its blocks are freed, and its ids are handed back: for all runs at once, so that slabs are listed and ids
    /// locked once.
    pub(crate) fn retire(&mut self, first: CellId, width: Width) {
        if !first.is_none() {
            RETIRED.get_mut(self).push((first, width));
        }
    }

    /// Hands back what was retired in this turn.
    pub(super) fn hand_back(&mut self) {
        let mut retired = std::mem::take(RETIRED.get_mut(self));
        if !retired.is_empty() {
            for realm in 0..self.realms() {
                self.close_books(self.realm(realm), &retired);
            }
            ids::give_back(retired.drain(..));
            retired.shrink_to(ROOM);
        }
        *RETIRED.get_mut(self) = retired;
    }

    /// Frees the blocks of runs in a realm, and notes what their numbers add up to there.
    fn close_books(&mut self, realm: Realm, retired: &[(CellId, Width)]) {
        let slabs = self.listed(realm).slabs;
        for (first, width) in retired {
            let first = first.id();
            match width {
                Width::One => self.note_bases::<1>(realm, &slabs, first),
                Width::Two => self.note_bases::<2>(realm, &slabs, first),
                Width::Line => {
                    for slab in slabs.iter() {
                        // SAFETY: this is the collector's turn.
                        if let Some([pointer]) = unsafe { slab.run(first) } {
                            // SAFETY: likewise, and nobody records into the run any more.
                            unsafe { block::remove(pointer) };
                        }
                    }
                    self.note_bases::<LINE>(realm, &slabs, first);
                }
            }
        }
    }

    /// Notes what the numbers of a run add up to in a realm of these slabs.
    fn note_bases<const N: usize>(&mut self, realm: Realm, slabs: &[&'static Slab], first: u32) {
        let sums: [u64; N] = sums_over(slabs, first);
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
