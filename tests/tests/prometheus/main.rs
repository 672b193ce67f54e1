//! Prometheus, against the real one: what it stores is what the snapshot holds, and its judges find no fault.
//!
//! One server is scraped by two of them. The one with native histograms asks for protobuf, the other for OpenMetrics; the
//! plain text format, which neither asks for, is read by promtool and by a parser in another language.

mod judges;
mod scraper;
mod subject;

use std::process::Command;
use std::time::Duration;

use calipers::prelude::*;
use calipers::report::http::serve_in_background;
use calipers::report::prometheus::{Depth, Exposition, Format};
use calipers::{Registry, Snapshot, StateTime};
use calipers_tests::parts::program;
use calipers_tests::random::Random;

use judges::{as_stored, assert_same, fed, judged_by_python, read_by_python, text};
use scraper::Prometheus;
use subject::{HOSTILE, Phase, Server, log_normal, record};

fn exposition(snapshot: &Snapshot, options: &Exposition, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    options.write(snapshot, format, &mut out);
    out
}

const HISTOGRAMS: [&str; 6] = [
    "server_body_size_bytes",
    "server_unused",
    "server_latency_seconds",
    "server_query_seconds",
    "server_task_seconds",
    "server_task_by_thread_seconds",
];

#[test]
fn prometheus_stores_every_value_of_the_snapshot() {
    let server = Server::init("/server");
    let _workers = record(&server);
    let page = serve_in_background("127.0.0.1:0", "test").unwrap();
    let port = page.local_addr().port();
    let native = Prometheus::scraping("native", port, &["--enable-feature=native-histograms"]);
    let classic = Prometheus::scraping("classic", port, &[]);
    native.scraped();
    classic.scraped();
    let snapshot = calipers::snapshot();

    // Everything in the exposition, series by series.
    let both = Exposition::new().depth(Depth::Both);
    let open = exposition(&snapshot, &both, Format::OpenMetrics);
    let expected = as_stored(read_by_python("openmetrics", &open), &[]);
    assert_same(&classic.numbers(), &expected);
    let plain = exposition(&snapshot, &both, Format::Text);
    let expected = as_stored(read_by_python("text", &plain), &HISTOGRAMS);
    assert_same(&native.numbers(), &expected);
    assert!(expected.len() > 40, "{}", expected.len());

    // And by hand, what it should be.
    let counter = |path: &str| snapshot.counter(path).unwrap() as f64;
    for (series, value) in [
        ("server_requests_total", counter("/server/requests")),
        ("server_sent_bytes_total", counter("/server/sent") * 1024.0),
        ("server_connections", -3.0),
        (
            "server_disk_ratio",
            snapshot.gauge("/server/disk").unwrap() / 100.0,
        ),
        ("server_largest", u64::MAX as f64),
        ("server_leading", 1.0),
        (
            r#"server_build_info{version="1.0",commit_id="a\"b\\c\nd"}"#,
            1.0,
        ),
        ("server_received_total", 77.0),
        (r#"server_by_path_total{path="/index"}"#, 1.0),
        (
            r#"server_by_path_total{path="a\"} 1\nevil_total 666\n"}"#,
            2.0,
        ),
        (r#"server_by_path_total{path="nul ␀0 inside"}"#, 6.0),
        (r#"server_by_path_total{path="␀1"}"#, 7.0),
        (r#"server_phase{state="performing_task"}"#, 2.0),
        (r#"server_phase{state="waiting_for_task"}"#, 0.0),
        ("server_finished_total", counter("/server/finished")),
        (
            r#"server_finished_by_thread_total{thread="a"}"#,
            counter("/server/a/finished"),
        ),
        (r#"server_errors_total{reason="b"}"#, 1.0),
        (
            r#"server_errors_by_thread_total{thread="b",reason="b"}"#,
            1.0,
        ),
        ("server_heat_celsius", 36.6),
        ("server_latency_in_flight", 1.0),
        (r#"server_latency_outcomes_total{outcome="ok"}"#, 20_000.0),
        (r#"server_mode{thread="a",server_mode="mode a"}"#, 1.0),
        (
            r#"server_spent_seconds_total{thread="a",state="performing_task"}"#,
            0.0,
        ),
    ] {
        assert_eq!(native.number(series), value, "{series}");
        assert_eq!(classic.number(series), value, "{series}");
    }
    for scraper in [&native, &classic] {
        assert!(scraper.query("evil_total").is_empty());
    }
    native_histograms_are_the_snapshots(&native, &snapshot);
    page.stop();
}

fn native_histograms_are_the_snapshots(native: &Prometheus, snapshot: &Snapshot) {
    let timed = |path: &str| {
        let timer = snapshot.timer(path).unwrap();
        let all = timer.lifetime();
        (all.count() as f64, all.distribution().sum() / 1e9)
    };
    let sizes = snapshot.histogram("/server/bodySize").unwrap().lifetime();
    for (series, (count, sum)) in [
        ("server_latency_seconds", timed("/server/latency")),
        ("server_task_seconds", timed("/server/task")),
        (
            r#"server_task_by_thread_seconds{thread="b"}"#,
            timed("/server/b/task"),
        ),
        (r#"server_query_seconds{table="orders"}"#, (1.0, 0.015)),
        (
            "server_body_size_bytes",
            (sizes.count() as f64, sizes.sum()),
        ),
        ("server_unused", (0.0, 0.0)),
    ] {
        assert_eq!(
            native.number(&format!("histogram_count({series})")),
            count,
            "{series}"
        );
        assert_eq!(
            native.number(&format!("histogram_sum({series})")),
            sum,
            "{series}"
        );
    }
    // Against what was really recorded, and against what the snapshot says.
    let mut random = Random::new(4);
    let (mut sizes, mut latencies) = (Vec::new(), Vec::new());
    for _ in 0..20_000 {
        sizes.push(log_normal(&mut random, 2000.0));
        latencies.push(log_normal(&mut random, 0.003));
    }
    let latency = snapshot.timer("/server/latency").unwrap().lifetime();
    let size = snapshot.histogram("/server/bodySize").unwrap().lifetime();
    for (name, recorded, shown) in [
        ("server_body_size_bytes", &mut sizes, &|q| {
            size.quantile(q).unwrap()
        }),
        ("server_latency_seconds", &mut latencies, &|q| {
            latency.quantile(q).unwrap().as_secs_f64()
        }),
    ] as [(&str, &mut Vec<f64>, &dyn Fn(f64) -> f64); 2]
    {
        recorded.sort_by(f64::total_cmp);
        let mut worst = 0.0_f64;
        for q in [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] {
            let quantile = native.number(&format!("histogram_quantile({q}, {name})"));
            let rank = (q * recorded.len() as f64).ceil() as usize - 1;
            for (whose, truth) in [("recorded", recorded[rank]), ("the snapshot's", shown(q))] {
                let error = (quantile / truth - 1.0).abs();
                assert!(error <= 0.011, "{name} at {q}: {quantile}, {whose} {truth}");
                worst = worst.max(error);
            }
        }
        println!(
            "figure: quantiles of {name} are off by at most {:.2} %",
            100.0 * worst
        );
    }
}

#[test]
fn promtool_finds_no_fault() {
    let registry = Registry::new();
    let server: Server = Server::init_in(&registry, "/server");
    let _workers = record(&server);
    let snapshot = registry.snapshot();
    for depth in [Depth::Totals, Depth::Instances, Depth::Both] {
        let text = exposition(&snapshot, &Exposition::new().depth(depth), Format::Text);
        let mut command = Command::new(program("promtool"));
        command.args(["check", "metrics"]);
        let (passed, said) = fed(command, &text);
        assert!(
            passed && said.is_empty(),
            "{said}\n{}",
            String::from_utf8_lossy(&text)
        );
    }
}

#[test]
fn the_parsers_of_another_language_agree() {
    let registry = Registry::new();
    for (name, value) in [
        ("odd.nan", f64::NAN),
        ("odd.up", f64::INFINITY),
        ("odd.down", -f64::INFINITY),
    ] {
        registry.gauge_fn(name, move || value).unwrap();
    }
    let server: Server = Server::init_in(&registry, "/server");
    let _workers = record(&server);
    let snapshot = registry.snapshot();
    for options in [
        Exposition::new(),
        Exposition::new()
            .depth(Depth::Both)
            .buckets([0.005, 0.3, 2000.0]),
        Exposition::new().depth(Depth::Instances).prefix("app"),
    ] {
        let options = options.created(false);
        let open = exposition(&snapshot, &options, Format::OpenMetrics);
        let plain = exposition(&snapshot, &options, Format::Text);
        let samples = read_by_python("openmetrics", &open);
        assert_same(&samples, &read_by_python("text", &plain));
    }
    let all = exposition(&snapshot, &Exposition::new(), Format::OpenMetrics);
    let families = judged_by_python("openmetrics", &all);
    let named = |name: &str| {
        families
            .iter()
            .find(|family| family["name"] == name)
            .expect(name)
    };
    for (name, kind, unit, help) in [
        ("server_requests", "counter", "", "Requests served."),
        ("server_sent_bytes", "counter", "bytes", "What was sent."),
        ("server_build", "info", "", "What was built."),
        (
            "server_mode",
            "stateset",
            "",
            "In which mode it is. Nobody counts them.",
        ),
        (
            "server_latency_seconds",
            "histogram",
            "seconds",
            "Time to answer.",
        ),
        ("server_phase", "gauge", "", "What the workers are doing."),
        ("odd_nan", "gauge", "", "gauge at /odd/nan"),
    ] {
        let family = named(name);
        assert_eq!(family["type"], kind, "{name}");
        assert_eq!(family["unit"], unit, "{name}");
        assert_eq!(family["help"], help, "{name}");
    }
    let keys = named("server_by_path")["samples"]
        .as_array()
        .unwrap()
        .iter();
    let keys: Vec<String> = keys
        .filter(|sample| sample[0] == "server_by_path_total")
        .map(|sample| text(&sample[1]["path"]))
        .collect();
    let mut expected = HOSTILE.map(|key| {
        key.replace('\u{2400}', "\u{2400}1")
            .replace('\0', "\u{2400}0")
    });
    expected.sort();
    let mut found = keys;
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn whatever_things_are_called_the_exposition_is_valid() {
    const SEGMENTS: [&str; 16] = [
        "a",
        "A",
        "b-c",
        "b_c",
        "bC",
        "size",
        "size_count",
        "size_total",
        "size_bucket",
        "size_sum",
        "created",
        "info",
        "seconds",
        "日本",
        "\"\\",
        "9",
    ];
    let mut random = Random::new(10);
    for _ in 0..10 {
        let registry = Registry::new();
        for _ in 0..150 {
            let depth = 1 + random.below(3);
            let segments: Vec<&str> = (0..depth)
                .map(|_| SEGMENTS[random.below(SEGMENTS.len() as u64) as usize])
                .collect();
            open_any(&registry, &segments.join("/"), random.below(8));
        }
        let snapshot = registry.snapshot();
        let options = Exposition::new().buckets([0.1]);
        let open = exposition(&snapshot, &options, Format::OpenMetrics);
        assert!(read_by_python("openmetrics", &open).len() > 50);
        let plain = exposition(&snapshot, &options, Format::Text);
        assert!(read_by_python("text", &plain).len() > 50);
        let mut command = Command::new(program("promtool"));
        command.args(["check", "metrics"]);
        // It finds fault with such names, and reads them nevertheless.
        let (_, said) = fed(command, &plain);
        assert!(
            !said.contains("error while linting"),
            "{said}\n{}",
            String::from_utf8_lossy(&plain)
        );
    }
}

/// Opens a stat of some kind, unless the path is taken.
fn open_any(registry: &Registry, path: &str, kind: u64) {
    match kind {
        0 => registry.counter(path).map(|stat| stat.inc()),
        1 => registry.gauge(path).map(|stat| stat.set(0.5)),
        2 => registry.histogram(path).map(|stat| stat.record(3)),
        3 => registry
            .timer(path)
            .map(|stat| stat.record(Duration::from_millis(3))),
        4 => registry.meter(path).map(|stat| stat.inc()),
        5 => registry
            .state_set(path)
            .map(|stat| stat.set("on".to_owned())),
        6 => registry
            .get::<Family<String, Timer>>(path)
            .map(|stat| stat.get("k").record(Duration::ZERO)),
        _ => registry
            .get::<StateTime<Phase>>(path)
            .map(|stat| stat.set(Phase::PerformingTask)),
    }
    .unwrap_or_default();
}

#[test]
fn a_hundred_thousand_series_are_written_each_once() {
    #[derive(Instrumented)]
    struct Items {
        /// Requests by item.
        #[stat(label = "path", cap = 100_000)]
        requests: Family<String, Counter>,
    }
    const COUNTERS: u32 = 100_000;
    let registry = Registry::new();
    let items: Items = Items::init_in(&registry, "/items");
    for item in 0..COUNTERS {
        items.requests.get(format!("/item/{item:06}")).add(item);
    }
    let text = exposition(&registry.snapshot(), &Exposition::new(), Format::Text);
    let text = String::from_utf8(text).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    for item in 0..COUNTERS {
        let expected = format!("items_requests_total{{path=\"/item/{item:06}\"}} {item}");
        assert_eq!(lines.next(), Some(expected.as_str()));
    }
    assert_eq!(lines.next(), None);
}
