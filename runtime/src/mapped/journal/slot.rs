//! Values of stats that keep theirs themselves: each behind a slot, and replaced whole.

use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::record::nanos_since_1970;
use crate::cells::gate;
use crate::mapped::arena::Arena;
use crate::mapped::bytes::Put;
use crate::mapped::layout::object;
use crate::mapped::pages::left_out;
use crate::mapped::values;
use crate::snapshot::Value;
use crate::tree::journal::Outlet;

/// Where the value stands of a stat that keeps it itself: the place of a word with the place of the value.
#[derive(Clone, Copy)]
pub(super) struct Slot(pub(super) u64);

impl Slot {
    /// The word after the stamp and the size.
    const VALUE: u64 = object::CONTENTS;
    const SIZE: u64 = object::CONTENTS + 8;

    pub(super) fn new(arena: &Arena) -> Option<Slot> {
        let slot = arena.take(Slot::SIZE);
        if slot.is_none() {
            left_out(arena);
        }
        slot.map(Slot)
    }

    /// Puts a value there: a fresh one takes the place of the one before.
    fn set(self, arena: &Arena, value: &[u8]) {
        let size = object::CONTENTS + value.len() as u64;
        let Some(fresh) = arena.take(size) else {
            return left_out(arena);
        };
        // SAFETY: the piece is fresh and has room.
        unsafe { arena.write(fresh + object::CONTENTS, value) };
        self.put(arena, fresh);
    }

    fn put(self, arena: &Arena, value: u64) {
        let word = arena.word(self.0 + Slot::VALUE);
        // Relaxed: whoever changes it has the outlet's lock, or ends it. Release below: who finds the value finds what is in it.
        let before = word.load(Relaxed);
        word.store(value, Release);
        if before != 0 {
            let size = arena.word(before + object::SIZE);
            let size = size.load(Relaxed);
            // SAFETY: it came from `take`, with its size; the word was all that led to it, and no longer does.
            unsafe { arena.give_back(before, size) };
        }
    }

    /// The stat is gone, and its outlet with it.
    pub(super) fn end(self, arena: &Arena) {
        self.put(arena, 0);
        // SAFETY: it came from `take`. The tree says that a stat is gone when its last handle is, and whoever tells an outlet
        // of a change has a handle, so nobody is at it, or will be.
        unsafe { arena.give_back(self.0, Slot::SIZE) };
    }
}

/// Shows the value of one stat.
pub(super) struct Shown {
    arena: &'static Arena,
    slot: Mutex<Slot>,
}

impl Shown {
    pub(super) fn new(arena: &'static Arena, slot: Slot) -> Shown {
        Shown {
            arena,
            slot: Mutex::new(slot),
        }
    }
}

impl Outlet for Shown {
    fn changed(&self, read: &dyn Fn() -> Value) {
        if self.arena.is_severed() {
            return;
        }
        let _pass = gate::enter();
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        // Read with the lock held: whoever comes last shows the last value.
        let value = read();
        let mut bytes = Vec::new();
        bytes.u64(nanos_since_1970(SystemTime::now()));
        values::write(&mut bytes, &value);
        slot.set(self.arena, &bytes);
    }
}
