use super::*;

fn merged(ours: Value, theirs: Value) -> Value {
    let (ours, theirs) = (snapshot([("/a/x", ours)]), snapshot([("/a/x", theirs)]));
    ours.merged(&theirs).value("/a/x").unwrap().clone()
}

#[test]
fn what_is_counted_is_added() {
    assert_eq!(
        merged(Value::Counter(2), Value::Counter(3)),
        Value::Counter(5)
    );
    assert_eq!(
        merged(Value::Counter(u64::MAX), Value::Counter(3)),
        Value::Counter(u64::MAX)
    );
    assert_eq!(
        merged(Value::UpDownCounter(2), Value::UpDownCounter(-3)),
        Value::UpDownCounter(-1)
    );
    assert_eq!(merged(meter(2, 0.5), meter(3, 0.25)), meter(5, 0.75));
    assert_eq!(
        merged(
            count_by([("idle", 1), ("busy", 2)]),
            count_by([("busy", 3), ("gone", 4)])
        ),
        count_by([("idle", 1), ("busy", 5), ("gone", 4)])
    );
    assert_eq!(
        merged(
            state_time("idle", [("idle", 1)]),
            state_time("busy", [("idle", 2), ("busy", 3)])
        ),
        state_time("idle", [("idle", 3), ("busy", 3)])
    );
    assert_eq!(
        merged(
            family([("b", Value::Counter(1))]),
            family([("a", Value::Counter(2)), ("b", Value::Counter(3))])
        ),
        family([("a", Value::Counter(2)), ("b", Value::Counter(4))])
    );
}

#[test]
fn distributions_are_as_if_recorded_into_one() {
    assert_eq!(merged(timer(&[1, 5]), timer(&[3])), timer(&[1, 3, 5]));
    assert_eq!(
        merged(histogram(&[1.0, 0.5]), histogram(&[0.0])),
        histogram(&[0.0, 0.5, 1.0])
    );
}

#[test]
fn what_has_no_sum_stays_ours_and_is_filled_in_where_we_have_none() {
    let gauge = |x: f64| Value::Gauge(Some(Number::F64(x)));
    assert_eq!(merged(gauge(1.0), gauge(2.0)), gauge(1.0));
    assert_eq!(merged(Value::Gauge(None), gauge(2.0)), gauge(2.0));
    assert_eq!(merged(text("a"), text("b")), text("a"));
    assert_eq!(merged(Value::Text(None), text("b")), text("b"));
    assert_eq!(merged(state("idle"), state("busy")), state("idle"));
    assert_eq!(
        merged(Value::StateSet(None, Arc::from([])), state("busy")),
        state("busy")
    );
    assert_eq!(
        merged(info([("v", "1")]), info([("v", "2")])),
        info([("v", "1")])
    );
}

#[test]
fn the_largest_and_the_smallest_are_those_of_both() {
    let both = |kind, a, b| {
        let one = |x| shaped([("/a/x", kind, "", Value::Gauge(Some(Number::I64(x))))]);
        one(a).merged(&one(b)).gauge("/a/x")
    };
    assert_eq!(
        (both(Kind::Max, 1, 2), both(Kind::Max, 2, 1)),
        (Some(2.0), Some(2.0))
    );
    assert_eq!(
        (both(Kind::Min, 1, 2), both(Kind::Min, 2, 1)),
        (Some(1.0), Some(1.0))
    );
}

#[test]
fn gauges_come_to_what_they_declare() {
    let gauge = |x: f64| Value::Gauge(Some(Number::F64(x)));
    let declared = |kind, merging, value| {
        let mut stat = stat("x", kind, "");
        stat.merging = merging;
        let mut assembly = Assembly::with_capacity(1, 1);
        assembly.push(place("/a", false, vec![stat]), vec![value]);
        assembly.finish(at(100))
    };
    let both = |merging, ours, theirs| {
        let of = |value| declared(Kind::Gauge, merging, gauge(value));
        of(ours).merged(&of(theirs)).gauge("/a/x")
    };
    for (merging, both_ways) in [
        (Some(Merging::Sum), [5.0, 5.0]),
        (Some(Merging::Max), [3.0, 3.0]),
        (Some(Merging::Min), [2.0, 2.0]),
        // Which was set last, and in which process, no snapshot knows.
        (Some(Merging::Last), [2.0, 3.0]),
        (Some(Merging::PerSource), [2.0, 3.0]),
        (None, [2.0, 3.0]),
    ] {
        let merged = [both(merging, 2.0, 3.0), both(merging, 3.0, 2.0)];
        assert_eq!(merged, both_ways.map(Some), "{merging:?}");
    }
    let members = |a, b| {
        let value = family([("a", gauge(a)), ("b", gauge(b))]);
        declared(Kind::Family(&Kind::Gauge), Some(Merging::Max), value)
    };
    let merged = members(1.0, 4.0).merged(&members(2.0, 3.0));
    let merged = merged.value("/a/x").unwrap();
    assert_eq!(*merged, family([("a", gauge(2.0)), ("b", gauge(4.0))]));
}

#[test]
fn a_gauge_that_is_no_number_hides_nobody_elses() {
    let gauge = |x: f64| Value::Gauge(Some(Number::F64(x)));
    for kind in [Kind::Sum(&Kind::Gauge), Kind::Max, Kind::Min] {
        for (mut ours, theirs) in
            [(f64::NAN, 4.0), (4.0, f64::NAN)].map(|(a, b)| (gauge(a), gauge(b)))
        {
            assert!(ours.fold(kind, &theirs));
            assert_eq!(ours, gauge(4.0), "{kind}");
        }
    }
}

#[test]
fn places_and_stats_of_either_are_in_the_result_in_order() {
    let ours = snapshot([
        ("/b/x", Value::Counter(1)),
        ("/b/z", Value::Counter(2)),
        ("/c-d/n", Value::Counter(3)),
    ]);
    let theirs = snapshot([
        ("/a/x", Value::Counter(10)),
        ("/b/y", Value::Counter(20)),
        ("/b/z", Value::Counter(30)),
        ("/c/e/n", Value::Counter(40)),
        ("/d", Value::Counter(50)),
    ]);
    for (merged, z) in [(ours.merged(&theirs), 32), (theirs.merged(&ours), 32)] {
        assert_eq!(
            paths(&merged),
            ["/d", "/a/x", "/b/x", "/b/y", "/b/z", "/c/e/n", "/c-d/n"]
        );
        assert_eq!(merged.counter("/b/z"), Some(z));
        for path in paths(&merged) {
            assert!(merged.counter(&path).is_some(), "{path} is not found");
        }
    }
}

#[test]
fn stats_of_different_kinds_are_told_and_ours_is_kept() {
    let mut ours = snapshot([("/a/x", Value::Counter(1)), ("/a/y", Value::Counter(1))]);
    let conflicts = ours.merge(&snapshot([
        ("/a/x", meter(5, 0.0)),
        ("/a/y", Value::Counter(1)),
    ]));
    assert_eq!(
        conflicts,
        [MergeConflict {
            path: "/a/x".into(),
            kept: Kind::Counter,
            dropped: Kind::Meter
        }]
    );
    assert_eq!(
        (ours.counter("/a/x"), ours.counter("/a/y")),
        (Some(1), Some(2))
    );
}

#[test]
fn folding_many_values_is_the_same_in_any_order() {
    let values = [timer(&[1, 9]), timer(&[4]), timer(&[]), timer(&[1_000_000])];
    let fold = |order: [usize; 4]| {
        let mut sum = timer(&[]);
        for at in order {
            assert!(sum.fold(Kind::Sum(&Kind::Timer), &values[at]));
        }
        sum
    };
    assert_eq!(fold([0, 1, 2, 3]), fold([3, 2, 1, 0]));
    let mut families = family([("a", Value::Gauge(Some(Number::U64(1))))]);
    assert!(families.fold(
        Kind::Sum(&Kind::Family(&Kind::Max)),
        &family([("a", Value::Gauge(Some(Number::U64(9))))])
    ));
    assert_eq!(
        families,
        family([("a", Value::Gauge(Some(Number::U64(9))))])
    );
}

#[test]
fn families_of_other_keys_however_many_and_in_whatever_order_become_one_in_order() {
    for (ours, theirs) in [
        (0, 0),
        (0, 3),
        (3, 0),
        (50, 8),
        (50, 9),
        (9, 50),
        (300, 300),
    ] {
        // Every third key is in both; theirs come twice, and not in their order.
        let own = (0..ours).map(|n| (format!("{:03}", n * 3), 1));
        let own: BTreeMap<String, u64> = own.collect();
        let new = (0..theirs).map(|n| (format!("{:03}", n * 7 % theirs), 10));
        let new: Vec<(String, Value)> = new.map(|(key, n)| (key, Value::Counter(n))).collect();
        let twice = || new.iter().chain(new.iter().rev());

        let mut expected = own.clone();
        for (key, value) in twice() {
            *expected.entry(key.clone()).or_default() += value.as_counter().unwrap();
        }
        let own = own.into_iter();
        let mut family: FamilyValue = own.map(|(key, n)| (key, Value::Counter(n))).collect();
        family.fold_members(Kind::Counter, twice().map(|(key, value)| (key, value)));

        let expected = expected.into_iter();
        let expected: FamilyValue = expected.map(|(key, n)| (key, Value::Counter(n))).collect();
        assert_eq!(family, expected, "{ours} and {theirs}");
    }
}
