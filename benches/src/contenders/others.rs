//! Calipers, the ways to record that no goal is set for: each has to stay as short as it is.

use std::time::Duration;

use calipers::{
    Counter, Family, Gauge, Instrumented, Meter, Outcome, Registry, StateSet, States, Timer,
    UpDownCounter,
};

use crate::inputs::{Latencies, ORDER, Random};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[derive(States)]
enum Phase {
    Waiting,
    Working,
}

/// One stat of each kind.
#[derive(Clone, Instrumented)]
struct Stats {
    level: UpDownCounter,
    meter: Meter,
    timer: Timer,
    gauge: Gauge,
    whole: Gauge<i64>,
    phase: StateSet<Phase>,
    by_number: Family<u64, Timer>,
}

impl Stats {
    /// In a registry of their own, which lives as long as they do.
    fn new() -> Stats {
        Stats::init_in(&Registry::new(), "/bench/others")
    }
}

/// A row whose step is given the stats and the iteration.
fn row(
    suite: &mut Suite,
    name: &str,
    step: impl Fn(&mut Stats, usize) + Copy + Send + Sync + 'static,
) {
    let held = |stats: &std::sync::Arc<Stats>| Stats::clone(stats);
    suite.operation(Workload::OtherStats, name, &[1], Stats::new, held, step);
}

pub(crate) fn register(suite: &mut Suite) {
    row(suite, "calipers UpDownCounter::inc, dec", |stats, _| {
        stats.level.inc();
        stats.level.dec();
    });
    row(suite, "calipers UpDownCounter::add", |stats, i| {
        stats.level.add(i as u32);
    });
    row(suite, "calipers Meter::inc", |stats, _| stats.meter.inc());
    row(suite, "calipers Gauge::set", |stats, i| {
        stats.gauge.set(i as f64);
    });
    row(suite, "calipers Gauge<i64>::set", |stats, i| {
        stats.whole.set(i as i64);
    });
    row(suite, "calipers StateSet::set, twice", |stats, _| {
        stats.phase.set(Phase::Working);
        stats.phase.set(Phase::Waiting);
    });
    row(suite, "calipers Timer::record", |stats, i| {
        stats
            .timer
            .record(Duration::from_nanos(1000 + (i as u64 & 0xfff)));
    });
    row(suite, "calipers Timer::start, finish(Err)", |stats, _| {
        let timing = stats.timer.start();
        barrier();
        timing.finish(Outcome::Err);
    });
    row(suite, "calipers Timer::start, discard", |stats, _| {
        let timing = stats.timer.start();
        barrier();
        timing.discard();
    });
    suite
        .operation(
            Workload::OtherStats,
            "calipers Family<u64, Timer>, start, drop",
            &[1],
            Stats::new,
            |stats| {
                let mut random = Random::new(7);
                let keys: Box<[u64; ORDER]> =
                    Box::new([(); ORDER].map(|()| random.below(100) as u64));
                (Stats::clone(stats), keys)
            },
            |(stats, keys), i| drop(stats.by_number.get(keys[i % ORDER]).start()),
        )
        .hashes();
    suite
        .operation(
            Workload::OtherStats,
            "calipers Counter, the last of 100,000",
            &[1],
            || {
                (0..100_000)
                    .map(|_| Counter::detached())
                    .collect::<Vec<_>>()
            },
            |all| all.last().cloned().unwrap_or_else(Counter::detached),
            |counter, _| counter.inc(),
        )
        .note("beyond the first 65,536 stats, found in two steps");
    suite
        .operation(
            Workload::OtherStats,
            "calipers::incr(name)",
            &[1],
            || (),
            |_| (),
            |(), _| calipers::incr("bench.procedural", 1),
        )
        .note("looks the name up at every call");
    suite
        .operation(
            Workload::OtherStats,
            "calipers::set(name)",
            &[1],
            || (),
            |_| Latencies::new(),
            |latencies, i| calipers::set("bench.level", latencies.at(i).seconds),
        )
        .note("looks the name up at every call");
}
