//! Calipers, weighed.

use std::time::Duration;

use calipers::{Counter, Histogram, Registry};

use super::recording::{family_in, named};
use crate::inputs::{Latencies, key};
use crate::suite::Suite;
use crate::workload::Workload;

const COUNTERS: usize = 100_000;
const HISTOGRAMS: usize = 10_000;

pub(crate) fn register(suite: &mut Suite) {
    counters(suite);
    histograms(suite);
}

fn counters(suite: &mut Suite) {
    suite
        .memory(
            Workload::MemoryCounter,
            "calipers Family<String, Counter>",
            COUNTERS,
            |n| {
                let registry = Registry::new();
                let family = family_in(&registry, n);
                (0..n).for_each(|i| family.get(&*key(i)).inc());
                Box::new((registry, family))
            },
        )
        .leads();
    suite.memory(
        Workload::MemoryCounter,
        "calipers Registry, counters by name",
        COUNTERS,
        |n| {
            let registry = Registry::new();
            named(&registry, n).iter().for_each(Counter::inc);
            Box::new(registry)
        },
    );
}

fn histograms(suite: &mut Suite) {
    const NAME: &str = "calipers Registry, histograms by name";
    type Record = fn(&Histogram, usize, &Latencies);
    let rows: [(Workload, Record); 3] = [
        (Workload::MemoryIdleHistogram, |_, _, _| {}),
        (Workload::MemoryHistogram, |histogram, i, latencies| {
            let samples = latencies.samples(i);
            samples.for_each(|latency| histogram.record(latency.nanos));
        }),
        (Workload::MemoryFullHistogram, |histogram, _, latencies| {
            let all = latencies.nanos.iter();
            all.for_each(|nanos| histogram.record(*nanos));
        }),
    ];
    for (workload, record) in rows {
        suite
            .memory(workload, NAME, HISTOGRAMS, move |n| {
                let registry = Registry::new();
                let latencies = Latencies::shared();
                for i in 0..n {
                    let histogram = registry.histogram(&key(i)).expect("the name is a path");
                    record(&histogram, i, latencies);
                    // As every five seconds, which is a longer time in a server: what was outgrown is freed.
                    if i % 100 == 99 {
                        calipers::private::tick(Duration::ZERO);
                    }
                }
                Box::new(registry)
            })
            .leads();
    }
}
