//! Whether anybody has a file open for writing: a lease for reading is granted only where nobody has.

#![allow(unsafe_code)] // one call that has no safe form: it says who upholds what

use std::fs::File;

/// Who has a file open for writing, mapped into memory included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writers {
    None,
    Some,
    /// The file is somebody else's, who alone is told.
    NotOurs,
    /// Its file system does not know.
    Unknown,
}

#[cfg(target_os = "linux")]
pub(super) fn writers(file: &File) -> Writers {
    use std::os::fd::AsRawFd;
    /// From the system's `fcntl.h`; the crate does not have it.
    const F_SETSIG: libc::c_int = 10;
    let fd = file.as_raw_fd();
    // Whoever opens the file for writing while it is leased has the holder signalled. Unless told otherwise that is
    // SIGIO, which ends a process; SIGURG is ignored by default.
    // SAFETY: an open descriptor, as `file` is borrowed; the command takes a number and touches no memory of ours.
    if unsafe { libc::fcntl(fd, F_SETSIG, libc::SIGURG) } != 0 {
        return Writers::Unknown;
    }
    // SAFETY: as above.
    if unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_RDLCK) } == 0 {
        // SAFETY: as above.
        unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) };
        return Writers::None;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN) => Writers::Some,
        Some(libc::EACCES | libc::EPERM) => Writers::NotOurs,
        _ => Writers::Unknown,
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn writers(_: &File) -> Writers {
    Writers::Unknown
}
