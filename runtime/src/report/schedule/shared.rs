//! What a reader's thread and its handles tell one another.
//!
//! One small state behind one lock that is never held while anything else is done: what was asked for (flushes, by
//! number; the end, with the time it may take) and what was answered. Who waits does so with a deadline, whatever the
//! reader does meanwhile.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::DeliveryError;

/// What is waited longer than the reader has, so that its answer, given at the very end, is not missed by a hair.
const ANSWER: Duration = Duration::from_millis(50);

/// A reader's state as its handles see it.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Flushes asked for, and answered.
    asked: u64,
    answered: u64,
    /// Until when the latest of them may take.
    until: Option<Instant>,
    /// What became of the last one.
    last: Option<Result<(), DeliveryError>>,
    /// Whether it should end.
    stop: bool,
    ended: bool,
    wakers: Vec<Waker>,
}

/// What the thread is to do now.
pub(super) enum Next {
    /// What time it is, or less: go on.
    Nothing,
    /// Push, and deliver until then; all flushes up to the number are answered with it.
    Flush { number: u64, until: Instant },
    /// The same, and then end.
    Stop { until: Instant },
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is `until` or something is asked for.
    pub(super) fn next(&self, until: Instant) -> Next {
        let mut state = self.state();
        loop {
            let deadline = |state: &State| state.until.unwrap_or_else(Instant::now);
            if state.stop {
                return Next::Stop {
                    until: deadline(&state),
                };
            }
            if state.asked > state.answered {
                return Next::Flush {
                    number: state.asked,
                    until: deadline(&state),
                };
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Until when a flush may go on that may until `until`: whoever stops the reader does not wait for it.
    pub(super) fn limit(&self, until: Instant) -> Instant {
        let state = self.state();
        let stop = state.until.filter(|_| state.stop);
        stop.map_or(until, |stop| stop.min(until))
    }

    /// What the flushes up to this one came to.
    pub(super) fn answer(&self, number: u64, outcome: Result<(), DeliveryError>) {
        let mut state = self.state();
        state.answered = state.answered.max(number);
        state.last = Some(outcome);
        drop(state);
        self.changed.notify_all();
    }

    /// The thread ends.
    pub(super) fn end(&self, outcome: Result<(), DeliveryError>) {
        let mut state = self.state();
        state.ended = true;
        state.answered = state.asked;
        state.last = Some(outcome);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.changed.notify_all();
        for waker in wakers {
            waker.wake();
        }
    }

    /// Asks for a flush and waits for it.
    pub(super) fn flush(&self, within: Duration) -> Result<(), DeliveryError> {
        let until = after(within);
        let mut state = self.state();
        if state.ended || state.stop {
            return Err(DeliveryError::Stopped);
        }
        // Several that wait together get the longest time any of them has.
        let others = state.until.filter(|_| state.asked > state.answered);
        state.until = others.max(Some(until));
        state.asked += 1;
        let number = state.asked;
        self.changed.notify_all();
        state = self.wait(state, until + ANSWER, |state| state.answered >= number);
        if state.answered < number {
            return Err(DeliveryError::Late);
        }
        state.last.clone().unwrap_or(Ok(()))
    }

    /// Asks it to end, and does not wait.
    pub(super) fn ask_to_stop(&self, within: Duration) {
        let mut state = self.state();
        let until = Some(after(within));
        // The first who asks says how long it may take; only who asks for less changes that.
        state.until = if state.stop {
            state.until.min(until)
        } else {
            until
        };
        state.stop = true;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until it has ended; late when it has not by then, and a moment.
    pub(super) fn wait_for_end(&self, until: Instant) -> Result<(), DeliveryError> {
        let state = self.wait(self.state(), until + ANSWER, |state| state.ended);
        if !state.ended {
            return Err(DeliveryError::Late);
        }
        state.last.clone().unwrap_or(Ok(()))
    }

    /// As [`wait_for_end`](Self::wait_for_end), for a future.
    pub(super) fn poll_end(&self, waker: &Waker) -> Poll<Result<(), DeliveryError>> {
        let mut state = self.state();
        if state.ended {
            return Poll::Ready(state.last.clone().unwrap_or(Ok(())));
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        Poll::Pending
    }

    /// Whether the thread has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        until: Instant,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }
}

/// A moment that exists, however long `within` is.
pub(super) fn after(within: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + within.min(YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reader_says_when_its_time_is_up_is_heard() {
        let shared = Shared::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                loop {
                    match shared.next(after(Duration::from_secs(60))) {
                        Next::Stop { .. } => break shared.end(Ok(())),
                        Next::Flush { number, .. } => {
                            shared.answer(number, Err(DeliveryError::Queued { left: 7 }));
                        }
                        Next::Nothing => {}
                    }
                }
            });
            // Once of some times: this thread is not the only one here.
            let heard = (0..20)
                .any(|_| shared.flush(Duration::ZERO) == Err(DeliveryError::Queued { left: 7 }));
            shared.ask_to_stop(Duration::ZERO);
            assert!(heard);
        });
    }
}
