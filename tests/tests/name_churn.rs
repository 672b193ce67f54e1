//! Names that come and go one by one beside others that stay.

use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::{Registry, Stat, Sum, UpDownCounter};
use calipers_tests::beside::{self, Done};
use calipers_tests::memory::in_use;
use calipers_tests::own_process::alone;

const THREADS: u64 = 4;
const NAMES: u64 = if cfg!(debug_assertions) {
    20_000
} else {
    100_000
};

/// Threads that each open names under one place, one alone and some with the others, count, and remove them.
fn churn(registry: &Registry, names: u64) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for n in 0..names / THREADS {
                    let own = format!("top.jobs.{thread}-{n}");
                    registry.counter(&own).unwrap().inc();
                    let took = registry.timer("top.jobs.took").unwrap();
                    let timing = took.start();
                    registry.counter("/top/jobs/done").unwrap().inc();
                    registry.up_down_counter("top.jobs.open").unwrap().inc();
                    registry.remove("top.jobs.took");
                    registry.remove("top.jobs.done");
                    registry.remove("top.jobs.open");
                    drop(took);
                    drop(timing); // it may outlive its timer
                    assert!(registry.remove(&own));
                }
            });
        }
    });
}

#[test]
fn sums_over_names_that_come_and_go_never_fall_and_end_exact() {
    let registry = Registry::new();
    let _done: Sum<Counter> = registry.get("top.done").unwrap();
    let _took: Sum<Timer> = registry.get("top.took").unwrap();
    let _open: Sum<UpDownCounter> = registry.get("top.open").unwrap();
    registry.counter("top.jobs.stays").unwrap().add(7_u8);
    let mut last = (0, 0);
    let writer: Box<dyn FnOnce() + Send> = Box::new(|| churn(&registry, NAMES));
    beside::reading([writer], || {
        let snapshot = registry.snapshot();
        let took = snapshot.timer("/top/took").unwrap();
        let now = (
            snapshot.counter("/top/done").unwrap(),
            took.lifetime().count(),
        );
        assert!(now.0 >= last.0 && now.1 >= last.1, "{last:?} to {now:?}");
        let open = snapshot.up_down_counter("/top/open").unwrap();
        assert!(open >= 0, "{open}");
        assert_eq!(snapshot.counter("/top/jobs/stays"), Some(7));
        last = now;
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/top/done"), Some(NAMES));
    let took = snapshot.timer("/top/took").unwrap();
    assert_eq!((took.lifetime().count(), took.in_flight()), (NAMES, 0));
    assert_eq!(snapshot.up_down_counter("/top/open"), Some(0));
    assert_eq!(snapshot.at("/top/jobs").unwrap().stats().count(), 1);
}

/// One thread that opens and removes names beside others that stay, while four record.
fn churn_beside_writers(registry: &Registry, names: u64) {
    let done = Done::not_yet();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (stays, done) = (registry.counter("top.jobs.stays").unwrap(), &done);
            let took = registry.timer(&format!("top.jobs.{thread}")).unwrap();
            scope.spawn(move || {
                while !done.is() {
                    took.time(|| stays.inc());
                }
            });
        }
        let _end = done.at_end();
        for n in 0..names {
            let own = format!("top.jobs.n{n}");
            registry.counter(&own).unwrap().inc();
            registry.counter("top.jobs.done").unwrap().inc();
            assert!(registry.remove(&own));
            assert!(registry.remove("top.jobs.done"));
        }
    });
}

#[test]
fn names_that_come_and_go_leave_no_memory_behind() {
    alone(|| {
        let registry = Registry::new();
        let _done: Sum<Counter> = registry.get("top.done").unwrap();
        let round = |names| {
            let writer: Box<dyn FnOnce() + Send> =
                Box::new(|| churn_beside_writers(&registry, names));
            beside::reading([writer], || drop(registry.snapshot()));
            in_use()
        };
        let settled = round(NAMES / 10);
        let grown = round(NAMES).saturating_sub(settled);
        println!("figure: {grown} bytes more after {NAMES} further names");
        assert!(grown < 256 << 10, "{grown} bytes more");
        let sum = registry.snapshot().counter("/top/done");
        assert_eq!(sum, Some(NAMES / 10 * 11));
    });
}

#[test]
fn nothing_grows_because_nobody_looked() {
    alone(|| {
        calipers::background_tick(false);
        let registry = Registry::new();
        let _done: Sum<Counter> = registry.get("top.done").unwrap();
        churn_beside_writers(&registry, NAMES / 10);
        let settled = in_use();
        churn_beside_writers(&registry, NAMES);
        let grown = in_use().saturating_sub(settled);
        println!("figure: {grown} bytes more after {NAMES} further names, unseen");
        assert!(grown < 256 << 10, "{grown} bytes more");
        let sum = registry.snapshot().counter("/top/done");
        assert_eq!(sum, Some(NAMES / 10 * 11));
    });
}

#[test]
fn many_names_go_as_fast_as_they_come() {
    let registry = Registry::new();
    let names: Vec<String> = (0..50_000).map(|n| format!("many.{n}")).collect();
    for name in &names {
        registry.counter(name).unwrap().inc();
    }
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.at("/many").unwrap().stats().count(), names.len());
    // One by one, in an order that is not theirs: a scan for each would take minutes.
    beside::within(beside::LONG, move || {
        for at in 0..names.len() {
            assert!(registry.remove(&names[at * 7919 % names.len()]));
        }
        assert!(registry.snapshot().at("/many").is_none());
    });
}

#[test]
fn a_newcomer_starts_anew_while_a_guard_still_pins_the_timer_before() {
    let registry = Registry::new();
    let total: Sum<Timer> = registry.get("took").unwrap();
    registry.counter("a.stays").unwrap();
    let guard = registry.timer("a.took").unwrap().start();
    registry
        .timer("a.took")
        .unwrap()
        .record(Duration::from_secs(1));
    assert!(registry.remove("a.took"));
    let of = |path: &str| {
        let snapshot = registry.snapshot();
        let timer = snapshot.timer(path).unwrap();
        (timer.lifetime().count(), timer.in_flight())
    };
    assert_eq!(
        of("/a/took"),
        (1, 1),
        "it is pinned, and nobody has its name"
    );
    let next = registry.timer("a.took").unwrap();
    next.record(Duration::from_secs(1));
    assert_eq!((of("/a/took"), of("/took")), ((1, 0), (2, 1)));
    // The second goes too, and a third comes, as a stat of another kind.
    let second = next.start();
    drop(next);
    assert!(registry.remove("a.took"));
    registry.counter("a.took").unwrap().inc();
    assert_eq!(of("/took"), (2, 2));
    assert_eq!(registry.snapshot().counter("/a/took"), Some(1));
    drop(guard);
    assert_eq!(of("/took"), (3, 1));
    drop(second);
    assert_eq!(of("/took"), (4, 0));
    assert_eq!(registry.snapshot().counter("/a/took"), Some(1));
    drop(total);
}

#[test]
fn a_removed_sum_hands_what_it_held_to_the_next() {
    let registry = Registry::new();
    let _top: Sum<Counter> = registry.get("done").unwrap();
    registry.counter("a.stays").unwrap();
    registry.get::<Sum<Counter>>("a.done").unwrap();
    let live = registry.counter("a.b.done").unwrap();
    live.add(3_u8);
    registry.counter("a.c.done").unwrap().add(4_u8);
    registry.remove("a.c.done");
    let both = |middle, top| {
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/a/done"), middle);
        assert_eq!(snapshot.counter("/done"), top);
    };
    both(Some(7), Some(7));
    assert!(registry.remove("a.done"));
    both(None, Some(7));
    live.inc();
    both(None, Some(8));
    // A new one folds the living, and what goes from here on.
    registry.get::<Sum<Counter>>("a.done").unwrap();
    both(Some(4), Some(8));
    assert!(registry.remove("a.b.done"));
    drop(live);
    both(Some(4), Some(8));
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "it is recorded by name")]
struct Worker {
    done: Counter,
    latency: Timer,
}

#[test]
fn an_instance_and_a_name_share_one_stat_whichever_came_first() {
    let registry = Registry::new();
    let first = registry.counter("w.done").unwrap();
    let worker = Worker::init_in(&registry, "/w");
    first.inc();
    worker.done.inc();
    assert_eq!(registry.snapshot().counter("/w/done"), Some(2));
    assert!(registry.remove("w.done"));
    drop(first);
    worker.done.inc();
    assert_eq!(registry.snapshot().counter("/w/done"), Some(3));
    assert_eq!(Stat::node(&worker.done).path(), "/w");
    registry
        .timer("w.latency")
        .unwrap()
        .record(Duration::from_secs(1));
    assert!(registry.timer("w.done").is_err());
    assert!(registry.gauge_fn("w.done", || 1_u64).is_err());
    assert!(registry.remove("w.latency"));
    let child = Worker::init_child(&worker, "child");
    drop(worker);
    let snapshot = registry.snapshot();
    assert_eq!(
        snapshot.counter("/w/done"),
        None,
        "it was the worker's alone"
    );
    let latency = snapshot.timer("/w/latency").unwrap();
    assert_eq!(
        latency.lifetime().count(),
        1,
        "the place is the child's parent"
    );
    drop(child);
    assert!(registry.snapshot().at("/w").is_none());
    // Another kind where a stat is that was opened by name: the instance's is set aside.
    registry.gauge("w.done").unwrap().set(1.0);
    let worker = Worker::init_in(&registry, "/w");
    worker.done.inc();
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.gauge("/w/done"), Some(1.0));
    assert_eq!(snapshot.counter("/calipers/conflicts/w/done"), Some(1));
}

#[test]
fn names_set_aside_go_one_by_one_too() {
    registry().timer("aside.a").unwrap();
    registry().timer("aside.b").unwrap();
    calipers::incr("aside.a", 1);
    calipers::incr("aside.b", 1);
    calipers::incr("aside.b", 1);
    let aside = "/calipers/conflicts/aside";
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter(&format!("{aside}/a")), Some(1));
    assert_eq!(snapshot.counter(&format!("{aside}/b")), Some(2));
    assert!(registry().remove(&format!("{aside}/a")));
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter(&format!("{aside}/a")), None);
    assert_eq!(snapshot.counter(&format!("{aside}/b")), Some(2));
}

#[test]
fn what_shares_the_overflow_is_kept_beyond_the_cap() {
    let registry = Registry::with_cap(1);
    registry.counter("a.one").unwrap();
    for n in 0..10 {
        registry.counter(&format!("a.{n}")).unwrap().inc();
    }
    let overflow = "/calipers/overflow/counter/(other)";
    assert_eq!(registry.snapshot().counter(overflow), Some(10));
    assert!(registry.remove(overflow));
    assert_eq!(registry.snapshot().counter(overflow), None);
    // Its going made no room under the cap.
    registry.counter("a.two").unwrap().inc();
    assert_eq!(registry.snapshot().counter(overflow), Some(1));
}

fn registry() -> &'static Registry {
    calipers::registry()
}
