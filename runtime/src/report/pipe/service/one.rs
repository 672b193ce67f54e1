//! Reading one pipe, without ever waiting.
//!
//! A pipe without a writer reads as if it had ended, until its writer notices that somebody is there. So only an end
//! after something came is one. Of two who read one pipe each gets a part: readers of this kind lock it, so that one
//! comes after the other, and what somebody else took a part of (`cat`) is seen and read again.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock, fstat};
use rustix::io::Errno;

use crate::report::pipe::folder::is_pipe;
use crate::report::pipe::mark;

/// What one process may say.
const LONGEST: usize = 16 * 1024 * 1024;

/// Between one try at a pipe that another reads, or that another had, and the next.
const AGAIN: Duration = Duration::from_millis(10);

/// A process's pipe that is to be read.
pub(super) struct Pipe {
    pub(super) pid: u32,
    path: PathBuf,
    until: Instant,
    /// Nothing while another reads it.
    open: Option<Open>,
    /// When to try again, or to look whether another had it.
    next: Instant,
    was_there: bool,
    /// What came.
    pub(super) text: Vec<u8>,
    /// How often somebody else took a part.
    pub(super) torn: u64,
}

struct Open {
    pipe: File,
    inode: u64,
    is_marked: bool,
}

/// What became of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of it is there.
    Whole,
    Late,
    TooLong,
    Failed,
    /// The process ended.
    Gone,
}

impl Pipe {
    pub(super) fn new(pid: u32, path: PathBuf, patience: Duration) -> Pipe {
        let now = Instant::now();
        Pipe {
            pid,
            path,
            until: now + patience,
            open: None,
            next: now,
            was_there: false,
            text: Vec::new(),
            torn: 0,
        }
    }

    /// Reads what is there; tells how it ended, if it has.
    pub(super) fn read(&mut self) -> Option<End> {
        if self.open.is_none() && Instant::now() >= self.next {
            self.next = Instant::now() + AGAIN;
            match Open::new(&self.path) {
                Ok(open) => {
                    self.open = open;
                    self.was_there = true;
                }
                // The older writers take it away when they have written, and put another there.
                Err(error) if error.kind() == ErrorKind::NotFound && self.was_there => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Some(End::Gone),
                Err(_) => return Some(End::Failed),
            }
        }
        let end = self.open.is_some().then(|| self.take()).flatten();
        end.or_else(|| (Instant::now() >= self.until).then_some(End::Late))
    }

    fn take(&mut self) -> Option<End> {
        let open = self.open.as_mut()?;
        // Another one stands in the place of a pipe that a writer has noticed a reader of. Looked at before reading: if it
        // ends without a word after that, the writer was here, and all of it is somebody else's.
        let mut was_taken = false;
        if self.text.is_empty() && Instant::now() >= self.next {
            self.next = Instant::now() + AGAIN;
            let there = self.path.symlink_metadata();
            was_taken = !there.is_ok_and(|there| there.ino() == open.inode);
        }
        let mut buffer = [0; 16 * 1024];
        loop {
            match open.pipe.read(&mut buffer) {
                Ok(0) if self.text.is_empty() && was_taken => {
                    self.open = None;
                    return None;
                }
                Ok(0) if self.text.is_empty() => return None,
                Ok(0) if !open.is_marked => return Some(End::Whole),
                Ok(0) => break,
                Ok(read) => self.text.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(_) => return Some(End::Failed),
            }
            if self.text.len() > LONGEST {
                return Some(End::TooLong);
            }
        }
        if let Some(whole) = mark::whole(&self.text) {
            self.text.truncate(whole.len());
            return Some(End::Whole);
        }
        self.torn += 1;
        self.text.clear();
        self.open = None;
        None
    }
}

impl Open {
    /// Nothing while another reads it.
    fn new(path: &PathBuf) -> io::Result<Option<Open>> {
        // Without waiting, and through no link.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let pipe = File::options()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        let stat = fstat(&pipe)?;
        let inode = is_pipe(&stat).ok_or(ErrorKind::InvalidInput)?;
        // Where nothing can be locked, the mark at the end still tells.
        if let Err(Errno::WOULDBLOCK) = flock(&pipe, FlockOperation::NonBlockingLockExclusive) {
            return Ok(None);
        }
        Ok(Some(Open {
            pipe,
            inode,
            is_marked: mark::is_marked(&stat),
        }))
    }
}
