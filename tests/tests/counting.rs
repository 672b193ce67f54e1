//! Counters and levels: exact over threads, and never seen to fall.

use std::sync::mpsc::sync_channel;
use std::thread;

use calipers::{Counter, Meter, Registry, UpDownCounter};
use calipers_tests::beside;

const EACH: u64 = 10_000_000;

#[test]
fn two_threads_adding_ten_million_each_add_up_and_never_fall() {
    let registry = Registry::new();
    let counter = registry.counter("both").unwrap();
    let add = || {
        let counter = counter.clone();
        Box::new(move || (0..EACH).for_each(|_| counter.inc())) as Box<dyn FnOnce() + Send>
    };
    let mut last = 0;
    let looks = beside::reading([add(), add()], || {
        let now = registry.snapshot().counter("/both").unwrap();
        assert!(now >= last, "fell from {last} to {now}");
        assert!(now <= 2 * EACH);
        last = now;
    });
    assert_eq!(last, 2 * EACH);
    assert!(looks > 10, "the reader looked {looks} times only");
}

#[test]
fn a_total_never_falls_when_threads_come_and_go() {
    let registry = Registry::new();
    let counter = registry.counter("churn").unwrap();
    const THREADS: u64 = 400;
    let churn = || {
        let counter = counter.clone();
        Box::new(move || {
            for _ in 0..THREADS / 2 {
                let counter = counter.clone();
                thread::spawn(move || (0..1000).for_each(|_| counter.inc()))
                    .join()
                    .unwrap();
            }
        }) as Box<dyn FnOnce() + Send>
    };
    let mut last = 0;
    beside::reading([churn(), churn()], || {
        let now = registry.snapshot().counter("/churn").unwrap();
        assert!(now >= last, "fell from {last} to {now}");
        last = now;
    });
    assert_eq!(last, THREADS * 1000);
}

#[test]
fn any_integer_is_added_and_a_negative_one_changes_nothing() {
    let registry = Registry::new();
    let counter = registry.counter("any").unwrap();
    counter.add(1_u8);
    counter.add(2_usize);
    counter.add(3_i32);
    counter.add(4_i128);
    counter.add(-5_i64);
    counter.add(u128::MAX);
    assert_eq!(registry.snapshot().counter("/any"), Some(10));
}

#[test]
fn a_meter_counts_as_exactly_as_a_counter() {
    let registry = Registry::new();
    let meter = registry.meter("events").unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            let meter: Meter = meter.clone();
            scope.spawn(move || (0..100_000).for_each(|_| meter.inc()));
        }
    });
    meter.add(7);
    assert_eq!(registry.snapshot().meter("/events").unwrap().count, 400_007);
}

#[test]
fn a_level_that_starts_here_and_ends_there_is_never_seen_below_zero() {
    let registry = Registry::new();
    let level = registry.up_down_counter("open").unwrap();
    let (sender, receiver) = sync_channel::<()>(4);
    let (up, down) = (level.clone(), level.clone());
    let up = Box::new(move || {
        for _ in 0..200_000 {
            up.inc();
            sender.send(()).unwrap();
        }
    });
    let down = Box::new(move || receiver.iter().for_each(|()| down.dec()));
    // Whoever counts down knows of the up.
    let writers: [Box<dyn FnOnce() + Send>; 2] = [up, down];
    beside::reading(writers, || {
        let now = registry.snapshot().up_down_counter("/open").unwrap();
        assert!(now >= 0, "{now}");
    });
    assert_eq!(registry.snapshot().up_down_counter("/open"), Some(0));
}

/// A thread that begins while a reader is at work has memory that the reader did not know of when it began.
#[test]
fn a_level_raised_by_a_thread_that_just_began_is_never_seen_below_zero() {
    let registry = Registry::new();
    // Something to read first, so that a snapshot takes a while.
    let others = (0..2000).map(|n| registry.up_down_counter(&format!("other/{n}")));
    let _others: Vec<UpDownCounter> = others.collect::<Result<_, _>>().unwrap();
    let level = registry.up_down_counter("zzz").unwrap();
    let (sender, receiver) = sync_channel::<()>(4);
    let up = {
        let level = level.clone();
        Box::new(move || {
            beside::new_threads(2000, || {
                level.inc();
                sender.send(()).unwrap();
            });
        })
    };
    let down = level.clone();
    let down = Box::new(move || receiver.iter().for_each(|()| down.dec()));
    let writers: [Box<dyn FnOnce() + Send>; 2] = [up, down];
    beside::reading(writers, || {
        let now = registry.snapshot().up_down_counter("/zzz").unwrap();
        assert!(now >= 0, "{now}");
    });
    assert_eq!(registry.snapshot().up_down_counter("/zzz"), Some(0));
}

#[test]
fn a_detached_stat_counts_and_is_shown_nowhere() {
    let before = calipers::snapshot().len();
    let counter = Counter::detached();
    counter.inc();
    assert_eq!(calipers::snapshot().len(), before);
}
