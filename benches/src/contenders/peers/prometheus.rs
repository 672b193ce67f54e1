//! `prometheus`, without its protobuf feature.

use std::sync::Arc;

use prometheus::{
    Counter, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};

use crate::inputs::{bounds, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

const FLUSHED: &str = "invisible to a scrape until flushed, every 1,024th time";

fn counter() -> IntCounter {
    IntCounter::new("c", "c").expect("the name is valid")
}

fn vector(name: &str) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, "requests"), &["path"]).expect("the name is valid")
}

fn options() -> HistogramOpts {
    HistogramOpts::new("h", "h").buckets(bounds())
}

fn histogram() -> Histogram {
    Histogram::with_opts(options()).expect("the name is valid")
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite
        .exposition(
            "prometheus gather + TextEncoder",
            |n| {
                let (registry, vector) = (Registry::new(), vector("http_requests_total"));
                registry
                    .register(Box::new(vector.clone()))
                    .expect("the name is not taken");
                for i in 0..n {
                    vector.with_label_values(&[&key(i)]).inc_by(i as u64);
                }
                registry
            },
            |registry, out| {
                TextEncoder::new()
                    .encode_utf8(&registry.gather(), out)
                    .expect("text is written to memory");
            },
        )
        .note("sorts families and series; buffer reused");
    suite.memory(
        Workload::MemoryCounter,
        "prometheus IntCounterVec",
        100_000,
        |n| {
            let vector = vector("c");
            (0..n).for_each(|i| vector.with_label_values(&[&key(i)]).inc());
            Box::new(vector)
        },
    );
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "prometheus IntCounter",
        &[1, 2],
        counter,
        |counter| IntCounter::clone(counter),
        |counter, _| counter.inc(),
    );
    suite.operation(
        Workload::Counter,
        "prometheus Counter (f64)",
        &[1, 2],
        || Counter::new("c", "c").expect("the name is valid"),
        |counter| Counter::clone(counter),
        |counter, _| counter.inc(),
    );
    suite
        .operation(
            Workload::Counter,
            "prometheus IntCounter::local",
            &[1, 2],
            counter,
            |counter| counter.local(),
            |local, i| {
                local.inc();
                if i % 1024 == 0 {
                    local.flush();
                }
            },
        )
        .does_less(FLUSHED);
    suite.many("prometheus IntCounter", |_| counter(), IntCounter::inc);
    suite.family(
        "prometheus with_label_values",
        |_| {},
        |_| vector("c"),
        |vector| IntCounterVec::clone(vector),
        |vector, key| vector.with_label_values(&[key]).inc(),
    );
}

fn histograms(suite: &mut Suite) {
    suite
        .histogram(
            "prometheus Histogram (20 buckets)",
            histogram,
            |histogram| Histogram::clone(histogram),
            |histogram, latency, _| histogram.observe(latency.seconds),
        )
        .does_less("buckets a factor of two apart; no min, no max");
    suite
        .histogram(
            "prometheus Histogram::local (20 buckets)",
            histogram,
            |histogram| histogram.local(),
            |local, latency, i| {
                local.observe(latency.seconds);
                if i % 1024 == 0 {
                    local.flush();
                }
            },
        )
        .does_less(FLUSHED);
    suite
        .operation(
            Workload::Timed,
            "prometheus start_timer().observe_duration()",
            &[1, 2],
            histogram,
            |histogram| Histogram::clone(histogram),
            |histogram, _| {
                let timer = histogram.start_timer();
                barrier();
                timer.observe_duration();
            },
        )
        .note("20 buckets; no outcome");
    suite
        .operation(
            Workload::Timed,
            "prometheus observe_closure_duration",
            &[1, 2],
            histogram,
            Arc::clone,
            |histogram, _| histogram.observe_closure_duration(barrier),
        )
        .note("20 buckets; no outcome");
    suite.histogram_memory(
        "prometheus HistogramVec (20 buckets)",
        |_| HistogramVec::new(options(), &["path"]).expect("the name is valid"),
        |vector, i, samples| {
            let histogram = vector.with_label_values(&[&key(i)]);
            samples.for_each(|latency| histogram.observe(latency.seconds));
        },
    );
}
