//! Scopes for tests: what is recorded in one counts there and nowhere else, on whatever thread.

use std::cell::RefCell;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::test::{Isolated, isolated, isolated_with_clock};
use calipers::{Registry, Snapshot, Sum, TimerGuard, UpDownCounter};
use calipers_tests::{beside, task};

collection! {
    static STATIC: Static = "/static" { hits: Counter, sizes: Histogram, open: UpDownCounter }
}

#[timed("/timed/work")]
fn work() {
    STATIC.hits.inc();
}

fn hits(snapshot: &Snapshot) -> u64 {
    snapshot.counter("/static/hits").unwrap()
}

fn calls(snapshot: &Snapshot) -> u64 {
    snapshot.timer("/timed/work").unwrap().lifetime().count()
}

#[test]
fn statics_and_timed_functions_are_isolated() {
    work();
    let t = isolated();
    assert_eq!(
        (hits(&t.snapshot()), calls(&t.snapshot())),
        (0, 0),
        "what was recorded outside is not seen"
    );
    work();
    work();
    STATIC.sizes.record(3);
    STATIC.open.inc();
    let outside = calipers::snapshot();
    let snapshot = t.snapshot();
    assert_eq!((hits(&snapshot), calls(&snapshot)), (2, 2));
    assert_eq!(
        snapshot
            .histogram("/static/sizes")
            .unwrap()
            .lifetime()
            .count(),
        1
    );
    assert_eq!(snapshot.up_down_counter("/static/open"), Some(1));
    drop(t);
    let after = calipers::snapshot();
    assert!(
        hits(&outside) >= 1 && hits(&after) >= 1,
        "what was recorded inside is not seen outside"
    );
    let t = isolated();
    assert_eq!(
        (hits(&t.snapshot()), calls(&t.snapshot())),
        (0, 0),
        "a new scope starts at zero"
    );
}

#[test]
fn two_scopes_on_two_threads_at_once_see_their_own() {
    let both = Barrier::new(2);
    thread::scope(|scope| {
        for each in [1000, 3000] {
            let both = &both;
            scope.spawn(move || {
                let t = isolated();
                for _ in 0..20 {
                    both.wait();
                    (0..each).for_each(|_| work());
                    let snapshot = t.snapshot();
                    let (hits, calls) = (hits(&snapshot), calls(&snapshot));
                    assert!(
                        hits.is_multiple_of(each) && hits == calls && hits > 0,
                        "{hits} {calls}"
                    );
                }
                assert_eq!(hits(&t.snapshot()), 20 * each);
            });
        }
    });
}

#[test]
fn the_innermost_scope_counts_and_the_outer_one_goes_on_after_it() {
    let outer = isolated();
    work();
    {
        let inner = isolated();
        work();
        work();
        assert_eq!(hits(&inner.snapshot()), 2);
        assert_eq!(hits(&outer.snapshot()), 1);
    }
    work();
    assert_eq!(hits(&outer.snapshot()), 2);
}

#[test]
fn scopes_that_end_in_any_order_leave_the_thread_as_it_was() {
    let registry = Registry::new();
    let counter = registry.counter("c").unwrap();
    counter.inc();
    let mut t = isolated();
    counter.inc();
    t = {
        let next = isolated();
        drop(t);
        next
    };
    counter.inc();
    assert_eq!(t.snapshot_of(&registry).counter("/c"), Some(1));
    let third = isolated();
    counter.inc();
    drop(t);
    counter.inc();
    assert_eq!(third.snapshot_of(&registry).counter("/c"), Some(2));
    drop(third);
    counter.inc();
    assert_eq!(
        registry.snapshot().counter("/c"),
        Some(2),
        "outside: one before, one after"
    );
    // The thread's own numbers are its own again: others that begin now must not share them.
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..100_000).for_each(|_| counter.inc()));
        }
        (0..100_000).for_each(|_| counter.inc());
    });
    assert_eq!(registry.snapshot().counter("/c"), Some(400_002));
}

#[test]
fn a_thread_joins_with_a_handle_until_it_leaves() {
    let t = isolated();
    let handle = t.handle();
    thread::scope(|scope| {
        for _ in 0..4 {
            let handle = handle.clone();
            scope.spawn(move || {
                work();
                let entered = handle.enter();
                (0..100).for_each(|_| work());
                drop(entered);
                work();
                let _again = handle.enter();
                (0..10).for_each(|_| work());
            });
        }
    });
    assert_eq!((hits(&t.snapshot()), calls(&t.snapshot())), (440, 440));
}

#[test]
fn a_task_joins_with_a_handle_whoever_polls_it() {
    let t = isolated();
    let handle = t.handle();
    let polled_elsewhere = thread::spawn(move || {
        work();
        task::run(handle.wrap(async {
            work();
            task::pause().await;
            work();
        }));
        work();
    });
    polled_elsewhere.join().unwrap();
    assert_eq!(hits(&t.snapshot()), 2);
    // What is dropped with the task belongs to it too.
    struct CountsItsEnd;
    impl Drop for CountsItsEnd {
        fn drop(&mut self) {
            work();
        }
    }
    let end = CountsItsEnd;
    let unfinished = t.handle().wrap(async move {
        let _end = end;
        std::future::pending::<()>().await;
    });
    thread::spawn(move || drop(unfinished)).join().unwrap();
    assert_eq!(hits(&t.snapshot()), 3);
}

#[test]
fn a_thread_may_stay_joined_when_the_scope_is_dropped() {
    let t = isolated();
    let (entered, is_entered) = channel();
    let (leave, may_leave) = channel::<()>();
    let handle = t.handle();
    let registry = Registry::new();
    let counter = registry.counter("c").unwrap();
    let joined = {
        let counter = counter.clone();
        thread::spawn(move || {
            let stay = handle.enter();
            counter.inc();
            entered.send(()).unwrap();
            let _ = may_leave.recv();
            counter.inc();
            drop(stay);
            counter.inc();
        })
    };
    is_entered.recv().unwrap();
    drop(t);
    drop(leave);
    beside::within(beside::LONG, move || joined.join().unwrap());
    assert_eq!(registry.snapshot().counter("/c"), Some(1));
    let t = isolated();
    assert_eq!(t.snapshot_of(&registry).counter("/c"), Some(0));
}

#[test]
fn a_guard_that_crosses_the_edge_of_a_scope_counts_where_it_began() {
    let registry = Registry::new();
    let timer = registry.timer("p.t").unwrap();
    let numbers = |snapshot: &Snapshot| {
        let timer = snapshot.timer("/p/t").unwrap();
        (timer.lifetime().count(), timer.in_flight())
    };
    let outside = timer.start();
    let t = isolated();
    let inside = timer.start();
    drop(outside);
    assert_eq!(numbers(&t.snapshot_of(&registry)), (0, 1));
    assert_eq!(numbers(&registry.snapshot()), (1, 0));
    drop(t);
    drop(inside);
    assert_eq!(numbers(&registry.snapshot()), (1, 0));
    // Nothing is pinned by what crossed.
    registry.remove("p.t");
    drop(timer);
    assert!(registry.snapshot().is_empty());
}

thread_local! {
    static FIRST: RefCell<Option<TimerGuard>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<TimerGuard>> = const { RefCell::new(None) };
}

#[test]
fn a_guard_that_ends_while_its_thread_does_pins_nothing_in_another_scope() {
    let registry = Registry::new();
    let timer = registry.timer("p.t").unwrap();
    let t = isolated();
    let handle = t.handle();
    thread::scope(|scope| {
        let ends = scope.spawn(|| {
            // Destructors run in some order; one of the two comes after the library's own, whichever that is.
            FIRST.set(None);
            let _joined = handle.enter();
            FIRST.set(Some(timer.start()));
            LAST.set(Some(timer.start()));
        });
        ends.join().unwrap();
    });
    drop((handle, t));
    let outside = registry.snapshot();
    assert!(outside.timer("/p/t").unwrap().lifetime().is_empty());
    registry.remove("p.t");
    drop(timer);
    assert!(registry.snapshot().is_empty());
}

#[test]
fn clocks_of_scopes_that_end_in_any_order_leave_the_thread_its_own() {
    let registry = Registry::new();
    let timer = registry.timer("p.t").unwrap();
    let took = |scope: &Isolated| {
        let snapshot = scope.snapshot_of(&registry);
        snapshot.timer("/p/t").unwrap().lifetime().sum()
    };
    let (first, second) = (isolated_with_clock(), isolated_with_clock());
    drop(first);
    timer.time(|| second.advance(Duration::from_secs(3)));
    assert_eq!(took(&second), Duration::from_secs(3));
    drop(second);
    let outside = isolated();
    let begun = Instant::now();
    timer.time(|| while begun.elapsed() < Duration::from_millis(2) {});
    assert!(took(&outside) >= Duration::from_millis(1), "time stands");
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Parent {
    hits: Sum<Counter>,
    by_key: Sum<Family<String, Counter>>,
}

#[derive(Instrumented)]
#[instrumented(parent = Parent)]
struct Child {
    hits: Counter,
    by_key: Family<String, Counter>,
}

#[test]
fn what_a_dropped_child_counted_stays_with_the_scope_it_was_recorded_in() {
    let registry = Registry::new();
    let parent = Parent::init_in(&registry, "/p");
    let child = Child::init_child(&parent, "c");
    child.hits.inc();
    let t = isolated();
    child.hits.add(10);
    child.by_key.get("k").add(10);
    drop(child);
    let inside = t.snapshot_of(&registry);
    assert_eq!(
        (inside.counter("/p/hits"), inside.counter("/p/by_key/k")),
        (Some(10), Some(10))
    );
    let outside = registry.snapshot();
    assert_eq!(outside.counter("/p/hits"), Some(1));
    assert_eq!(outside.counter("/p/by_key/k").unwrap_or(0), 0);
    drop(t);
    let t = isolated();
    assert_eq!(t.snapshot_of(&registry).counter("/p/hits"), Some(0));
    drop((parent.hits, parent.by_key));
}

#[test]
fn a_scope_has_its_own_clock_and_others_have_theirs() {
    let (a, _b) = (isolated_with_clock(), ());
    let registry = Registry::new();
    let timer = registry.timer("p.t").unwrap();
    let guard = timer.start();
    a.advance(Duration::from_secs(60));
    thread::scope(|scope| {
        scope.spawn(|| {
            let b = isolated_with_clock();
            let guard = timer.start();
            b.advance(Duration::from_secs(1));
            drop(guard);
            assert_eq!(
                b.snapshot_of(&registry)
                    .timer("/p/t")
                    .unwrap()
                    .lifetime()
                    .sum(),
                Duration::from_secs(1)
            );
        });
        // A thread that joins reads the scope's clock.
        let handle = a.handle();
        scope.spawn(move || {
            let _joined = handle.enter();
            drop(guard);
        });
    });
    assert_eq!(
        a.snapshot_of(&registry)
            .timer("/p/t")
            .unwrap()
            .lifetime()
            .sum(),
        Duration::from_secs(60)
    );
    assert!(
        registry
            .snapshot()
            .timer("/p/t")
            .unwrap()
            .lifetime()
            .is_empty()
    );
}

#[test]
fn scopes_that_come_and_go_beside_recording_threads_disturb_no_number() {
    let registry = Registry::new();
    let counter = registry.counter("c").unwrap();
    let scoped = registry.counter("scoped").unwrap();
    const EACH: u64 = 300_000;
    let record = || {
        let counter = counter.clone();
        Box::new(move || (0..EACH).for_each(|_| counter.inc())) as Box<dyn FnOnce() + Send>
    };
    let churn = || {
        let scoped = scoped.clone();
        let registry = registry.clone();
        Box::new(move || {
            for round in 0..150 {
                // Threads that end in the main realm leave memory that the next scope takes over.
                thread::scope(|scope| {
                    (0..3).for_each(|_| {
                        drop(scope.spawn(|| registry.counter("other").unwrap().inc()))
                    });
                });
                let t = isolated();
                scoped.add(round + 1);
                assert_eq!(t.snapshot_of(&registry).counter("/scoped"), Some(round + 1));
            }
        }) as Box<dyn FnOnce() + Send>
    };
    let mut last = 0;
    beside::reading([record(), record(), churn(), churn()], || {
        let snapshot = registry.snapshot();
        let now = snapshot.counter("/c").unwrap();
        assert!(now >= last, "fell from {last} to {now}");
        last = now;
        assert_eq!(
            snapshot.counter("/scoped"),
            Some(0),
            "a number of a scope came out of it"
        );
    });
    assert_eq!(last, 2 * EACH);
    assert_eq!(registry.snapshot().counter("/other"), Some(2 * 150 * 3));
}
