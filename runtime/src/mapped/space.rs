//! Space on the disk for memory that is a file: had before it is mapped, since a store that finds none ends the program.

use std::fs::File;
use std::io;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

/// Makes the file as long as `to`, with space on the disk for what is new.
pub(super) fn reserve(file: &File, from: u64, to: u64) -> io::Result<()> {
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
