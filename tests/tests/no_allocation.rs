//! Recording on held handles allocates nothing, after the thread's first touch.
//!
//! Its own program, for its allocator.

use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::test::isolated;
use calipers::{Meter, Outcome, Registry, StateSet, States, UpDownCounter};
use calipers_tests::allocations::{Counted, during};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

#[derive(States)]
enum Phase {
    Waiting,
    Working,
}

#[derive(Instrumented)]
struct Stats {
    counter: Counter,
    level: UpDownCounter,
    meter: Meter,
    histogram: Histogram,
    timer: Timer,
    gauge: Gauge,
    whole: Gauge<i64>,
    flag: Gauge<bool>,
    phase: StateSet<Phase>,
    by_text: Family<String, Counter>,
    by_pair: Family<(String, u16), Timer>,
    by_phase: Family<Phase, Counter>,
}

collection! {
    static WEB: Web = "/web" { hits: Counter }
}

#[timed]
fn timed() -> Result<(), ()> {
    Ok(())
}

impl Stats {
    /// Everything that is to allocate nothing.
    fn record(&self) {
        self.counter.inc();
        self.counter.add(3_usize);
        self.level.inc();
        self.level.dec();
        self.level.add(2_u8);
        self.level.sub(1_i64);
        self.meter.inc();
        self.meter.add(9_u32);
        for value in [1.0, 1.5, 1000.0] {
            self.histogram.record(value);
        }
        self.histogram.record(7_u64);
        self.timer.record(Duration::from_micros(3));
        drop(self.timer.start());
        self.timer.start().discard();
        let _ = self.timer.start().finish(Outcome::Err);
        self.timer.time(|| ());
        self.gauge.set(0.5);
        self.whole.set(-3);
        self.flag.set(true);
        self.phase.set(Phase::Working);
        self.phase.set(Phase::Waiting);
        self.phase.clear();
        self.by_text.get("a").inc();
        self.by_pair
            .get(("b", 200))
            .record(Duration::from_micros(5));
        self.by_phase.get(Phase::Working).inc();
        WEB.hits.inc();
        let _ = timed();
    }

    /// The first touch, of everything that the above may reach: a timer takes what it takes.
    fn warm(&self) {
        self.record();
        for exponent in 0..34 {
            self.timer.record(Duration::from_nanos(1 << exponent));
            self.by_pair
                .get(("b", 200))
                .record(Duration::from_nanos(1 << exponent));
        }
        for _ in 0..100 {
            let _ = timed();
        }
    }
}

#[test]
fn the_allocator_counts() {
    assert!(during(|| drop(std::hint::black_box(vec![1]))) >= 2);
}

#[test]
fn recording_on_held_handles_allocates_nothing_after_the_first_touch() {
    let registry = Registry::new();
    let stats = Stats::init_in(&registry, "/s");
    let quiet = || {
        stats.warm();
        let asked = during(|| (0..1000).for_each(|_| stats.record()));
        assert_eq!(asked, 0, "calls of the allocator");
    };
    quiet();
    thread::scope(|scope| {
        scope.spawn(quiet);
    });
    // A snapshot between does not change that.
    drop(registry.snapshot());
    let asked = during(|| stats.record());
    assert_eq!(asked, 0, "after a snapshot");
    // Nor does a scope, after its own first touch.
    let _t = isolated();
    quiet();
}

#[test]
fn the_first_touch_of_a_thread_calls_the_programs_allocator_for_nothing_it_records() {
    // Pages and blocks come from the system: an allocator that counts with this library is not re-entered for them.
    let registry = Registry::new();
    let stats = Stats::init_in(&registry, "/s");
    stats.by_text.get("a");
    stats.by_pair.get(("b", 200));
    stats.by_phase.get(Phase::Working);
    WEB.hits.inc();
    let _ = timed();
    thread::scope(|scope| {
        scope.spawn(|| {
            let asked = during(|| stats.record());
            assert_eq!(asked, 0);
        });
    });
}

#[test]
fn a_refused_value_allocates_nothing_once_it_was_logged() {
    let registry = Registry::new();
    let stats = Stats::init_in(&registry, "/s");
    stats.counter.add(-1);
    stats.histogram.record(f64::NAN);
    let asked = during(|| {
        for _ in 0..100 {
            stats.counter.add(-1);
            stats.histogram.record(f64::NAN);
        }
    });
    assert_eq!(asked, 0);
}
