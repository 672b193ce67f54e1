//! `histogram` (H2).

use std::sync::Arc;

use histogram::{AtomicHistogram, Histogram};

use crate::suite::Suite;

const REMARK: &str = "no sum, min or max; error at most 0.4 %";

fn shared() -> AtomicHistogram {
    AtomicHistogram::new(7, 64).expect("the configuration is valid")
}

pub(super) fn register(suite: &mut Suite) {
    suite
        .histogram(
            "histogram Histogram (7, 64)",
            || (),
            |_| Histogram::new(7, 64).expect("the configuration is valid"),
            |histogram, latency, _| {
                let _ = histogram.increment(latency.nanos);
            },
        )
        .does_less("nobody else can read it; no sum, min or max; error at most 0.4 %");
    suite
        .histogram(
            "histogram AtomicHistogram (7, 64)",
            shared,
            Arc::clone,
            |histogram, latency, _| {
                let _ = histogram.increment(latency.nanos);
            },
        )
        .does_less(REMARK);
    suite.histogram_memory(
        "histogram AtomicHistogram (7, 64)",
        |n| (0..n).map(|_| shared()).collect::<Vec<_>>(),
        |all, i, samples| {
            samples.for_each(|latency| {
                let _ = all[i].increment(latency.nanos);
            });
        },
    );
}
