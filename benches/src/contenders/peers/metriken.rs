//! `metriken`.

use std::sync::Arc;
use std::time::Instant;

use metriken::{
    AtomicCounterHistogram, Counter, CounterFamily, ShardedCounterGroup, ShardedCounterHistogram,
};

use crate::inputs::key;
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

static ONE: ShardedCounterGroup = ShardedCounterGroup::new(1);
static MANY: ShardedCounterGroup = ShardedCounterGroup::new(1024);
static HISTOGRAM: ShardedCounterHistogram = ShardedCounterHistogram::new(7, 64);

fn histogram() -> AtomicCounterHistogram {
    AtomicCounterHistogram::new(7, 64)
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "metriken Counter",
        &[1, 2],
        Counter::new,
        Arc::clone,
        |counter, _| {
            counter.increment();
        },
    );
    suite
        .operation(
            Workload::Counter,
            "metriken ShardedCounterGroup",
            &[1, 2],
            || (),
            |_| (),
            |(), _| {
                ONE.increment(0);
            },
        )
        .note("256 shards");
    suite.many(
        "metriken Counter",
        |_| Arc::new(Counter::new()),
        |counter| {
            counter.increment();
        },
    );
    suite
        .many(
            "metriken ShardedCounterGroup",
            |i| i,
            |i| {
                MANY.increment(*i);
            },
        )
        .note("256 shards");
    suite.memory(
        Workload::MemoryCounter,
        "metriken CounterFamily",
        100_000,
        |n| {
            let family: &'static CounterFamily = Box::leak(Box::new(CounterFamily::new()));
            let members: Vec<_> = (0..n).map(|i| family.member([("path", key(i))])).collect();
            for member in &members {
                member.increment();
            }
            Box::new(members)
        },
    );
}

fn histograms(suite: &mut Suite) {
    suite
        .histogram(
            "metriken AtomicCounterHistogram(7, 64)",
            histogram,
            Arc::clone,
            |histogram, latency, _| {
                let _ = histogram.increment(latency.nanos);
            },
        )
        .does_less("no sum, min or max; error at most 0.4 %");
    suite
        .histogram(
            "metriken ShardedCounterHistogram(7, 64)",
            || (),
            |_| (),
            |(), latency, _| {
                let _ = HISTOGRAM.increment(latency.nanos);
            },
        )
        .does_less("no sum, min or max; error at most 0.4 %");
    suite
        .operation(
            Workload::Timed,
            "metriken Instant + AtomicCounterHistogram",
            &[1, 2],
            histogram,
            Arc::clone,
            |histogram, _| {
                let began = Instant::now();
                barrier();
                let _ = histogram.increment(began.elapsed().as_nanos() as u64);
            },
        )
        .does_less("has no timer; no sum, no outcome");
    suite.histogram_memory(
        "metriken AtomicCounterHistogram(7, 64)",
        |n| (0..n).map(|_| histogram()).collect::<Vec<_>>(),
        |all, i, samples| {
            samples.for_each(|latency| {
                let _ = all[i].increment(latency.nanos);
            });
        },
    );
}
