//! `opentelemetry` with its SDK, and `opentelemetry-prometheus` for text.

use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

use crate::inputs::{bounds, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

/// The largest number of buckets and the largest scale of an exponential histogram.
type Exponential = Option<(u32, i8)>;

/// A pipeline that somebody could scrape.
struct Pipeline {
    meter: Meter,
    registry: Registry,
    /// Dropping it would shut the pipeline down.
    _provider: SdkMeterProvider,
}

impl Pipeline {
    fn new(exponential: Exponential) -> Pipeline {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build();
        let view = move |_: &Instrument| {
            let mut stream = Stream::builder().with_cardinality_limit(200_000);
            if let Some((max_size, max_scale)) = exponential {
                stream = stream.with_aggregation(Aggregation::Base2ExponentialHistogram {
                    max_size,
                    max_scale,
                    record_min_max: true,
                });
            }
            stream.build().ok()
        };
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter.expect("the registry is empty"))
            .with_view(view)
            .build();
        Pipeline {
            meter: provider.meter("bench"),
            registry,
            _provider: provider,
        }
    }
}

fn counter(name: &'static str) -> (Pipeline, Counter<u64>) {
    let pipeline = Pipeline::new(None);
    let counter = pipeline.meter.u64_counter(name).build();
    (pipeline, counter)
}

fn histogram(exponential: Exponential) -> (Pipeline, Histogram<f64>) {
    let pipeline = Pipeline::new(exponential);
    let histogram = pipeline.meter.f64_histogram("h");
    let histogram = histogram.with_boundaries(bounds()).build();
    (pipeline, histogram)
}

fn attribute(key: &'static str) -> KeyValue {
    KeyValue::new("path", key)
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite
        .exposition(
            "opentelemetry-prometheus gather + TextEncoder",
            |n| {
                let (pipeline, counter) = counter("http_requests");
                (0..n).for_each(|i| counter.add(i as u64, &[KeyValue::new("path", key(i))]));
                pipeline
            },
            |pipeline, out| {
                TextEncoder::new()
                    .encode_utf8(&pipeline.registry.gather(), out)
                    .expect("text is written to memory");
            },
        )
        .note("collects through the SDK, then as prometheus does");
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "opentelemetry Counter::add(1, &[])",
        &[1, 2],
        || counter("c"),
        |both| both.1.clone(),
        |counter, _| counter.add(1, &[]),
    );
    suite
        .operation(
            Workload::Counter,
            "opentelemetry Counter::add(1, &[attribute])",
            &[1, 2],
            || counter("c"),
            |both| (both.1.clone(), [attribute("/x")]),
            |(counter, attributes), _| counter.add(1, attributes),
        )
        .note("looks the attributes up at every call");
    suite
        .operation(
            Workload::Counter,
            "opentelemetry BoundCounter",
            &[1, 2],
            || counter("c"),
            |both| both.1.bind(&[attribute("/x")]),
            |counter, _| counter.add(1),
        )
        .note("experimental");
    suite.family(
        "opentelemetry add(1, &[String])",
        |row| {
            row.note("takes an owned String at every look-up");
        },
        |_| counter("c"),
        |both| both.1.clone(),
        |counter, key| counter.add(1, &[KeyValue::new("path", key.to_owned())]),
    );
    suite.family(
        "opentelemetry add(1, &[&'static str])",
        |row| {
            row.does_less("only for strings that live for ever");
        },
        |_| counter("c"),
        |both| both.1.clone(),
        |counter, key| counter.add(1, &[attribute(key)]),
    );
    suite.memory(
        Workload::MemoryCounter,
        "opentelemetry u64_counter attributes",
        100_000,
        |n| {
            let (pipeline, counter) = counter("c");
            (0..n).for_each(|i| counter.add(1, &[KeyValue::new("path", key(i))]));
            Box::new((pipeline, counter))
        },
    );
}

fn histograms(suite: &mut Suite) {
    let kinds: [(&str, Exponential, &'static str); 3] = [
        (
            "opentelemetry Histogram (20 buckets)",
            None,
            "mutex; buckets a factor of two apart",
        ),
        (
            "opentelemetry exponential histogram, 1,024 buckets at scale 5",
            Some((1024, 5)),
            "mutex; error at most 1.1 %",
        ),
        (
            "opentelemetry exponential histogram, 160 buckets",
            Some((160, 20)),
            "mutex; comes to scale 3 here, an error of 4.3 %",
        ),
    ];
    for (name, exponential, remark) in kinds {
        let row = suite.histogram(
            name,
            move || histogram(exponential),
            |both| both.1.clone(),
            |histogram, latency, _| histogram.record(latency.seconds, &[]),
        );
        row.note(remark);
        row.does_less = exponential.is_none_or(|(_, scale)| scale != 5);
        suite.histogram_memory(
            name,
            move |_| histogram(exponential),
            |both, i, samples| {
                let attributes = [KeyValue::new("path", key(i))];
                samples.for_each(|latency| both.1.record(latency.seconds, &attributes));
            },
        );
    }
    suite
        .histogram(
            "opentelemetry BoundHistogram (20 buckets)",
            || histogram(None),
            |both| both.1.bind(&[attribute("/x")]),
            |histogram, latency, _| histogram.record(latency.seconds),
        )
        .does_less("experimental; mutex; buckets a factor of two apart");
    suite
        .operation(
            Workload::Timed,
            "opentelemetry Instant + Histogram",
            &[1, 2],
            || histogram(None),
            |both| both.1.clone(),
            |histogram, _| {
                let began = Instant::now();
                barrier();
                histogram.record(began.elapsed().as_secs_f64(), &[]);
            },
        )
        .note("has no timer; 20 buckets; no outcome");
}
