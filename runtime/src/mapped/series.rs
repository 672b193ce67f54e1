//! A list of bytes in the file that only grows: the list of pages, and the description.
//!
//! It is one piece of the [`Arena`]: a length, and so many bytes. What is appended is written first and counted after, so
//! whoever reads, also after the process was killed, sees it whole or not at all. When the piece is full a larger one takes
//! over: a word in the header says which it is, and one store changes that.

use std::sync::atomic::Ordering::{Relaxed, Release};

use super::arena::Arena;
use super::layout::series;

/// The writer's side of it; one thread at a time has it.
pub(super) struct Series {
    /// Where the word stands that says where it is.
    root: u64,
    place: u64,
    /// How large the piece is.
    size: u64,
    /// How many bytes were appended.
    length: u64,
}

impl Series {
    /// An empty one with room for so many bytes.
    pub(super) fn new(arena: &Arena, root: u64, room: u64) -> Option<Series> {
        let size = Arena::given_for(series::BYTES + room)?;
        let place = arena.take(size)?;
        arena.word(root).store(place, Release);
        Some(Series {
            root,
            place,
            size,
            length: 0,
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// What was appended.
    pub(super) fn bytes<'a>(&'a self, arena: &'a Arena) -> &'a [u8] {
        // SAFETY: so much was written, and only whoever has this exclusively writes more, or gives the piece back.
        unsafe { arena.bytes(self.place + series::BYTES, self.length) }
    }

    /// Where in the file a byte of it stands.
    pub(super) fn place_of(&self, at: u64) -> u64 {
        self.place + series::BYTES + at
    }

    /// Appends, and gives where. Nothing happens when there is no space.
    pub(super) fn append(&mut self, arena: &Arena, bytes: &[u8]) -> Option<u64> {
        let (at, end) = (self.length, self.length + bytes.len() as u64);
        if series::BYTES + end > self.size {
            let size = Arena::given_for(series::BYTES + end + end / 2)?;
            let fresh = arena.take(size)?;
            // SAFETY: the piece is fresh and has room; only whoever has this series writes the old one.
            unsafe { arena.write(fresh + series::BYTES, self.bytes(arena)) };
            self.move_to(arena, (fresh, size), at);
        }
        // SAFETY: the piece is this series' own and has room, and nobody in this process reads beyond its length.
        unsafe { arena.write(self.place + series::BYTES + at, bytes) };
        self.length = end;
        // Release: what is counted is there.
        arena.word(self.place + series::LENGTH).store(end, Release);
        Some(at)
    }

    /// Puts other bytes in the place of these, in one step.
    pub(super) fn replace(&mut self, arena: &Arena, bytes: &[u8]) -> Option<()> {
        let length = bytes.len() as u64;
        let size = Arena::given_for(series::BYTES + length + length / 4)?;
        let fresh = arena.take(size)?;
        // SAFETY: the piece is fresh and has room.
        unsafe { arena.write(fresh + series::BYTES, bytes) };
        self.move_to(arena, (fresh, size), length);
        Some(())
    }

    /// From here on it is a piece in which so many bytes are written.
    fn move_to(&mut self, arena: &Arena, (fresh, size): (u64, u64), length: u64) {
        arena.word(fresh + series::LENGTH).store(length, Relaxed);
        // Release: whoever finds it finds what is in it.
        arena.word(self.root).store(fresh, Release);
        let before = (self.place, self.size);
        (self.place, self.size, self.length) = (fresh, size, length);
        // SAFETY: it was taken for this size, nobody here has it any more, and readers outside notice by its stamp.
        unsafe { arena.give_back(before.0, before.1) };
    }
}
