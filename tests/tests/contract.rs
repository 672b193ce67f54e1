//! The code of the contract, excerpt by excerpt, as it is written there, and that it does what its comments say.
//!
//! Paths are those of the contract, so this file is a program of its own and its tests count into scopes of their own.

use std::time::Duration;

use calipers::prelude::*;
use calipers::test::{isolated, isolated_with_clock};
use calipers::{CountBy, Meter, StateSet, States, Sum};
use calipers_tests::task;

#[derive(Clone)]
struct Pool(&'static str);

#[derive(Debug, PartialEq)]
struct Error;

/// One front-end worker.
#[derive(Instrumented)]
struct Handler {
    /// Requests served.
    requests: Counter,
    /// Time to serve one request.
    latency: Timer,
    #[stat(name = "byPath", label = "path")]
    by_path: Family<String, Counter>,
    #[stat(unit = "By")]
    body_size: Histogram,
    #[stat(skip)]
    pool: Pool,
    #[stat(skip = Vec::new())]
    scratch: Vec<u8>,
}

impl Handler {
    fn new(pool: Pool) -> Self {
        Handler::init("/handler", HandlerParts { pool })
    }
    fn handle(&self, path: &str, body: &[u8]) {
        let _timing = self.latency.start();
        self.requests.inc();
        self.by_path.get(path).inc();
        self.body_size.record(body.len());
    }
    #[timed(self.latency)]
    async fn handle_async(&mut self) -> Result<(), Error> {
        task::pause().await;
        self.scratch.push(1);
        if self.scratch.len() > 1 {
            Err(Error)
        } else {
            Ok(())
        }
    }
}

#[test]
fn a_struct_of_stats_shows_up_under_its_path() {
    let t = isolated_with_clock();
    let mut handler = Handler::new(Pool("db"));
    handler.handle("/index", b"four");
    handler.handle("/index", b"");
    assert_eq!(task::run(handler.handle_async()), Ok(()));
    assert_eq!(task::run(handler.handle_async()), Err(Error));

    let snapshot = t.snapshot();
    assert_eq!(snapshot.counter("/handler/requests"), Some(2));
    assert_eq!(snapshot.counter("/handler/byPath/%2Findex"), Some(2));
    let size = snapshot.histogram("/handler/body_size").unwrap().lifetime();
    assert_eq!((size.count(), size.sum(), size.max()), (2, 4.0, Some(4.0)));
    let latency = snapshot.timer("/handler/latency").unwrap();
    assert_eq!((latency.lifetime().count(), latency.in_flight()), (4, 0));
    assert_eq!((latency.outcomes().ok, latency.outcomes().err), (3, 1));
    assert_eq!((handler.pool.0, handler.scratch.len()), ("db", 2));
}

#[test]
fn what_was_written_about_a_stat_is_what_readers_are_told() {
    let t = isolated();
    let _handler = Handler::new(Pool("db"));
    let snapshot = t.snapshot();
    let of = |name: &str| snapshot.entry(&format!("/handler/{name}")).unwrap();
    assert_eq!(of("requests").help(), "Requests served.");
    assert_eq!(of("latency").help(), "Time to serve one request.");
    assert_eq!(of("body_size").unit(), "By");
    assert_eq!(of("byPath").key_label(), "path");
    assert_eq!(of("byPath").name(), "byPath");
}

#[derive(Instrumented)]
struct Processor {
    state: CountBy<StateSet<Phase>>,
    finished: Sum<Counter>,
    errors: Sum<Family<String, Counter>>,
    latency: Sum<Timer>,
}

#[derive(Instrumented)]
#[instrumented(parent = Processor, label = "thread")]
struct Worker {
    state: StateSet<Phase>,
    finished: Counter,
    errors: Family<String, Counter>,
    latency: Timer,
}

#[derive(States)]
enum Phase {
    WaitingForTask,
    PerformingTask,
}

#[test]
fn a_parent_totals_its_descendants() {
    let t = isolated_with_clock();
    let processor = Processor::init("/processor");
    let worker = Worker::init_child(&processor, "thread-0");
    let numbered = Worker::init_child_numbered(&processor, "thread");
    let second = Worker::init_child_numbered(&processor, "thread");

    for (worker, millis) in [(&worker, 1), (&numbered, 2), (&second, 3)] {
        worker.state.set(Phase::WaitingForTask);
        worker.finished.inc();
        worker.errors.get("timeout").inc();
        worker.latency.record(Duration::from_millis(millis));
    }
    worker.errors.get("refused").inc();

    let snapshot = t.snapshot();
    assert_eq!(snapshot.counter("/processor/thread-0/finished"), Some(1));
    assert_eq!(snapshot.counter("/processor/thread/1/finished"), Some(1));
    assert_eq!(snapshot.counter("/processor/thread/2/finished"), Some(1));
    assert_eq!(
        snapshot.counter("/processor/state/waiting_for_task"),
        Some(3)
    );
    assert_eq!(
        snapshot.counter("/processor/state/performing_task"),
        Some(0)
    );
    assert_eq!(snapshot.counter("/processor/finished"), Some(3));
    assert_eq!(snapshot.counter("/processor/errors/timeout"), Some(3));
    assert_eq!(snapshot.counter("/processor/errors/refused"), Some(1));
    let latency = snapshot.timer("/processor/latency").unwrap().lifetime();
    assert_eq!(
        (latency.count(), latency.sum()),
        (3, Duration::from_millis(6))
    );
    assert_eq!(latency.max(), Some(Duration::from_millis(3)));

    worker.state.set(Phase::PerformingTask);
    drop(numbered);
    let snapshot = t.snapshot();
    assert_eq!(
        snapshot.counter("/processor/state/waiting_for_task"),
        Some(1)
    );
    assert_eq!(
        snapshot.counter("/processor/state/performing_task"),
        Some(1)
    );
    assert_eq!(snapshot.counter("/processor/finished"), Some(3));
    assert!(snapshot.at("/processor/thread/1").is_none());
    drop((
        second,
        processor.state,
        processor.finished,
        processor.errors,
        processor.latency,
    ));
}

#[test]
fn a_label_is_a_segment_here_and_a_label_there() {
    let t = isolated();
    let processor = Processor::init("/labelled");
    let _worker = Worker::init_child(&processor, "thread-0");
    let snapshot = t.snapshot();
    let finished = snapshot.entry("/labelled/thread-0/finished").unwrap();
    assert_eq!(
        finished.labels().collect::<Vec<_>>(),
        [("thread", "thread-0")]
    );
}

collection! {
    pub static WEB: Web = "/web" { errors: Counter, success: Counter, latency: Timer }
}

#[test]
fn a_collection_needs_no_instance_and_is_there_before_its_first_use() {
    let t = isolated();
    assert_eq!(t.snapshot().counter("/web/errors"), Some(0));
    WEB.success.inc();
    assert_eq!(t.snapshot().counter("/web/success"), Some(1));
    assert_eq!(t.snapshot().timer("/web/latency").unwrap().in_flight(), 0);
}

#[derive(Debug, PartialEq)]
struct Ast;
#[derive(Debug, PartialEq)]
struct ParseError;

#[timed]
fn parse(input: &str) -> Result<Ast, ParseError> {
    if input.is_empty() {
        Err(ParseError)
    } else {
        Ok(Ast)
    }
}

struct Store;

#[timed]
impl Store {
    async fn query(&self) -> Result<u8, Error> {
        task::pause().await;
        Ok(1)
    }
    fn close(&mut self) {}
}

struct Table;

#[timed("/tables/{type}/{fn}")]
impl Table {
    fn scan(&self) {}
}

#[derive(Debug, PartialEq)]
struct Rows(u8);
#[derive(Debug, PartialEq)]
struct DbError;

impl Table {
    #[timed("/db/query", slow = "2*p99")]
    async fn query(&self) -> Result<Rows, DbError> {
        task::pause().await;
        Ok(Rows(3))
    }
}

#[metered("my.http.endpoints.{type}")]
trait Endpoint {
    #[stat]
    fn latency(&self) -> &Timer;
    #[stat]
    fn error_rate(&self) -> &Meter;
    fn get(&self) {
        let _t = self.latency().start();
        self.get_impl()
    }
    fn get_impl(&self);
}

struct MyImplHandler;

#[metered]
impl Endpoint for MyImplHandler {
    fn get_impl(&self) {
        self.error_rate().inc();
    }
}

struct Other;

#[metered]
impl Endpoint for Other {
    fn get_impl(&self) {}
}

#[test]
fn a_timed_function_has_its_path_from_module_and_name() {
    let t = isolated();
    let path = "/contract/parse";
    assert_eq!(
        t.snapshot().timer(path).unwrap().lifetime().count(),
        0,
        "at zero before its first call"
    );
    assert_eq!(parse("a"), Ok(Ast));
    assert_eq!(parse(""), Err(ParseError));
    let snapshot = t.snapshot();
    let outcomes = snapshot.timer(path).unwrap().outcomes();
    assert_eq!((outcomes.ok, outcomes.err), (1, 1));
}

#[test]
fn a_timed_impl_times_every_method_under_its_type() {
    let t = isolated();
    let mut store = Store;
    assert_eq!(task::run(store.query()), Ok(1));
    store.close();
    let snapshot = t.snapshot();
    for method in ["query", "close"] {
        let timer = snapshot
            .timer(&format!("/contract/Store/{method}"))
            .unwrap();
        assert_eq!(timer.lifetime().count(), 1, "{method}");
    }
    Table.scan();
    let scans = t
        .snapshot()
        .timer("/tables/Table/scan")
        .unwrap()
        .lifetime()
        .count();
    assert_eq!(scans, 1, "a template may use the type");
}

#[test]
fn a_function_that_watches_for_slow_calls_is_timed_as_any_other() {
    let t = isolated();
    assert_eq!(task::run(Table.query()), Ok(Rows(3)));
    let snapshot = t.snapshot();
    let queries = snapshot.timer("/db/query").unwrap();
    assert_eq!((queries.lifetime().count(), queries.outcomes().ok), (1, 1));
}

#[test]
fn every_implementor_has_stats_of_its_own_and_the_trait_has_none() {
    let t = isolated();
    let endpoints: [&dyn Endpoint; 2] = [&MyImplHandler, &Other];
    let calls = || {
        let snapshot = t.snapshot();
        let count = |of: &str| {
            let path = format!("/my/http/endpoints/{of}/latency");
            snapshot.timer(&path).map(|timer| timer.lifetime().count())
        };
        (count("MyImplHandler"), count("Other"))
    };
    assert_eq!(calls(), (Some(0), Some(0)), "at zero before first use");
    endpoints[0].get();
    assert_eq!(calls(), (Some(1), Some(0)));
    let snapshot = t.snapshot();
    let errors = snapshot.meter("/my/http/endpoints/MyImplHandler/error_rate");
    assert_eq!(errors.unwrap().count, 1);
    assert!(snapshot.at("/my/http/endpoints/Endpoint").is_none());
}

#[test]
fn dynamic_names_are_kept_by_their_registry() -> Result<(), calipers::NameError> {
    let registry = calipers::Registry::new();
    let timer = registry.timer("my.timer")?;
    timer.record(Duration::from_secs(1));
    drop(timer);
    assert_eq!(
        registry
            .snapshot()
            .timer("/my/timer")
            .unwrap()
            .lifetime()
            .count(),
        1
    );
    assert!(
        registry.snapshot().counter("/jobs/done").is_none(),
        "it has a tree of its own"
    );

    let t = isolated();
    calipers::incr("jobs.done", 1);
    calipers::set("queue.depth", 17);
    assert_eq!(t.snapshot().counter("/jobs/done"), Some(1));
    assert_eq!(t.snapshot().gauge("/queue/depth"), Some(17.0));
    Ok(())
}

#[test]
fn a_snapshot_is_read_by_path_and_written_as_json() {
    let t = isolated_with_clock();
    let handler = Handler::init("/read", HandlerParts { pool: Pool("x") });
    handler
        .latency
        .time(|| t.advance(Duration::from_millis(40)));
    handler.requests.inc();

    let snapshot = t.snapshot();
    assert_eq!(snapshot.counter("/read/requests"), Some(1));
    let latency = snapshot.timer("/read/latency").unwrap();
    let p99: Option<Duration> = latency.recent().p99();
    assert_eq!(p99, Some(Duration::from_millis(40)));
    assert_eq!(latency.lifetime().p99(), p99);

    let json = serde_json::to_value(&snapshot).unwrap();
    assert_eq!(json["read"]["requests"], 1);
}

#[test]
fn what_is_recorded_in_a_scope_counts_in_it_statics_included() {
    let t = isolated();
    WEB.success.inc();
    assert_eq!(t.snapshot().counter("/web/success"), Some(1));
    std::thread::spawn(|| WEB.success.add(5)).join().unwrap();
    assert_eq!(
        t.snapshot().counter("/web/success"),
        Some(1),
        "that thread is not in the scope"
    );
}

#[derive(Instrumented)]
struct Rated {
    hits: Meter,
}

#[test]
fn handles_are_clones_of_one_stat_and_not_made_from_nothing() {
    let t = isolated();
    let rated = Rated::init("/rated");
    let again = rated.hits.clone();
    again.inc();
    rated.hits.inc();
    assert_eq!(t.snapshot().meter("/rated/hits").unwrap().count, 2);
    drop(rated);
    assert!(
        t.snapshot().meter("/rated/hits").is_some(),
        "a handle keeps its place"
    );
    drop(again);
    assert!(t.snapshot().meter("/rated/hits").is_none());
    Counter::detached().inc();
}
