//! What `#[timed]` stands on: a timer for a function, and a guard that knows how the call ended.
//!
//! The macro leaves the user's body as it is and puts it into a closure, or into an `async` block, so
//! that an early `return` or a `?` ends the body and not the function around it. Then four ends are
//! told apart:
//!
//! - the body gave a value: an `Err` counts as `err`, everything else as `ok`. Which it is, is found by
//!   the value's type and not by its name, so an alias of `Result` counts too ([`Probe`]);
//! - the body unwound, so its guard is dropped unfinished: `panicked`;
//! - the future was dropped between two polls: `cancelled`;
//! - the future was dropped because a poll unwound: `panicked`. The guard itself remembers being inside
//!   a poll; `std::thread::panicking` would blame this future for a panic that merely drops it.
//!
//! Time starts at the first poll of a future and not when it is made: what nobody polls has not begun.
//! Nothing here needs `unsafe`, as the macro pins the body in place and [`drive`] polls it through that
//! pin.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::OnceLock;

use crate::private::{Class, StatSpec, open_at};
use crate::{Outcome, Slow, SlowGuard, SlowLog, Timer, TimerGuard};

/// The timer of one `#[timed]` function: a static in its body, opened at the first call.
///
/// Its path may hold `{module}` and `{type}`, which only the running program can fill in. A method has one
/// timer per type that it is called on, as a trait's default method belongs to many.
pub struct FnTimer {
    class: &'static Class,
    spec: &'static StatSpec,
    template: &'static str,
    slow: Option<Slow>,
    opened: OnceLock<Opened>,
}

/// A timer that is open, and behind it those of the other types. The list only grows, by one entry a
/// type, so reading it takes no lock.
struct Opened {
    of: &'static str,
    timer: Timer,
    slow: Option<SlowLog>,
    next: OnceLock<Box<Opened>>,
}

impl FnTimer {
    /// The timer that `class`, which has this one stat, describes.
    pub const fn new(class: &'static Class, template: &'static str) -> FnTimer {
        FnTimer {
            class,
            // In the initialiser of a static: a class without a stat would not compile.
            spec: &class.stats[0],
            template,
            slow: None,
            opened: OnceLock::new(),
        }
    }

    /// Logs the calls that are slow.
    #[must_use]
    pub const fn slow(mut self, slow: Slow) -> FnTimer {
        self.slow = Some(slow);
        self
    }

    /// Starts timing a call of a function.
    #[inline]
    pub fn start(&'static self) -> Running {
        self.start_in("")
    }

    /// Starts timing a call of a method of the type whose name, as `type_name` gives it, is `of`.
    #[inline]
    pub fn start_in(&'static self, of: &'static str) -> Running {
        let opened = self.opened(of);
        match &opened.slow {
            Some(slow) => Running::begun(Guard::Watched(slow.start())),
            None => start(&opened.timer),
        }
    }

    /// Opens the timer, so that it is visible before the first call.
    pub fn touch(&self) {
        self.opened("");
    }

    fn opened(&self, of: &'static str) -> &Opened {
        let mut opened = self.opened.get_or_init(|| self.open(of));
        while opened.of != of {
            opened = opened.next.get_or_init(|| Box::new(self.open(of)));
        }
        opened
    }

    #[cold]
    fn open(&self, of: &'static str) -> Opened {
        let module = self.class.module.replace("::", "/");
        let path = self
            .template
            .replace("{module}", &module)
            .replace("{type}", short(of));
        let timer: Timer = open_at(&path, self.spec);
        Opened {
            of,
            slow: self.slow.map(|slow| SlowLog::new(&timer, slow)),
            timer,
            next: OnceLock::new(),
        }
    }
}

/// `Store` of `my_crate::store::Store<alloc::string::String>`.
fn short(type_name: &str) -> &str {
    let plain = type_name.split('<').next().unwrap_or(type_name);
    let last = plain.rsplit("::").next().unwrap_or(plain);
    last.trim_start_matches(['&', '*', '(', '['])
        .trim_start_matches("dyn ")
}

/// Starts a call that `timer` times.
#[inline]
pub fn start(timer: &Timer) -> Running {
    Running::begun(Guard::Plain(timer.start()))
}

/// Another handle of `timer`, for a future that is not to borrow what the timer is a field of.
#[inline]
pub fn handle(timer: &Timer) -> Timer {
    timer.clone()
}

/// A call that has not ended yet.
#[must_use = "the call ends when this is dropped, and counts as one that panicked"]
pub struct Running {
    guard: Option<Guard>,
    /// What it was if it ends here and now, unfinished.
    unfinished: Outcome,
}

/// What records the call when it ends.
enum Guard {
    Plain(TimerGuard),
    /// Logs it, too, if it was slow.
    Watched(SlowGuard<'static>),
}

impl Running {
    #[inline]
    fn begun(guard: Guard) -> Running {
        Running {
            guard: Some(guard),
            unfinished: Outcome::Panicked,
        }
    }

    /// The body gave a value.
    #[inline]
    pub fn finish(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    /// The same call, of a future that never gives a value: dropping it is the only way to end it.
    #[inline]
    pub fn cancellable(mut self) -> Running {
        self.unfinished = Outcome::Cancelled;
        self
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) {
        match self.guard.take() {
            Some(Guard::Plain(guard)) => guard.finish(outcome),
            Some(Guard::Watched(guard)) => guard.finish(outcome),
            None => return,
        };
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(self.unfinished);
    }
}

/// Runs the body of a function.
///
/// The bound is what makes the closure an `FnOnce` in the compiler's eyes: inferred from its body it could
/// be an `FnMut`, which may not return what it borrows from the function's arguments.
#[inline(always)]
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Runs the body of an `async` function to its end, remembering whether it is inside a poll.
pub async fn drive<F: Future>(running: &mut Running, mut body: Pin<&mut F>) -> F::Output {
    poll_fn(|context| {
        running.unfinished = Outcome::Panicked;
        let polled = body.as_mut().poll(context);
        running.unfinished = Outcome::Cancelled;
        polled
    })
    .await
}

/// Asks a value how its call ended.
///
/// A method of the type itself is found before one behind `Deref`, so a `Result` answers for itself and
/// every other value through [`Plain`]. That is decided where the macro is used, with the type at hand, and
/// needs no trait that a user would have to implement.
pub struct Probe<'a, T>(pub &'a T);

impl<T, E> Probe<'_, Result<T, E>> {
    /// `Err` for an error.
    #[inline]
    pub fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Ok,
            Err(_) => Outcome::Err,
        }
    }
}

impl<T> Deref for Probe<'_, T> {
    type Target = Plain;

    #[inline]
    fn deref(&self) -> &Plain {
        &Plain
    }
}

/// A value that is not a `Result`.
pub struct Plain;

impl Plain {
    /// Always `Ok`.
    #[inline]
    pub fn outcome(&self) -> Outcome {
        Outcome::Ok
    }
}

#[cfg(test)]
mod tests;
