//! Guards of timers: they cross threads, outlive what made them, and end in every way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::test::isolated_with_clock;
use calipers::{Outcome, Registry, Snapshot, Sum, TimerGuard};
use calipers_tests::beside;
use calipers_tests::random::Random;

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Parent {
    latency: Sum<Timer>,
    served: Sum<Counter>,
    by_route: Sum<Family<String, Timer>>,
}

#[derive(Instrumented)]
#[instrumented(parent = Parent)]
struct Handler {
    latency: Timer,
    served: Counter,
    by_route: Family<String, Timer>,
}

fn count(snapshot: &Snapshot, path: &str) -> u64 {
    snapshot.timer(path).unwrap().lifetime().count()
}

fn in_flight(snapshot: &Snapshot, path: &str) -> u64 {
    snapshot.timer(path).unwrap().in_flight()
}

#[test]
fn a_guard_that_ends_on_another_thread_is_never_seen_to_end_before_it_began() {
    let registry = Registry::new();
    let timer = registry.timer("passed").unwrap();
    const TIMES: u64 = 100_000;
    const ROOM: usize = 8;
    let (sender, receiver) = sync_channel::<TimerGuard>(ROOM);
    let start = Box::new(move || (0..TIMES).for_each(|_| sender.send(timer.start()).unwrap()));
    let end = Box::new(move || receiver.iter().for_each(drop));
    let writers: [Box<dyn FnOnce() + Send>; 2] = [start, end];
    beside::reading(writers, || {
        let snapshot = registry.snapshot();
        let in_flight = in_flight(&snapshot, "/passed");
        // Those in the channel, one in each hand, and those that began after the ended ones were counted.
        assert!(in_flight < TIMES + 2, "{in_flight}");
    });
    let snapshot = registry.snapshot();
    assert_eq!(
        (count(&snapshot, "/passed"), in_flight(&snapshot, "/passed")),
        (TIMES, 0)
    );
}

#[test]
fn a_guard_started_by_a_thread_that_just_began_is_never_seen_to_end_before_it_began() {
    let registry = Registry::new();
    let _others: Vec<_> = (0..2000)
        .map(|n| registry.timer(&format!("other/{n}")).unwrap())
        .collect();
    let timer = registry.timer("zzz").unwrap();
    const TIMES: u64 = 2000;
    let (sender, receiver) = sync_channel::<TimerGuard>(4);
    let start = Box::new(move || {
        beside::new_threads(TIMES, || sender.send(timer.start()).unwrap());
    });
    let end = Box::new(move || receiver.iter().for_each(drop));
    let writers: [Box<dyn FnOnce() + Send>; 2] = [start, end];
    beside::reading(writers, || {
        let in_flight = in_flight(&registry.snapshot(), "/zzz");
        assert!(in_flight <= TIMES, "{in_flight}");
    });
    let snapshot = registry.snapshot();
    assert_eq!(
        (count(&snapshot, "/zzz"), in_flight(&snapshot, "/zzz")),
        (TIMES, 0)
    );
}

#[test]
fn a_guard_that_outlives_its_handler_counts_in_the_parents_sum_and_nowhere_else() {
    let registry = Registry::new();
    let parent = Parent::init_in(&registry, "/parent");
    let handler = Handler::init_child(&parent, "worker");
    let guard = handler.latency.start();
    let keyed = handler.by_route.get("/index").start();
    handler.served.inc();
    drop(handler);

    // A new instance at the same path has nothing of the old one's.
    let newcomer = Handler::init_child(&parent, "worker");
    let snapshot = registry.snapshot();
    assert_eq!(
        (
            count(&snapshot, "/parent/worker/latency"),
            in_flight(&snapshot, "/parent/worker/latency")
        ),
        (0, 0)
    );
    assert_eq!(snapshot.counter("/parent/worker/served"), Some(0));
    assert_eq!(snapshot.family("/parent/worker/by_route").unwrap().len(), 0);
    assert_eq!(in_flight(&snapshot, "/parent/latency"), 1);
    assert_eq!(in_flight(&snapshot, "/parent/by_route/%2Findex"), 1);
    assert_eq!(snapshot.counter("/parent/served"), Some(1));

    // Whatever is opened meanwhile must not get the memory that the guards write to.
    let others: Vec<_> = (0..64)
        .map(|n| Handler::init_in(&registry, &format!("/other/{n}")))
        .collect();
    guard.finish(Outcome::Err);
    drop(keyed);
    let snapshot = registry.snapshot();
    let total = snapshot.timer("/parent/latency").unwrap();
    assert_eq!(
        (
            total.lifetime().count(),
            total.outcomes().err,
            total.in_flight()
        ),
        (1, 1, 0)
    );
    assert_eq!(count(&snapshot, "/parent/by_route/%2Findex"), 1);
    assert_eq!(count(&snapshot, "/parent/worker/latency"), 0);
    for n in 0..others.len() {
        assert_eq!(count(&snapshot, &format!("/other/{n}/latency")), 0);
    }
    drop(newcomer);
    assert_eq!(count(&registry.snapshot(), "/parent/latency"), 1);
}

#[test]
fn guards_of_handlers_that_come_and_go_all_arrive_in_the_sum() {
    let registry = Registry::new();
    let parent = Parent::init_in(&registry, "/parent");
    const HANDLERS: u64 = 20_000;
    let (sender, receiver) = sync_channel::<TimerGuard>(64);
    let make = {
        let parent = &parent;
        Box::new(move || {
            for _ in 0..HANDLERS {
                let handler = Handler::init_child(parent, "same");
                sender.send(handler.latency.start()).unwrap();
                handler.latency.record(Duration::from_nanos(1));
            }
        }) as Box<dyn FnOnce() + Send>
    };
    let end = Box::new(move || {
        let mut held = Vec::new();
        let mut random = Random::new(3);
        for guard in receiver {
            held.push(guard);
            if held.len() > 32 {
                drop(held.swap_remove(random.below(32) as usize));
            }
        }
    });
    let mut last = 0;
    let writers: [Box<dyn FnOnce() + Send>; 2] = [make, end];
    beside::reading(writers, || {
        let snapshot = registry.snapshot();
        let total = snapshot.timer("/parent/latency").unwrap();
        let now = total.lifetime().count();
        assert!(now >= last, "fell from {last} to {now}");
        assert!(total.in_flight() <= HANDLERS, "{}", total.in_flight());
        assert!(total.outcomes().total() <= now);
        last = now;
    });
    let snapshot = registry.snapshot();
    let total = snapshot.timer("/parent/latency").unwrap();
    assert_eq!(
        (total.lifetime().count(), total.in_flight()),
        (2 * HANDLERS, 0)
    );
    assert_eq!(total.outcomes().ok, 2 * HANDLERS);
}

#[test]
fn a_discarded_guard_is_recorded_nowhere_and_no_longer_in_flight() {
    let registry = Registry::new();
    let timer = registry.timer("discarded").unwrap();
    let (first, second) = (timer.start(), timer.start());
    assert_eq!(in_flight(&registry.snapshot(), "/discarded"), 2);
    first.discard();
    thread::spawn(move || second.discard()).join().unwrap();
    let snapshot = registry.snapshot();
    let value = snapshot.timer("/discarded").unwrap();
    assert_eq!(
        (
            value.lifetime().count(),
            value.outcomes().total(),
            value.in_flight()
        ),
        (0, 0, 0)
    );
}

#[test]
fn every_end_has_its_outcome() {
    let t = isolated_with_clock();
    let registry = Registry::new();
    let timer = registry.timer("ends").unwrap();
    timer.time(|| t.advance(Duration::from_secs(1)));
    for outcome in [
        Outcome::Ok,
        Outcome::Err,
        Outcome::Panicked,
        Outcome::Cancelled,
    ] {
        let guard = timer.start();
        t.advance(Duration::from_secs(2));
        assert_eq!(guard.elapsed(), Duration::from_secs(2));
        assert_eq!(guard.finish(outcome), Duration::from_secs(2));
    }
    let panicking = catch_unwind(AssertUnwindSafe(|| {
        timer.time(|| {
            t.advance(Duration::from_secs(4));
            panic!("on purpose");
        })
    }));
    assert!(panicking.is_err());
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        let _timing = timer.start();
        panic!("on purpose");
    }));
    assert!(guarded.is_err());
    let snapshot = t.snapshot_of(&registry);
    let value = snapshot.timer("/ends").unwrap();
    let outcomes = value.outcomes();
    assert_eq!(
        (
            outcomes.ok,
            outcomes.err,
            outcomes.panicked,
            outcomes.cancelled
        ),
        (2, 1, 3, 1)
    );
    assert_eq!((value.lifetime().count(), value.in_flight()), (7, 0));
    assert_eq!(value.lifetime().sum(), Duration::from_secs(13));
    assert_eq!(value.lifetime().max(), Some(Duration::from_secs(4)));
}

#[test]
fn a_section_that_a_panic_merely_passes_by_is_ok() {
    struct TimesInItsDrop(Timer);
    impl Drop for TimesInItsDrop {
        fn drop(&mut self) {
            drop(self.0.start());
        }
    }
    let registry = Registry::new();
    let timer = registry.timer("unwinding").unwrap();
    let cleanup = TimesInItsDrop(timer.clone());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _cleanup = cleanup;
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    let snapshot = registry.snapshot();
    let outcomes = snapshot.timer("/unwinding").unwrap().outcomes();
    assert_eq!((outcomes.ok, outcomes.panicked), (1, 0));
}

#[test]
fn a_leaked_guard_stays_in_flight_and_its_memory_is_never_anothers() {
    let registry = Registry::new();
    let parent = Parent::init_in(&registry, "/parent");
    let handler = Handler::init_child(&parent, "leaks");
    std::mem::forget(handler.latency.start());
    handler.latency.record(Duration::from_millis(1));
    drop(handler);
    for _ in 0..3 {
        let snapshot = registry.snapshot();
        assert_eq!(
            (
                count(&snapshot, "/parent/latency"),
                in_flight(&snapshot, "/parent/latency")
            ),
            (1, 1)
        );
    }
}
