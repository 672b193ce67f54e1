//! `prometheus-client`, the official one.

use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, NativeHistogramConfig};
use prometheus_client::registry::Registry;

use crate::inputs::{bounds, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Path {
    path: String,
}

fn path(key: &str) -> Path {
    Path {
        path: key.to_owned(),
    }
}

fn classic() -> Histogram {
    Histogram::new(bounds())
}

fn native() -> Histogram {
    Histogram::new_native(NativeHistogramConfig::with_schema(5))
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite
        .exposition(
            "prometheus-client text::encode",
            |n| {
                let (mut registry, family) =
                    (<Registry>::default(), Family::<Path, Counter>::default());
                registry.register("http_requests", "requests", family.clone());
                for i in 0..n {
                    family.get_or_create(&path(&key(i))).inc_by(i as u64);
                }
                registry
            },
            |registry, out| text::encode(out, registry).expect("text is written to memory"),
        )
        .note("buffer reused");
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "prometheus-client Counter",
        &[1, 2],
        <Counter>::default,
        |counter| <Counter>::clone(counter),
        |counter, _| {
            counter.inc();
        },
    );
    suite.many(
        "prometheus-client Counter",
        |_| <Counter>::default(),
        |counter| {
            counter.inc();
        },
    );
    suite.family(
        "prometheus-client Family::get_or_create",
        |row| {
            row.note("takes an owned String at every look-up");
        },
        |_| Family::<Path, Counter>::default(),
        |family| Family::clone(family),
        |family, key| {
            family.get_or_create(&path(key)).inc();
        },
    );
    suite.memory(
        Workload::MemoryCounter,
        "prometheus-client Family<Counter>",
        100_000,
        |n| {
            let family = Family::<Path, Counter>::default();
            for i in 0..n {
                family.get_or_create(&path(&key(i))).inc();
            }
            Box::new(family)
        },
    );
}

fn histograms(suite: &mut Suite) {
    type Make = fn() -> Histogram;
    let kinds: [(&str, &str, Make, &'static str); 2] = [
        (
            "prometheus-client Histogram (20 buckets)",
            "prometheus-client Family<Histogram> (20 buckets)",
            classic,
            "mutex; buckets a factor of two apart; no min, no max",
        ),
        (
            "prometheus-client native histogram, schema 5",
            "prometheus-client Family<Histogram>, native, schema 5",
            native,
            "mutex and a hash map of buckets; error at most 1.1 %; no min, no max",
        ),
    ];
    for (name, in_family, make, remark) in kinds {
        suite
            .histogram(
                name,
                make,
                |histogram| Histogram::clone(histogram),
                |histogram, latency, _| histogram.observe(latency.seconds),
            )
            .does_less(remark);
        suite.histogram_memory(
            in_family,
            move |_| Family::<Path, Histogram, Make>::new_with_constructor(make),
            |family, i, samples| {
                let histogram = family.get_or_create(&path(&key(i)));
                samples.for_each(|latency| histogram.observe(latency.seconds));
            },
        );
    }
    suite
        .operation(
            Workload::Timed,
            "prometheus-client Instant + observe",
            &[1, 2],
            classic,
            |histogram| Histogram::clone(histogram),
            |histogram, _| {
                let began = Instant::now();
                barrier();
                histogram.observe(began.elapsed().as_secs_f64());
            },
        )
        .note("has no timer; 20 buckets; no outcome");
}
