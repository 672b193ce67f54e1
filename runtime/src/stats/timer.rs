//! A distribution of durations, with how each section ended and how many are running.

use std::time::Duration;

use super::{Stat, detached};
use crate::Kind;
use crate::cells::ids::Width;
use crate::cells::realm::Realm;
use crate::cells::{CellId, clock, local};
use crate::tree::entry::{Backing, Description, Source};
use crate::tree::place::Node;
use crate::tree::read::line;
use crate::tree::tick;

/// How long things take, how they end, and how many are under way.
///
/// It is a [`Histogram`](super::Histogram) of durations, with rates as a [`Meter`](super::Meter) has, a count per
/// [`Outcome`], and the number of sections that have begun and not ended.
///
/// Wrap what is to be timed in [`time`](Self::time), or hold the guard that [`start`](Self::start) returns. Beware
/// of `let _ = timer.start();`: it drops the guard at once, and times nothing. Write `let _timing = …`.
///
/// ```
/// use calipers::Timer;
///
/// let queries = calipers::registry().timer("db.query")?;
/// let rows = queries.time(|| vec![1, 2, 3]);
/// assert_eq!(rows.len(), 3);
///
/// let timing = queries.start();
/// let snapshot = calipers::snapshot();
/// let seen = snapshot.timer("/db/query").unwrap();
/// assert_eq!((seen.lifetime().count(), seen.in_flight()), (1, 1));
/// # drop(timing);
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timer {
    run: CellId,
    node: Node,
}

impl Timer {
    /// A timer that no tree shows.
    pub fn detached() -> Timer {
        detached()
    }

    /// Runs `section` and records how long it took: as [`Outcome::Ok`], or as [`Outcome::Panicked`] if it panics.
    #[inline]
    pub fn time<R>(&self, section: impl FnOnce() -> R) -> R {
        let timing = self.start();
        let result = section();
        timing.finish(Outcome::Ok);
        result
    }

    /// Begins a section that ends when the guard is dropped, on this thread or another.
    ///
    /// The guard borrows nothing and shares in nothing's life: it may outlive the timer. Costs one clock read and
    /// one store.
    #[inline]
    pub fn start(&self) -> TimerGuard {
        local::add(&self.run, line::STARTED, 1);
        TimerGuard {
            run: self.run,
            unwinding: std::thread::panicking(),
            realm: local::realm(),
            start: clock::ticks(),
        }
    }

    /// Records a section that was measured elsewhere, as [`Outcome::Ok`].
    #[inline]
    pub fn record(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        local::record(&self.run, nanos, line::STARTED, line::OK);
    }

    pub(super) fn run(&self) -> CellId {
        self.run
    }

    /// Where it stands. It is looked for, so this is for rare uses.
    pub(super) fn path(&self) -> String {
        let is_it = |source: &Source| matches!(source, Source::Wide(run) if *run == self.run);
        self.node.stat_path(is_it)
    }
}

/// How a timed section ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned, and what it returned is no error.
    Ok,
    /// It returned an error.
    Err,
    /// It panicked.
    Panicked,
    /// It was a future that was dropped before it was done.
    Cancelled,
}

impl Outcome {
    fn number(self) -> usize {
        match self {
            Outcome::Ok => line::OK,
            Outcome::Err => line::ERR,
            Outcome::Panicked => line::PANICKED,
            Outcome::Cancelled => line::CANCELLED,
        }
    }
}

/// A section under way; see [`Timer::start`].
///
/// Dropping it records the section: as [`Outcome::Panicked`] if a panic that began inside it is what drops it, else
/// as [`Outcome::Ok`]. A guard that is leaked stays in flight for ever, and keeps its timer's memory.
#[derive(Debug)]
#[must_use = "a section that is dropped at once times nothing; bind it: `let _timing = …`"]
pub struct TimerGuard {
    run: CellId,
    /// Whether the thread was unwinding when it began, so that this is no sign of its own panic.
    unwinding: bool,
    /// Where its start was counted, and so its end is.
    realm: Realm,
    start: u64,
}

impl TimerGuard {
    /// Ends the section with this outcome, and gives how long it took.
    #[inline]
    pub fn finish(self, outcome: Outcome) -> Duration {
        let nanos = self.end(outcome);
        std::mem::forget(self); // it is recorded, and owns nothing
        Duration::from_nanos(nanos)
    }

    /// When it began, in the clock's ticks.
    pub(crate) fn began(&self) -> u64 {
        self.start
    }

    /// As [`finish`](Self::finish), of a section of which it is known how long it took.
    #[inline]
    pub(crate) fn finish_after(self, outcome: Outcome, nanos: u64) -> Duration {
        self.record(outcome, nanos);
        std::mem::forget(self); // it is recorded, and owns nothing
        Duration::from_nanos(nanos)
    }

    /// Ends the section without recording it. It is no longer in flight.
    #[inline]
    pub fn discard(self) {
        // Last, as every outcome is: from here on the timer's memory may be given to another.
        if self.realm == local::realm() {
            local::add_last(&self.run, line::DISCARDED, 1);
        } else {
            local::in_realm(self.realm, || {
                local::add_last(&self.run, line::DISCARDED, 1)
            });
        }
        std::mem::forget(self);
    }

    /// How long the section has taken so far.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(clock::nanos_since(self.start))
    }

    #[inline(always)]
    fn end(&self, outcome: Outcome) -> u64 {
        let nanos = clock::nanos_since(self.start);
        self.record(outcome, nanos);
        nanos
    }

    #[inline(always)]
    fn record(&self, outcome: Outcome, nanos: u64) {
        if self.realm == local::realm() {
            local::record(&self.run, nanos, 0, outcome.number());
        } else {
            local::in_realm(self.realm, || {
                local::record(&self.run, nanos, 0, outcome.number())
            });
        }
    }

    pub(super) fn outcome_if_dropped(&self) -> Outcome {
        if std::thread::panicking() && !self.unwinding {
            Outcome::Panicked
        } else {
            Outcome::Ok
        }
    }
}

impl Drop for TimerGuard {
    #[inline]
    fn drop(&mut self) {
        self.end(self.outcome_if_dropped());
    }
}

impl Stat for Timer {
    const KIND: Kind = Kind::Timer;

    fn make(description: &Description<'_>) -> Backing {
        clock::start();
        tick::ensure();
        Backing(Source::Wide(description.cells(Width::Line)))
    }

    fn attach(backing: &Backing, node: &Node) -> Option<Timer> {
        match backing.0 {
            Source::Wide(run) => Some(Timer {
                run,
                node: node.clone(),
            }),
            _ => None,
        }
    }

    fn place(&self) -> &Node {
        &self.node
    }
}
