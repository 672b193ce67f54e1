//! Calipers, when somebody reads: snapshots, ticks, and what a hundred thousand stats take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::time::Duration;
use std::{hint, thread};

use calipers::{Counter, Histogram, Registry};

use super::recording::{family, named};
use crate::inputs::{Latencies, key};
use crate::machine;
use crate::suite::{Suite, Thing, runner};
use crate::workload::Workload;

const STATS: usize = 100_000;

/// Counters that two threads, one of them gone, have counted in.
struct Counters {
    registry: Registry,
    _held: Vec<Counter>,
}

impl Counters {
    fn new() -> Counters {
        let registry = Registry::new();
        let held = named(&registry, STATS);
        thread::scope(|scope| {
            scope.spawn(|| held.iter().for_each(Counter::inc));
        });
        held.iter().for_each(Counter::inc);
        Counters {
            registry,
            _held: held,
        }
    }
}

pub(crate) fn register(suite: &mut Suite) {
    suite
        .operation(
            Workload::Snapshot,
            "calipers Registry::snapshot",
            &[1],
            Counters::new,
            |counters| counters.clone(),
            |counters, _| drop(counters.registry.snapshot()),
        )
        .note("and its drop")
        .ours();
    beside(suite);
    memory(suite);
}

/// A thread that takes snapshots whenever it is let.
struct Reader {
    let_go: Arc<AtomicBool>,
    working: Arc<AtomicBool>,
}

impl Reader {
    fn new() -> Reader {
        let reader = Reader {
            let_go: Arc::default(),
            working: Arc::default(),
        };
        let (let_go, working) = (reader.let_go.clone(), reader.working.clone());
        thread::spawn(move || {
            machine::pin(machine::WORKERS[1]);
            let counters = Counters::new();
            while Arc::strong_count(&let_go) > 1 {
                if let_go.load(Acquire) {
                    working.store(true, Release);
                    drop(counters.registry.snapshot());
                } else {
                    working.store(false, Release);
                    thread::sleep(std::time::Duration::from_micros(100));
                }
            }
        });
        reader
    }

    fn go(&self) {
        self.let_go.store(true, Release);
        while !self.working.load(Acquire) {
            hint::spin_loop();
        }
    }

    fn rest(&self) {
        self.let_go.store(false, Release);
        while self.working.load(Acquire) {
            hint::spin_loop();
        }
    }
}

fn beside(suite: &mut Suite) {
    let counter = |name: &str| {
        calipers::registry()
            .counter(name)
            .expect("the name is a path")
    };
    suite
        .operation(
            Workload::Beside,
            "calipers Counter, nobody reads",
            &[1],
            move || counter("bench.alone"),
            |counter| Counter::clone(counter),
            |counter, _| counter.inc(),
        )
        .floor();
    suite
        .custom(
            Workload::Beside,
            "calipers Counter, snapshots of 100,000 counters on the other processor",
            &[1],
            move || {
                let reader = Reader::new();
                let mut run = runner(counter("bench.beside"), |counter, _| counter.inc());
                Box::new(move |n| {
                    reader.go();
                    let nanos = run(n);
                    reader.rest();
                    nanos
                })
            },
        )
        .ours();
}

fn memory(suite: &mut Suite) {
    suite
        .memory(
            Thing::Counter,
            "calipers Registry, named counters",
            STATS,
            |n| {
                let registry = Registry::new();
                named(&registry, n).iter().for_each(Counter::inc);
                Box::new(registry)
            },
        )
        .ours();
    suite.memory(
        Thing::Counter,
        "calipers Family<String, Counter>",
        STATS,
        |n| {
            let family = family(n);
            (0..n).for_each(|i| family.get(&*key(i)).inc());
            Box::new(family)
        },
    );
    let named = |n: usize| {
        let registry = Registry::new();
        let all: Vec<Histogram> = (0..n)
            .map(|i| registry.histogram(&key(i)).expect("the name is a path"))
            .collect();
        (registry, all)
    };
    suite
        .memory(
            Thing::IdleHistogram,
            "calipers Registry, named histograms",
            10_000,
            move |n| Box::new(named(n)),
        )
        .ours();
    suite
        .memory(
            Thing::Histogram,
            "calipers Registry, named histograms",
            10_000,
            move |n| {
                let (registry, all) = named(n);
                let latencies = Latencies::new();
                for (i, histogram) in all.iter().enumerate() {
                    latencies
                        .samples(i)
                        .for_each(|latency| histogram.record(latency.nanos));
                }
                calipers::private::tick(Duration::ZERO); // as every five seconds: what was outgrown is freed
                Box::new((registry, all))
            },
        )
        .ours();
    suite
        .memory(
            Thing::FullHistogram,
            "calipers Registry, named histograms",
            10_000,
            move |n| {
                let (registry, all) = named(n);
                let latencies = Latencies::new();
                for histogram in &all {
                    latencies
                        .nanos
                        .iter()
                        .for_each(|nanos| histogram.record(*nanos));
                }
                calipers::private::tick(Duration::ZERO);
                Box::new((registry, all))
            },
        )
        .ours();
}
