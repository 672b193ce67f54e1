use serde_json::{Value as Json, json, to_string, to_value};

use super::*;

fn keys(json: &Json) -> Vec<&str> {
    json.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn the_shape_is_the_tree_itself() {
    let sample = snapshot([
        ("/handler/requests", Value::Counter(3)),
        ("/handler/byPath", family([("/index", Value::Counter(3))])),
        ("/handler/db/pool", Value::UpDownCounter(-1)),
        ("/top", text("x\"y")),
    ]);
    assert_eq!(
        to_string(&sample).unwrap(),
        r#"{"top":"x\"y","handler":{"byPath":{"/index":3},"requests":3,"db":{"pool":-1}}}"#
    );
    assert_eq!(to_string(&snapshot([])).unwrap(), "{}");
}

#[test]
fn any_path_can_be_written_alone() {
    let sample = snapshot([("/a/b/n", Value::Counter(3)), ("/a/t", timer(&[10]))]);
    assert_eq!(
        to_value(sample.at("/a/b").unwrap()).unwrap(),
        json!({"n": 3})
    );
    assert_eq!(to_value(sample.at("/a/b/n").unwrap()).unwrap(), json!(3));
    assert_eq!(
        to_value(sample.at("/a/t/p99").unwrap()).unwrap(),
        json!(0.01)
    );
    assert_eq!(
        to_value(sample.at("/a/t/recent").unwrap()).unwrap()["count"],
        json!(0)
    );
}

#[test]
fn a_timer_is_in_seconds_and_in_a_fixed_order() {
    let Value::Timer(mut value) = timer(&[1, 2, 4]) else {
        unreachable!()
    };
    let inner = Arc::make_mut(&mut value);
    inner.rates.m1 = 0.5;
    inner.in_flight = 2;
    inner.outcomes.err = 1;
    let text = to_string(&Value::Timer(value)).unwrap();
    assert!(
        text.starts_with(r#"{"count":3,"sum":0.007,"mean":0.00233333"#),
        "{text}"
    );
    let order = [
        "count",
        "sum",
        "mean",
        "min",
        "max",
        "stddev",
        "p50",
        "p75",
        "p90",
        "p95",
        "p99",
        "p999",
        "rate1",
        "rate5",
        "rate15",
        "ok",
        "err",
        "panicked",
        "cancelled",
        "inFlight",
        "recent",
    ];
    let places = order.map(|name| text.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(keys(&json).len(), order.len());
    assert_eq!(
        (&json["min"], &json["max"], &json["rate1"]),
        (&json!(0.001), &json!(0.004), &json!(0.5))
    );
    assert_eq!(
        (&json["ok"], &json["err"], &json["inFlight"]),
        (&json!(3), &json!(1), &json!(2))
    );
    assert_eq!(keys(&json["recent"]).len(), 12);
    assert_eq!(json["recent"]["p99"], Json::Null);
}

#[test]
fn every_other_kind_has_its_form() {
    let of = |value: Value| to_value(value).unwrap();
    assert_eq!(
        of(Value::Counter(u64::MAX)).to_string(),
        "18446744073709551615"
    );
    assert_eq!(of(Value::Gauge(Some(Number::I64(-3)))), json!(-3));
    assert_eq!(of(Value::Gauge(Some(Number::Bool(true)))), json!(true));
    assert_eq!(of(Value::Gauge(None)), Json::Null);
    assert_eq!(of(Value::Text(None)), Json::Null);
    assert_eq!(of(state("busy")), json!("busy"));
    assert_eq!(
        of(count_by([("idle", 2), ("busy", 0)])),
        json!({"idle": 2, "busy": 0})
    );
    assert_eq!(of(info([("version", "1.2")])), json!({"version": "1.2"}));
    assert_eq!(
        of(meter(7, 0.5)),
        json!({"count": 7, "rate1": 0.5, "rate5": 0.0, "rate15": 0.0})
    );
    assert_eq!(
        of(state_time("busy", [("idle", 1_500_000_000), ("busy", 0)])),
        json!({"current": "busy", "seconds": {"idle": 1.5, "busy": 0.0}})
    );
    let histogram = of(histogram(&[1.0, 3.0]));
    assert_eq!(
        (&histogram["sum"], &histogram["refused"], &histogram["max"]),
        (&json!(4.0), &json!(0), &json!(3.0))
    );
    assert_eq!(of(family([("a", timer(&[1]))]))["a"]["count"], json!(1));
}

#[test]
fn what_json_cannot_hold_is_null() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(
            to_string(&Value::Gauge(Some(Number::F64(number)))).unwrap(),
            "null"
        );
        assert_eq!(to_value(meter(1, number)).unwrap()["rate1"], Json::Null);
    }
}

#[test]
fn a_stat_and_a_place_of_one_name_are_both_visible() {
    let sample = snapshot([
        ("/p/x", Value::Counter(1)),
        ("/p/x/y", Value::Counter(2)),
        ("/p/xx/y", Value::Counter(3)),
    ]);
    let json = to_value(&sample).unwrap();
    assert_eq!(json, json!({"p": {"x": 1, "x/": {"y": 2}, "xx": {"y": 3}}}));
    assert_eq!(to_value(sample.at("/p/x").unwrap()).unwrap(), json!(1));
    assert_eq!(
        to_value(sample.at("/p/x/").unwrap()).unwrap(),
        json!({"y": 2})
    );
}

#[test]
fn a_distribution_alone_is_in_its_own_unit() {
    assert_eq!(to_value(recorded(&[1024.0])).unwrap()["p50"], json!(1024.0));
}

#[test]
fn json_reads_back_as_far_as_it_says_what_was_there() {
    let sample = snapshot([
        ("/handler/requests", Value::Counter(u64::MAX)),
        (
            "/handler/byPath",
            family([("a b", Value::Counter(3)), ("a.b", timer(&[1]))]),
        ),
        ("/handler/db/pool", Value::UpDownCounter(-1)),
        ("/load", Value::Gauge(Some(Number::F64(0.5)))),
        ("/unset", Value::Gauge(None)),
        ("/mode", text("x\"y")),
        ("/state", state("busy")),
        ("/hits", meter(7, 0.5)),
        (
            "/time",
            state_time("busy", [("idle", 1_500_000_000), ("busy", 0)]),
        ),
        ("/p/x", Value::Counter(1)),
        ("/p/x/y", Value::Counter(2)),
    ]);
    let read: Snapshot = serde_json::from_value(to_value(&sample).unwrap()).unwrap();
    assert_eq!(to_value(&read).unwrap(), to_value(&sample).unwrap());
    assert_eq!(
        read.counter("/handler/byPath/a b"),
        Some(3),
        "a family is a place now"
    );
    assert_eq!(read.text("/state"), Some("busy"), "a state is a text now");
    assert_eq!(read.counter("/p/x/y"), Some(2));
    let keys = r#"{"f":{"/index":3,"100%":1},"g%2Fh":{"n":2}}"#;
    let read: Snapshot = serde_json::from_str(keys).unwrap();
    assert_eq!(read.counter("/f/%2Findex"), Some(3));
    assert_eq!(read.counter("/f/100%25"), Some(1));
    assert_eq!(read.counter("/g%2Fh/n"), Some(2));
}

#[test]
fn families_of_levels_read_back_as_what_they_were_where_kinds_are_told() {
    let gauge = |n| Value::Gauge(Some(n));
    let texts = family([("a", Value::Text(Some("hi".into())))]);
    let states = family([("a", Value::StateSet(Some("busy".into()), Arc::default()))]);
    let gauges = family([("a", gauge(Number::F64(0.5))), ("b", Value::Gauge(None))]);
    static ADDED: Kind = Kind::Family(&crate::merging::SUM_OF_GAUGES);
    let sample = shaped([
        ("/texts", Kind::Family(&Kind::Text), "", texts.clone()),
        ("/states", Kind::Family(&Kind::StateSet), "", states.clone()),
        ("/added", ADDED, "", gauges.clone()),
        ("/largest", Kind::Family(&Kind::Max), "", gauges.clone()),
    ]);
    let told = telling::WithKinds(sample.at("/").unwrap());
    let read: Snapshot = serde_json::from_value(to_value(told).unwrap()).unwrap();
    for (path, value) in [
        ("/texts", texts),
        ("/states", states),
        ("/added", gauges.clone()),
        ("/largest", gauges),
    ] {
        assert_eq!(read.value(path), Some(&value), "{path}");
    }
}

#[test]
fn whole_numbers_read_back_as_what_they_were_where_kinds_are_told() {
    let gauge = |n| Value::Gauge(Some(n));
    let sample = snapshot([
        ("/a/count", Value::Counter(7)),
        ("/a/deep/gauge", gauge(Number::U64(17))),
        ("/a/signed", gauge(Number::I64(5))),
        ("/a/below", gauge(Number::I64(-5))),
        ("/a/open", Value::UpDownCounter(3)),
        ("/a/closed", Value::UpDownCounter(-3)),
        (
            "/byKey",
            family([
                ("a/b", gauge(Number::U64(1))),
                ("50%", gauge(Number::U64(2))),
            ]),
        ),
        ("/p", Value::Counter(1)),
        ("/p/x", gauge(Number::U64(2))),
    ]);
    let read = |at: &str| -> Snapshot {
        let tree = sample.at(at).unwrap();
        let told = telling::WithKinds(tree);
        serde_json::from_value(to_value(told).unwrap()).unwrap()
    };
    let whole = read("/");
    let value = |path: &str| whole.value(path).unwrap().clone();
    assert_eq!(value("/a/count"), Value::Counter(7));
    assert_eq!(value("/a/deep/gauge"), gauge(Number::U64(17)));
    assert_eq!(value("/a/signed"), gauge(Number::U64(5)));
    assert_eq!(value("/a/below"), gauge(Number::I64(-5)));
    assert_eq!(value("/a/open"), Value::UpDownCounter(3));
    assert_eq!(value("/a/closed"), Value::UpDownCounter(-3));
    assert_eq!(value("/byKey/a%2Fb"), gauge(Number::U64(1)));
    assert_eq!(value("/byKey/50%25"), gauge(Number::U64(2)));
    assert_eq!(value("/p"), Value::Counter(1));
    assert_eq!(value("/p/x"), gauge(Number::U64(2)));
    let part = read("/a/");
    assert_eq!(part.value("/deep/gauge"), Some(&gauge(Number::U64(17))));
    assert_eq!(part.value("/count"), Some(&Value::Counter(7)));
    // Nothing of it is a stat, and what it says of what is not there, or wrongly, changes nothing.
    let odd =
        r#"{"/":{"gauge":["/x",3,{}],"nonsense":["/n"],"up_down_counter":7},"n":1,"x":"text"}"#;
    let read: Snapshot = serde_json::from_str(odd).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read.counter("/n"), Some(1));
    assert_eq!(read.text("/x"), Some("text"));
}

#[test]
fn distributions_read_back_with_their_percentiles() {
    let millis: Vec<u64> = (1..=2000).collect();
    let sample = snapshot([
        ("/t", timer(&millis)),
        ("/h", histogram(&[0.0, 0.5, 1.0, 8.0])),
        ("/one", timer(&[7])),
        ("/none", timer(&[])),
    ]);
    let before = to_value(&sample).unwrap();
    let read: Snapshot = serde_json::from_value(before.clone()).unwrap();
    let after = to_value(&read).unwrap();
    for stat in ["t", "h", "one", "none"] {
        for (name, value) in before[stat].as_object().unwrap() {
            let now = &after[stat][name];
            if let ("stddev" | "recent", _) | (_, Json::Null) = (name.as_str(), value) {
                continue;
            }
            let (x, y) = (value.as_f64().unwrap(), now.as_f64().unwrap());
            assert!((x - y).abs() <= 0.011 * x, "{stat}.{name}: {y} after {x}");
            if matches!(
                name.as_str(),
                "count" | "ok" | "err" | "refused" | "inFlight"
            ) {
                assert_eq!(value, now, "{stat}.{name}");
            }
        }
    }
}

#[test]
fn what_is_no_snapshot_is_refused() {
    for json in ["3", "[]", r#"{"a":[1]}"#, "", r#"{"a":"#] {
        assert!(serde_json::from_str::<Snapshot>(json).is_err(), "{json}");
    }
    let deep = r#"{"a":"#.repeat(1000);
    assert!(serde_json::from_str::<Snapshot>(&deep).is_err());
}
