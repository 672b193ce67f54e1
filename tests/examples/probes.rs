//! One function for each way to record, under a name that a disassembler finds; see `tests/generated_code.rs`.
//!
//! The functions get their handles by reference, so what stands in them is what recording costs and nothing else.

use std::hint::black_box;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{Meter, Outcome, Registry, StateSet, States, TimerGuard, UpDownCounter};

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
    phase: StateSet<Phase>,
    by_text: Family<String, Counter>,
    by_number: Family<u64, Timer>,
    by_phase: Family<Phase, Counter>,
}

macro_rules! probes {
    ($($name:ident($($argument:ident: $ty:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            // SAFETY: no other symbol of this program has such a name.
            #[unsafe(no_mangle)]
            #[inline(never)]
            fn $name($($argument: $ty),*) $(-> $result)? $body
        )*
    };
}

probes! {
    probe_counter_inc(counter: &Counter) { counter.inc() }
    probe_counter_add(counter: &Counter, n: usize) { counter.add(n) }
    probe_counter_add_signed(counter: &Counter, n: i64) { counter.add(n) }
    probe_level_inc(level: &UpDownCounter) { level.inc() }
    probe_level_dec(level: &UpDownCounter) { level.dec() }
    probe_level_add(level: &UpDownCounter, n: u32) { level.add(n) }
    probe_level_sub(level: &UpDownCounter, n: u32) { level.sub(n) }
    probe_meter_inc(meter: &Meter) { meter.inc() }
    probe_meter_add(meter: &Meter, n: u64) { meter.add(n) }
    probe_histogram_float(histogram: &Histogram, value: f64) { histogram.record(value) }
    probe_histogram_whole(histogram: &Histogram, value: u64) { histogram.record(value) }
    probe_timer_record(timer: &Timer, took: Duration) { timer.record(took) }
    probe_timer_start(timer: &Timer) -> TimerGuard { timer.start() }
    probe_timer_drop(guard: TimerGuard) { drop(guard) }
    probe_timer_finish(guard: TimerGuard) -> Duration { guard.finish(Outcome::Err) }
    probe_timer_discard(guard: TimerGuard) { guard.discard() }
    probe_gauge_float(gauge: &Gauge, value: f64) { gauge.set(value) }
    probe_gauge_whole(gauge: &Gauge<i64>, value: i64) { gauge.set(value) }
    probe_state_set(phase: &StateSet<Phase>) { phase.set(Phase::Working) }
    probe_family_text(family: &Family<String, Counter>, key: &str) { family.get(key).inc() }
    probe_family_number(family: &Family<u64, Timer>, key: u64) { drop(family.get(key).start()) }
    probe_family_closed(family: &Family<Phase, Counter>) { family.get(Phase::Waiting).inc() }
}

fn main() {
    let registry = Registry::new();
    let stats = black_box(Stats::init_in(&registry, "/s"));
    probe_counter_inc(&stats.counter);
    probe_counter_add(&stats.counter, black_box(2));
    probe_counter_add_signed(&stats.counter, black_box(3));
    probe_level_inc(&stats.level);
    probe_level_dec(&stats.level);
    probe_level_add(&stats.level, black_box(5));
    probe_level_sub(&stats.level, black_box(4));
    probe_meter_inc(&stats.meter);
    probe_meter_add(&stats.meter, black_box(6));
    probe_histogram_float(&stats.histogram, black_box(1.5));
    probe_histogram_whole(&stats.histogram, black_box(7));
    probe_timer_record(&stats.timer, black_box(Duration::from_millis(1)));
    probe_timer_drop(probe_timer_start(&stats.timer));
    let _ = probe_timer_finish(probe_timer_start(&stats.timer));
    probe_timer_discard(probe_timer_start(&stats.timer));
    probe_gauge_float(&stats.gauge, black_box(0.5));
    probe_gauge_whole(&stats.whole, black_box(-1));
    probe_state_set(&stats.phase);
    probe_family_text(&stats.by_text, black_box("key"));
    probe_family_number(&stats.by_number, black_box(9));
    probe_family_closed(&stats.by_phase);

    // What was measured is also what it should be.
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/s/counter"), Some(6));
    assert_eq!(snapshot.up_down_counter("/s/level"), Some(1));
    assert_eq!(snapshot.meter("/s/meter").map(|meter| meter.count), Some(7));
    assert_eq!(snapshot.counter("/s/by_text/key"), Some(1));
    assert_eq!(snapshot.counter("/s/by_phase/waiting"), Some(1));
    assert_eq!(
        snapshot
            .timer("/s/timer")
            .map(|timer| timer.outcomes().total()),
        Some(3)
    );
}
