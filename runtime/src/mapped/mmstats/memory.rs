//! The file as memory: the only `unsafe` of this format.
//!
//! One process writes, any number read, and none of them ever waits. So that nobody sees half of anything: values of
//! eight bytes are aligned and stored in one piece, and what is added becomes visible with one byte, stored last.

#![allow(unsafe_code)] // files as memory: each block says who upholds what

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use memmap2::MmapMut;

use crate::mapped::space;

/// A whole file, mapped for writing. Its space is reserved, so that a full disk cannot end the program later.
pub(super) struct Memory {
    map: MmapMut,
}

impl Memory {
    /// Maps `length` bytes of a file that this process made for itself, and holds locked.
    pub(super) fn of(file: &File, length: usize) -> io::Result<Memory> {
        space::reserve(file, 0, length as u64)?;
        // SAFETY: the bytes are written through this map alone: `file` was made by us, under a name that was not there
        // (`O_EXCL`), is readable and writable by its owner only, and nothing here truncates it. Other processes read
        // it. Whoever truncates it from outside, which only its owner can, ends this program with SIGBUS, as the
        // module's documentation says.
        let map = unsafe { MmapMut::map_mut(file)? };
        if map.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Memory { map })
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Copies bytes to where no reader looks yet.
    pub(super) fn fill(&mut self, at: usize, bytes: &[u8]) {
        if let Some(room) = self.map.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    /// Stores eight bytes in one piece. `at` is a multiple of eight.
    pub(super) fn store(&mut self, at: usize, value: u64) {
        let Some(room) = self.map.get_mut(at..at + 8) else {
            return;
        };
        let room = room.as_mut_ptr().cast::<u64>();
        debug_assert!(room.is_aligned(), "{at} is no multiple of eight");
        if room.is_aligned() {
            // SAFETY: eight bytes of the map, by the range above, and aligned, as was asked; `&mut self` keeps every
            // other access of this process away. Other processes only read.
            unsafe { AtomicU64::from_ptr(room) }.store(value, Ordering::Relaxed);
        }
    }

    /// Stores one byte that tells readers of all that was written before.
    pub(super) fn show(&mut self, at: usize, byte: u8) {
        if let Some(room) = self.map.get_mut(at) {
            // SAFETY: a byte of the map, which `&mut self` keeps every other access of this process away from; no
            // alignment is needed for one byte.
            // Release: a reader that sees it sees what it tells of.
            unsafe { AtomicU8::from_ptr(room) }.store(byte, Ordering::Release);
        }
    }

    /// What stands there.
    pub(super) fn bytes(&self, at: usize, length: usize) -> &[u8] {
        self.map.get(at..at + length).unwrap_or_default()
    }

    /// Waits until it is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.map.flush()
    }
}
