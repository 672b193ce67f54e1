//! Reading many pipes at once, on one thread: each is opened without waiting, and asked again and again until its time is up.
//!
//! A pipe without a writer reads as if it had ended, until its writer notices that somebody is there. So only an end
//! after something came is one. A writer who takes longer than his time is left alone: nothing is removed.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;

use super::Gathered;
use super::line::parse;
use crate::report::pipe::folder::writer;

/// At once; more would need more files than a process may open.
const TOGETHER: usize = 256;

/// What one process may say.
const LONGEST: usize = 16 * 1024 * 1024;

/// Between one look and the next, when nobody said anything.
const PAUSE: Duration = Duration::from_millis(2);

/// Reads all pipes of a folder side by side, each for at most so long, and adds up what they say.
///
/// Takes no longer than that for every 256 pipes. A folder that is not there is an empty one: nobody has started yet.
///
/// # Errors
///
/// The folder cannot be listed.
///
/// ```
/// use std::time::Duration;
/// use calipers::report::pipe::service::gather;
///
/// let gathered = gather("/no/such/folder", Duration::from_secs(1))?;
/// assert!(gathered.stats.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn gather(folder: impl AsRef<Path>, patience: Duration) -> io::Result<Gathered> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut gathered = Gathered {
        timestamp: now.unwrap_or_default().as_secs_f64(),
        ..Gathered::default()
    };
    let mut waiting = pipes(folder.as_ref(), &mut gathered)?;
    let mut open: Vec<Pipe> = Vec::new();
    loop {
        while open.len() < TOGETHER
            && let Some((pid, path)) = waiting.pop_front()
        {
            match Pipe::open(pid, &path, patience) {
                Ok(pipe) => open.push(pipe),
                // It ended since the folder was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(_) => gathered.pipes.failed += 1,
            }
        }
        if open.is_empty() {
            return Ok(gathered);
        }
        let mut came = false;
        open.retain_mut(|pipe| {
            let before = pipe.text.len();
            let ended = pipe.read();
            came |= pipe.text.len() > before;
            match ended {
                None => return true,
                Some(End::Whole) => gathered.pipes.read += 1,
                Some(End::Late) => gathered.pipes.late += 1,
                Some(End::TooLong) => gathered.pipes.too_long += 1,
                Some(End::Failed) => gathered.pipes.failed += 1,
            }
            pipe.tell(&mut gathered);
            false
        });
        if !came {
            std::thread::sleep(PAUSE);
        }
    }
}

/// The pipes of a folder with the numbers of their processes.
fn pipes(folder: &Path, gathered: &mut Gathered) -> io::Result<VecDeque<(u32, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(VecDeque::new()),
        Err(error) => return Err(error),
    };
    let mut pipes = VecDeque::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let is_pipe = entry.file_type().is_ok_and(|sort| sort.is_fifo());
        match writer(name).filter(|_| is_pipe) {
            Some(pid) => pipes.push_back((pid.unsigned_abs(), entry.path())),
            None => gathered.pipes.foreign += 1,
        }
    }
    Ok(pipes)
}

struct Pipe {
    pid: u32,
    pipe: File,
    until: Instant,
    text: Vec<u8>,
}

enum End {
    Whole,
    Late,
    TooLong,
    Failed,
}

impl Pipe {
    fn open(pid: u32, path: &Path, patience: Duration) -> io::Result<Pipe> {
        // Without waiting, and through no link.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let pipe = File::options()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        if !pipe.metadata()?.file_type().is_fifo() {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(Pipe {
            pid,
            pipe,
            until: Instant::now() + patience,
            text: Vec::new(),
        })
    }

    /// Reads what is there; tells how it ended, if it has.
    fn read(&mut self) -> Option<End> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.pipe.read(&mut buffer) {
                // Nobody has come yet, or he has gone.
                Ok(0) if self.text.is_empty() => break,
                Ok(0) => return Some(End::Whole),
                Ok(read) => self.text.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Some(End::Failed),
            }
            if self.text.len() > LONGEST {
                return Some(End::TooLong);
            }
        }
        (Instant::now() >= self.until).then_some(End::Late)
    }

    fn tell(self: &mut Pipe, gathered: &mut Gathered) {
        let text = String::from_utf8_lossy(&self.text);
        // What has no newline behind it may be half a line.
        let mut lines: Vec<&str> = text.split('\n').collect();
        if lines.pop().is_some_and(|rest| !rest.is_empty()) {
            gathered.pipes.malformed += 1;
        }
        for line in lines {
            match parse(line) {
                Some(line) => gathered.add(self.pid, &line),
                None => gathered.pipes.malformed += 1,
            }
        }
    }
}
