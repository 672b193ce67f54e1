//! OTLP, against a receiver that decodes with OpenTelemetry's own definitions: what it takes is what was recorded, and
//! whatever it answers, totals are right in the end.

mod receiver;

use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::report::{DeliveryError, Otlp, OtlpBuilder, StartError, Temporality};
use calipers::snapshot::Distribution;
use calipers::{Family, Registry, Sum};
use calipers_tests::parts::{LONG, free_port, until};
use serde_json::{Value, json};

use receiver::Receiver;

const NEVER: Duration = Duration::from_secs(24 * 3600);

fn builder(registry: &Registry, receiver: &Receiver) -> OtlpBuilder {
    Otlp::builder()
        .endpoint(receiver.endpoint())
        .service_name("shop")
        .every(NEVER)
        .registry(registry)
}

fn own(registry: &Registry, stat: &str) -> u64 {
    let path = format!("/calipers/report/otlp/{stat}");
    registry.snapshot().counter(&path).unwrap_or(0)
}

/// Everything that was to be delivered was, or was let go, or waits.
fn adds_up(registry: &Registry) {
    let queued = registry.snapshot();
    let queued = queued.gauge("/calipers/report/otlp/queued").unwrap_or(0.0) as u64;
    let offered = own(registry, "offered");
    assert_eq!(
        offered,
        own(registry, "sent") + own(registry, "dropped") + queued
    );
}

#[test]
fn every_kind_of_stat_arrives_as_what_it_is() {
    let receiver = Receiver::start("otlp-kinds", &[]);
    let registry = Registry::new();
    registry.counter("web.requests").unwrap().add(u32::MAX);
    registry.counter("web.requests").unwrap().add(7);
    registry.up_down_counter("web.open").unwrap().sub(3);
    registry.gauge("web.load").unwrap().set(-0.375);
    registry.meter("web.events").unwrap().add(12);
    registry
        .state_set("web.phase")
        .unwrap()
        .set("busy".to_owned());
    registry.text("web.word").unwrap().set("no number");
    let errors = registry
        .get::<Family<String, Counter>>("web.errors")
        .unwrap();
    errors.get("not found").add(2);
    errors.get("ünï/cødé \"1\"\n").add(1);
    let timer = registry.timer("web.latency").unwrap();
    timer.record(Duration::from_millis(3));
    let running = timer.start();
    let otlp = builder(&registry, &receiver)
        .resource("deployment.environment.name", "test")
        .scope("team", "shop")
        .start()
        .unwrap();
    otlp.flush(LONG).unwrap();
    drop(running);
    receiver.found_nothing_wrong();
    let request = &receiver.requests()[0];
    assert_eq!(request["resource"]["service.name"], "shop");
    assert_eq!(request["resource"]["deployment.environment.name"], "test");
    assert_eq!(
        request["scope"],
        json!({ "name": "calipers", "team": "shop" })
    );
    let points = &receiver.taken()[0];
    let kind = |name: &str| {
        let point = points
            .get(name)
            .unwrap_or_else(|| panic!("{name} in {points:?}"));
        let monotonic = point["monotonic"].as_bool();
        (
            point["kind"].as_str().unwrap().to_owned(),
            monotonic,
            point["value"].clone(),
        )
    };
    let sum = |monotonic, value| ("sum".to_owned(), Some(monotonic), value);
    let gauge = |value| ("gauge".to_owned(), None, value);
    assert_eq!(
        kind("web.requests"),
        sum(true, json!(u64::from(u32::MAX) + 7))
    );
    assert_eq!(kind("web.open"), sum(false, json!(-3)));
    assert_eq!(kind("web.load"), gauge(json!(-0.375)));
    assert_eq!(kind("web.events"), sum(true, json!(12)));
    assert_eq!(kind("web.phase{state=busy}"), gauge(json!(1)));
    assert_eq!(kind("web.errors{key=not found}"), sum(true, json!(2)));
    assert_eq!(
        kind("web.errors{key=ünï/cødé \"1\"\n}"),
        sum(true, json!(1))
    );
    assert_eq!(
        kind("web.latency.outcomes{outcome=ok}"),
        sum(true, json!(1))
    );
    assert_eq!(kind("web.latency.in_flight"), sum(false, json!(1)));
    assert_eq!(points["web.latency"]["unit"], "ns");
    assert_eq!(points["web.latency"]["sum"], 3e6);
    assert!(
        points
            .keys()
            .all(|name| !name.contains("word") && !name.contains("calipers"))
    );
    assert_eq!(own(&registry, "sent"), points.len() as u64);
    adds_up(&registry);
}

/// The buckets of a point, by number.
fn buckets(point: &Value) -> Vec<(i32, u64)> {
    let offset = point["offset"].as_i64().unwrap() as i32;
    let counts = point["counts"].as_array().unwrap();
    let counted = counts
        .iter()
        .enumerate()
        .map(|(at, count)| (offset + at as i32, count.as_u64().unwrap()));
    counted.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn a_distribution_arrives_without_loss() {
    let receiver = Receiver::start("otlp-lossless", &[]);
    let registry = Registry::new();
    let sizes = registry.histogram("sizes").unwrap();
    let latency = registry.timer("latency").unwrap();
    sizes.record(0);
    sizes.record(1e-30);
    for n in 1..20_000_u32 {
        sizes.record(f64::from(n).powf(2.5) / 7.0);
        latency.record(Duration::from_nanos(u64::from(n).pow(2)));
    }
    let otlp = builder(&registry, &receiver).gzip(true).start().unwrap();
    otlp.flush(LONG).unwrap();
    receiver.found_nothing_wrong();
    let snapshot = registry.snapshot();
    let points = &receiver.taken()[0];
    let same = |name: &str, of: &Distribution| {
        let point = &points[name];
        assert_eq!(point["scale"], i64::from(Distribution::SCALE));
        let zeros = of.buckets().find(|bucket| bucket.index.is_none());
        assert_eq!(point["zeros"], zeros.map_or(0, |bucket| bucket.count));
        let ours: Vec<(i32, u64)> = of
            .buckets()
            .filter_map(|bucket| Some((bucket.index?, bucket.count)))
            .collect();
        assert_eq!(buckets(point), ours);
        assert_eq!(point["count"], of.count());
        assert_eq!(point["sum"].as_f64(), Some(of.sum()));
        assert_eq!(point["min"].as_f64(), of.min());
        assert_eq!(point["max"].as_f64(), of.max());
    };
    same("sizes", snapshot.histogram("/sizes").unwrap().lifetime());
    let latency = snapshot.timer("/latency").unwrap();
    same("latency", latency.lifetime().distribution());
    assert_eq!(
        receiver.requests()[0]["headers"]["content-encoding"],
        "gzip"
    );
}

#[test]
fn durations_in_seconds_stay_within_0_65_percent() {
    let receiver = Receiver::start("otlp-seconds", &[]);
    let registry = Registry::new();
    let latency = registry.timer("latency").unwrap();
    latency.record(Duration::from_millis(250));
    let otlp = builder(&registry, &receiver).seconds().start().unwrap();
    otlp.flush(LONG).unwrap();
    receiver.found_nothing_wrong();
    let point = &receiver.taken()[0]["latency"];
    assert_eq!(
        (&point["unit"], &point["sum"], &point["scale"]),
        (&json!("s"), &json!(0.25), &json!(6))
    );
    let [(index, 1)] = buckets(point)[..] else {
        panic!("{point}");
    };
    let edge = |index: i32| 2f64.powf(f64::from(index) / 64.0);
    assert!(edge(index) < 0.25 * 1.0065 * 1.011 && edge(index + 1) > 0.25 * 0.9935 / 1.011);
}

#[derive(Instrumented)]
struct Pool {
    finished: Sum<Counter>,
}

#[derive(Instrumented)]
#[instrumented(label = "thread")]
struct Worker {
    finished: Counter,
    /// Bytes read.
    #[stat(unit = "By")]
    read: Counter,
}

#[test]
fn a_late_instance_starts_late_and_its_label_is_an_attribute() {
    let receiver = Receiver::start("otlp-late", &[]);
    let registry = Registry::new();
    let pool = Pool::init_in(&registry, "/otlp/late");
    let early = Worker::init_child(&pool, "early");
    early.finished.inc();
    early.read.add(10);
    let otlp = builder(&registry, &receiver).start().unwrap();
    otlp.flush(LONG).unwrap();
    let late = Worker::init_child(&pool, "late");
    late.finished.add(2);
    otlp.flush(LONG).unwrap();
    receiver.found_nothing_wrong();
    let [first, second] = &receiver.taken()[..] else {
        panic!("two requests");
    };
    // The instances' `finished` is what the sum adds up: it is sent once.
    assert_eq!(first.len(), 2, "{first:?}");
    assert_eq!(second["otlp.late.finished"]["value"], 3);
    assert_eq!(second["otlp.late.read{thread=early}"]["unit"], "By");
    assert_eq!(
        second["otlp.late.read{thread=early}"]["description"],
        "Bytes read."
    );
    let start = |points: &std::collections::BTreeMap<String, Value>, name: &str| {
        points[name]["start"].as_u64().unwrap()
    };
    let early = "otlp.late.read{thread=early}";
    assert_eq!(start(first, early), start(second, early));
    assert!(start(second, "otlp.late.read{thread=late}") > first[early]["time"].as_u64().unwrap());
}

#[test]
fn cumulative_totals_are_exact_whatever_the_receiver_did_before() {
    let answers = ["429:1", "503", "hang", "reset", "502", "504", "400", "500"];
    let receiver = Receiver::start("otlp-cumulative", &answers);
    let registry = Registry::new();
    let jobs = registry.counter("jobs").unwrap();
    let sizes = registry.histogram("sizes").unwrap();
    let otlp = builder(&registry, &receiver)
        .timeout(Duration::from_millis(400))
        .start()
        .unwrap();
    jobs.add(5);
    sizes.record(8);
    // Tried until it is refused for good.
    let refused = otlp.flush(LONG).unwrap_err();
    let DeliveryError::Failed { reason } = refused else {
        panic!("{refused:?}");
    };
    assert!(
        reason.contains("400") && reason.contains("told to fail"),
        "{reason}"
    );
    jobs.add(2);
    assert!(otlp.flush(LONG).is_err());
    assert_eq!(own(&registry, "dropped"), 4);
    jobs.add(1);
    sizes.record(9);
    otlp.flush(LONG).unwrap();
    receiver.found_nothing_wrong();
    assert_eq!(receiver.answers(), [&answers[..], &["200"]].concat());
    let taken = &receiver.taken()[0];
    assert_eq!(taken["jobs"]["value"], 8);
    assert_eq!(taken["sizes"]["count"], 2);
    for cause in ["tooManyRequests", "timedOut", "badRequest", "badAnswer"] {
        assert_eq!(own(&registry, &format!("errors/{cause}")), 1, "{cause}");
    }
    assert_eq!(own(&registry, "errors/unavailable"), 3);
    adds_up(&registry);
    // Not before it was asked to.
    let requests = receiver.requests();
    let at = |number: usize| requests[number]["at"].as_f64().unwrap();
    assert!(at(1) - at(0) >= 1.0, "{}", at(1) - at(0));
}

#[test]
fn a_delta_loses_only_what_is_refused_and_counts_it() {
    let answers = ["503", "reset", "200", "400", "hang"];
    let receiver = Receiver::start("otlp-delta", &answers);
    let registry = Registry::new();
    let jobs = registry.counter("jobs").unwrap();
    registry.counter("idle").unwrap();
    let level = registry.up_down_counter("level").unwrap();
    let sizes = registry.histogram("sizes").unwrap();
    let otlp = builder(&registry, &receiver)
        .temporality(Temporality::Delta)
        .timeout(Duration::from_millis(400))
        .start()
        .unwrap();
    let mut refused = 0;
    for round in 1..=4_u64 {
        jobs.add(round);
        level.add(1);
        sizes.record(round);
        match otlp.flush(LONG) {
            Ok(()) => {}
            Err(DeliveryError::Failed { .. }) => refused += round,
            Err(other) => panic!("{other:?}"),
        }
    }
    receiver.found_nothing_wrong();
    assert_eq!(receiver.answers(), [&answers[..], &["200", "200"]].concat());
    let taken = receiver.taken();
    let jobs: Vec<u64> = taken
        .iter()
        .map(|points| points["jobs"]["value"].as_u64().unwrap())
        .collect();
    assert_eq!((refused, jobs), (2, vec![1, 3, 4]));
    let counts: Vec<&Value> = taken
        .iter()
        .map(|points| &points["sizes"]["count"])
        .collect();
    assert_eq!(counts, [1, 1, 1]);
    assert!(taken.iter().all(|points| !points.contains_key("idle")));
    assert_eq!(own(&registry, "dropped"), 3);
    adds_up(&registry);
    let last = &taken[2];
    assert_eq!(
        (&last["level"]["value"], &last["level"]["temporality"]),
        (&json!(4), &json!("cumulative"))
    );
    // Each begins where the one before ended.
    assert_eq!(last["jobs"]["temporality"], "delta");
    assert_eq!(last["jobs"]["start"], taken[1]["jobs"]["time"]);
}

#[test]
fn what_waits_gives_way_to_what_is_newer() {
    let receiver = Receiver::start("otlp-newer", &["503:2"]);
    let registry = Registry::new();
    let jobs = registry.counter("jobs").unwrap();
    let otlp = builder(&registry, &receiver).start().unwrap();
    jobs.inc();
    assert!(matches!(
        otlp.flush(Duration::from_millis(600)),
        Err(DeliveryError::Queued { left: 1 } | DeliveryError::Late)
    ));
    jobs.inc();
    otlp.flush(LONG).unwrap();
    assert_eq!(receiver.answers(), ["503:2", "200"]);
    assert_eq!(receiver.taken()[0]["jobs"]["value"], 2);
    assert_eq!(
        (
            own(&registry, "offered"),
            own(&registry, "sent"),
            own(&registry, "dropped")
        ),
        (1, 1, 0)
    );
}

#[test]
fn points_that_a_receiver_rejects_are_counted() {
    let receiver = Receiver::start("otlp-partial", &["partial:3"]);
    let registry = Registry::new();
    for number in 0..5 {
        registry.counter(&format!("c{number}")).unwrap().inc();
    }
    let otlp = builder(&registry, &receiver)
        .header("Api-Key", "secret")
        .start()
        .unwrap();
    assert_eq!(otlp.flush(LONG), Err(DeliveryError::Dropped { lost: 3 }));
    assert_eq!((own(&registry, "sent"), own(&registry, "dropped")), (2, 3));
    assert_eq!(own(&registry, "errors/partialSuccess"), 1);
    // It was a success: nothing is sent again.
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(receiver.requests()[0]["headers"]["api-key"], "secret");
    adds_up(&registry);
}

#[test]
fn a_receiver_that_comes_later_gets_everything_and_nobody_waits_for_it() {
    let registry = Registry::new();
    let jobs = registry.counter("jobs").unwrap();
    let port = free_port();
    let otlp = Otlp::builder()
        .endpoint(format!("http://127.0.0.1:{port}"))
        .every(Duration::from_millis(100))
        .registry(&registry)
        .start()
        .unwrap();
    let began = Instant::now();
    for _ in 0..1_000_000 {
        jobs.inc();
    }
    assert!(began.elapsed() < Duration::from_secs(5));
    until("it failed", || {
        (own(&registry, "errors/refused") > 0).then_some(())
    });
    let receiver = Receiver::start_at(port, "otlp-later", &[]);
    until("all is there", || {
        let taken = receiver.taken();
        (taken.last()?["jobs"]["value"] == 1_000_000).then_some(())
    });
    drop(otlp);
    receiver.found_nothing_wrong();
    adds_up(&registry);
}

#[test]
fn a_receiver_that_hangs_does_not_keep_a_program_from_ending() {
    let receiver = Receiver::start("otlp-hangs", &["hang"; 20]);
    let registry = Registry::new();
    registry.counter("jobs").unwrap().inc();
    let otlp = builder(&registry, &receiver).start().unwrap();
    let began = Instant::now();
    let stopped = otlp.stop(Duration::from_millis(300));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(stopped, Err(DeliveryError::Queued { left: 1 }));
}

#[test]
fn names_beyond_ascii_stay_apart() {
    let receiver = Receiver::start("otlp-names", &[]);
    let registry = Registry::new();
    let names = ["ünï.x", "änö.x", "数据", "指标", "a:b.c", "a b.c", "a;b.c"];
    for (name, count) in names.iter().zip(1_u64..) {
        registry.counter(name).unwrap().add(count);
    }
    let otlp = builder(&registry, &receiver).start().unwrap();
    otlp.flush(LONG).unwrap();
    receiver.found_nothing_wrong();
    let points = &receiver.taken()[0];
    let values: Vec<u64> = points
        .values()
        .filter_map(|point| point["value"].as_u64())
        .collect();
    assert_eq!(
        (values.len(), values.iter().sum::<u64>()),
        (7, 28),
        "{points:?}"
    );
    assert_eq!(points["a_20_b.c"]["value"], 6);
    adds_up(&registry);
}

#[test]
fn what_has_the_name_of_another_is_told_as_dropped() {
    let receiver = Receiver::start("otlp-clash", &[]);
    let registry = Registry::new();
    registry.counter("a b").unwrap().add(2_u32);
    registry.counter("a_20_b").unwrap().add(3_u32);
    let otlp = builder(&registry, &receiver).start().unwrap();
    assert_eq!(otlp.flush(LONG), Err(DeliveryError::Dropped { lost: 1 }));
    assert_eq!(own(&registry, "errors/nameTaken"), 1);
    assert_eq!((own(&registry, "sent"), own(&registry, "dropped")), (1, 1));
    adds_up(&registry);
}

#[test]
fn an_address_that_is_none_or_needs_tls_is_told_at_start() {
    let start = |url: &str| Otlp::builder().endpoint(url).start().map(drop);
    assert!(matches!(
        start("collector:4318"),
        Err(StartError::Address { .. })
    ));
    assert!(matches!(
        start("https://collector:4318"),
        Err(StartError::Tls { .. })
    ));
}
