//! Snapshots to anything that can be written to: a line of JSON each, or a table for people.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::time::UNIX_EPOCH;

use serde::Serialize;

use super::schedule::scheduled;
use super::{PushError, Pushed, Reader, Schedule, StartError};
use crate::Snapshot;

/// Writes snapshots to a [`Write`]: a file, a pipe, standard error.
///
/// Each is one line of JSON, `{"taken":1700000000.25,"stats":{…}}`, with the time in seconds since 1970 and the stats
/// in the shape of the tree; or, with [`table`](StreamBuilder::table), a table for a terminal. It is written with one
/// call and flushed. What cannot be written is counted; the next line begins a new line, so one half of a line spoils no other.
///
/// ```
/// use std::time::Duration;
/// use calipers::report::Stream;
///
/// let log = std::fs::File::create(std::env::temp_dir().join("calipers-doc.jsonl"))?;
/// let stats = Stream::builder(log).every(Duration::from_secs(60)).only("/handler/**").start()?;
/// stats.stop(Duration::from_secs(1))?; // writes a last line
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Stream<W> {
    to: W,
    table: bool,
    only: Option<String>,
    /// Whether a line was begun and not ended.
    broken: bool,
}

impl<W: Write + Send + 'static> Stream<W> {
    /// A reader that writes to this.
    pub fn builder(to: W) -> StreamBuilder<W> {
        StreamBuilder {
            to,
            table: false,
            only: None,
            schedule: Schedule::new("stream"),
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    taken: f64,
    stats: &'a Snapshot,
}

impl<W: Write + Send + 'static> Reader for Stream<W> {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        let chosen = match &self.only {
            Some(glob) => {
                let chosen = snapshot.filter(glob);
                &chosen
                    .map_err(|error| PushError::new("filter", "could not choose stats", error))?
            }
            None => snapshot,
        };
        let mut text = Vec::new();
        if self.broken {
            text.push(b'\n');
        }
        let taken = chosen.taken().duration_since(UNIX_EPOCH);
        let taken = taken.map_or(0.0, |since| since.as_secs_f64());
        if self.table {
            // Into a vector, writing cannot fail.
            let _ = writeln!(text, "{chosen}");
        } else {
            let line = Line {
                taken,
                stats: chosen,
            };
            serde_json::to_writer(&mut text, &line)
                .map_err(|error| PushError::new("json", "could not write stats as JSON", error))?;
            text.push(b'\n');
        }
        self.write(&text)?;
        self.to.flush()?;
        Ok(Pushed::whole(text.len()))
    }

    fn restart(&mut self) {
        // Nobody knows what a writer that panicked has written.
        self.broken = true;
    }
}

impl<W: Write> Stream<W> {
    /// As `write_all`, and remembers where it ended.
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => {
                    let (written, after) = rest.split_at(bytes.min(rest.len()));
                    self.broken = !written.ends_with(b"\n");
                    rest = after;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<W> fmt::Debug for Stream<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// What is written, where to, and when.
#[must_use = "nothing is written before `start` or `run`"]
pub struct StreamBuilder<W> {
    to: W,
    table: bool,
    only: Option<String>,
    schedule: Schedule,
}

impl<W: Write + Send + 'static> StreamBuilder<W> {
    /// Tables for people, with an empty line after each.
    pub fn table(mut self) -> Self {
        self.table = true;
        self
    }

    /// Only the stats that a glob fits; see [`Snapshot::filter`].
    pub fn only(mut self, glob: impl Into<String>) -> Self {
        self.only = Some(glob.into());
        self
    }

    scheduled!();

    fn parts(self) -> Result<(Schedule, Stream<W>), StartError> {
        if let Some(glob) = &self.only {
            // Refused now rather than at every push.
            Snapshot::check_filter(glob)?;
        }
        let reader = Stream {
            to: self.to,
            table: self.table,
            only: self.only,
            broken: false,
        };
        Ok((self.schedule, reader))
    }
}

impl<W> fmt::Debug for StreamBuilder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamBuilder")
            .field("table", &self.table)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}
