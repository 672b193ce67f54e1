//! Calipers, when instances come and go.

use std::cell::Cell;

use calipers::{Counter, Gauge, Histogram, Instrumented, Registry, Sum, Timer, UpDownCounter};

use crate::suite::Suite;
use crate::workload::Workload;

/// The parent: three of a worker's stats have an aggregate here.
#[derive(Instrumented)]
struct Processor {
    finished: Sum<Counter>,
    running: Sum<UpDownCounter>,
    latency: Sum<Timer>,
}

/// Five stats.
#[derive(Instrumented)]
#[instrumented(parent = Processor)]
struct Worker {
    finished: Counter,
    running: UpDownCounter,
    latency: Timer,
    size: Histogram,
    depth: Gauge,
}

struct Siblings {
    processor: Processor,
    _workers: Vec<Worker>,
    _registry: Registry,
}

impl Siblings {
    fn new(n: usize) -> Siblings {
        let registry = Registry::new();
        let processor = Processor::init_in(&registry, "/processor");
        let workers = (0..n)
            .map(|i| Worker::init_child(&processor, format!("sibling-{i}")))
            .collect();
        Siblings {
            processor,
            _workers: workers,
            _registry: registry,
        }
    }
}

pub(crate) fn register(suite: &mut Suite) {
    let sizes = [
        (Workload::InitDrop10, 10),
        (Workload::InitDrop1k, 1_000),
        (Workload::InitDrop100k, 100_000),
    ];
    for (workload, siblings) in sizes {
        suite
            .operation(
                workload,
                "calipers init_child + drop, unused",
                &[1],
                move || Siblings::new(siblings),
                |siblings| siblings.clone(),
                |siblings, _| drop(Worker::init_child(&siblings.processor, "thread")),
            )
            .note("counter, up-down counter, timer, histogram, gauge; three aggregates above")
            .leads();
        suite
            .operation(
                workload,
                "calipers init_child + drop, counted 7",
                &[1],
                move || Siblings::new(siblings),
                |siblings| siblings.clone(),
                |siblings, _| {
                    let worker = Worker::init_child(&siblings.processor, "thread");
                    worker.finished.add(7_u64);
                    drop(worker);
                },
            )
            .note("one of the totals is folded");
        suite.operation(
            workload,
            "calipers init_child_numbered + drop, unused",
            &[1],
            move || Siblings::new(siblings),
            |siblings| siblings.clone(),
            |siblings, _| drop(Worker::init_child_numbered(&siblings.processor, "thread")),
        );
        suite
            .operation(
                workload,
                "calipers init_child + drop, all five used",
                &[1],
                move || Siblings::new(siblings),
                |siblings| (siblings.clone(), Cell::new(0_u64)),
                |(siblings, n), _| {
                    n.set(n.get() + 1);
                    let worker = Worker::init_child(&siblings.processor, "thread");
                    worker.finished.inc();
                    worker.running.inc();
                    drop(worker.latency.start());
                    worker.size.record(n.get());
                    worker.depth.set(1.0);
                    worker.running.dec();
                    drop(worker);
                },
            )
            .note("blocks are allocated and freed, a distribution is folded");
    }
}
