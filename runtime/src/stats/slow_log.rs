//! Logging the sections that take too long.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::timer::{Outcome, Timer, TimerGuard};
use crate::cells::clock;
use crate::log_line;
use crate::snapshot::humane;
use crate::tree::slow::Limit;

/// At most one line in this time.
const PAUSE: Duration = Duration::from_secs(10);

/// What counts as slow.
///
/// A quantile is that of the last minute, renewed every five seconds, and counts once a hundred sections have ended in
/// that time: before that nothing is slow.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Slow {
    /// Longer than this.
    Above(Duration),
    /// Longer than `factor` times the recent quantile `quantile` (0.99 for the 99th percentile).
    AboveRecent {
        /// Between 0 and 1.
        quantile: f64,
        /// Above 0.
        factor: f64,
    },
}

impl Slow {
    /// Longer than `factor` times the recent 99th percentile.
    pub const fn times_p99(factor: f64) -> Slow {
        Slow::AboveRecent {
            quantile: 0.99,
            factor,
        }
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slow::Above(limit) => f.write_str(&humane::duration(limit.as_secs_f64())),
            Slow::AboveRecent { quantile, factor } => {
                write!(f, "{factor} × the recent p{}", quantile * 100.0)
            }
        }
    }
}

/// Warns through `log`, with target `calipers::slow`, of sections of a timer that take too long; at most one line in
/// ten seconds, which tells how many it stands for, so that a busy service does not flood its log.
///
/// ```
/// use calipers::{Slow, SlowLog, Timer};
///
/// let queries = calipers::registry().timer("db.slow_query")?;
/// let slow = SlowLog::new(&queries, Slow::times_p99(2.0));
/// let _timing = slow.start(); // recorded by the timer, and logged if it is slow
/// # Ok::<(), calipers::NameError>(())
/// ```
#[derive(Debug)]
pub struct SlowLog {
    timer: Timer,
    slow: Slow,
    limit: Option<Arc<Limit>>,
    /// When a line was last logged, on the library's clock, plus one; 0 for never.
    logged: AtomicU64,
    /// Slow sections since then.
    unlogged: AtomicU64,
}

impl SlowLog {
    /// Watches a timer.
    pub fn new(timer: &Timer, slow: Slow) -> SlowLog {
        let limit = match slow {
            Slow::Above(_) => None,
            Slow::AboveRecent { quantile, factor } => {
                Some(Limit::new(timer.run(), quantile, factor))
            }
        };
        SlowLog {
            timer: timer.clone(),
            slow,
            limit,
            logged: AtomicU64::new(0),
            unlogged: AtomicU64::new(0),
        }
    }

    /// Begins a section of the timer, as [`Timer::start`] does.
    #[inline]
    pub fn start(&self) -> SlowGuard<'_> {
        SlowGuard {
            timing: Some(self.timer.start()),
            log: self,
        }
    }

    /// Logs a section that has ended, if it was slow.
    #[inline]
    pub(crate) fn check(&self, took: Duration) {
        let limit = match (&self.limit, self.slow) {
            (Some(limit), _) => limit.nanos(),
            (None, Slow::Above(limit)) => limit.as_nanos() as u64,
            (None, _) => return,
        };
        if took.as_nanos() as u64 > limit {
            self.is_slow(took, limit);
        }
    }

    #[cold]
    fn is_slow(&self, took: Duration, limit: u64) {
        let now = clock::now() + 1;
        let before = self.logged.load(Relaxed);
        let due = before == 0 || now.saturating_sub(before) >= PAUSE.as_nanos() as u64;
        // Whoever stores the new time logs; the others are counted.
        if !due
            || self
                .logged
                .compare_exchange(before, now, Relaxed, Relaxed)
                .is_err()
        {
            self.unlogged.fetch_add(1, Relaxed);
            return;
        }
        let others = self.unlogged.swap(0, Relaxed);
        let path = self.timer.path();
        let took = humane::duration(took.as_secs_f64());
        let limit = humane::duration(Duration::from_nanos(limit).as_secs_f64());
        let usual = match self.slow {
            Slow::Above(_) => String::new(),
            of_recent => format!(" ({of_recent})"),
        };
        let others = match others {
            0 => String::new(),
            some => format!("; {} more since the last line", humane::grouped(some)),
        };
        log_line::warn(
            "calipers::slow",
            format_args!("`{path}` took {took}, above {limit}{usual}{others}"),
        );
    }
}

/// A section that is logged if it is slow; see [`SlowLog::start`].
#[derive(Debug)]
#[must_use = "a section that is dropped at once times nothing; bind it: `let _timing = …`"]
pub struct SlowGuard<'a> {
    timing: Option<TimerGuard>,
    log: &'a SlowLog,
}

impl SlowGuard<'_> {
    /// As [`TimerGuard::finish`].
    pub fn finish(mut self, outcome: Outcome) -> Duration {
        self.end(Some(outcome))
    }

    /// As [`TimerGuard::discard`]; nothing is logged.
    pub fn discard(mut self) {
        if let Some(timing) = self.timing.take() {
            timing.discard();
        }
    }

    fn end(&mut self, outcome: Option<Outcome>) -> Duration {
        let Some(timing) = self.timing.take() else {
            return Duration::ZERO;
        };
        let outcome = outcome.unwrap_or_else(|| timing.outcome_if_dropped());
        let took = timing.finish(outcome);
        self.log.check(took);
        took
    }
}

impl Drop for SlowGuard<'_> {
    fn drop(&mut self) {
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::realm::MAIN;
    use crate::tree::in_turn;
    use crate::tree::read::Read;

    #[test]
    fn a_busy_service_logs_one_line_in_ten_seconds_and_tells_what_it_stands_for() {
        let t = crate::test::isolated_with_clock();
        let slow = SlowLog::new(&Timer::detached(), Slow::Above(Duration::from_millis(5)));
        for (took, expected) in [(5, 0), (6, 0), (7, 1), (8, 2), (1, 2)] {
            slow.check(Duration::from_millis(took));
            assert_eq!(slow.unlogged.load(Relaxed), expected);
        }
        t.advance(PAUSE);
        slow.check(Duration::from_millis(6));
        assert_eq!(
            slow.unlogged.load(Relaxed),
            0,
            "they are told with the next line"
        );
    }

    #[test]
    fn a_multiple_of_the_recent_p99_is_slow_once_enough_is_known() {
        let timer = Timer::detached();
        let slow = SlowLog::new(&timer, Slow::times_p99(2.0));
        let limit = slow.limit.clone().unwrap();
        let renewed = |now| {
            in_turn(|turn| limit.renew(&Read::new(turn, MAIN), now));
            limit.nanos()
        };
        assert_eq!(renewed(1), u64::MAX);
        (0..99).for_each(|_| timer.record(Duration::from_millis(10)));
        assert_eq!(renewed(2), u64::MAX, "too few to know what is usual");
        timer.record(Duration::from_millis(10));
        let nanos = renewed(3) as f64;
        assert!((nanos - 20e6).abs() <= 20e6 * 0.011, "{nanos}");
        assert_eq!(renewed(100), u64::MAX, "what was usual is forgotten");
    }

    #[test]
    fn a_section_is_recorded_whether_or_not_it_is_slow() {
        let t = crate::test::isolated();
        let timer = crate::registry().timer("slow_log.sections").unwrap();
        let slow = SlowLog::new(&timer, Slow::Above(Duration::ZERO));
        drop(slow.start());
        slow.start().finish(Outcome::Err);
        slow.start().discard();
        let snapshot = t.snapshot();
        let seen = snapshot.timer("/slow_log/sections").unwrap();
        assert_eq!(
            (seen.outcomes().ok, seen.outcomes().err, seen.in_flight()),
            (1, 1, 0)
        );
    }
}
