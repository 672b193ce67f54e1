use std::time::Duration;

use super::*;

fn difference(before: Value, after: Value) -> Value {
    let (before, after) = (snapshot([("/a/x", before)]), snapshot([("/a/x", after)]));
    after.since(&before).value("/a/x").unwrap().clone()
}

#[test]
fn what_accumulates_is_subtracted() {
    assert_eq!(
        difference(Value::Counter(40), Value::Counter(42)),
        Value::Counter(2)
    );
    assert_eq!(difference(meter(5, 1.0), meter(8, 2.0)), meter(3, 2.0));
    let times = difference(
        state_time("idle", [("idle", 5)]),
        state_time("busy", [("idle", 7), ("busy", 4)]),
    );
    assert_eq!(times, state_time("busy", [("idle", 2), ("busy", 4)]));
    assert_eq!(
        difference(
            family([("a", Value::Counter(1))]),
            family([("a", Value::Counter(3)), ("b", Value::Counter(9))])
        ),
        family([("a", Value::Counter(2)), ("b", Value::Counter(9))])
    );
    let timer = difference(timer(&[5]), timer(&[5, 7]));
    let timer = timer.as_timer().unwrap();
    assert_eq!((timer.lifetime().count(), timer.outcomes().ok), (1, 1));
    assert_eq!(timer.lifetime().sum(), Duration::from_millis(7));
    assert_eq!(timer.lifetime().max(), Some(Duration::from_millis(7)));
    let histogram = difference(histogram(&[1.0]), histogram(&[1.0, 0.0]));
    assert_eq!(
        histogram.as_histogram().unwrap().lifetime().max(),
        Some(0.0)
    );
}

#[test]
fn what_is_a_level_is_kept() {
    for (before, after) in [
        (Value::UpDownCounter(7), Value::UpDownCounter(3)),
        (Value::Gauge(Some(Number::F64(1.0))), Value::Gauge(None)),
        (text("a"), text("b")),
        (state("idle"), state("busy")),
        (count_by([("idle", 3)]), count_by([("idle", 1)])),
    ] {
        assert_eq!(difference(before, after.clone()), after);
    }
    let in_flight = |n| {
        Value::Timer(Arc::new(TimerValue {
            in_flight: n,
            ..TimerValue::default()
        }))
    };
    assert_eq!(difference(in_flight(5), in_flight(3)), in_flight(3));
}

#[test]
fn no_count_goes_below_zero() {
    assert_eq!(
        difference(Value::Counter(42), Value::Counter(2)),
        Value::Counter(0)
    );
    assert_eq!(
        difference(timer(&[1, 2, 3]), timer(&[1]))
            .as_timer()
            .unwrap()
            .lifetime()
            .count(),
        0
    );
}

#[test]
fn a_stat_that_was_not_there_before_counts_whole() {
    let before = snapshot([("/a/x", Value::Counter(5)), ("/b/gone", Value::Counter(5))]);
    let after = snapshot([
        ("/a/x", Value::Counter(6)),
        ("/a/y", Value::Counter(7)),
        ("/a/new/z", Value::Counter(8)),
    ]);
    let since = after.since(&before);
    assert_eq!(since.counter("/a/x"), Some(1));
    assert_eq!(since.counter("/a/y"), Some(7));
    assert_eq!(since.counter("/a/new/z"), Some(8));
    assert_eq!(since.counter("/b/gone"), None);
}

#[test]
fn a_stat_made_anew_at_its_path_counts_whole() {
    let before = snapshot([("/a/x", Value::Counter(5))]);
    let mut shape = stat("x", Kind::Counter, "");
    shape.created = at(50);
    let mut after = Assembly::with_capacity(1, 1);
    after.push(place("/a", false, vec![shape]), [Value::Counter(8)]);
    assert_eq!(after.finish(at(60)).since(&before).counter("/a/x"), Some(8));
}

#[test]
fn another_kind_at_the_path_counts_whole() {
    assert_eq!(
        difference(meter(3, 0.0), Value::Counter(5)),
        Value::Counter(5)
    );
}

#[test]
fn a_place_whose_shape_is_shared_is_subtracted_alike() {
    let before = snapshot([("/a/x", Value::Counter(5)), ("/a/y", Value::Counter(1))]);
    let mut after = before.clone();
    after.values[0] = Value::Counter(7);
    let since = after.since(&before);
    assert_eq!(
        (since.counter("/a/x"), since.counter("/a/y")),
        (Some(2), Some(0))
    );
}
