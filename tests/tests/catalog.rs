//! What a program says it can emit, before it has emitted anything, and what is found when two of its parts mean one path.
//!
//! A program of its own: the catalog is of everything that is linked.

use std::collections::BTreeSet;

use calipers::prelude::*;
use calipers::{Catalog, CatalogStat, Kind, Merging, Meter, Sum, catalog};
use calipers_tests::logged;
use calipers_tests::own_process::alone;
use serde_json::Value;

/// Where requests are answered.
#[derive(Instrumented)]
#[instrumented(label = "thread", prefix = "http", rename_all = "camelCase")]
struct Worker {
    /// Requests served.
    ///
    /// Retries count as well.
    requests_served: Counter,
    #[stat(label = "route", cap = 50)]
    by_route: Family<String, Timer>,
    #[stat(unit = "By")]
    body_size: Histogram,
    errors: Sum<Family<String, Counter>>,
}

#[derive(Instrumented)]
struct Queue<T> {
    #[stat(merge = "sum")]
    length: Gauge<u64>,
    #[stat(skip)]
    items: Vec<T>,
}

collection! {
    /// The front end.
    static WEB: Web = "/web" {
        /// Answers that failed.
        errors: Counter,
        latency: Timer,
    }
}

/// Reads a number.
#[timed]
fn parse(text: &str) -> Option<u8> {
    text.parse().ok()
}

struct Store;

#[timed("/db/{type}/{fn}")]
impl Store {
    /// One row.
    fn get(&self) {}
}

impl Store {
    #[timed]
    fn put(&self) {}
}

#[metered("endpoints.{type}")]
trait Endpoint {
    /// Time to answer.
    #[stat]
    fn latency(&self) -> &Timer;
    #[stat(name = "errorRate", unit = "{error}")]
    fn error_rate(&self) -> &Meter;
}

struct Users;

#[metered]
impl Endpoint for Users {}

struct Cached<T>(T);

#[metered]
impl<T> Endpoint for Cached<T> {}

/// Two modules whose types have one name, and share a path against their will.
mod admin {
    pub(super) struct Users;

    #[calipers::metered]
    impl super::Endpoint for Users {}
}

mod clashing {
    use super::*;

    #[timed("/db/query")]
    pub(super) fn one() {}

    #[timed("/db/query")]
    pub(super) fn two() {}

    collection! {
        pub(super) static DB: Db = "/db" { load: Counter }
    }

    #[timed("/db/load")]
    pub(super) fn load() {}
}

fn stat(path: &str) -> CatalogStat {
    let catalog = catalog();
    let mut found = catalog
        .stats()
        .iter()
        .filter(|stat| stat.path.as_deref() == Some(path));
    let one = found.next().unwrap_or_else(|| panic!("no {path}"));
    assert!(found.next().is_none(), "{path} is there twice");
    one.clone()
}

fn of(owner: &str) -> Vec<CatalogStat> {
    let catalog = catalog();
    let stats = catalog.stats().iter().filter(|stat| stat.owner == owner);
    stats.cloned().collect()
}

#[test]
fn the_stats_of_a_class_are_known_without_an_instance() {
    let stats = of("Worker");
    let names: Vec<_> = stats.iter().map(|stat| stat.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "http/bodySize",
            "http/byRoute",
            "http/errors",
            "http/requestsServed"
        ]
    );
    let [size, by_route, errors, served] = &stats[..] else {
        panic!("{names:?}");
    };
    assert_eq!(served.kind, Kind::Counter);
    assert_eq!(served.help, "Requests served.");
    assert_eq!(served.path, None, "nobody knows where instances will be");
    assert_eq!(served.module, "catalog");
    assert_eq!(served.instance_label, Some("thread"));
    assert_eq!(served.key_label, None);
    assert_eq!(size.unit, "By");
    assert_eq!(by_route.kind.to_string(), "family of timer");
    assert_eq!(by_route.key_label, Some("route"));
    assert_eq!(errors.kind.to_string(), "sum of family of counter");
    assert_eq!(errors.key_label, Some("key"));
    assert!(
        served
            .file
            .as_deref()
            .is_some_and(|file| file.ends_with("tests/catalog.rs"))
    );
    assert!(served.line < by_route.line && by_route.line < size.line);
}

#[test]
fn collections_and_functions_are_known_at_their_paths() {
    let errors = stat("/web/errors");
    assert_eq!(
        (errors.owner.as_str(), errors.help),
        ("Web", "Answers that failed.")
    );
    let parse = stat("/catalog/parse");
    assert_eq!(
        (parse.owner.as_str(), parse.help),
        ("parse", "Reads a number.")
    );
    assert_eq!((parse.kind, parse.unit), (Kind::Timer, "s"));
    assert_eq!(stat("/db/Store/get").help, "One row.");
    assert_eq!(
        stat("/catalog/{type}/put").name,
        "put",
        "the type is known at the first call"
    );
    let own = stat("/calipers/faults/declarationClashes");
    assert_eq!((own.file, own.line), (None, None));
}

#[test]
fn each_implementor_of_a_metered_trait_has_the_trait_s_stats() {
    // The other `Users` has the same path, and stands at another place.
    let all = catalog();
    let at = |path: &str| {
        let stats = all.stats().iter();
        stats
            .filter(|stat| stat.path.as_deref() == Some(path))
            .count()
    };
    assert_eq!(
        at("/endpoints/Users/latency"),
        1,
        "one stat, however many mean it"
    );
    let rate = stat("/endpoints/Users/errorRate");
    assert_eq!(rate.owner, "Endpoint for Users");
    assert_eq!((rate.kind, rate.unit), (Kind::Meter, "{error}"));
}

#[test]
fn what_is_generic_is_known_from_its_first_use_on() {
    assert!(of("Queue<u8>").is_empty() && of("Endpoint for Cached<T>").is_empty());
    let queue = Queue::init("/queue", QueueParts { items: vec![1_u8] });
    queue.length.set(queue.items.len() as u64);
    Cached("a").latency().time(|| ());
    let declared: Vec<_> = of("Queue<u8>").iter().map(|stat| stat.merging).collect();
    assert_eq!(declared, [Some(Merging::Sum)]);
    assert_eq!(of("Endpoint for Cached<T>").len(), 2);
    assert_eq!(stat("/endpoints/Cached<&str>/latency").kind, Kind::Timer);
    assert_eq!(Cached(1).0, 1);
}

#[test]
fn the_catalog_of_a_program_is_the_same_each_time() {
    // Alone: another test may be the first to use a generic type.
    alone(|| {
        let text = |catalog: Catalog| serde_json::to_string(&catalog).unwrap();
        let first = text(catalog().without_lines());
        WEB.errors.inc();
        drop(Worker::init("/worker"));
        assert_eq!(text(catalog().without_lines()), first);
    });
}

#[test]
fn the_catalog_is_sorted_and_each_line_is_of_one_stat() {
    let json = serde_json::to_value(catalog().without_lines()).unwrap();
    let stats = json["stats"].as_array().unwrap();
    let paths: Vec<_> = stats
        .iter()
        .filter_map(|stat| stat["path"].as_str())
        .collect();
    assert!(paths.is_sorted(), "{paths:?}");
    let fields: BTreeSet<_> = stats
        .iter()
        .flat_map(|stat| stat.as_object().unwrap().keys())
        .collect();
    let expected = [
        "file",
        "help",
        "instance_label",
        "key_label",
        "kind",
        "line",
        "merging",
        "module",
        "name",
        "owner",
        "path",
        "unit",
    ];
    assert!(
        fields.into_iter().eq(expected),
        "the documented fields, always"
    );
    assert!(stats.iter().all(|stat| stat["line"].is_null()));
    // Where the library's sources lie differs from machine to machine.
    let is_own = |stat: &Value| stat["module"].as_str().unwrap().starts_with("calipers::");
    let mut own = stats.iter().filter(|stat| is_own(stat)).peekable();
    assert!(own.peek().is_some() && own.all(|stat| stat["file"].is_null()));

    let all = catalog();
    let table = all.to_string();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("stat "));
    assert_eq!(lines.len(), all.stats().len() + 1);
    let help = lines[0].find("help").unwrap();
    let errors = lines
        .iter()
        .find(|line| line.starts_with("/web/errors "))
        .unwrap();
    assert_eq!(errors.find("Answers that failed."), Some(help));
    assert!(table.contains("Worker › http/byRoute"));
}

#[test]
fn declarations_that_clash_are_logged_once_and_counted() {
    logged::keep();
    clashing::one();
    clashing::two();
    clashing::load();
    clashing::DB.load.inc();
    let snapshot = calipers::snapshot();
    let counted = snapshot.counter("/calipers/faults/declarationClashes");
    assert_eq!(
        counted,
        Some(4),
        "a timer of two functions, a collection's stat, two stats of two types"
    );
    drop(calipers::snapshot());
    let lines = |path: &str| logged::lines_with(&format!("`{path}` is declared"));
    let query = lines("/db/query");
    assert_eq!(query.len(), 1, "{query:?}");
    assert!(query[0].contains("both record into one timer"), "{query:?}");
    assert_eq!(query[0].matches("catalog.rs:").count(), 2, "{query:?}");
    let load = lines("/db/load");
    assert!(
        load[0].contains("as a counter at") && load[0].contains("as a timer at"),
        "{load:?}"
    );
    assert_eq!(lines("/endpoints/Users/latency").len(), 1);
    assert_eq!(lines("/web/errors").len(), 0);
}

#[test]
fn what_the_catalog_lists_is_what_a_snapshot_shows() {
    // Whichever test is first to make a snapshot makes the start-up check, which another one reads the log of.
    logged::keep();
    let worker = Worker::init("/worker");
    worker.requests_served.inc();
    worker.by_route.get("/").time(|| parse("1"));
    worker.body_size.record(10_u8);
    Store.get();
    Store.put();
    Users.latency().time(|| admin::Users.error_rate().inc());
    WEB.latency.time(|| WEB.errors.inc());
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter("/worker/http/requestsServed"), Some(1));
    for timer in [
        "/catalog/parse",
        "/db/Store/get",
        "/catalog/Store/put",
        "/endpoints/Users/latency",
        "/web/latency",
    ] {
        let shown = snapshot.timer(timer).map(|timer| timer.lifetime().count());
        assert_eq!(shown, Some(1), "{timer}");
    }
}
