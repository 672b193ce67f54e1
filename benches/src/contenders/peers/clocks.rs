//! The clocks of other crates: two readings, as nanoseconds.

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

/// A row that reads a clock twice; `between` gives the nanoseconds from one reading to the other.
fn row<T: 'static>(
    suite: &mut Suite,
    name: &str,
    now: impl Fn() -> T + Copy + Send + Sync + 'static,
    between: impl Fn(T, T) -> u64 + Copy + Send + Sync + 'static,
) {
    suite.operation(
        Workload::Clock,
        name,
        &[1],
        || (),
        |_| 0_u64,
        move |sum, _| {
            let began = now();
            barrier();
            *sum = sum.wrapping_add(between(began, now()));
        },
    );
}

pub(super) fn register(suite: &mut Suite) {
    row(
        suite,
        "quanta::Instant twice",
        quanta::Instant::now,
        |from, to| to.duration_since(from).as_nanos() as u64,
    );
    row(
        suite,
        "fastant::Instant twice",
        fastant::Instant::now,
        |from, to| to.duration_since(from).as_nanos() as u64,
    );
    row(
        suite,
        "minstant::Instant twice",
        minstant::Instant::now,
        |from, to| to.duration_since(from).as_nanos() as u64,
    );
}
