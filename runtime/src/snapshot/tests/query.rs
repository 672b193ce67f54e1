use super::*;

fn sample() -> Snapshot {
    snapshot([
        ("/handler/latency", timer(&[100, 200, 900])),
        (
            "/handler/byPath",
            family([
                ("/index.html", Value::Counter(12)),
                ("/about", Value::Counter(1)),
            ]),
        ),
        ("/handler/requests", Value::Counter(13)),
        ("/pool/finished", Value::Counter(7)),
        ("/pool/state", count_by([("idle", 1), ("busy", 2)])),
        ("/pool/latency", timer(&[1])),
        ("/pool/a/finished", Value::Counter(5)),
        ("/pool/a/state", state("busy")),
        ("/pool/b/finished", Value::Counter(2)),
        ("/pool/b/state", state("idle")),
        (
            "/pool/b/phase",
            state_time("idle", [("idle", 3_000_000_000)]),
        ),
        ("/pool/b/events", meter(4, 1.5)),
        ("/pool/b/load", Value::Gauge(Some(Number::F64(f64::NAN)))),
        ("/pool/b/unset", Value::Gauge(None)),
        ("/pool/b/on", Value::Gauge(Some(Number::Bool(true)))),
        ("/pool/b/build", info([("version", "1.2"), ("who", "a b")])),
        ("/pool/b/big", Value::Counter((1 << 53) + 1)),
        ("/pool/b:dotted.name", Value::Counter(1)),
    ])
}

fn found(query: &str) -> Vec<String> {
    paths(&sample().query(query).unwrap())
}

fn error(query: &str) -> String {
    sample().query(query).unwrap_err().to_string()
}

const NONE: [&str; 0] = [];

#[test]
fn a_name_keeps_the_stats_and_the_places_of_that_name() {
    assert_eq!(
        found("finished"),
        ["/pool/finished", "/pool/a/finished", "/pool/b/finished"]
    );
    assert_eq!(found("a"), ["/pool/a/finished", "/pool/a/state"]);
    assert_eq!(found("handler").len(), 3);
    assert_eq!(found("finish"), NONE);
    assert_eq!(found("dotted.name"), ["/pool/b/dotted.name"]);
}

#[test]
fn a_comparison_keeps_the_stats_that_hold_it() {
    assert_eq!(found("finished > 5"), ["/pool/finished"]);
    assert_eq!(found("finished>=5"), ["/pool/finished", "/pool/a/finished"]);
    assert_eq!(found("finished < 5"), ["/pool/b/finished"]);
    assert_eq!(
        found("finished <= 5"),
        ["/pool/a/finished", "/pool/b/finished"]
    );
    assert_eq!(found("finished = 5"), ["/pool/a/finished"]);
    assert_eq!(found("finished == 5"), ["/pool/a/finished"]);
    assert_eq!(
        found("finished != 5"),
        ["/pool/finished", "/pool/b/finished"]
    );
    assert_eq!(
        found("finished > 4.5"),
        ["/pool/finished", "/pool/a/finished"]
    );
    assert_eq!(found("a = 3"), NONE);
}

#[test]
fn texts_and_states_are_compared_as_they_read() {
    assert_eq!(found("a/state = busy"), ["/pool/a/state"]);
    assert_eq!(found("b/state != busy"), ["/pool/b/state"]);
    assert_eq!(found("build.version = 1.2"), ["/pool/b/build"]);
    assert_eq!(found("build.version = 1.20"), NONE);
    assert!(error("build.who = a b").contains("column 15, found `b`"));
    assert_eq!(found("build.who = 'a b'"), ["/pool/b/build"]);
    assert_eq!(found("phase.current = idle"), ["/pool/b/phase"]);
    assert_eq!(found("build.version > 1"), NONE);
}

#[test]
fn a_state_is_compared_where_others_of_its_name_have_no_one_value() {
    // `/pool/state` counts by state and cannot be compared as a whole; the workers' can.
    assert_eq!(found("state = busy"), ["/pool/a/state"]);
    assert_eq!(found("state.busy >= 2"), ["/pool/state"]);
}

#[test]
fn fields_are_those_of_json() {
    assert_eq!(found("latency.p99 > 0.5"), ["/handler/latency"]);
    assert_eq!(found("latency.p99 > 500ms"), ["/handler/latency"]);
    assert_eq!(found("latency.max = 1ms"), ["/pool/latency"]);
    assert_eq!(found("latency.ok = 3"), ["/handler/latency"]);
    assert_eq!(
        found("latency.recent.count = 0"),
        ["/handler/latency", "/pool/latency"]
    );
    assert_eq!(found("phase.seconds.idle > 2s"), ["/pool/b/phase"]);
    assert_eq!(found("events.rate1 > 1"), ["/pool/b/events"]);
    assert_eq!(found("events > 3"), ["/pool/b/events"]);
    assert_eq!(found("latency.p99"), ["/handler/latency", "/pool/latency"]);
    assert_eq!(found("latency.recent.p99"), NONE);
}

#[test]
fn members_of_a_family_are_fields_dots_and_all() {
    assert_eq!(found("byPath./index.html > 10"), ["/handler/byPath"]);
    assert_eq!(found("byPath.\"/index.html\" > 10"), ["/handler/byPath"]);
    assert_eq!(found("byPath./about > 10"), NONE);
    assert_eq!(found("byPath./never > 10"), NONE);
    assert_eq!(found("byPath./about"), ["/handler/byPath"]);
}

#[test]
fn a_path_narrows_where_the_name_is_looked_for() {
    assert_eq!(found("pool/finished"), ["/pool/finished"]);
    assert_eq!(found("a/finished"), ["/pool/a/finished"]);
    assert_eq!(found("/pool/a/finished > 1"), ["/pool/a/finished"]);
    assert_eq!(found("/finished"), NONE);
    assert_eq!(found("ool/finished"), NONE);
    assert_eq!(found("/handler").len(), 3);
    assert_eq!(found("/a"), NONE);
}

#[test]
fn what_holds_nothing_satisfies_nothing() {
    assert_eq!(found("load > 0"), NONE);
    assert_eq!(found("load <= 0"), NONE);
    assert_eq!(found("unset != 3"), NONE);
    assert_eq!(found("latency.recent.p99 < 9"), NONE);
    assert_eq!(found("unset"), ["/pool/b/unset"]);
    assert_eq!(found("on = true"), ["/pool/b/on"]);
    assert_eq!(found("on = false"), NONE);
}

#[test]
fn whole_numbers_are_compared_exactly() {
    assert_eq!(found("big = 9007199254740993"), ["/pool/b/big"]);
    assert_eq!(found("big = 9007199254740992"), NONE);
}

#[test]
fn a_name_that_nothing_has_is_no_error() {
    let nothing = sample().query("nobody > 3").unwrap();
    assert!(nothing.is_empty() && nothing.at("/").is_some());
}

#[test]
fn a_field_that_cannot_be_says_which_can() {
    assert_eq!(
        error("events.rate2 > 3"),
        "`events` at column 1 is of kind meter and has no field `rate2`; write `events.` and one of `count`, `rate1`, `rate5`, `rate15`"
    );
    assert!(error(" latency > 0.5").starts_with(
        "`latency` at column 2 is of kind timer and cannot be compared as a whole; write `latency.` and one of `count`, "
    ));
    assert!(error("latency.recent > 1").contains("write `latency.recent.` and one of `count`, "));
    assert_eq!(
        error("byPath > 3"),
        "`byPath` at column 1 is of kind family of counter and cannot be compared as a whole; write `byPath.` and a key"
    );
    assert_eq!(
        error("requests.p99 > 3"),
        "`requests` at column 1 is of kind counter and has no field `p99`"
    );
    assert_eq!(sample().query("finished >").unwrap_err().column(), 11);
}

#[test]
fn what_it_keeps_it_keeps_with_the_way_there() {
    let kept = sample().query("b").unwrap();
    let places: Vec<&str> = kept.places.iter().map(|place| &*place.shape.path).collect();
    assert_eq!(places, ["", "/pool", "/pool/b"]);
    assert_eq!(kept.counter("/pool/finished"), None);
    assert_eq!(kept.counter("/pool/b/finished"), Some(2));
}

#[test]
fn no_text_makes_a_query_panic() {
    let sample = sample();
    let pieces = [
        "latency", ".", "p99", " ", ">", "=", "!", "'", "\"", "\\", "/", "5", "ms", "ü", "b",
        "state", "\u{0}",
    ];
    let mut seed = 1_usize;
    for _ in 0..5_000 {
        let mut text = String::new();
        while !seed.is_multiple_of(11) {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407)
                >> 1;
            text.push_str(pieces[seed % pieces.len()]);
        }
        seed += 1;
        let columns = text.chars().count() + 1;
        match sample.query(&text) {
            Ok(found) => assert!(found.len() <= sample.len()),
            Err(error) => assert!((1..=columns).contains(&error.column()), "{text:?}: {error}"),
        }
        let _ = (sample.at(&text), sample.filter(&text));
    }
}
