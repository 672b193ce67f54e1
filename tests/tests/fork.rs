//! `fork` while threads record: the child has the numbers so far, may use all of the library, and is not seen by its parent.
//!
//! Its own program: nothing else may run while it forks. The tests run one after another.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::test::isolated;
use calipers::{Registry, StateTime, Text, UpDownCounter};
use calipers_tests::beside::Done;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Forks; runs `child` in the child, which then ends. Fails if it panics there, or has not ended after a while.
fn fork(child: impl FnOnce()) {
    // SAFETY: the child runs safe code and leaves by `_exit`; that it may allocate is glibc's promise, that it may use
    // this library is what is tested.
    let id = unsafe { libc::fork() };
    assert!(id >= 0, "fork failed");
    if id == 0 {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends this process.
        unsafe { libc::_exit(i32::from(ended.is_err())) };
    }
    let begun = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: waits for the child made above, into a number of this function's.
        let waited = unsafe { libc::waitpid(id, &raw mut status, libc::WNOHANG) };
        if waited == id {
            assert!(
                libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
                "the child failed: {status}"
            );
            return;
        }
        if begun.elapsed() > Duration::from_secs(60) {
            // SAFETY: ends the child made above.
            unsafe { libc::kill(id, libc::SIGKILL) };
            panic!("the child hangs");
        }
        thread::yield_now();
    }
}

#[derive(Instrumented)]
struct Stats {
    done: Counter,
    open: UpDownCounter,
    sizes: Histogram,
    latency: Timer,
    by_key: Family<u64, Counter>,
    note: Text,
    spent: StateTime<String>,
}

impl Stats {
    fn record(&self, n: u64) {
        self.open.inc();
        self.done.inc();
        self.sizes.record(1 + n % 100_000);
        drop(self.latency.start());
        self.by_key.get(n % 50).inc();
        if n.is_multiple_of(16) {
            self.note.set("x");
            self.spent.set("y");
        }
        self.open.dec();
    }
}

fn in_the_child(registry: &Registry, stats: &Stats) {
    let before = registry.snapshot().counter("/s/done").unwrap();
    // Its one thread records, opens and drops.
    for n in 0..1000 {
        stats.record(n);
    }
    let instance = Stats::init_in(registry, "/born/in/child");
    instance.record(1);
    registry.counter("child.name").unwrap().inc();
    calipers::incr("child.name", 1);
    assert_eq!(registry.snapshot().counter("/s/done"), Some(before + 1000));
    // So do threads that it begins.
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for n in 0..1000 {
                    stats.record(n);
                }
                for _ in 0..20 {
                    drop(Stats::init_in(registry, "/comes/and/goes"));
                }
            });
        }
    });
    drop(instance);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/s/done"), Some(before + 4000));
    assert!(snapshot.counter("/child/name") >= Some(1));
    assert!(snapshot.at("/born").is_none());
    let sizes = snapshot.histogram("/s/sizes").unwrap().lifetime();
    assert_eq!(
        sizes.count(),
        sizes.buckets().map(|bucket| bucket.count).sum::<u64>()
    );
}

#[test]
fn a_child_of_fork_records_reads_and_ends_while_eight_threads_of_its_parent_record() {
    let _alone = ONE_AT_A_TIME.lock();
    const FORKS: u64 = 50;
    let registry = Registry::new();
    let stats = Stats::init_in(&registry, "/s");
    let done = Done::not_yet();
    let recorded: u64 = thread::scope(|scope| {
        let _end = done.at_end();
        let recording: Vec<_> = (0..8)
            .map(|thread| {
                let (stats, done, registry) = (&stats, &done, &registry);
                scope.spawn(move || {
                    let mut n = 0;
                    while !done.is() {
                        stats.record(n);
                        n += 1;
                        // Some of the library's locks are held at any time.
                        match thread {
                            0 => drop(registry.snapshot()),
                            1 => drop(Stats::init_in(registry, "/churn")),
                            2 => drop(registry.counter(&format!("name/{}", n % 100))),
                            _ => {}
                        }
                    }
                    n
                })
            })
            .collect();
        for _ in 0..FORKS {
            fork(|| in_the_child(&registry, &stats));
        }
        done.set();
        recording
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let snapshot = registry.snapshot();
    assert_eq!(
        snapshot.counter("/s/done"),
        Some(recorded),
        "the parent's totals are untouched"
    );
    assert_eq!(snapshot.up_down_counter("/s/open"), Some(0));
    let timer = snapshot.timer("/s/latency").unwrap();
    assert_eq!((timer.lifetime().count(), timer.in_flight()), (recorded, 0));
    assert_eq!(snapshot.counter("/child/name"), None);
}

#[test]
fn numbers_of_threads_that_a_child_does_not_have_stay_in_its_totals() {
    let _alone = ONE_AT_A_TIME.lock();
    let registry = Registry::new();
    let counter = registry.counter("c").unwrap();
    let both = std::sync::Barrier::new(5);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..1000).for_each(|_| counter.inc());
                both.wait();
                both.wait();
            });
        }
        both.wait();
        fork(|| {
            assert_eq!(registry.snapshot().counter("/c"), Some(4000));
            // More threads than were lost, so that theirs are all taken over.
            for _ in 0..3 {
                thread::scope(|scope| {
                    for _ in 0..12 {
                        scope.spawn(|| counter.add(10));
                    }
                });
            }
            assert_eq!(registry.snapshot().counter("/c"), Some(4360));
        });
        both.wait();
    });
    assert_eq!(registry.snapshot().counter("/c"), Some(4000));
}

#[test]
fn a_fork_inside_a_scope_leaves_the_child_its_own_numbers() {
    let _alone = ONE_AT_A_TIME.lock();
    let registry = Registry::new();
    let counter = registry.counter("c").unwrap();
    counter.add(5);
    let t = isolated();
    counter.add(7);
    fork(|| {
        assert_eq!(t.snapshot_of(&registry).counter("/c"), Some(7));
        drop(t);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200_000).for_each(|_| counter.inc()));
            }
            (0..200_000).for_each(|_| counter.inc());
        });
        assert_eq!(registry.snapshot().counter("/c"), Some(1_000_005));
    });
    assert_eq!(registry.snapshot().counter("/c"), Some(5));
}

#[test]
fn a_grandchild_works_too() {
    let _alone = ONE_AT_A_TIME.lock();
    let registry = Registry::new();
    let stats = Stats::init_in(&registry, "/s");
    stats.record(1);
    fork(|| {
        in_the_child(&registry, &stats);
        fork(|| in_the_child(&registry, &stats));
    });
    assert_eq!(registry.snapshot().counter("/s/done"), Some(1));
}
