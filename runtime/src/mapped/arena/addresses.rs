//! Addresses: a long stretch of them without memory, and the file where they are.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags};

/// How long the file may become, tried from the first on: addresses cost nothing, but may be limited.
const RESERVED: [u64; 4] = [64 << 30, 16 << 30, 2 << 30, 256 << 20];

/// Reserves addresses without memory; gives how many.
pub(super) fn reserve() -> io::Result<(NonNull<u8>, u64)> {
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
pub(super) unsafe fn map(base: NonNull<u8>, file: &File, from: u64, to: u64) -> io::Result<()> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::SHARED | MapFlags::FIXED;
    // SAFETY: the caller's promise.
    unsafe {
        let at = base.as_ptr().add(from as usize).cast::<c_void>();
        rustix::mm::mmap(at, (to - from) as usize, protection, flags, file, from)?;
    }
    Ok(())
}
