//! Reading many pipes at once, on one thread: each is opened without waiting, and asked again and again until its time is up.
//!
//! A writer who takes longer than his time is left alone: nothing is removed.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Gathered;
use super::line::parse;
use super::one::{End, Pipe};
use crate::report::pipe::folder::writer;

/// At once; more would need more files than a process may open.
const TOGETHER: usize = 256;

/// Between one look and the next, when nobody said anything.
const PAUSE: Duration = Duration::from_millis(2);

/// Reads all pipes of a folder side by side, each for at most so long, and adds up what they say.
///
/// Takes no longer than that for every 256 pipes. Only what is whole counts: of a pipe that is late, or says too much,
/// nothing does. Several may gather at once, in this process or in others: they take turns at each pipe. A folder that is not there is an empty one: nobody has started yet.
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
            open.push(Pipe::new(pid, path, patience));
        }
        if open.is_empty() {
            return Ok(gathered);
        }
        let mut came = false;
        open.retain_mut(|pipe| {
            let before = pipe.text.len();
            let end = pipe.read();
            came |= pipe.text.len() > before;
            let Some(end) = end else { return true };
            gathered.pipes.torn += pipe.torn;
            match end {
                End::Whole => {
                    gathered.pipes.read += 1;
                    tell(pipe, &mut gathered);
                }
                End::Late => gathered.pipes.late += 1,
                End::TooLong => gathered.pipes.too_long += 1,
                End::Failed => gathered.pipes.failed += 1,
                // It ended since the folder was listed.
                End::Gone => {}
            }
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

fn tell(pipe: &Pipe, gathered: &mut Gathered) {
    let text = String::from_utf8_lossy(&pipe.text);
    // What has no newline behind it may be half a line.
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.pop().is_some_and(|rest| !rest.is_empty()) {
        gathered.pipes.malformed += 1;
    }
    for line in lines {
        match parse(line) {
            Some(line) => gathered.add(pipe.pid, &line),
            None => gathered.pipes.malformed += 1,
        }
    }
}
