//! Whole expositions, as they are sent.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::{Gauge, Histogram, Info, Max, Meter, StateTime, Text, UpDownCounter};

/// One of every kind of stat.
#[derive(Instrumented)]
struct Everything {
    /// Requests served.
    #[stat(name = "requestsServed")]
    requests: Counter,
    /// What was sent.
    #[stat(unit = "KiBy")]
    sent: Counter,
    /// Connections open.
    connections: UpDownCounter,
    /// How full the disk is.
    #[stat(unit = "%")]
    disk: Gauge,
    /// Set to something that is no number.
    odd: Gauge,
    /// Whether there is a leader.
    #[stat(with = || true)]
    leader: Gauge<bool>,
    /// Not a number, and not shown.
    message: Text,
    /// What was built.
    #[stat(with = [("version", "1.0"), ("commit-id", "a\"b")])]
    build: Info,
    /// What it is doing.
    phase: StateSet<Phase>,
    /// What came in at a time.
    #[stat(name = "batchSize")]
    batch: Histogram,
    /// Time to answer.
    latency: Timer,
    /// Messages that came in.
    received: Meter,
    /// By method and status.
    #[stat(label = "method")]
    status: Family<String, Family<u16, Counter>>,
    /// By table.
    query: Family<String, Timer>,
}

fn everything(registry: &Registry) -> Everything {
    let all: Everything = init_in(registry, "/web", ());
    all.requests.add(3);
    all.sent.add(2);
    all.connections.add(4);
    all.connections.sub(6);
    all.disk.set(12.5);
    all.odd.set(f64::NAN);
    all.message.set("hello");
    all.phase.set(Phase::PerformingTask);
    for size in [0, 1, 10, 11, 100] {
        all.batch.record(size);
    }
    all.latency.record(Duration::from_millis(250));
    all.received.add(7);
    all.status.get("GET").get(200).add(5);
    all.status.get("GET").get(404).inc();
    all.query.get("orders").record(Duration::from_secs(2));
    all
}

const BOUNDS: [f64; 2] = [0.3, 10.0];

#[test]
fn the_text_format_is_written_to_the_byte() {
    let registry = Registry::new();
    let _all = everything(&registry);
    let text = Exposition::new().buckets(BOUNDS).text(&registry.snapshot());
    assert_eq!(text, include_str!("everything.txt"));
}

#[test]
fn open_metrics_is_written_to_the_byte() {
    let registry = Registry::new();
    let _all = everything(&registry);
    let text = open_metrics(Exposition::new().buckets(BOUNDS), &registry);
    assert_eq!(text, include_str!("everything.openmetrics"));
}

#[test]
fn nothing_recorded_is_an_exposition_too() {
    let registry = Registry::new();
    let snapshot = registry.snapshot();
    assert_eq!(Exposition::new().text(&snapshot), "");
    assert_eq!(open_metrics(Exposition::new(), &registry), "# EOF\n");
    let mut out = Vec::new();
    Exposition::new().write(&snapshot, Format::Protobuf, &mut out);
    assert_eq!(out, b"");
}

#[test]
fn a_prefix_begins_every_name() {
    let registry = Registry::new();
    registry.counter("9lives").unwrap().inc();
    let prefixed = Exposition::new()
        .prefix("my-app")
        .text(&registry.snapshot());
    assert_eq!(samples(&prefixed), ["my_app_9lives_total 1"]);
    let bare = Exposition::new().prefix("").text(&registry.snapshot());
    assert_eq!(samples(&bare), ["_9lives_total 1"]);
}

#[test]
fn counting_began_when_the_stat_was_made() {
    let registry = Registry::new();
    let before = SystemTime::now();
    registry.counter("jobs").unwrap().inc();
    registry.gauge("level").unwrap().set(1.0);
    let after = SystemTime::now();
    let mut out = Vec::new();
    let snapshot = registry.snapshot();
    Exposition::new().write(&snapshot, Format::OpenMetrics, &mut out);
    let text = String::from_utf8(out).unwrap();
    let [total, created, level] = samples(&text)[..] else {
        panic!("{text}");
    };
    assert_eq!([total, level], ["jobs_total 1", "level 1.0"]);
    let seconds: f64 = created
        .strip_prefix("jobs_created ")
        .unwrap()
        .parse()
        .unwrap();
    let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(
        since(before) - 0.002 < seconds && seconds < since(after) + 0.002,
        "{seconds}"
    );
    let plain = Exposition::new().text(&snapshot);
    assert_eq!(samples(&plain), [total, level]);
}

#[test]
fn numbers_that_are_none_are_shown_as_such() {
    let registry = Registry::new();
    for (name, value) in [
        ("nan", f64::NAN),
        ("up", f64::INFINITY),
        ("down", -f64::INFINITY),
    ] {
        registry.gauge_fn(name, move || value).unwrap();
    }
    let text = Exposition::new().text(&registry.snapshot());
    assert_eq!(samples(&text), ["down -Inf", "nan NaN", "up +Inf"]);
}

#[test]
fn of_an_open_set_of_states_the_one_that_holds_is_shown() {
    let registry = Registry::new();
    let mode = registry.state_set("mode").unwrap();
    assert_eq!(Exposition::new().text(&registry.snapshot()), "");
    for state in ["standby", "full \"speed\""] {
        mode.set(state.to_owned());
    }
    let text = Exposition::new().text(&registry.snapshot());
    assert_eq!(samples(&text), [r#"mode{mode="full \"speed\""} 1"#]);
}

#[test]
fn what_is_folded_shows_as_what_it_folds() {
    #[derive(Instrumented)]
    struct Pool {
        /// The hottest.
        #[stat(unit = "Cel")]
        heat: Max<Gauge>,
    }
    #[derive(Instrumented)]
    struct Unit {
        heat: Gauge,
    }
    let registry = Registry::new();
    let pool: Pool = init_in(&registry, "/pool", ());
    assert_eq!(
        Exposition::new().text(&registry.snapshot()),
        "",
        "nothing to fold yet"
    );
    let unit = Unit::init_child(&pool, "one");
    unit.heat.set(21.5);
    let text = Exposition::new().text(&registry.snapshot());
    assert_eq!(samples(&text), ["pool_heat_celsius 21.5"]);
}

#[test]
fn time_by_state_counts_seconds() {
    let t = crate::test::isolated_with_clock();
    let registry = Registry::new();
    let steps: StateTime<String> = registry.get("steps").unwrap();
    steps.set("reading".to_owned());
    t.advance(Duration::from_millis(1500));
    steps.set("writing".to_owned());
    t.advance(Duration::from_secs(2));
    let text = Exposition::new().text(&t.snapshot_of(&registry));
    assert_eq!(
        samples(&text),
        [
            "steps_seconds_total{state=\"reading\"} 1.5",
            "steps_seconds_total{state=\"writing\"} 2.0"
        ]
    );
}
