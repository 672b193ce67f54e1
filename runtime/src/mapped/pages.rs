//! Pages and blocks from the file, for the cells; from the heap when the file is full.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::arena::Arena;
use super::layout::{CELLS, PAGE, header, object, part};
use super::series::Series;
use crate::cells::gate;
use crate::cells::page::{self, Fork, Heap, Page, Part, Source};
use crate::tree::faults::{self, Fault};

const _: () = assert!(size_of::<Page>() as u64 == PAGE && page::CELLS == CELLS);

/// Memory in the file.
pub(super) struct Pages {
    arena: &'static Arena,
    list: Mutex<List>,
}

struct List {
    series: Series,
    bases: Bases,
}

/// Where the bases of each page stand. In the file too, since nothing here may allocate otherwise; for nobody but us.
#[derive(Default)]
struct Bases {
    place: u64,
    room: usize,
}

impl Bases {
    fn get(&self, arena: &Arena, index: usize) -> Option<u64> {
        let place = (index < self.room).then(|| arena.word(self.place + 8 * index as u64));
        place
            .map(|place| place.load(Relaxed))
            .filter(|place| *place != 0)
    }

    fn set(&mut self, arena: &Arena, index: usize, place: u64) -> Option<()> {
        if index >= self.room {
            let room = (index + 1).next_power_of_two().max(16);
            let larger = arena.take_plain(8 * room as u64)?;
            for at in 0..self.room as u64 {
                let known = arena.word(self.place + 8 * at).load(Relaxed);
                arena.word(larger + 8 * at).store(known, Relaxed);
            }
            if self.room > 0 {
                // SAFETY: it was taken with this size, and only this knows of it.
                unsafe { arena.give_plain_back(self.place, 8 * self.room as u64) };
            }
            (self.place, self.room) = (larger, room);
        }
        arena
            .word(self.place + 8 * index as u64)
            .store(place, Relaxed);
        Some(())
    }
}

/// Room for so many bytes of the list of pages at first.
const ROOM: u64 = 2000;

impl Pages {
    pub(super) fn new(arena: &'static Arena) -> Option<Pages> {
        Some(Pages {
            arena,
            list: Mutex::new(List {
                series: Series::new(arena, header::PAGES, ROOM)?,
                bases: Bases::default(),
            }),
        })
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A zeroed page that is in the list.
    fn take_page(&self, list: &mut List, index: usize, part: u32) -> Option<u64> {
        let index = u32::try_from(index).ok()?;
        let place = self.arena.take_plain(PAGE)?;
        let mut entry = [0; part::ENTRY as usize];
        entry[..4].copy_from_slice(&index.to_ne_bytes());
        entry[4..8].copy_from_slice(&part.to_ne_bytes());
        entry[8..].copy_from_slice(&place.to_ne_bytes());
        if list.series.append(self.arena, &entry).is_none() {
            // SAFETY: it was taken a moment ago, and nobody knows of it.
            unsafe { self.arena.give_plain_back(place, PAGE) };
            return None;
        }
        Some(place)
    }

    /// Counts what found no room in the file.
    fn leave_out(&self) {
        if !self.arena.is_severed() {
            left_out(self.arena);
        }
    }
}

/// Counts something that found no room in the file.
pub(super) fn left_out(arena: &Arena) {
    arena.word(header::LEFT_OUT).fetch_add(1, Relaxed);
    // Told by whoever looks: this may be within a record, and a logger is user code.
    faults::count(Fault::FileFull);
}

// SAFETY: pages are taken plain, so they are zeroed, at multiples of 128, and `PAGE` long; blocks stand 64 bytes into a piece,
// which ends where they do or later. The arena hands nothing out twice, and maps for ever what it does. The rest is the
// heap's.
unsafe impl Source for Pages {
    fn take(&self, index: usize, part: Part) -> Option<NonNull<Page>> {
        if self.arena.is_severed() {
            // Without a look at the list: a `fork` from inside the gate leaves it locked, if another thread had it.
            return Heap.take(index, Part::Counted);
        }
        let part = match part {
            Part::Counted => part::COUNTED,
            Part::Shared => part::SHARED,
        };
        let place = {
            let _pass = gate::enter();
            self.take_page(&mut self.list(), index, part)
        };
        match place {
            Some(place) => Some(self.arena.at(place).cast()),
            None => {
                self.leave_out();
                Heap.take(index, Part::Counted)
            }
        }
    }

    unsafe fn give_back(&self, page: NonNull<Page>) {
        let Some(place) = self.arena.place_of(page) else {
            // SAFETY: what is not the arena's came from the heap.
            return unsafe { Heap.give_back(page) };
        };
        if self.arena.is_severed() {
            return;
        }
        let _pass = gate::enter();
        let list = self.list();
        let entries = list
            .series
            .bytes(self.arena)
            .chunks_exact(part::ENTRY as usize);
        let found = entries
            .enumerate()
            .find(|(_, entry)| entry[8..] == place.to_ne_bytes());
        if let Some((at, _)) = found {
            let entry = list.series.place_of(at as u64 * part::ENTRY);
            self.arena.half(entry + 4).store(part::NONE, Release);
        }
        // The page stays where it is: whoever read the list before may still look there, and pages hardly ever come back.
    }

    fn take_block(&self, layout: Layout) -> Option<NonNull<u8>> {
        let size = object::CONTENTS + layout.size() as u64;
        match self.arena.take(size) {
            Some(place) => Some(self.arena.at(place + object::CONTENTS)),
            None => {
                self.leave_out();
                Heap.take_block(layout)
            }
        }
    }

    unsafe fn give_block_back(&self, block: NonNull<u8>, layout: Layout) {
        match self.arena.place_of(block) {
            // SAFETY: the caller's promise.
            Some(place) => unsafe {
                let size = object::CONTENTS + layout.size() as u64;
                self.arena.give_back(place - object::CONTENTS, size);
            },
            // SAFETY: what is not the arena's came from the heap.
            None => unsafe { Heap.give_block_back(block, layout) },
        }
    }

    fn note_bases(&self, first: u32, bases: &[u64]) {
        if self.arena.is_severed() {
            return;
        }
        let (index, offset) = (first as usize / CELLS, first as usize % CELLS);
        let _pass = gate::enter();
        let mut list = self.list();
        let place = list.bases.get(self.arena, index).or_else(|| {
            list.bases.set(self.arena, index, 0)?; // so that there is room
            let place = self.take_page(&mut list, index, part::BASE)?;
            list.bases.set(self.arena, index, place)?;
            Some(place)
        });
        match place {
            Some(place) => {
                for (base, at) in bases.iter().zip(offset as u64..) {
                    self.arena.word(place + 8 * at).store(*base, Release);
                }
            }
            None => self.leave_out(),
        }
    }

    fn lets_counts_move(&self) -> bool {
        // Whoever reads from outside cannot wait for it to be done, and a process may be killed in the midst of it.
        self.arena.is_severed()
    }

    fn at_fork(&self, moment: Fork) {
        match moment {
            Fork::Before => {
                let list = self.list();
                let entries = list
                    .series
                    .bytes(self.arena)
                    .chunks_exact(part::ENTRY as usize);
                let places = entries.map(|entry| super::bytes::word_at(entry, 8));
                self.arena.before_fork(places, PAGE);
            }
            Fork::InParent => self.arena.after_fork(false),
            Fork::InChild => self.arena.after_fork(true),
        }
    }
}
