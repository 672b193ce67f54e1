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

mod future;
mod outcome;

pub use future::{Polled, Polling, drive};
pub use outcome::{Fallible, Plain, Probe};

use std::time::Duration;

use crate::private::{StatSpec, open_at};
use crate::tree::by_type::ByType;
use crate::tree::declared::{Declaration, DeclaredStat, Site};
use crate::{Counter, Family, Kind, Outcome, Slow, SlowLog, Stat, Timer, TimerGuard};

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
    errors: bool,
    polls: bool,
    opened: ByType<Opened>,
}

/// A timer that is open, and what goes with it.
struct Opened {
    timer: Timer,
    slow: Option<SlowLog>,
    /// By the name of the variant, as the static that holds this cannot name the type.
    errors: Option<Family<&'static str, Counter>>,
    polls: Option<Polls>,
}

/// The timers beside that of an `async` function whose polls are timed.
struct Polls {
    busy: Timer,
    longest: Timer,
}

/// What stands beside a timer, under its path with this behind.
struct Beside {
    suffix: &'static str,
    spec: StatSpec,
}

static ERRORS: Beside = Beside {
    suffix: "_errors",
    spec: StatSpec::new(
        "errors",
        Kind::Family(&Kind::Counter),
        "Errors it returned, by variant",
        0,
    )
    .label("error"),
};

static BUSY: Beside = Beside {
    suffix: "_busy",
    spec: StatSpec::new(
        "busy",
        Kind::Timer,
        "The part of a call that it was polled, rather than waiting",
        0,
    )
    .unit("s"),
};

static LONGEST_POLL: Beside = Beside {
    suffix: "_longest_poll",
    spec: StatSpec::new(
        "longest_poll",
        Kind::Timer,
        "The longest poll of a call, in which its thread did nothing else",
        0,
    )
    .unit("s"),
};

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
            errors: false,
            polls: false,
            opened: ByType::new(),
        }
    }

    /// Counts the errors by variant.
    #[must_use]
    pub const fn errors(mut self) -> FnTimer {
        self.errors = true;
        self
    }

    /// Times the polls.
    #[must_use]
    pub const fn polls(mut self) -> FnTimer {
        self.polls = true;
        self
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
        let path = self.path(short(of));
        let timer: Timer = open_at(&path, &self.spec);
        Opened {
            slow: self.slow.map(|slow| SlowLog::new(&timer, slow)),
            timer,
            errors: self.errors.then(|| ERRORS.open(&path)),
            polls: self.polls.then(|| Polls {
                busy: BUSY.open(&path),
                longest: LONGEST_POLL.open(&path),
            }),
        }
    }

    /// What is opened beside the timer.
    fn beside(&self) -> impl Iterator<Item = &'static Beside> {
        let errors = self.errors.then_some(&ERRORS);
        let polls = self.polls.then_some([&BUSY, &LONGEST_POLL]);
        errors.into_iter().chain(polls.into_iter().flatten())
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
        let mut one = |suffix: &str, spec: &StatSpec| {
            let path = format!("{path}{suffix}");
            tell(DeclaredStat {
                name: path.rsplit('/').next().unwrap_or(&path).to_owned(),
                path: Some(path),
                owner: self.function.to_owned(),
                module: self.module,
                spec: spec.spec,
                instance_label: None,
                at: self.at,
                by: self.at,
            });
        };
        one("", &self.spec);
        for beside in self.beside() {
            one(beside.suffix, &beside.spec);
        }
    }

    fn touch(&'static self) {
        // Which types there will be, nobody knows before the first call.
        if !self.template.contains("{type}") {
            self.opened.get("", || self.open(""));
        }
    }
}

impl Beside {
    fn open<S: Stat>(&'static self, path: &str) -> S {
        open_at(&format!("{path}{}", self.suffix), &self.spec)
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

/// Another handle of a stat, for a body that does not leave the instance that it is a field of to be borrowed.
#[inline]
pub fn handle<S: Stat + Clone>(stat: &S) -> S {
    stat.clone()
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

    /// The value is this variant of an error, if it is one.
    #[inline]
    pub fn erred(&self, variant: Option<&'static str>) {
        let errors = self.of.and_then(|of| of.errors.as_ref());
        if let (Some(variant), Some(errors)) = (variant, errors) {
            errors.get(variant).inc();
        }
    }

    /// The same call, its polls timed.
    #[inline]
    pub fn polled(self) -> Polled {
        Polled::new(self)
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
        self.told(guard.finish(outcome));
    }

    /// As [`end`](Self::end), of a call of which it is known how long it took.
    #[inline]
    fn end_after(&mut self, outcome: Outcome, nanos: u64) {
        let Some(guard) = self.guard.take() else {
            return;
        };
        self.told(guard.finish_after(outcome, nanos));
    }

    #[inline]
    fn told(&self, took: Duration) {
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

#[cfg(test)]
mod tests;
