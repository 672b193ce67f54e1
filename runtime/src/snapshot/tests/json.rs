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
