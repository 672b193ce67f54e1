//! Calipers, when somebody reads: snapshots, ticks and text, each over a hundred thousand stats.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::time::{Duration, Instant};
use std::{hint, thread};

use calipers::report::prometheus::{Exposition, Format};
use calipers::{Counter, Registry, Timer};

use super::recording::{family_in, named};
use crate::inputs::{SERIES, key};
use crate::machine;
use crate::suite::{FLOOR, OURS, Runner, Suite, runner};
use crate::workload::Workload;

const STATS: usize = 100_000;

pub(crate) fn register(suite: &mut Suite) {
    suite
        .operation(
            Workload::Snapshot,
            "calipers Registry::snapshot",
            &[1],
            Counters::new,
            Arc::clone,
            |counters, _| drop(counters.registry.snapshot()),
        )
        .note("and its drop")
        .leads();
    beside(suite);
    suite.custom(Workload::Tick, "calipers tick", ticks).leads();
    exposition(suite);
}

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
                    thread::sleep(Duration::from_micros(100));
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
    // Opened before anything else, so that neither is one of very many stats.
    let (alone, beside) = (Counter::detached(), Counter::detached());
    // The floor of this workload is our own counter, undisturbed.
    suite.rows_of(FLOOR);
    suite
        .operation(
            Workload::Beside,
            "calipers Counter, nobody reads",
            &[1],
            move || alone.clone(),
            |counter| Counter::clone(counter),
            |counter, _| counter.inc(),
        )
        .leads();
    suite.rows_of(OURS);
    suite
        .custom(
            Workload::Beside,
            "calipers Counter, snapshots of 100,000 counters on the other processor",
            move || {
                let reader = Reader::new();
                let mut run = runner(beside.clone(), |counter, _| counter.inc());
                Box::new(move |n| {
                    reader.go();
                    let nanos = run(n);
                    reader.rest();
                    nanos
                })
            },
        )
        .leads();
}

/// Ticks, each five seconds later than the last by the library's own reckoning. Before each, one timer in a hundred is used.
fn ticks() -> Runner {
    /// Seconds that ticks of any runner have already gone ahead.
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let registry = Registry::new();
    let timers: Vec<Timer> = (0..STATS)
        .map(|i| registry.timer(&key(i)).expect("the name is a path"))
        .collect();
    let used = |timer: &Timer| timer.record(Duration::from_millis(1));
    timers.iter().for_each(used);
    let tick = move || {
        let later = Duration::from_secs(AHEAD.fetch_add(5, Relaxed) + 5);
        let began = Instant::now();
        calipers::private::tick(later);
        began.elapsed().as_nanos() as u64
    };
    tick();
    let mut round = 0;
    Box::new(move |n| {
        let _kept = &registry;
        (0..n)
            .map(|_| {
                round += 1;
                timers.iter().skip(round % 100).step_by(100).for_each(used);
                tick()
            })
            .sum()
    })
}

fn exposition(suite: &mut Suite) {
    let build = || {
        let registry = Registry::new();
        let family = family_in(&registry, SERIES);
        for i in 0..SERIES {
            family.get(&*key(i)).add(i as u64);
        }
        // A second thread's slab, as in the floor.
        thread::scope(|scope| {
            scope.spawn(|| (0..SERIES).for_each(|i| family.get(&*key(i)).inc()));
        });
        (registry, family)
    };
    suite
        .custom(
            Workload::Exposition,
            "calipers snapshot + Exposition::write",
            move || {
                let (registry, family) = build();
                runner(
                    (registry, family, Exposition::new(), Vec::new()),
                    |(registry, _, exposition, out), _| {
                        out.clear();
                        exposition.write(&registry.snapshot(), Format::Text, out);
                    },
                )
            },
        )
        .note("the snapshot and its drop included; buffer reused")
        .leads();
    suite
        .custom(
            Workload::Exposition,
            "calipers Exposition::write",
            move || {
                let (registry, family) = build();
                let snapshot = registry.snapshot();
                runner(
                    (snapshot, family, Exposition::new(), Vec::new()),
                    |(snapshot, _, exposition, out), _| {
                        out.clear();
                        exposition.write(snapshot, Format::Text, out);
                    },
                )
            },
        )
        .does_less("of a snapshot that is there already");
}
