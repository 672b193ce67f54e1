//! What is scraped: a server with one of everything.

use std::time::Duration;

use calipers::prelude::*;
use calipers::{CountBy, Info, Max, Meter, StateSet, StateTime, States, Sum, UpDownCounter};
use calipers_tests::random::Random;

/// The process, as a server would have it.
#[derive(Instrumented)]
pub(crate) struct Server {
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
pub(crate) struct Worker {
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
pub(crate) enum Phase {
    WaitingForTask,
    PerformingTask,
}

pub(crate) const HOSTILE: [&str; 9] = [
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
pub(crate) fn record(server: &Server) -> [Worker; 2] {
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
pub(crate) fn log_normal(random: &mut Random, median: f64) -> f64 {
    let [a, b] = [random.share(), random.share()];
    median * ((-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()).exp()
}
