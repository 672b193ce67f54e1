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

use crate::private::{StatSpec, open_at};
use crate::tree::by_type::ByType;
use crate::tree::declared::{Declaration, DeclaredStat, Site};
use crate::{Kind, Outcome, Slow, SlowLog, Timer, TimerGuard};

/// The timer of one `#[timed]` function: a static in its body, opened at the first call.
///
/// Its path may hold `{module}` and `{type}`, which only the running program can fill in. A method has one
/// timer per type that it is called on, as a trait's default method belongs to many.
pub struct FnTimer {
    function: &'static str,
    module: &'static str,
    at: Site,
    template: &'static str,
    spec: StatSpec,
    slow: Option<Slow>,
    opened: ByType<Opened>,
}

/// A timer that is open, and what goes with it.
struct Opened {
    timer: Timer,
    slow: Option<SlowLog>,
}

impl FnTimer {
    /// The timer of the function of this name, which stands in this module, file and line, and is so documented.
    pub const fn new(
        template: &'static str,
        function: &'static str,
        help: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> FnTimer {
        FnTimer {
            function,
            module,
            at: Site { file, line },
            template,
            spec: StatSpec::new(function, Kind::Timer, help, line).unit("s"),
            slow: None,
            opened: ByType::new(),
        }
    }

    /// Logs the calls that are slow.
    #[must_use]
    pub const fn slow(mut self, slow: Slow) -> FnTimer {
        self.slow = Some(slow);
        self
    }

    /// Starts timing a call: of a function, or of a method of the type whose name, as `type_name` gives it, is `of`.
    #[inline]
    pub fn start(&'static self, of: &'static str) -> Running {
        let opened = self.opened.get(of, || self.open(of));
        Running {
            guard: Some(opened.timer.start()),
            of: Some(opened),
            unfinished: Outcome::Panicked,
        }
    }

    #[cold]
    fn open(&'static self, of: &str) -> Opened {
        let timer: Timer = open_at(&self.path(short(of)), &self.spec);
        Opened {
            slow: self.slow.map(|slow| SlowLog::new(&timer, slow)),
            timer,
        }
    }

    fn path(&self, of: &str) -> String {
        let module = self.module.replace("::", "/");
        self.template
            .replace("{module}", &module)
            .replace("{type}", of)
    }
}

impl Declaration for FnTimer {
    fn list(&'static self, tell: &mut dyn FnMut(DeclaredStat)) {
        let path = self.path("{type}");
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        tell(DeclaredStat {
            path: Some(path),
            owner: self.function.to_owned(),
            module: self.module,
            name,
            spec: self.spec.spec,
            instance_label: None,
            at: self.at,
            by: self.at,
        });
    }

    fn touch(&'static self) {
        // Which types there will be, nobody knows before the first call.
        if !self.template.contains("{type}") {
            self.opened.get("", || self.open(""));
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
    Running {
        guard: Some(timer.start()),
        of: None,
        unfinished: Outcome::Panicked,
    }
}

/// Another handle of `timer`, for a future that is not to borrow what the timer is a field of.
#[inline]
pub fn handle(timer: &Timer) -> Timer {
    timer.clone()
}

/// A call that has not ended yet.
#[must_use = "the call ends when this is dropped, and counts as one that panicked"]
pub struct Running {
    guard: Option<TimerGuard>,
    /// What goes with a timer that has a path.
    of: Option<&'static Opened>,
    /// What it was if it ends here and now, unfinished.
    unfinished: Outcome,
}

impl Running {
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
        let Some(guard) = self.guard.take() else {
            return;
        };
        let took = guard.finish(outcome);
        if let Some(slow) = self.of.and_then(|of| of.slow.as_ref()) {
            slow.check(took);
        }
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
