//! The one way all readers run: a thread of their own, a snapshot every period, and an end within a deadline.
//!
//! A plain thread and no task, because a runtime that is busy or blocked is when its stats are wanted most, and
//! because a program without a runtime has stats too. It is idle between pushes.
//!
//! How it fits: `shared` is what handles and the thread tell one another, `thread` the loop, `tally` the reader's own
//! stats. Each reader's builder holds a [`Schedule`] and gives its options as its own (`scheduled`).

mod handle;
mod shared;
mod tally;
#[cfg(test)]
mod tests;
mod thread;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;

pub use handle::Handle;

use self::shared::Shared;
use self::tally::{Name, ReaderStats};
use self::thread::Driven;
use super::Reader;
use crate::snapshot::FilterError;
use crate::{Registry, Snapshot, registry};

/// A century: no period is longer, as a time beyond it may be none.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// When and of what a reader gets snapshots. Readers of this crate bring one along, in their builders; this is for
/// your own.
///
/// ```
/// use std::io::Write;
/// use std::time::Duration;
/// use calipers::Snapshot;
/// use calipers::report::{PushError, Pushed, Reader, Schedule};
///
/// /// Says on a terminal how much there is to see.
/// struct Status<W>(W);
///
/// impl<W: Write + Send + 'static> Reader for Status<W> {
///     fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
///         let line = format!("{} stats\n", snapshot.len());
///         self.0.write_all(line.as_bytes())?;
///         Ok(Pushed::whole(line.len()))
///     }
/// }
///
/// let schedule = Schedule::new("status").every(Duration::from_secs(10));
/// let status = schedule.start(Status(std::io::stderr()))?;
/// status.flush(Duration::from_secs(1))?;
/// assert_eq!(calipers::snapshot().counter("/calipers/report/status/pushes"), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Schedule {
    name: String,
    period: Duration,
    grace: Duration,
    registry: Registry,
    source: Option<Source>,
    when_started: Option<WhenStarted>,
}

/// Where snapshots come from that are of no registry.
type Source = Box<dyn Fn() -> Snapshot + Send>;

/// What a reader of this crate does once its thread runs; it is told the grace.
pub(crate) type WhenStarted = Box<dyn FnOnce(Started, Duration) + Send>;

impl Schedule {
    /// Every ten seconds, of the global registry. The reader's own stats stand below `/calipers/report/<name>`, as one
    /// segment ([`escape`](crate::snapshot::escape)); a name that is in use gets a number (`graphite-2`).
    pub fn new(name: impl Into<String>) -> Schedule {
        Schedule {
            name: name.into(),
            period: Duration::from_secs(10),
            grace: Duration::from_secs(2),
            registry: registry().clone(),
            source: None,
            when_started: None,
        }
    }

    /// Another name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Schedule {
        Schedule {
            name: name.into(),
            ..self
        }
    }

    /// How long it is from one push to the next; the first comes after one period. Ten seconds unless told otherwise.
    #[must_use]
    pub fn every(self, period: Duration) -> Schedule {
        Schedule {
            period: period.min(NEVER),
            ..self
        }
    }

    /// How long dropping the handle may take for a last push. Two seconds unless told otherwise.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Schedule {
        Schedule { grace, ..self }
    }

    /// Another registry than the global one.
    #[must_use]
    pub fn registry(self, registry: &Registry) -> Schedule {
        Schedule {
            registry: registry.clone(),
            ..self
        }
    }

    /// Shows what this gives rather than a registry: the tree that an aggregator has, for instance. The reader's own stats stay in
    /// the registry. It is called on the reader's thread, for each push.
    #[must_use]
    pub fn source(self, snapshot: impl Fn() -> Snapshot + Send + 'static) -> Schedule {
        Schedule {
            source: Some(Box::new(snapshot)),
            ..self
        }
    }

    #[cfg(any(feature = "distributed", feature = "graphite"))]
    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    #[cfg(feature = "dump")]
    pub(crate) fn when_started(self, act: WhenStarted) -> Schedule {
        Schedule {
            when_started: Some(act),
            ..self
        }
    }

    /// Starts the reader on a thread of its own.
    ///
    /// # Errors
    ///
    /// The period is zero, the name empty, or the system gives no thread.
    pub fn start(self, reader: impl Reader) -> Result<Handle, StartError> {
        if self.name.is_empty() {
            return Err(StartError::Name);
        }
        if self.period.is_zero() {
            return Err(StartError::Period);
        }
        let own_name = Name::take(&self.registry, &self.name);
        let name: Arc<str> = own_name.as_str().into();
        let tally = Arc::new(ReaderStats::open(&self.registry, &own_name));
        let shared = Arc::new(Shared::default());
        let driven = Driven {
            reader,
            registry: self.registry,
            source: self.source,
            period: self.period,
            name: own_name,
            tally: tally.clone(),
            shared: shared.clone(),
            queued: 0,
            stuck: false,
            began: None,
            older: 0,
            lost: 0,
            logged: Default::default(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("calipers-{}", name.replace('\0', "_")))
            .spawn(move || driven.run())
            .map_err(StartError::Thread)?;
        if let Some(act) = self.when_started {
            let started = Started {
                shared: shared.clone(),
                thread: thread.thread().id(),
            };
            act(started, self.grace);
        }
        Ok(Handle::new(shared, name, tally, self.grace))
    }

    /// Runs the reader until `until` is ready, for programs with an async runtime, whichever it is: a task that can be
    /// spawned, selected and aborted with the program's others.
    ///
    /// The work is done on the reader's thread, as with [`start`](Self::start), so polling this costs nothing and never
    /// blocks. Once `until` is ready there is a last push, which may take the [grace](Self::grace). Dropping the
    /// future ends the reader too, without waiting for it.
    ///
    /// # Errors
    ///
    /// It could not be started ([`StartError`]), or not everything was delivered at the end ([`DeliveryError`]).
    pub async fn run(
        self,
        reader: impl Reader,
        until: impl Future<Output = ()>,
    ) -> Result<(), RunError> {
        let grace = self.grace;
        let running = self.start(reader)?.without_waiting();
        until.await;
        Ok(running.0.stopped(grace).await?)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule")
            .field("name", &self.name)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

/// A reader that runs, for what outlives its handle.
#[cfg_attr(
    not(feature = "dump"),
    expect(dead_code, reason = "only a dump has such")
)]
pub(crate) struct Started {
    shared: Arc<Shared>,
    thread: ThreadId,
}

#[cfg(feature = "dump")]
impl Started {
    pub(crate) fn is_this_thread(&self) -> bool {
        std::thread::current().id() == self.thread
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.shared.has_ended()
    }

    pub(crate) fn flush(&self, within: Duration) -> Result<(), DeliveryError> {
        self.shared.flush(within)
    }
}

/// Why a reader was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No time at all lies between one push and the next.
    #[error(
        "a reader cannot push every zero seconds; give a period, as in `every(Duration::from_secs(10))`"
    )]
    Period,
    /// A name that is none.
    #[error(
        "a reader needs a name, which its own stats are shown by; give one, as in `name(\"status\")`"
    )]
    Name,
    /// A size that not even one value would fit in.
    #[error("`{option}({given})` leaves no room for what is sent; give {least} bytes or more")]
    Size {
        /// The builder's method.
        option: &'static str,
        /// What it was given.
        given: usize,
        /// The least that makes sense.
        least: usize,
    },
    /// A size that the system never takes at once.
    #[error("`{option}({given})` is more than can be sent in one piece; give {most} bytes or less")]
    TooLarge {
        /// The builder's method.
        option: &'static str,
        /// What it was given.
        given: usize,
        /// The most that can be.
        most: usize,
    },
    /// An address that is none.
    #[error("`{addr}` is no address to send stats to; write for instance `{example}`")]
    Address {
        /// What was given.
        addr: String,
        /// What it might have been.
        example: &'static str,
    },
    /// An address that can only be reached with encryption.
    #[error(
        "`{addr}` needs TLS, which this reader does not speak; send to a collector on this host, `http://127.0.0.1:4318`"
    )]
    Tls {
        /// What was given.
        addr: String,
    },
    /// A rule that is no glob.
    #[error(transparent)]
    Rule(#[from] FilterError),
    /// A path that no file can be written at.
    #[error(
        "stats cannot be written to `{path}`: {source}; name a file in a folder that is there and can be written to"
    )]
    File {
        /// What was given.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// An address beyond this machine without a key, or with an empty one.
    #[error(
        "what is sent to `{addr}` needs a key that both ends know, and that is not empty; give one with `key`"
    )]
    Key {
        /// What was given.
        addr: String,
    },
    /// No socket for this address.
    #[error("cannot send stats to `{addr}`: {source}")]
    Socket {
        /// What was given.
        addr: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A folder that nothing can be kept in.
    #[error("cannot keep anything in the folder `{path}`: {source}")]
    Folder {
        /// What was given.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The system gave no thread.
    #[error("cannot start a thread for reporting: {0}")]
    Thread(#[source] io::Error),
}

/// Why not everything was delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The reader has not come back. It is left to itself.
    #[error("the reader has not answered in time")]
    Late,
    /// It came back and holds what it could not deliver.
    #[error("{left} values were not delivered in time and are queued")]
    Queued {
        /// How many.
        left: u64,
    },
    /// It came back, and of these values of the push nothing will be heard: they did not fit, or were refused.
    #[error("{lost} values were dropped; the reader's `errors` say why")]
    Dropped {
        /// How many.
        lost: u64,
    },
    /// The push failed.
    #[error("{reason}")]
    Failed {
        /// What the reader said.
        reason: String,
    },
    /// The reader panicked; it was restarted.
    #[error("the reader panicked")]
    Panicked,
    /// It was stopped before.
    #[error("the reader was stopped")]
    Stopped,
}

/// How a [run](Schedule::run) reader failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It never began.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It ended with something undelivered.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// Refuses a size that makes no sense.
#[cfg(any(feature = "graphite", feature = "statsd"))]
pub(crate) fn at_least(option: &'static str, given: usize, least: usize) -> Result<(), StartError> {
    if given < least {
        return Err(StartError::Size {
            option,
            given,
            least,
        });
    }
    Ok(())
}

/// Refuses a size that cannot be.
#[cfg(feature = "statsd")]
pub(crate) fn at_most(option: &'static str, given: usize, most: usize) -> Result<(), StartError> {
    if given > most {
        return Err(StartError::TooLarge {
            option,
            given,
            most,
        });
    }
    Ok(())
}

/// Gives a builder that has a field `schedule` the options that all readers have in common.
#[cfg(any(
    feature = "distributed",
    feature = "graphite",
    feature = "otlp",
    feature = "pipe",
    feature = "statsd",
    feature = "stream",
    feature = "dump"
))]
macro_rules! scheduled {
    () => {
        /// How long it is from one push to the next; the first comes after one period. Ten seconds unless told
        /// otherwise.
        pub fn every(mut self, period: std::time::Duration) -> Self {
            self.schedule = self.schedule.every(period);
            self
        }

        /// How long dropping the handle may take for a last push. Two seconds unless told otherwise.
        pub fn grace(mut self, grace: std::time::Duration) -> Self {
            self.schedule = self.schedule.grace(grace);
            self
        }

        /// What the reader is called in its own stats, `/calipers/report/<name>/…`. A name that is in use gets a number.
        pub fn name(mut self, name: impl Into<String>) -> Self {
            self.schedule = self.schedule.name(name);
            self
        }

        /// Another registry than the global one.
        pub fn registry(mut self, registry: &$crate::Registry) -> Self {
            self.schedule = self.schedule.registry(registry);
            self
        }

        /// Shows what this gives rather than a registry: the tree that an aggregator has, for instance.
        pub fn source(mut self, snapshot: impl Fn() -> $crate::Snapshot + Send + 'static) -> Self {
            self.schedule = self.schedule.source(snapshot);
            self
        }

        /// Starts it on a thread of its own.
        ///
        /// # Errors
        ///
        /// What was given makes no sense, or the system gives no thread. A peer that is not there is no error: it may
        /// come.
        pub fn start(self) -> Result<$crate::report::Handle, $crate::report::StartError> {
            let (schedule, reader) = self.parts()?;
            schedule.start(reader)
        }

        /// Runs it until `until` is ready, as a task of an async runtime, whichever it is; see
        /// [`Schedule::run`](crate::report::Schedule::run).
        ///
        /// # Errors
        ///
        /// It could not be started, or not everything was delivered at the end.
        pub async fn run(
            self,
            until: impl std::future::Future<Output = ()>,
        ) -> Result<(), $crate::report::RunError> {
            let (schedule, reader) = self.parts()?;
            schedule.run(reader, until).await
        }
    };
}
#[cfg(any(
    feature = "distributed",
    feature = "graphite",
    feature = "otlp",
    feature = "pipe",
    feature = "statsd",
    feature = "stream",
    feature = "dump"
))]
pub(crate) use scheduled;
