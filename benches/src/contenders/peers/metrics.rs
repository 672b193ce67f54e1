//! `metrics` with `metrics-exporter-prometheus`.

use std::sync::OnceLock;
use std::time::Instant;

use metrics::{Counter, Histogram, counter, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::inputs::{bounds, key};
use crate::suite::{Suite, barrier};
use crate::workload::Workload;

fn recorder() -> PrometheusRecorder {
    let builder = PrometheusBuilder::new().set_buckets(&bounds());
    builder.expect("there are bounds").build_recorder()
}

/// The recorder of this process, installed when first asked for.
fn global() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = recorder();
        let handle = recorder.handle();
        let installed = metrics::set_global_recorder(recorder);
        assert!(installed.is_ok(), "nobody else installs one");
        handle
    })
}

fn set_up() {
    global();
}

/// Somebody has to move the kept samples into buckets; the exporter does it every five seconds.
fn keep_up(i: usize) {
    if i % 4096 == 4095 {
        global().run_upkeep();
    }
}

const KEPT: &str =
    "keeps every sample (16 B) until upkeep, which is included; 20 buckets; no min, no max";

pub(super) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
    suite.exposition(
        "metrics-exporter-prometheus render",
        |n| {
            let recorder = recorder();
            metrics::with_local_recorder(&recorder, || {
                (0..n).for_each(|i| {
                    counter!("http_requests_total", "path" => key(i)).increment(i as u64)
                });
            });
            recorder
        },
        |recorder, _| super::written(&recorder.handle().render()),
    );
}

fn counters(suite: &mut Suite) {
    suite.operation(
        Workload::Counter,
        "metrics Counter",
        &[1, 2],
        || {
            set_up();
            counter!("held")
        },
        |counter| Counter::clone(counter),
        |counter, _| counter.increment(1),
    );
    suite
        .operation(
            Workload::Counter,
            "metrics counter!(\"name\")",
            &[1, 2],
            set_up,
            |_| (),
            |(), _| counter!("hits").increment(1),
        )
        .note("looks the name up at every call");
    suite.many(
        "metrics Counter",
        |i| {
            set_up();
            counter!("many", "i" => i.to_string())
        },
        |counter| counter.increment(1),
    );
    suite.family(
        "metrics counter!(…, \"path\" => String)",
        |row| {
            row.note("takes an owned String at every look-up");
        },
        |_| set_up(),
        |_| (),
        |(), key| counter!("dynamic", "path" => key.to_owned()).increment(1),
    );
    suite.family(
        "metrics counter!(…, \"path\" => &'static str)",
        |row| {
            row.does_less("only for strings that live for ever");
        },
        |_| set_up(),
        |_| (),
        |(), key| counter!("dynamic_static", "path" => key).increment(1),
    );
    suite.memory(
        Workload::MemoryCounter,
        "metrics + exporter-prometheus",
        100_000,
        |n| {
            let recorder = recorder();
            metrics::with_local_recorder(&recorder, || {
                (0..n).for_each(|i| counter!("c", "path" => key(i)).increment(1));
            });
            Box::new(recorder)
        },
    );
}

fn histograms(suite: &mut Suite) {
    suite
        .histogram(
            "metrics Histogram (20 buckets)",
            || {
                set_up();
                histogram!("latency")
            },
            |histogram| Histogram::clone(histogram),
            |histogram, latency, i| {
                histogram.record(latency.seconds);
                keep_up(i);
            },
        )
        .does_less(KEPT);
    suite
        .operation(
            Workload::Timed,
            "metrics Instant + Histogram",
            &[1, 2],
            || {
                set_up();
                histogram!("timed")
            },
            |histogram| Histogram::clone(histogram),
            |histogram, i| {
                let began = Instant::now();
                barrier();
                histogram.record(began.elapsed());
                keep_up(i);
            },
        )
        .note("has no timer; 20 buckets; no outcome");
    suite.histogram_memory(
        "metrics + exporter-prometheus (20 buckets)",
        |_| recorder(),
        |recorder, i, samples| {
            let histogram =
                metrics::with_local_recorder(&*recorder, || histogram!("h", "path" => key(i)));
            samples.for_each(|latency| histogram.record(latency.seconds));
            // What is kept becomes counts when the exporter tidies up, every five seconds.
            if i % 1000 == 999 {
                recorder.handle().run_upkeep();
            }
        },
    );
}
