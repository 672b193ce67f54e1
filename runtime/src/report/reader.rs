//! What a reader is: it is handed snapshots, and says what became of them.
//!
//! A reader runs on a thread that is its own (see [`Schedule`](super::Schedule)), so it may take its time: nobody waits for
//! it, least of all a thread that records. What it must not do is keep more and more of what it cannot deliver; a
//! reader that queues says in [`Pushed`] how much it holds and how much it let go.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Instant;

use crate::Snapshot;

/// Shows snapshots somewhere, at a schedule: to a server, in a file, on a screen.
///
/// [`Schedule`](super::Schedule) calls it; its documentation shows a whole reader in 20 lines.
pub trait Reader: Send + 'static {
    /// Whether there is anybody to push to; asked every period, before the snapshot is taken. There always is, unless a
    /// reader says otherwise: then nothing happens until it is asked again.
    fn is_wanted(&mut self) -> bool {
        true
    }

    /// Takes what the program's stats are now.
    ///
    /// It may block, for the reader's thread is its own; but as long as it does, a
    /// [`Handle::stop`](super::Handle::stop) waits. What can be done later is better done in
    /// [`carry_on`](Self::carry_on).
    ///
    /// # Errors
    ///
    /// What kept it from being shown. It is counted by its [`cause`](PushError::cause), the first of each cause is logged,
    /// and the next snapshot comes as scheduled.
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError>;

    /// Goes on with what could not be delivered at once, until `until` at the latest.
    ///
    /// Called between pushes, as long as the last call said that something is [queued](Pushed::queued). It may
    /// block until `until`, which is a few hundredths of a second away.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    fn carry_on(&mut self, until: Instant) -> Result<Pushed, PushError> {
        let _ = until;
        Ok(Pushed::nothing())
    }

    /// Called after it panicked, before anything else is asked of it: to let go of what may be half done.
    fn restart(&mut self) {}
}

/// What a reader did since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// Bytes that left the program.
    pub bytes: u64,
    /// Values, lines or datagrams, whatever the reader counts in, that were to be delivered.
    pub offered: u64,
    /// How many of them left: as far as can be told, were delivered.
    pub sent: u64,
    /// How many were let go, since there was no room for them.
    pub dropped: u64,
    /// How many are held to be delivered later: a level, not an increase.
    pub queued: u64,
    /// What went wrong with single values, by cause.
    pub faults: Vec<(&'static str, u64)>,
}

impl Pushed {
    /// Nothing was done, and nothing is left to do.
    pub fn nothing() -> Pushed {
        Pushed::default()
    }

    /// One snapshot was delivered whole, in this many bytes.
    pub fn whole(bytes: usize) -> Pushed {
        Pushed {
            bytes: bytes as u64,
            offered: 1,
            sent: 1,
            ..Pushed::default()
        }
    }

    /// Adds what was done after this.
    pub fn and(mut self, later: Pushed) -> Pushed {
        self.bytes += later.bytes;
        self.offered += later.offered;
        self.sent += later.sent;
        self.dropped += later.dropped;
        self.queued = later.queued;
        self.faults.extend(later.faults);
        self
    }
}

/// Why a snapshot was not shown.
///
/// Any error can be one: with `?` from an [`io::Error`], with [`PushError::new`] from all others.
#[derive(Debug, thiserror::Error)]
#[error("{tried}: {source}")]
pub struct PushError {
    cause: &'static str,
    tried: Cow<'static, str>,
    source: Box<dyn Error + Send + Sync>,
    pushed: Option<Pushed>,
}

impl PushError {
    /// An error that is counted under `cause`, a short name such as `badAnswer`.
    ///
    /// `tried` is what could not be done, as in "could not write to the bus"; it is shown before the `source`, which
    /// says why.
    pub fn new(
        cause: &'static str,
        tried: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> PushError {
        PushError {
            cause,
            tried: tried.into(),
            source: source.into(),
            pushed: None,
        }
    }

    /// What was done all the same: values that were let go because of the error, for instance. Without it, as much is
    /// queued as before.
    #[must_use]
    pub fn after(self, pushed: Pushed) -> PushError {
        PushError {
            pushed: Some(pushed),
            ..self
        }
    }

    pub(super) fn pushed(&self) -> Option<&Pushed> {
        self.pushed.as_ref()
    }

    /// An error of the system's, counted under what kind it is of.
    pub fn io(tried: impl Into<Cow<'static, str>>, source: io::Error) -> PushError {
        PushError::new(cause(source.kind()), tried, source)
    }

    /// What it is counted under: `refused`, `timedOut`, `noSpace`, …
    pub fn cause(&self) -> &'static str {
        self.cause
    }
}

impl From<io::Error> for PushError {
    fn from(source: io::Error) -> PushError {
        PushError::io("could not write stats", source)
    }
}

/// One word for what can be told apart and acted upon.
pub(super) fn cause(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => "refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "connectionLost"
        }
        ErrorKind::UnexpectedEof => "closed",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timedOut",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            "unreachable"
        }
        ErrorKind::NotFound | ErrorKind::AddrNotAvailable => "notFound",
        ErrorKind::PermissionDenied => "denied",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "noSpace",
        ErrorKind::InvalidInput | ErrorKind::InvalidData => "invalid",
        _ => "other",
    }
}
