//! The loop on a reader's thread: wait, take a snapshot, hand it over, see to it that it gets out.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::{Next, Shared};
use super::tally::{Name, ReaderStats};
use super::{DeliveryError, Source};
use crate::report::{PushError, Pushed, Reader};
use crate::snapshot::escape;
use crate::{Registry, log_line};

/// How long a reader may be busy with what it has queued before somebody looks whether anything was asked for.
const SLICE: Duration = Duration::from_millis(25);

/// How long a reader that got nowhere is left alone: one that does not wait by itself must not make this spin.
const PAUSE: Duration = Duration::from_millis(20);

/// A reader, and what drives it.
pub(super) struct Driven<R> {
    pub(super) reader: R,
    pub(super) registry: Registry,
    pub(super) source: Option<Source>,
    pub(super) period: Duration,
    pub(super) name: Name,
    pub(super) tally: Arc<ReaderStats>,
    pub(super) shared: Arc<Shared>,
    pub(super) queued: u64,
    /// Whether the last attempt to deliver what is queued came to nothing.
    pub(super) stuck: bool,
    /// When what is not delivered yet was begun.
    pub(super) began: Option<Instant>,
    /// How much of what is queued is older than the last push.
    pub(super) older: u64,
    /// How much of the last push was dropped.
    pub(super) lost: u64,
    /// The causes that were logged.
    pub(super) logged: BTreeSet<&'static str>,
}

impl<R: Reader> Driven<R> {
    pub(super) fn run(mut self) {
        let mut due = Instant::now() + self.period;
        let outcome = loop {
            // While something is queued this hardly waits; that is then done by the reader.
            let until = match self.queued {
                0 => due,
                _ => due.min(Instant::now() + self.pause()),
            };
            match self.shared.next(until) {
                Next::Stop { until } => break self.deliver(until),
                Next::Flush { number, until } => {
                    let outcome = self.deliver(until);
                    self.shared.answer(number, outcome);
                }
                Next::Nothing if Instant::now() >= due => {
                    if self.is_wanted() {
                        // What went wrong is counted, and the next push is a new attempt.
                        let _ = self.push();
                        due = self.next_after(due);
                    } else {
                        due = Instant::now() + self.period;
                        // Somebody who came before may still take something, and the period may be short.
                        if self.queued > 0 {
                            let _ = self.carry_on(due);
                        }
                    }
                }
                Next::Nothing => {
                    let _ = self.carry_on(due);
                }
            }
        };
        let Driven {
            reader,
            name,
            tally,
            shared,
            ..
        } = self;
        // A reader's drop is its author's code, and whoever waits for the end waits for that too: a file is closed.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(reader)));
        if dropped.is_err() {
            tally.panics.inc();
        }
        drop(tally);
        drop(name);
        shared.end(outcome);
    }

    /// The next moment of the schedule. Those that have passed are left out: two pushes at once tell no more than one.
    fn next_after(&mut self, due: Instant) -> Instant {
        let late = due.elapsed().as_nanos() / self.period.as_nanos().max(1);
        let late = u32::try_from(late).unwrap_or(u32::MAX);
        self.tally.missed.add(late);
        let passed = self.period.saturating_mul(late);
        due.checked_add(passed)
            .and_then(|passed| passed.checked_add(self.period))
            .unwrap_or_else(|| Instant::now() + self.period)
    }

    /// Pushes, and goes on until everything is out or it is `until`.
    fn deliver(&mut self, until: Instant) -> Result<(), DeliveryError> {
        loop {
            let before = self.queued;
            let pushed = self.push();
            let mut outcome = pushed.clone();
            while self.queued > 0 {
                let (now, until) = (Instant::now(), self.shared.limit(until));
                if now >= until {
                    return Err(DeliveryError::Queued { left: self.queued });
                }
                std::thread::sleep(self.pause().min(until - now));
                // An error on the way counts for nothing when all got out in the end.
                outcome = self.carry_on(until);
            }
            if outcome.is_ok() && self.lost > 0 {
                outcome = Err(DeliveryError::Dropped { lost: self.lost });
            }
            // A reader may refuse a snapshot while it holds much of those before; now it does not.
            if pushed.is_ok() || before == 0 {
                return outcome;
            }
        }
    }

    /// A reader that panics over this is asked to push, which tells.
    fn is_wanted(&mut self) -> bool {
        let reader = &mut self.reader;
        catch_unwind(AssertUnwindSafe(|| reader.is_wanted())).unwrap_or(true)
    }

    fn pause(&self) -> Duration {
        if self.stuck { PAUSE } else { Duration::ZERO }
    }

    fn push(&mut self) -> Result<(), DeliveryError> {
        let began = Instant::now();
        self.began.get_or_insert(began);
        (self.older, self.lost) = (self.queued, 0);
        let Driven {
            reader,
            registry,
            source,
            ..
        } = self;
        let outcome = catch_unwind(AssertUnwindSafe(|| match source {
            Some(snapshot) => reader.push(&snapshot()),
            None => reader.push(&registry.snapshot()),
        }));
        if matches!(outcome, Ok(Ok(_))) {
            self.tally.pushes.inc();
        }
        self.note(outcome)
    }

    fn carry_on(&mut self, until: Instant) -> Result<(), DeliveryError> {
        let until = until.min(Instant::now() + SLICE);
        let reader = &mut self.reader;
        let outcome = catch_unwind(AssertUnwindSafe(|| reader.carry_on(until)));
        let got_on =
            matches!(&outcome, Ok(Ok(pushed)) if pushed.bytes + pushed.sent + pushed.dropped > 0);
        self.stuck = !got_on && Instant::now() < until;
        self.note(outcome)
    }

    fn note(
        &mut self,
        outcome: std::thread::Result<Result<Pushed, PushError>>,
    ) -> Result<(), DeliveryError> {
        match outcome {
            Ok(Ok(pushed)) => {
                self.take(&pushed);
                if pushed.queued == 0
                    && let Some(began) = self.began.take()
                    && self.lost == 0
                {
                    self.tally.succeed(began);
                }
                Ok(())
            }
            Ok(Err(error)) => {
                if let Some(pushed) = error.pushed() {
                    self.take(pushed);
                }
                self.tally.fail(&error);
                self.log(error.cause(), format_args!("{error}"));
                if self.queued == 0 {
                    self.began = None;
                }
                Err(DeliveryError::Failed {
                    reason: error.to_string(),
                })
            }
            Err(_) => {
                self.tally.panics.inc();
                let reader = &mut self.reader;
                if catch_unwind(AssertUnwindSafe(|| reader.restart())).is_err() {
                    self.tally.panics.inc();
                }
                // Not asked to carry on until it has taken another snapshot, lest it panic again at once.
                self.queued = 0;
                self.began = None;
                Err(DeliveryError::Panicked)
            }
        }
    }

    /// Notes what a call came to. What is dropped is the oldest: only what goes beyond that is lost of the last push.
    fn take(&mut self, pushed: &Pushed) {
        self.tally.add(pushed);
        self.queued = pushed.queued;
        let older = pushed.dropped.min(self.older);
        self.lost += pushed.dropped - older;
        self.older = (self.older - older).saturating_sub(pushed.sent);
        for &(cause, times) in &pushed.faults {
            self.log(cause, format_args!("{times} times {cause} in one push"));
        }
    }

    /// Logs what went wrong, if it is the first of its cause.
    fn log(&mut self, cause: &'static str, what: fmt::Arguments<'_>) {
        if self.logged.insert(cause) {
            let name = self.name.as_str();
            log_line::warn(
                log_line::TARGET,
                format_args!(
                    "{name}: {what} (counted in /calipers/report/{}/errors/{cause}; further ones are not logged)",
                    escape(name),
                ),
            );
        }
    }
}
