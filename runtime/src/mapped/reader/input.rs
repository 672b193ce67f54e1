//! A page file, opened to be read: safely, whoever put it there, and with a limit to what reading it may cost.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::mapped::bytes::word_at;
use crate::mapped::error::ReadError;
use crate::mapped::layout::{CELLS, PAGE};

/// A file that is being read. It is never mapped: whoever owns it may cut it off at any time.
pub(in crate::mapped) struct Input {
    pub(in crate::mapped) file: File,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    /// Bytes that may yet be read, and that may yet be kept: what the file says of itself is not believed.
    work: Cell<u64>,
    memory: Cell<u64>,
}

/// Why something could not be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is being changed, so another attempt may succeed.
    Changed,
    /// It ends before what is read. Beside a writer that is as good as changed: what led there may be something else by now.
    TooShort,
    Damaged(&'static str),
    Io(io::Error),
}

impl From<Errno> for Fault {
    fn from(error: Errno) -> Fault {
        Fault::Io(error.into())
    }
}

/// Every file may cost this, and what it takes on the disk so many times.
const FREE: u64 = 16 << 20;
const MEMORY: u64 = 6;
const WORK: u64 = 64;

pub(super) const TOO_MUCH: Fault = Fault::Damaged("it asks for more than it holds");

impl Input {
    /// Opens a file. Links are not followed, and pipes not waited for.
    pub(in crate::mapped) fn open(path: &Path) -> Result<Input, ReadError> {
        let io = |error: Errno| ReadError::Io {
            path: path.to_owned(),
            source: error.into(),
        };
        let not_one = |why| ReadError::NotOne {
            path: path.to_owned(),
            why,
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd: OwnedFd = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::LOOP) => return Err(not_one("it is a link")),
            Err(error) => return Err(io(error)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(io)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Directory => return Err(not_one("it is a folder")),
            FileType::Fifo => return Err(not_one("it is a pipe")),
            _ => return Err(not_one("it is no plain file")),
        }
        // What is only claimed to be there, in a file with holes, does not count.
        let length = u64::try_from(stat.st_size).unwrap_or(0);
        let stored = u64::try_from(stat.st_blocks)
            .unwrap_or(0)
            .saturating_mul(512);
        let stored = stored.min(length.next_multiple_of(4096));
        Ok(Input {
            file: File::from(fd),
            path: path.to_owned(),
            length,
            work: Cell::new(FREE.saturating_add(stored.saturating_mul(WORK))),
            memory: Cell::new(FREE.saturating_add(stored.saturating_mul(MEMORY))),
        })
    }

    /// Says that so many bytes are about to be kept.
    pub(super) fn keep(&self, bytes: u64) -> Result<(), Fault> {
        let left = self.memory.get().checked_sub(bytes).ok_or(TOO_MUCH)?;
        self.memory.set(left);
        Ok(())
    }

    /// Forgets what was kept since `before`, which is what [`Input::memory_left`] was then.
    pub(super) fn forget(&self, before: u64) {
        self.memory.set(before);
    }

    pub(super) fn memory_left(&self) -> u64 {
        self.memory.get()
    }

    /// Fills `into` from a place.
    pub(super) fn read(&self, mut at: u64, mut into: &mut [u8]) -> Result<(), Fault> {
        let cost = into.len() as u64 + 64;
        if at > i64::MAX as u64 {
            return Err(Fault::TooShort); // no file is so long, and the system has no such place
        }
        self.work
            .set(self.work.get().checked_sub(cost).ok_or(TOO_MUCH)?);
        while !into.is_empty() {
            match rustix::io::pread(&self.file, &mut *into, at) {
                Ok(0) => return Err(Fault::TooShort),
                Ok(read) => {
                    at += read as u64;
                    into = into.get_mut(read..).unwrap_or_default();
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) fn word(&self, at: u64) -> Result<u64, Fault> {
        let mut word = [0; 8];
        self.read(at, &mut word)?;
        Ok(u64::from_ne_bytes(word))
    }

    /// A page of cells.
    pub(super) fn cells(&self, at: u64) -> Result<Box<[u64; CELLS]>, Fault> {
        self.keep(PAGE)?;
        let mut bytes = [0; PAGE as usize];
        self.read(at, &mut bytes)?;
        let mut cells = Box::new([0; CELLS]);
        for (cell, at) in cells.iter_mut().zip((0..).step_by(8)) {
            *cell = word_at(&bytes, at);
        }
        Ok(cells)
    }

    /// The stamp and the size of a piece.
    pub(super) fn piece(&self, at: u64) -> Result<(u64, u64), Fault> {
        let mut head = [0; 16];
        self.read(at, &mut head)?;
        Ok((word_at(&head, 0), word_at(&head, 8)))
    }

    /// Says what went wrong.
    pub(super) fn error(&self, fault: Fault) -> ReadError {
        let path = self.path.clone();
        match fault {
            Fault::Changed => ReadError::Busy(path),
            Fault::TooShort => ReadError::Damaged {
                path,
                why: "it ends too early",
            },
            Fault::Damaged(why) => ReadError::Damaged { path, why },
            Fault::Io(source) => ReadError::Io { path, source },
        }
    }
}
