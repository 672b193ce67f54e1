//! What is wrong is refused with a reason or mended, counted and logged once; nothing is lost and nothing panics.
//!
//! Faults are counted a process and logged once in it, so each test here has a process of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::{Max, Node, Registry, Sum, Text};
use calipers_tests::own_process::alone;
use calipers_tests::{beside, logged};

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
    alone("every_fault_is_there_at_zero_from_the_start", || {
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
    alone("an_invalid_path_is_mended_counted_and_logged_once", || {
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
        let child = Worker::init_child(&worker, "");
        child.done.inc();
        let long = Worker::init(&"x/".repeat(5000));
        long.done.inc();
        assert!(calipers::snapshot().stats().count() > 3);
    });
}

#[test]
fn a_bad_name_to_incr_is_counted_and_logged_once_and_loses_nothing() {
    alone(
        "a_bad_name_to_incr_is_counted_and_logged_once_and_loses_nothing",
        || {
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
        },
    );
}

#[test]
fn a_conflict_is_set_aside_counted_and_logged_once_with_both_names() {
    alone(
        "a_conflict_is_set_aside_counted_and_logged_once_with_both_names",
        || {
            #[derive(Instrumented)]
            struct Other {
                done: Timer,
                fine: Counter,
            }
            #[derive(Instrumented)]
            struct Third {
                done: Text,
            }
            logged::keep();
            let worker = Worker::init("/w");
            let other = Other::init("/w");
            worker.done.add(3);
            other.done.record(Duration::from_secs(1));
            other.fine.inc();
            let snapshot = calipers::snapshot();
            assert_eq!(
                snapshot.counter("/w/done"),
                Some(3),
                "who was there first stays"
            );
            assert_eq!(
                snapshot.counter("/w/fine"),
                Some(1),
                "the rest of the newcomer stands where it belongs"
            );
            let aside = snapshot.timer("/calipers/conflicts/w/done").unwrap();
            assert_eq!(aside.lifetime().count(), 1, "the newcomer works");
            for _ in 0..20 {
                let again = Other::init("/w");
                again.done.record(Duration::from_secs(1));
            }
            let snapshot = calipers::snapshot();
            assert_eq!(
                snapshot
                    .timer("/calipers/conflicts/w/done")
                    .unwrap()
                    .lifetime()
                    .count(),
                21
            );
            assert_eq!(faults("pathConflicts"), 21);
            let lines = logged::lines_with("/w/done");
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(
                lines[0].contains("counter") && lines[0].contains("timer"),
                "{lines:?}"
            );

            let third = Third::init("/w");
            third.done.set("aside");
            let snapshot = calipers::snapshot();
            let texts: Vec<_> = snapshot
                .stats()
                .filter(|stat| stat.value().as_text() == Some("aside"))
                .collect();
            assert_eq!(texts.len(), 1);
            assert!(
                texts[0].path().starts_with("/calipers/conflicts/w"),
                "{}",
                texts[0].path()
            );

            // It goes with its instance, and with the last of those the place is free.
            drop(third);
            drop(other);
            assert!(
                calipers::snapshot()
                    .timer("/calipers/conflicts/w/done")
                    .is_none()
            );
            drop(worker);
            let other = Other::init("/w");
            other.done.record(Duration::from_secs(2));
            assert_eq!(
                calipers::snapshot()
                    .timer("/w/done")
                    .unwrap()
                    .lifetime()
                    .count(),
                1
            );
        },
    );
}

#[test]
fn the_same_kind_of_another_type_is_a_conflict_too() {
    alone("the_same_kind_of_another_type_is_a_conflict_too", || {
        #[derive(Instrumented)]
        struct Floats {
            level: Gauge<f64>,
        }
        #[derive(Instrumented)]
        struct Integers {
            level: Gauge<i64>,
        }
        logged::keep();
        let floats = Floats::init("/g");
        let integers = Integers::init("/g");
        floats.level.set(1.5);
        integers.level.set(-7);
        let snapshot = calipers::snapshot();
        assert_eq!(snapshot.gauge("/g/level"), Some(1.5));
        assert_eq!(snapshot.gauge("/calipers/conflicts/g/level"), Some(-7.0));
        assert_eq!(faults("pathConflicts"), 1);
    });
}

#[test]
fn what_is_set_aside_feeds_no_sum_and_its_children_stand_where_they_belong() {
    alone(
        "what_is_set_aside_feeds_no_sum_and_its_children_stand_where_they_belong",
        || {
            #[derive(Instrumented)]
            #[allow(dead_code, reason = "nobody records into an aggregate")]
            struct Top {
                done: Sum<Counter>,
            }
            #[derive(Instrumented)]
            struct First {
                done: Timer,
            }
            let top = Top::init("/top");
            let first = First::init_child(&top, "x");
            let second = Worker::init_child(&top, "x");
            second.done.add(5);
            first.done.record(Duration::from_secs(1));
            let child = Worker::init_child(&second, "below");
            child.done.inc();
            let snapshot = calipers::snapshot();
            assert_eq!(snapshot.counter("/top/x/below/done"), Some(1));
            assert_eq!(snapshot.counter("/calipers/conflicts/top/x/done"), Some(5));
            assert_eq!(snapshot.counter("/top/done"), Some(1));
            drop((second, child));
            let snapshot = calipers::snapshot();
            assert_eq!(snapshot.counter("/top/done"), Some(1));
            assert!(snapshot.counter("/calipers/conflicts/top/x/done").is_none());
        },
    );
}

#[test]
fn a_name_that_another_kind_has_is_set_aside_by_incr_and_logged_once() {
    alone(
        "a_name_that_another_kind_has_is_set_aside_by_incr_and_logged_once",
        || {
            logged::keep();
            calipers::registry().timer("taken").unwrap();
            for _ in 0..100 {
                calipers::incr("taken", 2);
            }
            calipers::set("taken", 5);
            let snapshot = calipers::snapshot();
            let aside: Vec<_> = snapshot
                .at("/calipers/conflicts")
                .unwrap()
                .all_stats()
                .collect();
            let counted: u64 = aside
                .iter()
                .filter_map(|stat| stat.value().as_counter())
                .sum();
            assert_eq!(counted, 200, "nothing is lost");
            let gauges = aside.iter().filter_map(|stat| stat.value().as_gauge());
            assert_eq!(gauges.map(|number| number.as_f64()).sum::<f64>(), 5.0);
            assert!(faults("pathConflicts") >= 2);
            let lines = logged::lines_with("/taken");
            assert!(
                (1..=2).contains(&lines.len()),
                "one for a counter, one for a gauge at most: {lines:?}"
            );
        },
    );
}

#[test]
fn a_family_past_its_cap_counts_the_rest_together() {
    alone("a_family_past_its_cap_counts_the_rest_together", || {
        #[derive(Instrumented)]
        struct Capped {
            #[stat(cap = 3)]
            by_key: Family<String, Counter>,
            #[stat(cap = 1)]
            by_number: Family<u64, Timer>,
        }
        logged::keep();
        let capped = Capped::init("/capped");
        for round in 0..10 {
            for key in 0..10 {
                capped.by_key.get(format!("key-{key}")).inc();
                capped.by_number.get(key).record(Duration::from_millis(1));
            }
            assert_eq!(
                calipers::snapshot().family("/capped/by_key").unwrap().len(),
                4,
                "{round}"
            );
        }
        let snapshot = calipers::snapshot();
        for key in 0..3 {
            assert_eq!(
                snapshot.counter(&format!("/capped/by_key/key-{key}")),
                Some(10)
            );
        }
        assert_eq!(snapshot.counter("/capped/by_key/(other)"), Some(70));
        assert_eq!(
            snapshot
                .timer("/capped/by_number/(other)")
                .unwrap()
                .lifetime()
                .count(),
            90
        );
        assert_eq!(faults("keyOverflows"), 70 + 90);
        let lines = logged::lines_with("cap of");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("/capped"), "{lines:?}");
    });
}

#[test]
fn a_family_past_its_cap_admits_no_more_keys_under_many_threads() {
    let registry = Registry::new();
    #[derive(Instrumented)]
    struct Capped {
        #[stat(cap = 5)]
        by_key: Family<u64, Counter>,
    }
    let capped = Capped::init_in(&registry, "/capped");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let capped = &capped;
            scope.spawn(move || (0..1000).for_each(|n| capped.by_key.get((n + thread) % 50).inc()));
        }
    });
    let snapshot = registry.snapshot();
    let family = snapshot.family("/capped/by_key").unwrap();
    assert_eq!(family.len(), 6);
    assert_eq!(
        family
            .iter()
            .filter_map(|(_, value)| value.as_counter())
            .sum::<u64>(),
        4000
    );
}

#[test]
fn names_past_the_registrys_cap_share_one_stat_a_kind_and_lose_nothing() {
    alone(
        "names_past_the_registrys_cap_share_one_stat_a_kind_and_lose_nothing",
        || {
            logged::keep();
            let registry = Registry::with_cap(2);
            for round in 0..10 {
                for name in 0..6 {
                    registry.counter(&format!("n.{name}")).unwrap().inc();
                }
                registry.gauge("g").unwrap().set(f64::from(round));
            }
            let snapshot = registry.snapshot();
            assert_eq!(snapshot.counter("/n/0"), Some(10));
            assert_eq!(snapshot.counter("/n/1"), Some(10));
            assert_eq!(snapshot.counter("/n/2"), None);
            assert_eq!(
                snapshot.counter("/calipers/overflow/counter/(other)"),
                Some(40)
            );
            assert_eq!(
                snapshot.gauge("/calipers/overflow/gauge/(other)"),
                Some(9.0)
            );
            assert_eq!(faults("nameOverflows"), 50);
            assert_eq!(logged::lines_with("cap of 2 names").len(), 1);
        },
    );
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
    alone("negatives_are_refused_counted_and_logged_once", || {
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

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Highest {
    value: Max<Gauge<u64>>,
}

fn one_fine_gauge_beside(name: &str, bad: impl Fn() -> u64 + Send + Sync + 'static) {
    let registry = calipers::registry();
    registry
        .gauge_fn(&format!("{name}/a/value"), || 1_u64)
        .unwrap();
    registry.gauge_fn(&format!("{name}/b/value"), bad).unwrap();
    registry
        .gauge_fn(&format!("{name}/c/value"), || 3_u64)
        .unwrap();
}

#[test]
fn a_closure_that_panics_costs_only_its_own_value() {
    alone("a_closure_that_panics_costs_only_its_own_value", || {
        logged::keep();
        let _highest = Highest::init("/g");
        one_fine_gauge_beside("g", || panic!("a user's mistake"));
        for _ in 0..3 {
            let snapshot = calipers::snapshot();
            let values = ["a", "b", "c"].map(|name| snapshot.gauge(&format!("/g/{name}/value")));
            assert_eq!(values, [Some(1.0), None, Some(3.0)]);
            assert_eq!(snapshot.gauge("/g/value"), Some(3.0));
        }
        // The snapshot that counts is taken before its own closures are called.
        assert!(
            (3..=4).contains(&faults("closuresPanicked")),
            "{}",
            faults("closuresPanicked")
        );
        assert_eq!(logged::lines_with("closure panicked").len(), 1);
    });
}

#[test]
fn a_closure_that_hangs_costs_only_its_own_value_and_is_asked_again_when_it_is_back() {
    alone(
        "a_closure_that_hangs_costs_only_its_own_value_and_is_asked_again_when_it_is_back",
        || {
            logged::keep();
            let (release, wait) = channel::<()>();
            let wait = Mutex::new(wait);
            one_fine_gauge_beside("g", move || {
                let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
                2
            });
            let look = || {
                let snapshot = calipers::snapshot();
                ["a", "b", "c"].map(|name| snapshot.gauge(&format!("/g/{name}/value")))
            };
            let begun = Instant::now();
            assert_eq!(look(), [Some(1.0), None, Some(3.0)]);
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it was not waited for"
            );
            for _ in 0..5 {
                assert_eq!(look(), [Some(1.0), None, Some(3.0)]);
            }
            assert_eq!(
                faults("closuresStalled"),
                1,
                "it is not called again while it hangs"
            );
            assert_eq!(logged::lines_with("did not answer").len(), 1);
            drop(release);
            beside::until(|| look() == [Some(1.0), Some(2.0), Some(3.0)]);
        },
    );
}

#[test]
fn a_closure_may_use_the_library_even_take_a_snapshot() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry.counter("seen").unwrap().add(4);
    registry
        .gauge_fn("reentrant", move || {
            inner.counter("seen").unwrap().inc();
            let worker = Worker::init_in(&inner, "/born/in/closure");
            worker.done.inc();
            drop(worker);
            inner.snapshot().counter("/seen").unwrap()
        })
        .unwrap();
    let registry = beside::within(beside::LONG, move || {
        assert_eq!(registry.snapshot().gauge("/reentrant"), Some(5.0));
        assert_eq!(registry.snapshot().gauge("/reentrant"), Some(6.0));
        registry
    });
    assert!(registry.remove("reentrant"));
}

#[test]
fn two_snapshots_at_once_both_show_what_a_closure_gives() {
    let registry = Registry::new();
    registry.gauge_fn("steady", || 9_u64).unwrap();
    registry.snapshot();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..300 {
                    assert_eq!(registry.snapshot().gauge("/steady"), Some(9.0));
                }
            });
        }
    });
}

#[test]
fn a_captured_value_that_panics_when_dropped_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("on purpose, in a drop");
            }
        }
    }
    #[derive(Instrumented)]
    struct Armed {
        #[stat(with = { let bomb = Arc::clone(bomb); move || Arc::strong_count(&bomb) as u64 })]
        count: Gauge<u64>,
        #[stat(skip)]
        bomb: Arc<Bomb>,
    }
    let registry = Registry::new();
    for _ in 0..3 {
        let armed = Armed::init_in(
            &registry,
            "/armed",
            ArmedParts {
                bomb: Arc::new(Bomb),
            },
        );
        assert!(registry.snapshot().gauge("/armed/count").is_some());
        let Armed { count, bomb } = armed;
        // The closure has the last share.
        drop(bomb);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(count)));
        let looked = catch_unwind(AssertUnwindSafe(|| registry.snapshot().len()));
        assert!(
            dropped.is_ok() && looked.is_ok(),
            "a panic of a user's drop came out of the library"
        );
    }
}

#[test]
fn a_captured_value_may_use_the_library_when_it_is_dropped() {
    struct Reports(Registry, Worker);
    impl Drop for Reports {
        fn drop(&mut self) {
            self.1.done.inc();
            self.0.counter("dropped").unwrap().inc();
            self.0.snapshot();
        }
    }
    #[derive(Instrumented)]
    struct Holds {
        #[stat(with = { let held = Arc::clone(held); move || Arc::strong_count(&held) as u64 })]
        count: Gauge<u64>,
        #[stat(skip)]
        held: Arc<Reports>,
    }
    beside::within(beside::LONG, || {
        let registry = Registry::new();
        let worker = Worker::init_in(&registry, "/reports");
        let held = Arc::new(Reports(registry.clone(), worker));
        let holds = Holds::init_in(&registry, "/holds", HoldsParts { held });
        drop((holds.held, holds.count));
        // Users' values are dropped on a thread of the library's.
        beside::until(|| registry.snapshot().counter("/dropped") == Some(1));
    });
}
