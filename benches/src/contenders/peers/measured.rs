//! `measured`.

use std::sync::Arc;

use measured::metric::MetricFamilyEncoding;
use measured::metric::group::Encoding;
use measured::metric::histogram::Thresholds;
use measured::metric::name::MetricName;
use measured::text::TextEncoder;
use measured::{Counter, CounterVec, Histogram, HistogramVec, LabelGroup};
use paracord::ParaCord;

use crate::inputs::{BOUNDS, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

#[derive(Clone, Copy, LabelGroup)]
#[label(set = PathSet)]
struct Path<'a> {
    #[label(dynamic_with = ParaCord, default)]
    path: &'a str,
}

fn thresholds() -> Thresholds<BOUNDS> {
    Thresholds::exponential_buckets(1e-6, 2.0)
}

fn histogram() -> Histogram<BOUNDS> {
    Histogram::with_metadata(thresholds())
}

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite
        .custom(Workload::Exposition, "measured TextEncoder", || {
            let vector = CounterVec::<PathSet>::new();
            (0..crate::inputs::SERIES)
                .for_each(|i| vector.inc_by(Path { path: &key(i) }, i as u64));
            crate::suite::runner((vector, Vec::<u8>::new()), |(vector, out), _| {
                out.clear();
                let mut encoder = TextEncoder::new(out);
                let name = || MetricName::from_str("http_requests_total");
                let written = encoder
                    .write_help(name(), "requests")
                    .and_then(|()| vector.collect_family_into(name(), &mut encoder))
                    .and_then(|()| encoder.flush());
                assert!(written.is_ok(), "text is written to memory");
            })
        })
        .note("buffer reused");
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "measured Counter",
        &[1, 2],
        Counter::new,
        Arc::clone,
        |counter, _| counter.inc(),
    );
    suite
        .operation(
            Workload::Counter,
            "measured CounterVec, held LabelId",
            &[1, 2],
            CounterVec::<PathSet>::new,
            |vector| (vector.clone(), vector.with_labels(Path { path: "a" })),
            |(vector, id), _| vector.get_metric(*id).inc(),
        )
        .note("looks the number up in a sharded map");
    suite.family(
        "measured CounterVec",
        |_| {},
        |_| CounterVec::<PathSet>::new(),
        |vector| vector.clone(),
        |vector, key| vector.inc(Path { path: key }),
    );
    suite.memory(
        Workload::MemoryCounter,
        "measured CounterVec",
        100_000,
        |n| {
            let vector = CounterVec::<PathSet>::new();
            (0..n).for_each(|i| vector.inc(Path { path: &key(i) }));
            Box::new(vector)
        },
    );
}

fn histograms(suite: &mut Suite) {
    suite
        .histogram(
            "measured Histogram (20 buckets)",
            histogram,
            Arc::clone,
            |histogram, latency, _| histogram.observe(latency.seconds),
        )
        .does_less("read lock; buckets a factor of two apart; no min, no max");
    suite
        .operation(
            Workload::Timed,
            "measured start_timer().observe()",
            &[1, 2],
            histogram,
            Arc::clone,
            |histogram, _| {
                let timer = histogram.start_timer();
                barrier();
                timer.observe();
            },
        )
        .note("20 buckets; no outcome");
    suite.histogram_memory(
        "measured HistogramVec (20 buckets)",
        |_| HistogramVec::<PathSet, BOUNDS>::with_metadata(thresholds()),
        |vector, i, samples| {
            let key = key(i);
            samples.for_each(|latency| vector.observe(Path { path: &key }, latency.seconds));
        },
    );
}
