//! Two kinds of stat at one path: the newcomer works, and stands aside.

use std::time::Duration;

use calipers::prelude::*;
use calipers::{Sum, Text};
use calipers_tests::logged;
use calipers_tests::own_process::alone;

use crate::{Worker, faults};

#[test]
fn a_conflict_is_set_aside_counted_and_logged_once_with_both_names() {
    alone(|| {
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
    });
}

#[test]
fn the_same_kind_of_another_type_is_a_conflict_too() {
    alone(|| {
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
    alone(|| {
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
    });
}

#[test]
fn a_name_that_another_kind_has_is_set_aside_by_incr_and_logged_once() {
    alone(|| {
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
    });
}
