//! A named pipe for each process, in one folder: `cat` shows a process's stats, and a service adds up those of a host.
//!
//! How it fits: `lines` writes a snapshot, `mark` says that they are whole, `folder` keeps the pipe in its place, `listening` is somebody who has opened it.
//! [`service`] is the other end: it reads the pipes of a folder.

mod folder;
mod lines;
mod listening;
mod mark;
pub mod service;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::folder::{Folder, Knock};
use self::lines::Lines;
use self::listening::{Listening, Progress};
use super::rules::{Rules, ruled};
use super::schedule::scheduled;
use super::{PushError, Pushed, Reader, Schedule, StartError};
use crate::Snapshot;

/// Writes the stats to `<folder>/<pid>.stats`, a named pipe, each time somebody opens it.
///
/// ```
/// use calipers::report::Pipe;
///
/// # let dir = std::env::temp_dir().join(format!("calipers-doc-pipe-{}", std::process::id()));
/// # let registry = calipers::Registry::new();
/// # registry.counter("jobs.done")?.add(3);
/// # let path = dir.join(format!("{}.stats", std::process::id()));
/// let pipe = Pipe::builder(&dir).registry(&registry).start()?;
/// assert!(std::fs::read_to_string(&path)?.contains("jobs.done: 3\n")); // as `cat` does
/// # drop(pipe);
/// # std::fs::remove_dir(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is written
///
/// A line for each number, `name: value`, in the order of names. A name is the path with dots, and ends in the part where a
/// stat has several: `web.latency.p99`. It may be any text; what is a control character is written `%0A`. Whole
/// numbers are written as such, others with a point or an exponent. What is not there, or is infinite, is left out.
///
/// What may not be added to the same number of another process (a gauge, a percentile, a mean) has a space before the colon:
/// `web.latency.p99 : 0.012`. Readers of the older format, who take every line as `name: value`, read the same names.
///
/// Only numbers have a line: texts, and states by name, have none. Nor has what is below `/calipers`, such as this reader's own
/// faults, unless [`allow`](PipeBuilder::allow) says so. The last line, `calipers.pipe.bytes : 1234`, is no stat: it is how
/// many bytes stand before it, so that whoever has it all knows.
///
/// # What it costs
///
/// Every 20 ms ([`every`](PipeBuilder::every)) the pipe is tried, which is one system call; a snapshot is only taken when
/// somebody opened it. Nobody waits for a reader who takes his time: what he has not taken stays with the pipe's own
/// thread, for 64 readers at most, each until he has taken nothing for ten seconds ([`stall`](PipeBuilder::stall)).
///
/// # The folder
///
/// It is made, for its owner alone (0700), where it is not there; one that is there must be ours, and not be writable by
/// others. No link is followed. Pipes of processes that are gone are removed at the start, and the own one at the end. What has the
/// name of the own one and is none is renamed to `<pid>.stats.aside`.
/// Should somebody remove it meanwhile, it is made anew. One reader of this kind is enough for a process and a folder.
///
/// # Limits
///
/// Whoever opens the pipe gets one of his own, but two who open it in the same moment (20 ms at most) are at one, and each
/// gets a part of the lines: that is how named pipes are. [`service`] is safe from that: those who read through it take
/// turns, and what somebody else took a part of is read again.
///
/// A program whose `main` is not Rust's has to ignore SIGPIPE, as Rust's does: a reader that goes away would end it.
#[derive(Debug)]
pub struct Pipe {
    lines: Lines,
    path: PathBuf,
    folder: Option<Folder>,
    stall: Duration,
    /// Who has opened the pipe and got nothing yet.
    arrived: Vec<Listening>,
    listening: Vec<Listening>,
    /// What is wrong with the folder, and when to look again.
    trouble: Option<PushError>,
    again: Instant,
}

/// More are let in when one of them is done.
const MOST: usize = 64;

/// How long a folder that is not as it should be is left alone.
const PAUSE: Duration = Duration::from_secs(1);

impl Pipe {
    /// A reader that keeps its pipe in this folder.
    pub fn builder(folder: impl Into<PathBuf>) -> PipeBuilder {
        let mut rules = Rules::default();
        rules.allow("**");
        rules.forbid("/calipers/**");
        PipeBuilder {
            path: folder.into(),
            rules,
            stall: Duration::from_secs(10),
            schedule: Schedule::new("pipe").every(Duration::from_millis(20)),
        }
    }

    /// Looks whether somebody has opened the pipe.
    fn look(&mut self) -> Result<bool, PushError> {
        if self.arrived.len() + self.listening.len() >= MOST {
            return Ok(false);
        }
        let folder = match &mut self.folder {
            Some(folder) => folder,
            // It was cleaned away, perhaps.
            gone => gone.insert(Folder::open(&self.path).map_err(|error| self::trouble(&error))?),
        };
        match folder.knock() {
            Ok(Knock::Opened(file)) => {
                self.arrived.push(Listening::new(file));
                Ok(true)
            }
            Ok(Knock::Nobody) => Ok(false),
            Err(error) => {
                self.folder = None;
                Err(trouble(&error))
            }
        }
    }

    /// Gives everybody what they take now.
    fn give(&mut self, pushed: &mut Pushed) {
        let (mut gone, mut stalled) = (0, 0);
        let stall = self.stall;
        self.listening.retain_mut(|listening| {
            let progress = listening.give(&mut pushed.bytes);
            match progress {
                Progress::Done => pushed.sent += 1,
                Progress::Gone => gone += 1,
                Progress::Slow(since) if since.elapsed() > stall => stalled += 1,
                Progress::Slow(_) => return true,
            }
            false
        });
        pushed.dropped += gone + stalled;
        for (cause, times) in [("readerGone", gone), ("readerStalled", stalled)] {
            if times > 0 {
                pushed.faults.push((cause, times));
            }
        }
        pushed.queued = self.listening.len() as u64;
    }
}

fn trouble(error: &std::io::Error) -> PushError {
    let error = std::io::Error::new(error.kind(), error.to_string());
    PushError::io("could not keep the pipe in its folder", error)
}

impl Reader for Pipe {
    fn is_wanted(&mut self) -> bool {
        if Instant::now() < self.again {
            return false;
        }
        match self.look() {
            Ok(opened) => opened,
            Err(error) => {
                self.trouble = Some(error);
                self.again = Instant::now() + PAUSE;
                true
            }
        }
    }

    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        let mut pushed = Pushed {
            offered: self.arrived.len() as u64,
            ..Pushed::nothing()
        };
        if !self.arrived.is_empty() {
            let text: Arc<[u8]> = self.lines.of(snapshot).into();
            for mut arrived in self.arrived.drain(..) {
                arrived.says(text.clone());
                self.listening.push(arrived);
            }
        }
        self.give(&mut pushed);
        Ok(pushed)
    }

    fn carry_on(&mut self, _until: Instant) -> Result<Pushed, PushError> {
        let mut pushed = Pushed::nothing();
        self.give(&mut pushed);
        Ok(pushed)
    }

    fn restart(&mut self) {
        self.arrived.clear();
        self.listening.clear();
    }
}

/// What is written to a pipe, and where it is.
#[derive(Debug)]
#[must_use = "there is no pipe before `start` or `run`"]
pub struct PipeBuilder {
    path: PathBuf,
    rules: Rules,
    stall: Duration,
    schedule: Schedule,
}

impl PipeBuilder {
    /// How long a reader may take nothing before he is given up, ten seconds unless told otherwise.
    pub fn stall(mut self, limit: Duration) -> Self {
        self.stall = limit;
        self
    }

    ruled!();
    scheduled!(usually "Twenty milliseconds, which is how soon somebody who reads is noticed,");

    fn parts(self) -> Result<(Schedule, Pipe), StartError> {
        let folder = Folder::open(&self.path).map_err(|source| StartError::Folder {
            path: self.path.clone(),
            source,
        })?;
        let reader = Pipe {
            lines: Lines::new(self.rules.compiled()?),
            path: self.path,
            folder: Some(folder),
            stall: self.stall,
            arrived: Vec::new(),
            listening: Vec::new(),
            trouble: None,
            again: Instant::now(),
        };
        Ok((self.schedule, reader))
    }
}
