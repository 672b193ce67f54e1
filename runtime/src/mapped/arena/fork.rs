//! What becomes of the file's memory at `fork`: the child gets a copy of its own in its place.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::MutexGuard;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags};

use super::{Arena, Inner};

/// What the thread that forks holds meanwhile.
struct Forking {
    inner: MutexGuard<'static, Inner>,
    shadow: Option<Shadow>,
}

/// Where that stands, between what is done before a `fork` and after it.
pub(super) struct Held(UnsafeCell<Option<Forking>>);

impl Held {
    pub(super) fn none() -> Held {
        Held(UnsafeCell::new(None))
    }
}

/// A copy of the file's memory, for a child of `fork`.
struct Shadow {
    memory: NonNull<u8>,
    length: u64,
}

impl Arena {
    /// Before a `fork`: copies everything, for the child. `pages` are where cells stand.
    ///
    /// Other threads go on recording. What is copied must not point to what is not: cells are copied first, and all that
    /// they point to was there before them and stays until the fork is over, since nothing is taken or given back
    /// meanwhile.
    pub(in crate::mapped) fn before_fork(
        &'static self,
        pages: impl Iterator<Item = u64> + Clone,
        page: u64,
    ) {
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
    pub(in crate::mapped) fn after_fork(&'static self, in_child: bool) {
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
        let emptied = unsafe { rustix::mm::mmap_anonymous(at, length, protection, flags) };
        if emptied.is_err() {
            // Not even that, where memory is promised to nobody beforehand. A child that records then ends; it would
            // otherwise write its parent's cells, and lead its parent to memory that only the child has.
            // SAFETY: as above; nothing is taken away.
            let _ = unsafe { rustix::mm::mprotect(at, length, MprotectFlags::READ) };
        }
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
