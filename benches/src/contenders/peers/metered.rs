//! `metered` 0.10: plain atomics, and no attribute macro any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use metered::bucket_histogram::{BucketHistogram, Buckets};
use metered::exponential_histogram::{DynamicExponentialHistogram, FixedExponentialHistogram};
use metered::om::OpenMetricsRegistryExt;
use metered::{Counter, Family, LabelSet, Registry};

use crate::inputs::{bounds, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[derive(Clone, Hash, PartialEq, Eq, LabelSet)]
struct Path {
    path: String,
}

fn path(key: &str) -> Path {
    Path {
        path: key.to_owned(),
    }
}

fn buckets() -> BucketHistogram {
    BucketHistogram::new(Buckets::custom(bounds()))
}

fn fixed() -> FixedExponentialHistogram {
    FixedExponentialHistogram::new(1e-6, 30.0, 5)
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite
        .exposition(
            "metered 0.10 encode_to_string",
            |n| {
                let family: &'static Family<Path, AtomicU64> = Box::leak(Box::default());
                for i in 0..n {
                    family.with(&path(&key(i)), |count| count.store(i as u64, Relaxed));
                }
                let mut registry = Registry::with_prefix("");
                registry.register(metered::entry::metric("http_requests").source(family));
                registry
            },
            |registry, _| {
                let text = registry.encode_to_string();
                super::written(&text.expect("text is written to memory"));
            },
        )
        .note("sorts series");
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "metered 0.10 AtomicU64",
        &[1, 2],
        || AtomicU64::new(0),
        Arc::clone,
        |counter, _| {
            Counter::incr(&**counter);
        },
    );
    suite.family(
        "metered 0.10 Family::with",
        |row| {
            row.note("takes an owned String at every look-up");
        },
        |_| Family::<Path, AtomicU64>::default(),
        Arc::clone,
        |family, key| {
            family.with(&path(key), Counter::incr);
        },
    );
    suite.memory(
        Workload::MemoryCounter,
        "metered 0.10 Family<AtomicU64>",
        100_000,
        |n| {
            let family = Family::<Path, AtomicU64>::default();
            for i in 0..n {
                family.with(&path(&key(i)), Counter::incr);
            }
            Box::new(family)
        },
    );
}

fn histograms(suite: &mut Suite) {
    suite
        .histogram(
            "metered 0.10 BucketHistogram (20 buckets)",
            buckets,
            Arc::clone,
            |histogram, latency, _| {
                histogram.observe(latency.seconds);
            },
        )
        .does_less("buckets a factor of two apart; no min, no max");
    suite
        .histogram(
            "metered 0.10 FixedExponentialHistogram, schema 5",
            fixed,
            Arc::clone,
            |histogram, latency, _| {
                histogram.observe(latency.seconds);
            },
        )
        .does_less("bounds are not exact; error at most 1.1 %; no min, no max");
    suite
        .histogram(
            "metered 0.10 DynamicExponentialHistogram, schema 5",
            || DynamicExponentialHistogram::with_params(5, 1024),
            Arc::clone,
            |histogram, latency, _| {
                histogram.observe(latency.seconds);
            },
        )
        .does_less("bounds are not exact; no min, no max");
    suite
        .operation(
            Workload::Timed,
            "metered 0.10 Instant + observe_duration",
            &[1, 2],
            buckets,
            Arc::clone,
            |histogram, _| {
                let began = Instant::now();
                barrier();
                histogram.observe_duration(began.elapsed());
            },
        )
        .note("has no timer; 20 buckets; no outcome");
    suite.histogram_memory(
        "metered 0.10 Family<BucketHistogram> (20 buckets)",
        |_| Family::<Path, BucketHistogram>::new_with_constructor_fn(buckets),
        |family, i, samples| {
            family.with(&path(&key(i)), |histogram| {
                samples.for_each(|latency| {
                    histogram.observe(latency.seconds);
                });
            });
        },
    );
    suite.histogram_memory(
        "metered 0.10 FixedExponentialHistogram, schema 5",
        |n| (0..n).map(|_| fixed()).collect::<Vec<_>>(),
        |all, i, samples| {
            samples.for_each(|latency| {
                all[i].observe(latency.seconds);
            });
        },
    );
}
