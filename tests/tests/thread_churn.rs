//! Threads that come and go: what they counted stays, what they used is used again.

use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{Meter, Registry, UpDownCounter};
use calipers_tests::memory::in_use;
use calipers_tests::own_process::alone;

#[derive(Instrumented)]
struct Stats {
    done: Counter,
    open: UpDownCounter,
    hits: Meter,
    sizes: Histogram,
    latency: Timer,
    by_key: Family<String, Counter>,
}

impl Stats {
    fn record(&self, n: u64) {
        self.done.inc();
        self.open.inc();
        self.hits.inc();
        self.sizes.record(1 + n % 1000);
        self.latency.record(Duration::from_micros(1 + n % 1000));
        self.by_key.get(["a", "b", "c"][n as usize % 3]).inc();
        self.open.dec();
    }
}

const THREADS: u64 = 10_000;
/// How many live at once.
const TOGETHER: u64 = 20;

fn churn(threads: u64, stats: &Stats) {
    for batch in 0..threads / TOGETHER {
        thread::scope(|scope| {
            for n in 0..TOGETHER {
                scope.spawn(move || stats.record(batch * TOGETHER + n));
            }
        });
    }
}

fn is_exact(registry: &Registry, threads: u64) {
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/s/done"), Some(threads));
    assert_eq!(snapshot.up_down_counter("/s/open"), Some(0));
    assert_eq!(snapshot.meter("/s/hits").unwrap().count, threads);
    let sizes = snapshot.histogram("/s/sizes").unwrap().lifetime();
    assert_eq!(sizes.count(), threads);
    let timer = snapshot.timer("/s/latency").unwrap();
    assert_eq!(
        (
            timer.lifetime().count(),
            timer.outcomes().ok,
            timer.in_flight()
        ),
        (threads, threads, 0)
    );
    let keys = ["a", "b", "c"].map(|key| snapshot.counter(&format!("/s/by_key/{key}")).unwrap());
    assert_eq!(keys.iter().sum::<u64>(), threads);
}

#[test]
fn ten_thousand_short_lived_threads_add_up_and_memory_is_flat_after_the_first_thousand() {
    alone(|| {
        let registry = Registry::new();
        let stats = Stats::init_in(&registry, "/s");
        churn(THREADS / 10, &stats);
        is_exact(&registry, THREADS / 10);
        let after_a_tenth = in_use();
        for part in 2..=10 {
            churn(THREADS / 10, &stats);
            is_exact(&registry, part * THREADS / 10);
        }
        let grown = in_use().saturating_sub(after_a_tenth);
        println!("figure: {grown} bytes more after 9,000 further threads");
        assert!(grown < 256 << 10, "{grown} bytes more");
    });
}

/// Nobody looks: the memory of threads that are gone must be used again all the same.
#[test]
fn memory_is_flat_although_nobody_takes_a_snapshot() {
    alone(|| {
        calipers::background_tick(false);
        let registry = Registry::new();
        let stats = Stats::init_in(&registry, "/s");
        churn(THREADS / 10, &stats);
        let after_a_tenth = in_use();
        churn(THREADS / 10 * 4, &stats);
        let grown = in_use().saturating_sub(after_a_tenth);
        println!("figure: {grown} bytes more after 4,000 further threads");
        assert!(grown < 256 << 10, "{grown} bytes more");
        is_exact(&registry, THREADS / 2);
    });
}

#[test]
fn memory_of_a_crowd_of_threads_is_given_back_when_they_are_gone() {
    alone(|| {
        // Pages of 300 threads over many stats; then one thread goes on.
        let registry = Registry::new();
        let counters: Vec<Counter> = (0..20_000)
            .map(|n| registry.counter(&format!("c/{n}")).unwrap())
            .collect();
        registry.snapshot();
        let before = in_use();
        let all_recorded = std::sync::Barrier::new(301);
        thread::scope(|scope| {
            let crowd: Vec<_> = (0..300)
                .map(|_| {
                    thread::Builder::new()
                        .stack_size(64 << 10)
                        .spawn_scoped(scope, || {
                            counters.iter().step_by(100).for_each(Counter::inc);
                            all_recorded.wait();
                            all_recorded.wait();
                        })
                        .unwrap()
                })
                .collect();
            all_recorded.wait();
            let crowded = in_use();
            println!(
                "figure: {} bytes a thread of a crowd",
                (crowded - before) / 300
            );
            all_recorded.wait();
            // A scope ends before its threads' destructors have run; who joins them waits for those too.
            for thread in crowd {
                thread.join().unwrap();
            }
        });
        let snapshot = registry.snapshot();
        let total: u64 = (0..20_000)
            .map(|n| snapshot.counter(&format!("/c/{n}")).unwrap())
            .sum();
        assert_eq!(total, 300 * 200);
        drop(snapshot);
        let kept = in_use().saturating_sub(before);
        println!("figure: {kept} bytes more than before the crowd");
        // 300 threads touched 79 pages of 2 KiB each: 47 MB. Those of eight are kept for threads to come.
        assert!(kept < 4 << 20, "{kept} bytes more");
    });
}
