//! Records that come late or from odd places: out of destructors of thread-locals, out of an allocator, out of a logger.
//!
//! Its own program, for its allocator and its logger.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{Registry, UpDownCounter};
use calipers_tests::beside::{LONG, within};

struct Counting;

static ALLOCATED: OnceLock<Counter> = OnceLock::new();

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(allocated) = ALLOCATED.get() {
            allocated.inc();
        }
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(allocated) = ALLOCATED.get() {
            allocated.add(0);
        }
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct CountingLogger;

impl log::Log for CountingLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {
        // A logger may use all of the library, even what it has just been told of.
        calipers::incr("log.lines", 1);
        calipers::registry().timer("log.time").unwrap().time(|| ());
        drop(Logged::init("/log/instance"));
        drop(calipers::snapshot());
        // Statics, too, that have just logged that another kind of stat has their place.
        format_line();
        LOGGED.written.time(|| ());
    }

    fn flush(&self) {}
}

#[timed("/log/clash/format")]
fn format_line() {}

collection! {
    static LOGGED: Written = "/log/clash" { written: Timer }
}

#[derive(Instrumented)]
struct Logged {
    #[allow(dead_code, reason = "it is there to be opened")]
    lines: Counter,
}

fn count_allocations_and_lines() {
    static LOGGER: CountingLogger = CountingLogger;
    ALLOCATED.get_or_init(|| calipers::registry().counter("process.allocations").unwrap());
    for taken in ["log.clash.format", "log.clash.written"] {
        calipers::registry().counter(taken).unwrap();
    }
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

#[derive(Instrumented)]
struct Stats {
    done: Counter,
    open: UpDownCounter,
    sizes: Histogram,
    latency: Timer,
    by_key: Family<String, Counter>,
}

impl Stats {
    fn record(&self) {
        self.done.inc();
        self.open.inc();
        self.sizes.record(3.5);
        self.latency.record(Duration::from_millis(1));
        drop(self.latency.start());
        self.by_key.get("k").inc();
        self.open.dec();
    }
}

/// Records when it is dropped.
struct RecordsLate(Stats);

impl Drop for RecordsLate {
    fn drop(&mut self) {
        self.0.record();
        // And opens, takes a snapshot, drops: all of it must still work.
        let registry = calipers::registry();
        registry.counter("late.opened").unwrap().inc();
        drop(Logged::init("/late/instance"));
        assert!(registry.snapshot().counter("/late/opened").unwrap() > 0);
    }
}

thread_local! {
    static FIRST: RefCell<Option<RecordsLate>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<RecordsLate>> = const { RefCell::new(None) };
}

#[test]
fn what_is_recorded_while_a_thread_ends_is_not_lost() {
    count_allocations_and_lines();
    within(LONG, || {
        let registry = Registry::new();
        let stats = || Stats::init_in(&registry, "/late");
        let keep = stats();
        const THREADS: u64 = 200;
        for n in 0..THREADS {
            let (first, last, own) = (RecordsLate(stats()), RecordsLate(stats()), stats());
            thread::spawn(move || {
                // Destructors run in some order; one of the two comes after the library's own, whichever that is.
                FIRST.set(Some(first));
                if n % 3 != 0 {
                    own.record();
                } else {
                    // This thread's very first record comes while it ends.
                    drop(own);
                }
                LAST.set(Some(last));
            })
            .join()
            .unwrap();
        }
        let expected = 2 * THREADS + THREADS - THREADS.div_ceil(3);
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/late/done"), Some(expected));
        assert_eq!(snapshot.up_down_counter("/late/open"), Some(0));
        let sizes = snapshot.histogram("/late/sizes").unwrap().lifetime();
        assert_eq!(
            (sizes.count(), sizes.sum()),
            (expected, 3.5 * expected as f64)
        );
        let timer = snapshot.timer("/late/latency").unwrap();
        assert_eq!(
            (timer.lifetime().count(), timer.in_flight()),
            (2 * expected, 0)
        );
        assert_eq!(snapshot.counter("/late/by_key/k"), Some(expected));
        drop(keep);
    });
}

#[test]
fn many_threads_may_be_late_at_once() {
    count_allocations_and_lines();
    within(LONG, || {
        let registry = Registry::new();
        let keep = Stats::init_in(&registry, "/late");
        for _ in 0..10 {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    let late = RecordsLate(Stats::init_in(&registry, "/late"));
                    thread::spawn(move || {
                        FIRST.set(Some(late));
                        calipers::incr("late.threads", 1);
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        }
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/late/done"), Some(160));
        assert_eq!(
            snapshot
                .histogram("/late/sizes")
                .unwrap()
                .lifetime()
                .count(),
            160
        );
        assert_eq!(snapshot.timer("/late/latency").unwrap().in_flight(), 0);
        drop(keep);
    });
}

#[test]
fn an_allocator_may_count_its_calls_with_this_library() {
    count_allocations_and_lines();
    within(LONG, || {
        let count = || {
            calipers::snapshot()
                .counter("/process/allocations")
                .unwrap()
        };
        let before = count();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let registry = Registry::new();
                    for n in 0..200 {
                        // Every path of the library that allocates, on a thread that has just begun.
                        let stats = Stats::init_in(&registry, &format!("/s/{}", n % 7));
                        stats.record();
                        stats.sizes.record(1_u64 << (n % 60));
                        stats.by_key.get(format!("key-{n}")).inc();
                        drop(registry.snapshot());
                    }
                });
            }
        });
        let boxes: Vec<Box<u64>> = (0..10_000).map(Box::new).collect();
        let after = count();
        assert!(after - before >= boxes.len() as u64, "{before} {after}");
    });
}

#[test]
fn a_logger_may_use_this_library() {
    count_allocations_and_lines();
    within(LONG, || {
        let lines = || calipers::snapshot().counter("/log/lines").unwrap_or(0);
        let before = lines();
        // One line each: a path, a conflict, a refused value, a key too many.
        drop(Logged::init("/bad//path"));
        let registry = calipers::registry();
        registry.timer("log/lines/deeper").unwrap();
        let _taken = registry.timer("taken.by.timer").unwrap();
        calipers::incr("taken.by.timer", 1);
        registry.counter("some.counter").unwrap().add(-1);
        #[derive(Instrumented)]
        struct Capped {
            #[stat(cap = 1)]
            by_key: Family<u64, Counter>,
        }
        let capped = Capped::init("/log/capped");
        (0..5).for_each(|n| capped.by_key.get(n).inc());
        // A conflict at the very place where the logger's own stats stand.
        #[derive(Instrumented)]
        struct Clashes {
            #[allow(dead_code, reason = "it is there to clash")]
            lines: Timer,
            #[stat(child, name = "instance")]
            #[allow(dead_code, reason = "it is there to clash")]
            inner: ClashesToo,
        }
        #[derive(Instrumented)]
        struct ClashesToo {
            #[allow(dead_code, reason = "it is there to clash")]
            lines: Gauge,
        }
        let instance = Logged::init("/log/instance");
        let clashes = Clashes::init("/log");
        drop((instance, clashes));
        assert!(lines() >= before + 5, "{} lines", lines() - before);
    });
}
