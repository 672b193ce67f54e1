//! Futures under `#[timed]`: whether one is inside a poll, and how long its polls take.
//!
//! A call's time is that from its first poll to its last, waiting included, since that is what its caller waits for. The
//! part of it that the future was polled, and its longest poll, tell something else: what it costs the threads of
//! the executor, and how long it keeps one from all other tasks. Both are summed up in the future itself and recorded
//! once, when the call ends, so a poll costs two clock readings. The first poll begins with the call, and a call that is
//! ready at once ends with it: such a one reads the clock no more often than a function does.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::{Polls, Running};
use crate::Outcome;
use crate::cells::clock;

/// What is told of the polls of a future.
pub trait Polling {
    /// A poll begins.
    fn enter(&mut self);

    /// It has ended; `done` when it gave a value.
    fn leave(&mut self, done: bool);
}

/// Runs the body of an `async` function to its end.
pub async fn drive<F: Future>(polling: &mut impl Polling, mut body: Pin<&mut F>) -> F::Output {
    poll_fn(|context| {
        polling.enter();
        let polled: Poll<F::Output> = body.as_mut().poll(context);
        polling.leave(polled.is_ready());
        polled
    })
    .await
}

impl Polling for Running {
    #[inline]
    fn enter(&mut self) {
        self.unfinished = Outcome::Panicked;
    }

    #[inline]
    fn leave(&mut self, _: bool) {
        self.unfinished = Outcome::Cancelled;
    }
}

/// A call whose polls are timed.
#[must_use = "the call ends when this is dropped, and counts as one that panicked"]
pub struct Polled {
    running: Running,
    /// When the present poll began, in the clock's ticks.
    since: Option<u64>,
    polls: u64,
    /// Nanoseconds inside polls.
    busy: u64,
    /// Nanoseconds of the longest one.
    longest: u64,
    done: bool,
}

impl Polled {
    pub(super) fn new(running: Running) -> Polled {
        Polled {
            running,
            since: None,
            polls: 0,
            busy: 0,
            longest: 0,
            done: false,
        }
    }

    /// The body gave a value.
    #[inline]
    pub fn finish(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    /// As [`Running::erred`].
    #[inline]
    pub fn erred(&self, variant: Option<&'static str>) {
        self.running.erred(variant);
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) {
        if self.running.guard.is_none() {
            return;
        }
        self.poll_ended();
        if self.done && self.polls == 1 {
            self.running.end_after(outcome, self.busy);
        } else {
            self.running.end(outcome);
        }
        if let Some(Polls { busy, longest }) = self.running.of.and_then(|of| of.polls.as_ref()) {
            busy.record(Duration::from_nanos(self.busy));
            longest.record(Duration::from_nanos(self.longest));
        }
    }

    #[inline]
    fn poll_ended(&mut self) {
        if let Some(since) = self.since.take() {
            let nanos = clock::nanos_since(since);
            self.busy += nanos;
            self.longest = self.longest.max(nanos);
        }
    }
}

impl Polling for Polled {
    #[inline]
    fn enter(&mut self) {
        self.running.enter();
        let first = self.running.guard.as_ref().filter(|_| self.polls == 0);
        self.since = Some(first.map_or_else(clock::ticks, |guard| guard.began()));
        self.polls += 1;
    }

    #[inline]
    fn leave(&mut self, done: bool) {
        self.poll_ended();
        self.done = done;
        self.running.leave(done);
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.end(self.running.unfinished);
    }
}
