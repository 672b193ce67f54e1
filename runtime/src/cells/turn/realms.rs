//! Realms: the main one, and the scopes of tests beside it.

use super::retire::BASES;
use super::{Kept, Turn};
use crate::cells::realm::{self, MAIN, Realm};
use crate::cells::slab::{self, Slab, State};

/// Realms beside the main one, and when they were opened.
static OPEN: Kept<Vec<(Realm, u64)>> = Kept::new(Vec::new());

impl Turn {
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
    pub(super) fn empty_ended_realms(&mut self) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::ids::{self, Width};
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
