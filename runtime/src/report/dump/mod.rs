//! A file with the latest snapshot, for whoever asks afterwards what the program was doing.
//!
//! How it fits: `file` writes a file whole, `hook` has it written when the program panics.

mod file;
mod hook;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::schedule::scheduled;
use super::{PushError, Pushed, Reader, Schedule, StartError};
use crate::Snapshot;

/// Keeps a file with what the stats are: written at a period, on demand, at the end, and when something panics.
///
/// ```
/// use std::time::Duration;
/// use calipers::report::Dump;
///
/// let path = std::env::temp_dir().join(format!("calipers-doc-{}.json", std::process::id()));
/// let dump = Dump::builder(&path).every(Duration::from_secs(60)).start()?;
/// dump.flush(Duration::from_secs(1))?; // now
/// assert!(std::fs::read_to_string(&path)?.contains(r#""stats":{"#));
/// # dump.stop(Duration::from_secs(1))?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is one object of JSON: `taken` (seconds since 1970), `pid`, `program`, `panics` and `lastPanic`
/// (`thread`, `message`, `at`, `when`), and `stats` in the shape of the tree.
///
/// **Always whole.** It is written beside, under a name that begins with a dot, and then renamed, so whoever reads it
/// sees one snapshot or the next, also when the program or the machine dies meanwhile. Only its owner can read it
/// (0600). Only a file is ever replaced: a device, a pipe, a socket or a link at the path is refused at the start
/// ([`StartError::File`]), and makes a push fail that finds it later. The folder is as trusted as you make it.
///
/// **When something panics**, on whichever thread, the file is written before the panic goes on, by the reader's own thread;
/// that may take the [grace](DumpBuilder::grace) and no more. The hook that was there is called first.
pub struct Dump {
    path: PathBuf,
    news: Arc<Mutex<Panics>>,
}

/// What is known of panics.
#[derive(Clone, Debug, Default)]
struct Panics {
    count: u64,
    last: Option<Panic>,
}

#[derive(Clone, Debug, Serialize)]
struct Panic {
    thread: String,
    message: String,
    at: String,
    when: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    taken: f64,
    pid: u32,
    program: Option<String>,
    panics: u64,
    last_panic: Option<Panic>,
    stats: &'a Snapshot,
}

impl Dump {
    /// A reader that keeps this file. Its folder must be there, and let files be made in it.
    pub fn builder(path: impl AsRef<Path>) -> DumpBuilder {
        DumpBuilder {
            path: path.as_ref().to_owned(),
            panics: true,
            schedule: Schedule::new("dump"),
        }
    }
}

impl Reader for Dump {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let Panics { count, last } = news.clone();
        drop(news);
        let program = std::env::current_exe().ok();
        let content = Content {
            taken: seconds(snapshot.taken()),
            pid: std::process::id(),
            program: program.map(|path| path.display().to_string()),
            panics: count,
            last_panic: last,
            stats: snapshot,
        };
        let mut text = serde_json::to_vec(&content)
            .map_err(|error| PushError::new("json", "could not write stats as JSON", error))?;
        text.push(b'\n');
        file::write_whole(&self.path, &text).map_err(|error| {
            PushError::io(format!("could not write {}", self.path.display()), error)
        })?;
        Ok(Pushed::whole(text.len()))
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("path", &self.path).finish()
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Which file is kept, and when it is written.
#[derive(Debug)]
#[must_use = "nothing is written before `start` or `run`"]
pub struct DumpBuilder {
    path: PathBuf,
    panics: bool,
    schedule: Schedule,
}

impl DumpBuilder {
    /// Whether the file is written when something panics, as it is unless told otherwise.
    ///
    /// It takes a panic hook, which stays for good but does nothing once the reader has ended. A hook that is set later
    /// without calling the one before takes its place.
    pub fn on_panic(mut self, panics: bool) -> Self {
        self.panics = panics;
        self
    }

    scheduled!();

    fn parts(self) -> Result<(Schedule, Dump), StartError> {
        if let Err(source) = file::check(&self.path) {
            let path = self.path;
            return Err(StartError::File { path, source });
        }
        let news = Arc::new(Mutex::new(Panics::default()));
        let mut schedule = self.schedule;
        if self.panics {
            schedule = schedule.when_started(hook::flushing(news.clone()));
        }
        let reader = Dump {
            path: self.path,
            news,
        };
        Ok((schedule, reader))
    }
}
