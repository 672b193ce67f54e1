//! The memory that is a file: reserved, mapped, handed out in pieces and taken back.
//!
//! A long stretch of addresses is reserved once, without memory, and the file is mapped from its beginning on, further as
//! it grows: nothing that was handed out ever moves, and a place in the file is an address less the first. Space on the
//! disk is reserved before it is mapped, so that touching it cannot fail; where there is none, nothing is handed out,
//! and whoever asked takes memory from the heap.
//!
//! Everything but pages begins with a stamp, which is another number each time the piece is used and zero while it is not:
//! whoever reads the file from outside looks at it before and after.
//!
//! What stands in the file is believed, as what stands in memory is: the cells lead to blocks, free pieces to one another.
//! That holds because only this process writes it. The file is 0600, in a folder that is nobody else's
//! ([`super::folder`]); whoever can write to it all the same runs as this user or as root, and could as well write to the
//! process's memory. Readers outside believe nothing ([`super::reader`]).
//!
//! `class` has the sizes of pieces, `addresses` the mapping, `fork` what becomes of it in a child.

mod addresses;
mod class;
mod fork;

use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::layout::{QUANTUM, header, object};
use super::space;
use crate::cells::gate;
use class::{CLASSES, class_of};
use fork::Held;

/// What the file takes at once: enough for the description of a small program, and more than a file system that is all but
/// full has.
pub(super) const FIRST: u64 = 128 << 10;

/// The file grows by half of itself, within these bounds.
const LEAST_GROWTH: u64 = 64 << 10;
const MOST_GROWTH: u64 = 16 << 20;

/// After a refusal so many further ones are given without asking the system again.
const PATIENCE: u32 = 256;

/// A file in memory.
pub(super) struct Arena {
    base: NonNull<u8>,
    reserved: u64,
    inner: Mutex<Inner>,
    /// In a child of `fork`: the memory is no longer the file, and nothing is handed out.
    severed: AtomicBool,
    forking: Held,
}

// SAFETY: `base` leads to memory that is mapped for ever, and is reached from any thread as atomics, or as a piece that
// one thread was handed; the rest is `Send` by itself, or [`Held`].
unsafe impl Send for Arena {}
// SAFETY: likewise. `inner` is behind a mutex, and `forking` is reached by the thread alone that holds it inside `fork`.
unsafe impl Sync for Arena {}

struct Inner {
    file: Option<File>,
    /// How much of the file is mapped.
    length: u64,
    /// How far it may yet be mapped.
    limit: u64,
    /// From here on nothing was ever handed out.
    top: u64,
    /// The first free piece of each class; each names the next.
    free: [u64; CLASSES],
    stamp: u64,
    refusals: u32,
}

impl Arena {
    /// Maps a fresh, empty file.
    pub(super) fn new(file: File) -> io::Result<Arena> {
        space::reserve(&file, 0, FIRST)?;
        let (base, reserved) = addresses::reserve()?;
        // SAFETY: the addresses were reserved a moment ago, and nobody uses them.
        unsafe { addresses::map(base, &file, 0, FIRST)? };
        Ok(Arena {
            base,
            reserved,
            inner: Mutex::new(Inner {
                file: Some(file),
                length: FIRST,
                limit: reserved,
                top: header::SIZE,
                free: [0; CLASSES],
                stamp: 0,
                refusals: 0,
            }),
            severed: AtomicBool::new(false),
            forking: Held::none(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is a child of `fork`, which has no part in the file.
    pub(super) fn is_severed(&self) -> bool {
        self.severed.load(Relaxed)
    }

    /// The address of the file's first byte.
    pub(super) fn address(&self) -> u64 {
        self.base.as_ptr().expose_provenance() as u64
    }

    /// How many bytes the file has.
    pub(super) fn length(&self) -> u64 {
        self.inner().length
    }

    /// The place of something in this memory; nothing for other memory.
    pub(super) fn place_of<T>(&self, of: NonNull<T>) -> Option<u64> {
        let place = (of.as_ptr().addr() as u64).checked_sub(self.base.as_ptr().addr() as u64)?;
        (place < self.reserved).then_some(place)
    }

    /// The address of a place.
    pub(super) fn at(&self, place: u64) -> NonNull<u8> {
        debug_assert!(place < self.reserved);
        // SAFETY: every place was handed out by this arena, is in the header, or stands in the file (see the module), so it
        // is within the reserved addresses, which are one mapping to us.
        unsafe { self.base.add(place as usize) }
    }

    /// The word at a place, which is a multiple of eight in memory that was handed out, or the header's.
    pub(super) fn word(&self, place: u64) -> &AtomicU64 {
        debug_assert!(place.is_multiple_of(8));
        // SAFETY: as for `at`; what was handed out is mapped and stays so, and whoever it was handed to lets other threads
        // reach it as atomics only.
        unsafe { self.at(place).cast().as_ref() }
    }

    /// Half a word.
    pub(super) fn half(&self, place: u64) -> &AtomicU32 {
        debug_assert!(place.is_multiple_of(4));
        // SAFETY: as for `word`.
        unsafe { self.at(place).cast().as_ref() }
    }

    /// Copies bytes to a place.
    ///
    /// # Safety
    /// The memory there was handed out to the caller, and no other thread reads or writes it.
    pub(super) unsafe fn write(&self, place: u64, bytes: &[u8]) {
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(place).as_ptr(), bytes.len()) }
    }

    /// Bytes that were written.
    ///
    /// # Safety
    /// Nobody writes them while they are borrowed.
    pub(super) unsafe fn bytes(&self, place: u64, length: u64) -> &[u8] {
        // SAFETY: the caller's promise; the memory is mapped.
        unsafe { std::slice::from_raw_parts(self.at(place).as_ptr(), length as usize) }
    }

    /// How large a piece is that is taken for so much.
    pub(super) fn given_for(size: u64) -> Option<u64> {
        class_of(size).map(|(_, given)| given)
    }

    /// A zeroed piece without a stamp.
    pub(super) fn take_plain(&self, size: u64) -> Option<u64> {
        let _pass = gate::enter();
        let mut inner = self.inner();
        self.take_from(&mut inner, size).map(|(place, _)| place)
    }

    /// A zeroed piece, which begins with its stamp and its size; `size` counts both.
    pub(super) fn take(&self, size: u64) -> Option<u64> {
        let _pass = gate::enter();
        let mut inner = self.inner();
        let (place, size) = self.take_from(&mut inner, size)?;
        inner.stamp += 1;
        self.word(place + object::SIZE).store(size, Relaxed);
        // Release: whoever finds the stamp finds the zeroes.
        self.word(place + object::STAMP).store(inner.stamp, Release);
        Some(place)
    }

    fn take_from(&self, inner: &mut Inner, size: u64) -> Option<(u64, u64)> {
        if self.is_severed() {
            return None;
        }
        let (class, size) = class_of(size)?;
        let place = inner.free[class];
        // A program that scribbles over its memory must not lead us out of ours.
        let is_ours = place >= header::SIZE
            && place.is_multiple_of(QUANTUM)
            && place.checked_add(size).is_some_and(|end| end <= inner.top);
        if is_ours {
            inner.free[class] = self.word(place + object::SIZE).load(Relaxed);
            // SAFETY: the piece is free: nobody has it.
            unsafe { ptr::write_bytes(self.at(place).as_ptr(), 0, size as usize) };
            return Some((place, size));
        }
        let place = inner.top;
        let end = place.checked_add(size)?;
        if end > inner.length {
            self.grow(inner, end)?;
        }
        inner.top = end; // fresh from the file, so it is zero
        Some((place, size))
    }

    /// Takes a piece back that began with its stamp.
    ///
    /// # Safety
    /// It came from [`Arena::take`] of this arena, and nobody uses it any more.
    pub(super) unsafe fn give_back(&self, place: u64, size: u64) {
        if self.is_severed() {
            return;
        }
        self.word(place + object::STAMP).store(0, Release);
        // What becomes of the piece comes after: a reader that finds other contents finds another stamp.
        fence(Release);
        // SAFETY: the caller's promise.
        unsafe { self.give_plain_back(place, size) };
    }

    /// Takes a piece back that had none.
    ///
    /// # Safety
    /// It came from [`Arena::take_plain`] of this arena, and nobody uses it any more.
    pub(super) unsafe fn give_plain_back(&self, place: u64, size: u64) {
        let Some((class, _)) = class_of(size).filter(|_| !self.is_severed()) else {
            return;
        };
        let _pass = gate::enter();
        let mut inner = self.inner();
        // Where the size was, so that the stamp stays zero.
        self.word(place + object::SIZE)
            .store(inner.free[class], Relaxed);
        inner.free[class] = place;
    }

    /// Makes the file at least so long.
    #[cold]
    fn grow(&self, inner: &mut Inner, least: u64) -> Option<()> {
        if inner.refusals > 0 {
            inner.refusals -= 1;
            return None;
        }
        let generous = inner.length + (inner.length / 2).clamp(LEAST_GROWTH, MOST_GROWTH);
        let file = inner.file.as_ref()?;
        for length in [generous.max(least), least] {
            let length = length.next_multiple_of(header::SIZE).min(inner.limit);
            if length < least || space::reserve(file, inner.length, length).is_err() {
                continue;
            }
            // SAFETY: these addresses are reserved, up to the limit, and nothing was handed out beyond the file's end.
            if unsafe { addresses::map(self.base, file, inner.length, length) }.is_err() {
                // The system may have given the addresses up before it failed: they may be anybody's from here on.
                inner.limit = inner.length;
                return None;
            }
            inner.length = length;
            self.word(header::LENGTH).store(length, Release);
            return Some(());
        }
        inner.refusals = PATIENCE;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One in a file that has no name any more.
    fn arena(test: &str) -> Arena {
        let name = format!("calipers-arena-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut options = File::options();
        let file = options.read(true).write(true).create_new(true).open(&path);
        let arena = Arena::new(file.unwrap()).unwrap();
        std::fs::remove_file(path).unwrap();
        arena
    }

    #[test]
    fn a_piece_that_was_scribbled_over_leads_nowhere_else() {
        let arena = arena("arena");
        for link in [0, 1, QUANTUM, FIRST, 1 << 62, u64::MAX - QUANTUM + 1] {
            let [freed, before] = [1024, 1024].map(|size| arena.take(size).unwrap());
            // SAFETY: it was taken with this size, and nobody else has it.
            unsafe { arena.give_back(freed, 1024) };
            arena.word(freed + object::SIZE).store(link, Relaxed);
            assert_eq!(arena.take(1024), Some(freed));
            let next = arena.take(1024).unwrap();
            assert!(next > before, "{link:#x}: {next} was never used");
        }
    }

    #[test]
    fn a_piece_that_comes_back_has_no_stamp_until_it_is_used_again_and_then_another() {
        let arena = arena("stamps");
        let place = arena.take(300).unwrap();
        let stamp = arena.word(place + object::STAMP).load(Relaxed);
        assert_ne!(stamp, 0);
        // SAFETY: it was taken with this size, and nobody else has it.
        unsafe { arena.give_back(place, 300) };
        assert_eq!(arena.word(place + object::STAMP).load(Relaxed), 0);
        assert_eq!(arena.take(300), Some(place));
        assert_ne!(arena.word(place + object::STAMP).load(Relaxed), stamp);
        assert_eq!(arena.word(place + object::CONTENTS).load(Relaxed), 0);
    }
}
