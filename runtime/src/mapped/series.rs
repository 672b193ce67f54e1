//! A list of bytes in the file that only grows: the list of pages, and the description.
//!
//! It is one piece of the [`Arena`]: a length, and so many bytes. What is appended is written first and counted after, so
//! whoever reads, also after the process was killed, sees it whole or not at all. When the piece is full a larger one takes
//! over: a word in the header says which it is, and one store changes that.

use std::sync::atomic::Ordering::{Relaxed, Release};

use super::arena::Arena;
use super::layout::{object, series};

/// The writer's side of it; one thread at a time has it.
pub(super) struct Series {
    /// Where the word stands that says where it is.
    root: u64,
    place: u64,
    length: u64,
}

impl Series {
    /// An empty one with room for so many bytes.
    pub(super) fn new(arena: &Arena, root: u64, room: u64) -> Option<Series> {
        let place = arena.take(series::BYTES + room)?;
        arena.word(root).store(place, Release);
        Some(Series {
            root,
            place,
            length: 0,
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    fn room(&self, arena: &Arena) -> u64 {
        let size = arena.word(self.place + object::SIZE).load(Relaxed);
        size - series::BYTES
    }

    /// What was appended.
    pub(super) fn bytes<'a>(&'a self, arena: &'a Arena) -> &'a [u8] {
        // SAFETY: only whoever has this exclusively writes there.
        unsafe { arena.bytes(self.place + series::BYTES, self.length) }
    }

    /// Where in the file a byte of it stands.
    pub(super) fn place_of(&self, at: u64) -> u64 {
        self.place + series::BYTES + at
    }

    /// Appends, and gives where. Nothing happens when there is no space.
    pub(super) fn append(&mut self, arena: &Arena, bytes: &[u8]) -> Option<u64> {
        let (at, end) = (self.length, self.length + bytes.len() as u64);
        if end > self.room(arena) {
            let fresh = arena.take(series::BYTES + end + end / 2)?;
            // SAFETY: the piece is fresh and has room; only whoever has this series writes the old one.
            unsafe { arena.write(fresh + series::BYTES, self.bytes(arena)) };
            self.move_to(arena, fresh, at);
        }
        // SAFETY: the piece is this series' own, and nobody reads beyond its length.
        unsafe { arena.write(self.place + series::BYTES + at, bytes) };
        self.length = end;
        // Release: what is counted is there.
        arena.word(self.place + series::LENGTH).store(end, Release);
        Some(at)
    }

    /// Puts other bytes in the place of these, in one step.
    pub(super) fn replace(&mut self, arena: &Arena, bytes: &[u8]) -> Option<()> {
        let length = bytes.len() as u64;
        let fresh = arena.take(series::BYTES + length + length / 4)?;
        // SAFETY: the piece is fresh and has room.
        unsafe { arena.write(fresh + series::BYTES, bytes) };
        self.move_to(arena, fresh, length);
        Some(())
    }

    /// From here on it is a piece in which so many bytes are written.
    fn move_to(&mut self, arena: &Arena, fresh: u64, length: u64) {
        arena.word(fresh + series::LENGTH).store(length, Relaxed);
        // Release: whoever finds it finds what is in it.
        arena.word(self.root).store(fresh, Release);
        let before = std::mem::replace(&mut self.place, fresh);
        self.length = length;
        let size = arena.word(before + object::SIZE).load(Relaxed);
        // SAFETY: it came from `take`, and readers outside notice by its stamp.
        unsafe { arena.give_back(before, size) };
    }
}
