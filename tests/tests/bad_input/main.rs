//! What is wrong is refused with a reason or mended, counted and logged once; nothing is lost and nothing panics.
//!
//! Faults are counted a process and logged once in it, so each test here has a process of its own.

mod caps;
mod closures;
mod conflicts;

use calipers::prelude::*;
use calipers::{Node, Registry};
use calipers_tests::logged;
use calipers_tests::own_process::alone;

fn faults(kind: &str) -> u64 {
    calipers::snapshot()
        .counter(&format!("/calipers/faults/{kind}"))
        .unwrap()
}

#[derive(Instrumented)]
struct Worker {
    done: Counter,
}

#[test]
fn every_fault_is_there_at_zero_from_the_start() {
    alone(|| {
        let snapshot = calipers::snapshot();
        let faults = snapshot.at("/calipers/faults").unwrap();
        assert!(faults.stats().count() >= 6);
        for fault in faults.stats() {
            assert_eq!(fault.value().as_counter(), Some(0), "{}", fault.path());
            assert!(!fault.help().is_empty());
        }
    });
}

#[test]
fn an_invalid_path_is_mended_counted_and_logged_once() {
    alone(|| {
        logged::keep();
        for _ in 0..50 {
            let worker = Worker::init("/bad//path\n");
            worker.done.inc();
            let snapshot = calipers::snapshot();
            assert_eq!(snapshot.counter("/bad/path_/done"), Some(1));
        }
        assert_eq!(faults("invalidPaths"), 50);
        let lines = logged::lines_with("is not a stat path");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("segment 2 is empty") && lines[0].contains("/bad/path_"),
            "{lines:?}"
        );

        let worker = Worker::init("/../up");
        worker.done.inc();
        assert_eq!(calipers::snapshot().counter("/_/up/done"), Some(1));
        for nothing in ["", "/"] {
            let child = Worker::init_child(&worker, nothing);
            child.done.inc();
            assert_eq!(calipers::snapshot().counter("/_/up/_/done"), Some(1));
        }
        Worker::init("").done.inc();
        let lines = logged::lines_with("a name is needed");
        assert_eq!(lines.len(), 2, "one for each of the two: {lines:?}");
        let long = Worker::init(&"x/".repeat(5000));
        long.done.inc();
        assert!(calipers::snapshot().stats().count() > 3);
    });
}

#[test]
fn a_bad_name_to_incr_is_counted_and_logged_once_and_loses_nothing() {
    alone(|| {
        logged::keep();
        for _ in 0..100 {
            calipers::incr("a..b", 1);
        }
        assert_eq!(faults("invalidPaths"), 100);
        assert_eq!(logged::lines_with("is not a stat path").len(), 1);
        assert_eq!(calipers::snapshot().counter("/a/b"), Some(100));
        calipers::incr("", 3);
        calipers::incr("/", 4);
        assert_eq!(faults("invalidPaths"), 102);
        assert_eq!(calipers::snapshot().counter("/_"), Some(7));
        calipers::set("x\ty", 2);
        assert_eq!(calipers::snapshot().gauge("/x_y"), Some(2.0));
    });
}

#[test]
fn a_query_or_a_glob_that_makes_no_sense_is_an_error_with_a_reason() {
    let registry = Registry::new();
    registry.counter("a.b").unwrap();
    let snapshot = registry.snapshot();
    for query in ["", "b >", "b > > 3", "> 3", "b = \"open", "b.c.d > x y"] {
        let error = snapshot.query(query).map(|found| found.len()).unwrap_err();
        assert!(
            !error.to_string().is_empty() && error.column() >= 1,
            "{query}"
        );
    }
    assert!(
        snapshot
            .filter("[a")
            .unwrap_err()
            .to_string()
            .contains("[a")
    );
    assert!(snapshot.counter("/no/such/stat").is_none());
    assert!(snapshot.timer("/a/b").is_none(), "another kind");
    assert!(snapshot.at("/nowhere").is_none());
}

#[test]
fn a_child_whose_parent_totals_nothing_of_its_is_none_the_worse() {
    #[derive(Instrumented)]
    struct Bare {
        node: Node,
    }
    let registry = Registry::new();
    let worker = Worker::init_in(&registry, "/nobody/above/w");
    worker.done.inc();
    let bare = Bare::init_in(&registry, "/nobody");
    assert_eq!(registry.snapshot().counter("/nobody/above/w/done"), Some(1));
    let child = Worker::init_child(&bare, "w");
    drop(bare);
    drop(child);
    drop(worker);
    assert!(registry.snapshot().is_empty());
}

#[test]
fn negatives_are_refused_counted_and_logged_once() {
    alone(|| {
        logged::keep();
        let registry = calipers::registry();
        let counter = registry.counter("n.counter").unwrap();
        let level = registry.up_down_counter("n.level").unwrap();
        let meter = registry.meter("n.meter").unwrap();
        for _ in 0..10 {
            counter.add(-1);
            level.add(-1);
            level.sub(-1_i8);
            meter.add(i64::MIN);
            calipers::incr("n.counter", -5);
            calipers::set("n.gauge", f64::NAN);
        }
        let snapshot = calipers::snapshot();
        assert_eq!(snapshot.counter("/n/counter"), Some(0));
        assert_eq!(snapshot.up_down_counter("/n/level"), Some(0));
        assert_eq!(snapshot.meter("/n/meter").unwrap().count, 0);
        assert_eq!(faults("refusedValues"), 60);
        assert_eq!(logged::lines_with("refusedValues").len(), 1);
    });
}
