//! The one way all readers run: a thread of their own, a snapshot every period, and an end within a deadline.
//!
//! A plain thread and no task, because a runtime that is busy or blocked is when its stats are wanted most, and
//! because a program without a runtime has stats too. It is idle between pushes.
//!
//! How it fits: `shared` is what handles and the thread tell one another, `thread` the loop, `tally` the reader's own
//! stats. Each reader's builder holds a [`Schedule`] and gives its options as its own (`scheduled`).

mod error;
mod handle;
mod shared;
mod tally;
#[cfg(test)]
mod tests;
mod thread;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;

pub use error::{DeliveryError, RunError, StartError};
pub use handle::Handle;

#[cfg(any(feature = "graphite", feature = "statsd"))]
pub(crate) use error::at_least;
#[cfg(feature = "statsd")]
pub(crate) use error::at_most;

use self::shared::Shared;
use self::tally::{Name, ReaderStats};
use self::thread::Driven;
use super::Reader;
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
        $crate::report::schedule::scheduled!(usually "Ten seconds");
    };
    (usually $period:literal) => {
        /// How long it is from one push to the next; the first comes after one period.
        #[doc = concat!($period, " unless told otherwise.")]
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
