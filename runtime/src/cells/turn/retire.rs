//! Runs whose handles and guards are gone: what they add up to is noted, and their ids are handed back.

use super::reader::sums_over;
use super::{Kept, Turn};
use crate::cells::block;
use crate::cells::ids::{self, CellId, Width};
use crate::cells::page::{self, LINE};
use crate::cells::realm::{Bases, MAIN, Realm};

/// What the cells of ids in use held when these were handed out, by realm.
pub(super) static BASES: Kept<Vec<(Realm, Bases)>> = Kept::new(Vec::new());

/// Runs that were retired in this turn, to be handed back with one lock. Between turns it is empty, and keeps [`ROOM`].
static RETURNED: Kept<Vec<(CellId, Width)>> = Kept::new(Vec::new());

/// For as many as most turns retire; a backlog leaves more.
const ROOM: usize = 256;

/// Hands back what was retired in this turn.
pub(super) fn hand_back(turn: &mut Turn) {
    let returned = RETURNED.get_mut(turn);
    ids::give_back(returned.drain(..));
    returned.shrink_to(ROOM);
}

impl Turn {
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
