//! Prometheus, against the real one: what it stores is what the snapshot holds, and its judges find no fault.
//!
//! One server is scraped by two of them. The one with native histograms asks for protobuf, the other for OpenMetrics; the
//! plain text format, which neither asks for, is read by promtool and by a parser in another language.

mod parts;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::report::http::serve_in_background;
use calipers::report::prometheus::{Depth, Exposition, Format};
use calipers::{
    CountBy, Info, Max, Meter, Registry, Snapshot, StateSet, StateTime, States, Sum, UpDownCounter,
};
use calipers_tests::random::Random;
use serde_json::Value as Json;

use parts::{Folder, Part, beside_install, free_port, installed, program, until};

/// The process, as a server would have it.
#[derive(Instrumented)]
struct Server {
    /// Requests served.
    requests: Counter,
    /// What was sent.
    #[stat(unit = "KiBy")]
    sent: Counter,
    /// Connections open.
    connections: UpDownCounter,
    /// How full the disk is.
    #[stat(unit = "%")]
    disk: Gauge,
    /// The largest number there is.
    largest: Gauge<u64>,
    /// Whether it leads.
    leading: Gauge<bool>,
    /// What was built.
    #[stat(with = [("version", "1.0"), ("commit-id", "a\"b\\c\nd")])]
    build: Info,
    /// Size of what came in.
    #[stat(unit = "By", name = "bodySize")]
    body_size: Histogram,
    /// Nothing was recorded here.
    #[expect(dead_code, reason = "a histogram without values is shown too")]
    unused: Histogram,
    /// Time to answer.
    latency: Timer,
    /// Messages that came in.
    received: Meter,
    /// Requests by path.
    #[stat(label = "path")]
    by_path: Family<String, Counter>,
    /// Time for a query, by table.
    #[stat(label = "table")]
    query: Family<String, Timer>,
    /// What the workers are doing.
    phase: CountBy<StateSet<Phase>>,
    /// Tasks done.
    finished: Sum<Counter>,
    /// Tasks failed, by reason.
    #[stat(label = "reason")]
    errors: Sum<Family<String, Counter>>,
    /// Time to do a task.
    task: Sum<Timer>,
    /// The hottest worker.
    #[stat(unit = "Cel")]
    heat: Max<Gauge>,
}

#[derive(Instrumented)]
#[instrumented(parent = Server, label = "thread")]
struct Worker {
    /// What this worker is doing.
    phase: StateSet<Phase>,
    /// Tasks done by this worker.
    finished: Counter,
    /// Tasks failed, by reason.
    #[stat(label = "reason")]
    errors: Family<String, Counter>,
    /// Time to do a task.
    task: Timer,
    /// How hot it is.
    #[stat(unit = "Cel")]
    heat: Gauge,
    /// Time in each phase. Nobody adds it up.
    #[expect(
        dead_code,
        reason = "its numbers would change between a scrape and a snapshot"
    )]
    spent: StateTime<Phase>,
    /// In which mode it is. Nobody counts them.
    mode: StateSet<String>,
}

#[derive(States)]
enum Phase {
    WaitingForTask,
    PerformingTask,
}

const HOSTILE: [&str; 9] = [
    "/index",
    "a\"} 1\nevil_total 666\n",
    "\\",
    "# EOF",
    " \u{2028} ",
    "nul \0 inside",
    "\u{2400}",
    "日本",
    "{le=\"+Inf\"}",
];

/// Everything there is, with something in it.
fn record(server: &Server) -> [Worker; 2] {
    let mut random = Random::new(4);
    server.requests.add(12_345_u32);
    server.sent.add(3);
    server.connections.add(2);
    server.connections.sub(5);
    server.disk.set(12.5);
    server.largest.set(u64::MAX);
    server.leading.set(true);
    for _ in 0..20_000 {
        server.body_size.record(log_normal(&mut random, 2000.0));
        server
            .latency
            .record(Duration::from_secs_f64(log_normal(&mut random, 0.003)));
    }
    server.received.add(77);
    for (number, key) in HOSTILE.into_iter().enumerate() {
        server.by_path.get(key).add(number + 1);
    }
    server.query.get("orders").record(Duration::from_millis(15));
    drop(server.query.get("users").start());
    std::mem::forget(server.latency.start()); // in flight for ever
    ["a", "b"].map(|name| {
        let worker = Worker::init_child(server, name);
        worker.phase.set(Phase::PerformingTask);
        worker.finished.add(name.len() + 3);
        worker.errors.get(name).inc();
        worker.task.record(Duration::from_micros(1500));
        worker.heat.set(36.6);
        worker.mode.set(format!("mode {name}"));
        worker
    })
}

/// A number whose logarithm is normally distributed: what latencies look like.
fn log_normal(random: &mut Random, median: f64) -> f64 {
    let [a, b] = [random.share(), random.share()];
    median * ((-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()).exp()
}

/// A series: its name, and its labels by name.
type Series = (String, BTreeMap<String, String>);

/// What the library says of itself changes with each scrape, and Prometheus adds series of its own.
fn is_the_programs(name: &str) -> bool {
    !name.starts_with("calipers_") && !name.starts_with("scrape_") && name != "up"
}

/// Compares series by series, and shows only what differs.
fn assert_same(found: &BTreeMap<Series, u64>, expected: &BTreeMap<Series, u64>) {
    let mut differ = Vec::new();
    for series in found.keys().chain(expected.keys()) {
        let [a, b] = [found, expected].map(|all| all.get(series).copied().map(f64::from_bits));
        if found.get(series) != expected.get(series) {
            differ.push(format!("{series:?}: found {a:?}, expected {b:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What was read, as bits: so NaN is NaN, and nothing is nearly right.
fn bits(number: &str) -> u64 {
    number
        .parse::<f64>()
        .unwrap_or_else(|_| panic!("`{number}` is no number"))
        .to_bits()
}

/// The samples that Python's parser finds in an exposition, by series.
fn read_by_python(format: &str, exposition: &[u8]) -> BTreeMap<Series, u64> {
    let mut samples = BTreeMap::new();
    for family in judged_by_python(format, exposition) {
        for sample in family["samples"].as_array().unwrap() {
            let labels = sample[1].as_object().unwrap().iter();
            let labels = labels
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            let before = samples.insert((text(&sample[0]), labels), bits(&text(&sample[2])));
            assert!(before.is_none(), "{sample} stands there twice");
        }
    }
    samples
}

fn judged_by_python(format: &str, exposition: &[u8]) -> Vec<Json> {
    let mut command = Command::new(installed("prometheus-client/bin/python"));
    command
        .arg(beside_install("prometheus-parse.py"))
        .arg(format);
    let (passed, out) = fed(command, exposition);
    assert!(passed, "{out}\n{}", String::from_utf8_lossy(exposition));
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}"))
}

/// Runs a program with this as its input; whether it succeeded, and what it said.
fn fed(mut command: Command, input: &[u8]) -> (bool, String) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(input).ok()); // a judge may have seen enough before the end
        child.wait_with_output().unwrap()
    });
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

fn exposition(snapshot: &Snapshot, options: &Exposition, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    options.write(snapshot, format, &mut out);
    out
}

/// A Prometheus that scrapes one server.
struct Prometheus {
    running: Part, // ends before its folder does
    _folder: Folder,
    port: u16,
}

impl Prometheus {
    fn scraping(name: &str, port: u16, more: &[&str]) -> Prometheus {
        let folder = Folder::new(name);
        let conf = folder.write(
            "prometheus.yml",
            &format!(
                "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: calipers\n    \
                 params: {{ depth: [both] }}\n    static_configs: [{{ targets: ['127.0.0.1:{port}'] }}]\n"
            ),
        );
        let own = free_port();
        let mut command = Command::new(program("prometheus"));
        command
            .arg(format!("--config.file={}", conf.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{own}"))
            .args(more);
        Prometheus {
            running: Part::start(command, &folder),
            _folder: folder,
            port: own,
        }
    }

    fn api(&self, path: &str) -> Option<Json> {
        let (status, body) = get(self.port, path, "application/json")?;
        if status.contains("503") {
            return None; // it is starting
        }
        assert!(status.contains("200"), "{path}: {status} {body}");
        Some(serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }

    fn query(&self, query: &str) -> Vec<Json> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = self
            .api(&format!("/api/v1/query?query={encoded}"))
            .expect("an answer");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// Waits until the target was scraped, and says what the scraper has to say of it.
    fn scraped(&self) {
        until("the target is up", || {
            let targets = self.api("/api/v1/targets")?;
            let target = targets["data"]["activeTargets"].get(0)?.clone();
            let error = target["lastError"].as_str().unwrap_or_default();
            assert!(error.is_empty(), "{error}\n{}", self.running.output());
            (target["health"] == "up").then_some(())
        });
        until("the scrape is stored", || {
            (!self.query("up == 1").is_empty()).then_some(())
        });
    }

    /// All numbers that it has of the program, by series, without what it adds to them.
    fn numbers(&self) -> BTreeMap<Series, u64> {
        let stored = self.query("{job=\"calipers\"}").into_iter();
        let numbers = stored.filter_map(|series| {
            let number = bits(series["value"].get(1)?.as_str()?);
            Some((stored_series(&series), number))
        });
        numbers
            .filter(|((name, _), _)| is_the_programs(name))
            .collect()
    }

    fn number(&self, query: &str) -> f64 {
        let found = self.query(query);
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        text(&found[0]["value"][1]).parse().unwrap()
    }
}

fn stored_series(series: &Json) -> Series {
    let mut labels: BTreeMap<String, String> = series["metric"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    for added in ["job", "instance"] {
        labels.remove(added).expect("a label that Prometheus adds");
    }
    (labels.remove("__name__").unwrap(), labels)
}

/// An answer's status line and body.
fn get(port: u16, path: &str, accept: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}

/// A series as a scraper stores it whose time series are the samples that Python reads: without those of histograms, when
/// they are native.
fn as_stored(samples: BTreeMap<Series, u64>, native: &[&str]) -> BTreeMap<Series, u64> {
    let is_native = |name: &str| {
        let parts = ["_bucket", "_count", "_sum"];
        native.iter().any(|whole| {
            name.strip_prefix(whole)
                .is_some_and(|part| parts.contains(&part))
        })
    };
    let kept = samples
        .into_iter()
        .filter(|((name, _), _)| is_the_programs(name) && !is_native(name));
    // To Prometheus, an empty label is none.
    kept.map(|((name, mut labels), number)| {
        labels.retain(|_, value| !value.is_empty());
        ((name, labels), number)
    })
    .collect()
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
fn a_scrape_of_100_000_counters_is_written_as_fast_as_it_is_sent() {
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
        items
            .requests
            .get(format!("/api/v1/items/{item:06}"))
            .add(item);
    }
    let snapshot = registry.snapshot();
    let mut out = Vec::new();
    let took = (0..10).map(|_| {
        out.clear();
        let began = Instant::now();
        Exposition::new().write(&snapshot, Format::Text, &mut out);
        began.elapsed()
    });
    let took = took.min().unwrap();
    assert_eq!(
        out.iter().filter(|byte| **byte == b'\n').count(),
        COUNTERS as usize + 2
    );
    println!(
        "figure: text of {COUNTERS} counters takes {:.1} ns a series",
        took.as_nanos() as f64 / f64::from(COUNTERS)
    );
    // Far above what it takes when nothing is optimised and everything else runs beside it.
    assert!(took < Duration::from_secs(1), "{took:?}");
}
