//! Registries: stats by name, kept until removed, and the two functions that need nothing else.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use calipers::prelude::*;
use calipers::test::isolated;
use calipers::{
    CountBy, Meter, NameError, Registry, StateSet, StateTime, States, Sum, Text, UpDownCounter,
};

#[test]
fn a_name_is_a_path_with_dots_or_slashes() {
    let registry = Registry::new();
    registry.counter("my.timer.count").unwrap().inc();
    registry.counter("/my/timer/count").unwrap().inc();
    registry.counter("my/timer/count").unwrap().inc();
    assert_eq!(registry.snapshot().counter("/my/timer/count"), Some(3));
    // Where there is a slash, a dot is a dot.
    registry.counter("host/10.0.0.1").unwrap().inc();
    assert_eq!(registry.snapshot().counter("/host/10.0.0.1"), Some(1));
}

#[test]
fn every_getter_gives_a_stat_that_the_registry_keeps() {
    let registry = Registry::new();
    registry.counter("a.counter").unwrap().inc();
    registry.up_down_counter("a.level").unwrap().sub(2_u8);
    registry.gauge("a.gauge").unwrap().set(1.5);
    registry.text("a.text").unwrap().set("hello");
    registry.state_set("a.state").unwrap().set("running");
    registry.histogram("a.histogram").unwrap().record(2.5);
    registry
        .timer("a.timer")
        .unwrap()
        .record(Duration::from_secs(2));
    registry.meter("a.meter").unwrap().add(3_u8);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/a/counter"), Some(1));
    assert_eq!(snapshot.up_down_counter("/a/level"), Some(-2));
    assert_eq!(snapshot.gauge("/a/gauge"), Some(1.5));
    assert_eq!(snapshot.text("/a/text"), Some("hello"));
    assert_eq!(snapshot.state("/a/state"), Some("running"));
    assert_eq!(
        snapshot.histogram("/a/histogram").unwrap().lifetime().sum(),
        2.5
    );
    assert_eq!(
        snapshot.timer("/a/timer").unwrap().lifetime().sum(),
        Duration::from_secs(2)
    );
    assert_eq!(snapshot.meter("/a/meter").unwrap().count, 3);
}

#[derive(States)]
enum Phase {
    On,
    Off,
}

#[test]
fn any_stat_type_can_be_had_by_name() {
    let registry = Registry::new();
    let family: Family<String, Counter> = registry.get("f").unwrap();
    family.get("k").inc();
    drop(family);
    registry
        .get::<Family<String, Counter>>("f")
        .unwrap()
        .get("k")
        .inc();
    registry
        .get::<StateSet<Phase>>("phase")
        .unwrap()
        .set(Phase::On);
    registry
        .get::<StateTime<Phase>>("spent")
        .unwrap()
        .set(Phase::Off);
    registry.get::<Gauge<bool>>("flag").unwrap().set(true);
    let _total: Sum<Counter> = registry.get("done").unwrap();
    let _states: CountBy<StateSet<Phase>> = registry.get("states").unwrap();
    registry.counter("below.done").unwrap().add(4_u8);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/f/k"), Some(2));
    assert_eq!(snapshot.state("/phase"), Some("on"));
    assert_eq!(snapshot.gauge("/flag"), Some(1.0));
    assert_eq!(
        snapshot.counter("/done"),
        Some(4),
        "an aggregate at the root totals all below"
    );
}

#[test]
fn another_kind_under_a_name_is_an_error_that_says_both() {
    let registry = Registry::new();
    registry.counter("jobs.done").unwrap();
    let error = registry.timer("/jobs/done").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/jobs/done` is a counter, not a timer; use another name"
    );
    assert!(matches!(error, NameError::Kind { .. }));
    registry.get::<Gauge<i64>>("level").unwrap();
    let error = registry.gauge("level").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/level` is a gauge of another type; use another name"
    );
    assert!(registry.counter("a..b").is_err());
    assert!(matches!(registry.counter(""), Err(NameError::Path(_))));
    assert!(matches!(
        registry.gauge_fn("jobs.done", || 1_u64),
        Err(NameError::Kind { .. })
    ));
}

#[test]
fn a_removed_name_is_gone_when_nobody_else_holds_it() {
    let registry = Registry::new();
    let total: Sum<Counter> = registry.get("/done").unwrap();
    let held = registry.counter("a.done").unwrap();
    registry.counter("a/done").unwrap().add(5_u8);
    registry.counter("b.done").unwrap().add(2_u8);
    assert!(registry.remove("b/done"));
    assert!(!registry.remove("b.done"), "it is gone already");
    assert!(!registry.remove("never.there"));
    assert!(!registry.remove("not..a.path"));
    let snapshot = registry.snapshot();
    assert!(snapshot.at("/b").is_none());
    assert_eq!(
        snapshot.counter("/done"),
        Some(7),
        "what it counted stays in the sum"
    );
    assert!(registry.remove("a.done"));
    held.inc();
    assert_eq!(registry.snapshot().counter("/a/done"), Some(6));
    drop(held);
    assert!(registry.snapshot().at("/a").is_none());
    assert_eq!(registry.snapshot().counter("/done"), Some(8));
    registry.counter("a.done").unwrap();
    assert_eq!(
        registry.snapshot().counter("/a/done"),
        Some(0),
        "a new one starts anew"
    );
    drop(total);
}

#[test]
fn a_removed_name_is_gone_though_others_stand_beside_it() {
    let registry = Registry::new();
    let total: Sum<Counter> = registry.get("total/gone").unwrap();
    registry.counter("total.jobs.stays").unwrap().inc();
    for round in 0..5 {
        registry.counter("total.jobs.gone").unwrap().inc();
        assert_eq!(
            registry.snapshot().counter("/total/jobs/gone"),
            Some(1),
            "round {round}"
        );
        assert!(registry.remove("total.jobs.gone"));
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/total/jobs/gone"), None);
        assert_eq!(snapshot.counter("/total/jobs/stays"), Some(1));
        assert_eq!(snapshot.counter("/total/gone"), Some(round + 1));
    }
    registry.counter("alone").unwrap().inc();
    assert!(registry.remove("alone"));
    assert_eq!(registry.snapshot().counter("/alone"), None);
    // Its name is free for another kind.
    registry.timer("total.jobs.gone").unwrap();
    drop(total);
}

#[test]
fn removing_makes_room_under_the_cap() {
    let registry = Registry::with_cap(2);
    for round in 0_u64..10 {
        let name = format!("n.{round}");
        registry.counter(&name).unwrap().add(round);
        assert_eq!(
            registry.snapshot().counter(&name.replace('.', "/")),
            Some(round)
        );
        assert!(registry.remove(&name));
    }
}

#[test]
fn the_newest_closure_of_a_name_wins_and_the_old_one_is_dropped() {
    let registry = Registry::new();
    let first = Arc::new(AtomicU64::new(1));
    let captured = first.clone();
    registry
        .gauge_fn("g", move || captured.load(Relaxed))
        .unwrap();
    assert_eq!(registry.snapshot().gauge("/g"), Some(1.0));
    first.store(2, Relaxed);
    assert_eq!(registry.snapshot().gauge("/g"), Some(2.0));
    registry.gauge_fn("g", || 7_i64).unwrap();
    assert_eq!(registry.snapshot().gauge("/g"), Some(7.0));
    assert_eq!(Arc::strong_count(&first), 1);
    assert!(registry.remove("g"));
    assert!(registry.snapshot().is_empty());
}

#[test]
fn incr_and_set_need_no_registry() {
    let t = isolated();
    calipers::incr("procedural.jobs.done", 1);
    calipers::incr("/procedural/jobs/done", 2_usize);
    calipers::set("procedural.queue.depth", 17);
    calipers::set("procedural.queue.depth", -3.5);
    let snapshot = t.snapshot();
    assert_eq!(snapshot.counter("/procedural/jobs/done"), Some(3));
    assert_eq!(snapshot.gauge("/procedural/queue/depth"), Some(-3.5));
}

#[test]
fn many_threads_ask_for_the_same_names_and_get_the_same_stats() {
    let registry = Registry::new();
    const NAMES: usize = 200;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..NAMES {
                    registry.counter(&format!("c.{n}")).unwrap().inc();
                    registry
                        .get::<Family<u64, Meter>>("f")
                        .unwrap()
                        .get(n as u64 % 7)
                        .inc();
                    registry.get::<UpDownCounter>("level").unwrap().inc();
                    registry.get::<Text>("text").unwrap().set("x");
                }
            });
        }
    });
    let snapshot = registry.snapshot();
    for n in 0..NAMES {
        assert_eq!(snapshot.counter(&format!("/c/{n}")), Some(4));
    }
    let members: u64 = snapshot
        .family("/f")
        .unwrap()
        .iter()
        .map(|(_, value)| value.as_meter().unwrap().count)
        .sum();
    assert_eq!(members, 4 * NAMES as u64);
    assert_eq!(snapshot.up_down_counter("/level"), Some(4 * NAMES as i64));
}

#[test]
fn a_stat_that_is_opened_while_snapshots_are_taken_was_created_at_one_time() {
    const NAMES: usize = 3000;
    let registry = Registry::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..NAMES {
                registry.counter(&format!("many/n{number}")).unwrap().inc();
            }
            done.store(true, Relaxed);
        });
        let mut created = HashMap::new();
        let mut is_last = false;
        while !is_last {
            is_last = done.load(Relaxed);
            for stat in registry.snapshot().stats() {
                let before = *created.entry(stat.path()).or_insert(stat.created());
                assert_eq!(stat.created(), before, "{}", stat.path());
            }
        }
        assert_eq!(created.len(), NAMES);
    });
}
