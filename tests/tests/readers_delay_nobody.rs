//! A snapshot of very many stats runs beside recording, init and drop, and none of them waits for it.
//!
//! Whoever waited would have, in every snapshot, one operation about as long as what is left of the snapshot. So the
//! measure is: of each snapshot, the longest operation that began while it was under way, as a share of the snapshot;
//! and of these shares the median, because now and then the system takes the processor from a thread that waits for nobody.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::{Registry, Sum, Text, UpDownCounter};
use calipers_tests::beside::Done;

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Total {
    done: Sum<Counter>,
    latency: Sum<Timer>,
}

#[derive(Instrumented)]
struct Instance {
    done: Counter,
    open: UpDownCounter,
    latency: Timer,
    by_key: Family<u64, Counter>,
    note: Text,
}

const SNAPSHOTS: usize = 15;
#[cfg(debug_assertions)]
const STATS: usize = 100_000;
#[cfg(not(debug_assertions))]
const STATS: usize = 400_000;

/// Runs `operations`, each on a thread of its own, while snapshots are taken one after the other. Gives the median share
/// that the longest operation of each has of a snapshot, and how many began in one.
fn longest_shares(registry: &Registry, operations: &[&(dyn Fn(u64) + Sync)]) -> Vec<(f64, u64)> {
    // Odd while a snapshot is under way.
    let phase = AtomicUsize::new(0);
    let done = Done::not_yet();
    let mut lengths = Vec::new();
    let longest: Vec<(Vec<Duration>, u64)> = thread::scope(|scope| {
        let _end = done.at_end();
        let threads: Vec<_> = operations
            .iter()
            .map(|operate| {
                let (phase, done) = (&phase, &done);
                scope.spawn(move || {
                    let mut longest = vec![Duration::ZERO; SNAPSHOTS];
                    let mut within = 0;
                    let mut n = 0;
                    while !done.is() {
                        let began_in = phase.load(SeqCst);
                        let began = Instant::now();
                        operate(n);
                        let took = began.elapsed();
                        n += 1;
                        if began_in % 2 == 1 {
                            within += 1;
                            longest[began_in / 2] = longest[began_in / 2].max(took);
                        }
                    }
                    (longest, within)
                })
            })
            .collect();
        for _ in 0..SNAPSHOTS {
            let began = Instant::now();
            phase.fetch_add(1, SeqCst);
            let snapshot = registry.snapshot();
            phase.fetch_add(1, SeqCst);
            lengths.push(began.elapsed());
            assert!(snapshot.len() >= STATS);
            drop(snapshot);
        }
        done.set();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let shares = longest.into_iter().map(|(longest, within)| {
        let shares = longest.iter().zip(&lengths);
        let mut shares: Vec<f64> = shares
            .map(|(longest, length)| longest.as_secs_f64() / length.as_secs_f64())
            .collect();
        shares.sort_by(f64::total_cmp);
        (shares[shares.len() / 2], within)
    });
    shares.collect()
}

fn very_many(registry: &Registry) -> Vec<Counter> {
    (0..STATS)
        .map(|n| {
            registry
                .get::<Counter>(&format!("many/{}/{}", n % 1000, n / 1000))
                .unwrap()
        })
        .collect()
}

#[test]
fn nobody_waits_for_a_snapshot_of_very_many_stats() {
    let registry = Registry::with_cap(2 * STATS);
    let many = very_many(&registry);
    let total = Total::init_in(&registry, "/total");
    let held = Instance::init_child(&total, "held");
    let names = ["record", "init and drop", "look up by name"];
    let operations: [&(dyn Fn(u64) + Sync); 3] = [
        &|n| {
            held.done.inc();
            held.open.inc();
            drop(held.latency.start());
            held.by_key.get(n % 100).inc();
            held.note.set("x");
            many[n as usize % STATS].inc();
            held.open.dec();
        },
        &|n| {
            let instance = Instance::init_child(&total, format_args!("comes-{}", n % 50));
            instance.done.inc();
            drop(instance);
        },
        &|n| {
            registry
                .counter(&format!("named/{}", n % 2000))
                .unwrap()
                .inc();
        },
    ];
    let shares = longest_shares(&registry, &operations);
    for (name, (share, within)) in names.iter().zip(&shares) {
        println!(
            "figure: {name}: {within} in {SNAPSHOTS} snapshots, the longest took {share:.3} of one"
        );
        assert!(
            *share < 0.25,
            "{name} took {share:.3} of a snapshot: it waits for it"
        );
        assert!(*within > 20 * SNAPSHOTS as u64, "{name}: {within} only");
    }
}

/// That the measure notices somebody who does wait: another snapshot does, and says so in its documentation.
#[test]
fn another_snapshot_waits_and_the_measure_notices() {
    let registry = Registry::with_cap(2 * STATS);
    let _many = very_many(&registry);
    let small = Registry::new();
    // Where the system lets the one that waits run too seldom, it hardly asks while the large one is under way.
    let share = || longest_shares(&registry, &[&|_| drop(small.snapshot())])[0].0;
    let shares: Vec<f64> = (0..5).map(|_| share()).collect();
    assert!(shares.iter().any(|share| *share > 0.25), "{shares:?}");
}

/// The number of times that this thread has gone to sleep of its own accord: for a lock, say.
#[cfg(target_os = "linux")]
fn times_asleep() -> i64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: fills the structure, of which all-zero bytes are a valid value too.
    unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
        usage.assume_init().ru_nvcsw
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_records_never_sleeps_while_others_read_init_and_drop() {
    let registry = Registry::new();
    let total = Total::init_in(&registry, "/total");
    let held = Instance::init_child(&total, "held");
    let done = Done::not_yet();
    thread::scope(|scope| {
        let _end = done.at_end();
        scope.spawn(|| {
            while !done.is() {
                drop(registry.snapshot());
            }
        });
        scope.spawn(|| {
            while !done.is() {
                drop(Instance::init_child(&total, "comes"));
            }
        });
        let held = &held;
        let record = move |times: u64| {
            for n in 0..times {
                held.done.inc();
                held.open.inc();
                drop(held.latency.start());
                held.by_key.get(n % 8).inc();
                held.open.dec();
            }
        };
        let sleeps = scope.spawn(move || {
            record(100);
            let before = times_asleep();
            record(1_000_000);
            times_asleep() - before
        });
        assert_eq!(sleeps.join().unwrap(), 0);
    });
}
