//! Gauges that are closures: user code, run where it can harm nobody.
//!
//! A closure may panic, hang, or use this library. So it is never called during a collector's turn, and not on the
//! thread that takes the snapshot: a thread of its own calls the closures one after another, and the snapshot
//! waits for each only so long. One that has not come back is left behind with its thread; until it does
//! come back it is not called again, and the gauge has no value.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use super::faults::{self, Fault};
use crate::cells::gate;
use crate::snapshot::Number;

/// How long a snapshot waits for one closure.
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) type Function = dyn Fn() -> Number + Send + Sync;

/// A gauge's closure.
pub(crate) struct Closure {
    /// Nothing once its place is retired.
    function: ArcSwapOption<Box<Function>>,
    busy: AtomicBool,
    /// What it last answered, for a snapshot that finds it busy with another's call. Nothing once it stalled.
    last: Mutex<Option<Number>>,
}

impl Closure {
    pub(crate) fn new(function: impl Fn() -> Number + Send + Sync + 'static) -> Closure {
        Closure {
            function: ArcSwapOption::from_pointee(Box::new(function) as Box<Function>),
            busy: AtomicBool::new(false),
            last: Mutex::new(None),
        }
    }

    /// Replaces the closure: the newest instance at a place knows best.
    pub(crate) fn replace(&self, function: impl Fn() -> Number + Send + Sync + 'static) {
        self.function.store(Some(Arc::new(Box::new(function))));
    }

    /// Takes the user's function out, so that what is left may be dropped anywhere.
    pub(crate) fn retire(&self) -> Option<Arc<Box<Function>>> {
        self.function.swap(None)
    }

    fn last(&self) -> Option<Number> {
        let _pass = gate::enter();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, number: Option<Number>) {
        let _pass = gate::enter();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = number;
    }

    fn call(&self) -> Option<Number> {
        let function = self.function.load_full()?;
        let number = catch_unwind(AssertUnwindSafe(|| function())).ok();
        catch_unwind(AssertUnwindSafe(move || drop(function))).ok()?;
        number
    }
}

/// Drops users' values where their code can harm nobody: on a thread of its own, one after another.
pub(super) fn bury(values: Vec<Box<dyn Any + Send>>) {
    if values.is_empty() {
        return;
    }
    let thread = std::thread::Builder::new().name("calipers-gauges".to_owned());
    // Should no thread be had, the spawn drops the values here.
    let _ = thread.spawn(move || {
        for value in values {
            if catch_unwind(AssertUnwindSafe(move || drop(value))).is_err() {
                faults::report(Fault::ClosurePanicked, || {
                    "a gauge's closure panicked when it was dropped".to_owned()
                });
            }
        }
    });
}

enum Answer {
    Value(usize, Number),
    Panicked,
}

/// Calls closures; gives what each returned, in their order.
pub(crate) fn call(closures: &[Arc<Closure>]) -> Vec<Option<Number>> {
    let mut values = vec![None; closures.len()];
    let mut next = 0;
    while next < closures.len() {
        next = call_from(closures, next, &mut values);
    }
    values
}

/// Calls closures from the `first` on, on one thread, until one of them stalls; gives where to go on.
fn call_from(closures: &[Arc<Closure>], first: usize, values: &mut [Option<Number>]) -> usize {
    let mut todo: Vec<(usize, Arc<Closure>)> = Vec::new();
    for (at, closure) in (first..).zip(&closures[first..]) {
        if closure.busy.swap(true, AcqRel) {
            values[at] = closure.last();
        } else {
            todo.push((at, closure.clone()));
        }
    }
    let Some((mut waiting_for, _)) = todo.first().cloned() else {
        return closures.len();
    };
    let order: Vec<usize> = todo.iter().map(|(at, _)| *at).collect();
    let (sender, receiver) = sync_channel(todo.len());
    let busy: Vec<Arc<Closure>> = todo.iter().map(|(_, closure)| closure.clone()).collect();
    let abandoned = Arc::new(AtomicBool::new(false));
    let worker = {
        let abandoned = abandoned.clone();
        std::thread::Builder::new()
            .name("calipers-gauges".to_owned())
            .spawn(move || {
                for (at, closure) in todo {
                    if abandoned.load(Acquire) {
                        return;
                    }
                    let number = closure.call();
                    closure.answered(number);
                    let answer =
                        number.map_or(Answer::Panicked, |number| Answer::Value(at, number));
                    closure.busy.store(false, Release);
                    let _ = sender.send(answer);
                }
            })
    };
    if worker.is_err() {
        // No thread to be had: the gauges have no value this time.
        release(&busy);
        return closures.len();
    }
    let mut deadline = Instant::now() + PATIENCE;
    for (done, _) in order.iter().enumerate() {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Answer::Value(at, number)) => values[at] = Some(number),
            Ok(Answer::Panicked) => {
                faults::report(Fault::ClosurePanicked, || {
                    "a gauge's closure panicked".to_owned()
                });
            }
            Err(RecvTimeoutError::Timeout) => {
                abandoned.store(true, Release);
                closures[waiting_for].answered(None);
                faults::report(Fault::ClosureStalled, || {
                    format!("a gauge's closure did not answer within {PATIENCE:?}")
                });
                // Those behind the stalled one were never called.
                release(&busy[done + 1..]);
                return waiting_for + 1;
            }
            Err(RecvTimeoutError::Disconnected) => {
                release(&busy[done..]);
                return closures.len();
            }
        }
        deadline = Instant::now() + PATIENCE;
        if let Some(next) = order.get(done + 1) {
            waiting_for = *next;
        }
    }
    closures.len()
}

fn release(closures: &[Arc<Closure>]) {
    for closure in closures {
        closure.busy.store(false, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_closure_that_panics_costs_only_its_own_value() {
        let closures = [
            Arc::new(Closure::new(|| Number::U64(1))),
            Arc::new(Closure::new(|| panic!("a user's mistake"))),
            Arc::new(Closure::new(|| Number::U64(3))),
        ];
        let values = call(&closures);
        assert_eq!(values, [Some(Number::U64(1)), None, Some(Number::U64(3))]);
    }

    #[test]
    fn a_closure_that_hangs_is_left_alone_until_it_returns() {
        let (release, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let closures = [
            Arc::new(Closure::new(move || {
                let _ = wait.lock().unwrap().recv();
                Number::U64(1)
            })),
            Arc::new(Closure::new(|| Number::U64(2))),
        ];
        assert_eq!(call(&closures), [None, Some(Number::U64(2))]);
        let again = Instant::now();
        assert_eq!(call(&closures), [None, Some(Number::U64(2))]);
        assert!(
            again.elapsed() < PATIENCE,
            "the stalled one is not waited for twice"
        );
        drop(release);
        while closures[0].busy.load(Acquire) {
            std::thread::yield_now();
        }
        assert_eq!(
            call(&closures),
            [Some(Number::U64(1)), Some(Number::U64(2))]
        );
    }
}
