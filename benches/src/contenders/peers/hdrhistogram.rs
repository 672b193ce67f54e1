//! `hdrhistogram`: a plain histogram, and the recorder that threads share.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hdrhistogram::sync::Recorder;
use hdrhistogram::{Histogram, SyncHistogram};

use crate::suite::{Suite, barrier};
use crate::workload::Workload;

/// From a nanosecond to an hour.
fn histogram(digits: u8) -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, digits).expect("the bounds are in order")
}

type Shared = Mutex<SyncHistogram<u64>>;

fn shared() -> Shared {
    Mutex::new(SyncHistogram::from(histogram(2)))
}

fn recorder(shared: &Shared) -> Recorder<u64> {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recorder()
}

pub(super) fn register(suite: &mut Suite) {
    for (name, digits) in [("hdrhistogram, 2 digits", 2), ("hdrhistogram, 3 digits", 3)] {
        suite
            .histogram(
                name,
                || (),
                move |_| histogram(digits),
                |histogram, latency, _| {
                    let _ = histogram.record(latency.nanos);
                },
            )
            .does_less("nobody else can read it; no sum");
        suite.histogram_memory(
            name,
            move |n| (0..n).map(|_| histogram(digits)).collect::<Vec<_>>(),
            |all, i, samples| {
                samples.for_each(|latency| {
                    let _ = all[i].record(latency.nanos);
                });
            },
        );
    }
    suite
        .histogram(
            "hdrhistogram sync Recorder, 2 digits",
            shared,
            |shared| recorder(shared),
            |recorder, latency, _| {
                let _ = recorder.record(latency.nanos);
            },
        )
        .does_less("merged when somebody refreshes it; no sum");
    suite
        .operation(
            Workload::Timed,
            "hdrhistogram Instant + sync Recorder",
            &[1, 2],
            shared,
            |shared| recorder(shared),
            |recorder, _| {
                let began = Instant::now();
                barrier();
                let _ = recorder.record(began.elapsed().as_nanos() as u64);
            },
        )
        .does_less("has no timer; no sum, no outcome");
}
