//! The memory that is a file: reserved, mapped, handed out in pieces and taken back.
//!
//! A long stretch of addresses is reserved once, without memory, and the file is mapped from its beginning on, further as
//! it grows: nothing that was handed out ever moves, and a place in the file is an address less the first. Space on the
//! disk is reserved before it is mapped, so that touching it cannot fail; where there is none, nothing is handed out,
//! and whoever asked takes memory from the heap.
//!
//! Everything but pages begins with a stamp, which is another number each time the piece is used and zero while it is not:
//! whoever reads the file from outside looks at it before and after.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use rustix::mm::{MapFlags, MremapFlags, ProtFlags};

use super::layout::{QUANTUM, header, object};
use crate::cells::gate;

/// How long the file may become, tried from the first on: addresses cost nothing, but may be limited.
const RESERVED: [u64; 4] = [64 << 30, 16 << 30, 2 << 30, 256 << 20];

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

// SAFETY: the memory is shared between threads as atomics, or as pieces that one thread has; `inner` is behind a mutex.
unsafe impl Send for Arena {}
// SAFETY: likewise; `forking` is reached by the thread alone that holds `inner` and is inside `fork`.
unsafe impl Sync for Arena {}

struct Inner {
    file: Option<File>,
    /// How much of the file is mapped.
    length: u64,
    /// From here on nothing was ever handed out.
    top: u64,
    /// The first free piece of each class; each names the next.
    free: [u64; CLASSES],
    stamp: u64,
    refusals: u32,
}

/// What the thread that forks holds meanwhile.
struct Forking {
    inner: MutexGuard<'static, Inner>,
    shadow: Option<Shadow>,
}

struct Held(UnsafeCell<Option<Forking>>);

/// A copy of the file's memory, for a child of `fork`.
struct Shadow {
    memory: NonNull<u8>,
    length: u64,
}

/// Sizes of pieces: each up to 32 quanta, and from there eight steps to each doubling.
const CLASSES: usize = 32 + 8 * 30;

/// The class that a size falls into, and the size that its pieces have.
fn class_of(size: u64) -> Option<(usize, u64)> {
    let quanta = size.div_ceil(QUANTUM).max(1);
    if quanta <= 32 {
        return Some((quanta as usize - 1, quanta * QUANTUM));
    }
    let octave = (quanta - 1).ilog2();
    let step = 1_u64 << (octave - 3);
    let quanta = quanta.div_ceil(step) * step;
    let within = (quanta - (1 << octave)) / step; // 1 to 8
    let class = 32 + 8 * (octave as usize - 5) + within as usize - 1;
    (class < CLASSES).then_some((class, quanta * QUANTUM))
}

impl Arena {
    /// Maps a fresh, empty file.
    pub(super) fn new(file: File) -> io::Result<Arena> {
        reserve_space(&file, 0, FIRST)?;
        let (base, reserved) = reserve_addresses()?;
        // SAFETY: the addresses were reserved a moment ago, and nobody uses them.
        unsafe { map(base, &file, 0, FIRST)? };
        Ok(Arena {
            base,
            reserved,
            inner: Mutex::new(Inner {
                file: Some(file),
                length: FIRST,
                top: header::SIZE,
                free: [0; CLASSES],
                stamp: 0,
                refusals: 0,
            }),
            severed: AtomicBool::new(false),
            forking: Held(UnsafeCell::new(None)),
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
        // SAFETY: places are within the reserved addresses.
        unsafe { self.base.add(place as usize) }
    }

    /// The word at a place, which is a multiple of eight in memory that was handed out, or the header's.
    pub(super) fn word(&self, place: u64) -> &AtomicU64 {
        debug_assert!(place.is_multiple_of(8));
        // SAFETY: what was handed out is mapped, stays so, and is only reached as atomics or bytes of `write`.
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
        // A program that scribbles over our memory must not lead us out of it.
        if place != 0 && place.is_multiple_of(QUANTUM) && place + size <= inner.top {
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
        // Release, and before anything else: a reader that finds other contents finds another stamp.
        self.word(place + object::STAMP).store(0, Release);
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
            let length = length.next_multiple_of(header::SIZE).min(self.reserved);
            if length < least || reserve_space(file, inner.length, length).is_err() {
                continue;
            }
            // SAFETY: these addresses are reserved, and nothing was handed out beyond the file's end.
            if unsafe { map(self.base, file, inner.length, length) }.is_ok() {
                inner.length = length;
                self.word(header::LENGTH).store(length, Release);
                return Some(());
            }
        }
        inner.refusals = PATIENCE;
        None
    }

    /// Before a `fork`: copies everything, for the child. `pages` are where cells stand.
    ///
    /// Other threads go on recording. What is copied must not point to what is not: cells are copied first, and all that
    /// they point to was there before them and stays until the fork is over, since nothing is taken or given back
    /// meanwhile.
    pub(super) fn before_fork(&'static self, pages: impl Iterator<Item = u64> + Clone, page: u64) {
        if self.is_severed() {
            return;
        }
        let inner = self.inner();
        let shadow = self.copy(inner.length, pages, page);
        // SAFETY: whoever holds `inner` is alone here, until it lets go of it in `after_fork`.
        unsafe { *self.forking.0.get() = Some(Forking { inner, shadow }) };
    }

    fn copy(
        &self,
        length: u64,
        pages: impl Iterator<Item = u64> + Clone,
        page: u64,
    ) -> Option<Shadow> {
        let shadow = Shadow::new(length)?;
        let cells = Shadow::new((pages.clone().count() as u64 * page).max(1))?;
        for (place, at) in pages.clone().zip((0..).step_by(page as usize)) {
            self.copy_out(place, cells.memory, at, page);
        }
        self.copy_out(0, shadow.memory, 0, length);
        for (place, at) in pages.zip((0..).step_by(page as usize)) {
            // SAFETY: both copies are this thread's own; one has room for every page, the other is as long as the file.
            unsafe {
                let from = cells.memory.add(at);
                let to = shadow.memory.add(place as usize);
                ptr::copy_nonoverlapping(from.as_ptr(), to.as_ptr(), page as usize);
            }
        }
        Some(shadow)
    }

    fn copy_out(&self, place: u64, to: NonNull<u8>, at: u64, length: u64) {
        for word in (0..length).step_by(8) {
            let value = self.word(place + word).load(Acquire);
            // SAFETY: the copy is that long, and this thread's own.
            unsafe { to.add((at + word) as usize).cast().write(value) };
        }
    }

    /// After a `fork`, on the thread that forked.
    pub(super) fn after_fork(&'static self, in_child: bool) {
        // SAFETY: what `before_fork` put there is taken out by the thread that put it there, before it lets go of `inner`.
        let Some(Forking { mut inner, shadow }) = (unsafe { (*self.forking.0.get()).take() })
        else {
            return;
        };
        if in_child {
            self.severed.store(true, Relaxed);
            // Closing leaves the lock to the parent: it is the open file's, which both have.
            inner.file = None;
            // SAFETY: this is the only thread, and from here on nothing else is done with the file's memory.
            unsafe { self.sever(shadow, inner.length) };
        }
    }

    /// Puts private memory in the place of the file's.
    ///
    /// # Safety
    /// Nobody else uses the memory, and all that was copied is in the shadow.
    unsafe fn sever(&self, shadow: Option<Shadow>, length: u64) {
        let at = self.base.as_ptr().cast::<c_void>();
        let length = length as usize;
        if let Some(shadow) = shadow {
            // SAFETY: the shadow is that long and nobody else's; what it replaces is this process's own mapping.
            let moved = unsafe {
                rustix::mm::mremap_fixed(
                    shadow.memory.as_ptr().cast(),
                    length,
                    length,
                    MremapFlags::MAYMOVE,
                    at,
                )
            };
            if moved.is_ok() {
                std::mem::forget(shadow);
                return;
            }
        }
        // Without memory for the copy, the child starts from nothing: empty cells are valid, and point nowhere.
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: as above.
        let _ = unsafe { rustix::mm::mmap_anonymous(at, length, protection, flags) };
    }
}

impl Shadow {
    fn new(length: u64) -> Option<Shadow> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping wherever the system likes.
        let memory = unsafe {
            rustix::mm::mmap_anonymous(
                ptr::null_mut(),
                length as usize,
                protection,
                MapFlags::PRIVATE,
            )
        };
        Some(Shadow {
            memory: NonNull::new(memory.ok()?.cast())?,
            length,
        })
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own.
        let _ = unsafe { rustix::mm::munmap(self.memory.as_ptr().cast(), self.length as usize) };
    }
}

/// Reserves addresses without memory; gives how many.
fn reserve_addresses() -> io::Result<(NonNull<u8>, u64)> {
    let mut refused = io::Error::from(io::ErrorKind::OutOfMemory);
    for length in RESERVED {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping wherever the system likes.
        let reserved = unsafe {
            rustix::mm::mmap_anonymous(ptr::null_mut(), length as usize, ProtFlags::empty(), flags)
        };
        match reserved.map(|at| NonNull::new(at.cast())) {
            Ok(Some(base)) => return Ok((base, length)),
            Ok(None) => {}
            Err(error) => refused = error.into(),
        }
    }
    Err(refused)
}

/// Maps a part of the file where its addresses are.
///
/// # Safety
/// The addresses are reserved, and nobody uses those of the part.
unsafe fn map(base: NonNull<u8>, file: &File, from: u64, to: u64) -> io::Result<()> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::SHARED | MapFlags::FIXED;
    // SAFETY: the caller's promise.
    unsafe {
        let at = base.as_ptr().add(from as usize).cast::<c_void>();
        rustix::mm::mmap(at, (to - from) as usize, protection, flags, file, from)?;
    }
    Ok(())
}

/// Makes the file as long as `to`, with space on the disk for what is new.
fn reserve_space(file: &File, from: u64, to: u64) -> io::Result<()> {
    // Beyond this limit the system would end the process rather than refuse.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize);
    if limit.current.is_some_and(|limit| to > limit) {
        return Err(Errno::FBIG.into());
    }
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), from, to - from) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return fill(file, from, to),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where space cannot be reserved, it is used.
fn fill(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeroes = [0_u8; 4096];
    let mut at = from;
    while at < to {
        let part = zeroes.len().min((to - at) as usize);
        match rustix::io::pwrite(file, &zeroes[..part], at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => at += written as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_what_falls_into_it_and_wastes_little() {
        let mut before = 0;
        for size in (1..5000).chain((13..34).map(|bits| (1 << bits) + 1)) {
            let (class, given) = class_of(size).unwrap();
            assert!(class >= before, "{size}");
            assert!(given >= size && given.is_multiple_of(QUANTUM), "{size}");
            assert!(given <= size.next_multiple_of(QUANTUM) + size / 8, "{size}");
            assert_eq!(class_of(given), Some((class, given)), "{size}");
            before = class;
        }
        assert_eq!(class_of(u64::MAX / 2), None);
    }
}
