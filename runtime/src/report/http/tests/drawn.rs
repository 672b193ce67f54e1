//! What a page shows of a tree.

use super::*;
use crate::{CountBy, Info, StateSet, StateTime, States, Sum, Text, UpDownCounter};

#[derive(Clone, Copy, States)]
enum Phase {
    Waiting,
    Working,
}

#[derive(Instrumented)]
struct Pool {
    state: CountBy<StateSet<Phase>>,
    done: Sum<Counter>,
    latency: Sum<Timer>,
    level: UpDownCounter,
    ratio: Gauge,
    #[stat(with = [("version", "1 < 2")])]
    build: Info,
    note: Text,
    #[stat(unit = "By")]
    sizes: Histogram,
    rates: crate::Meter,
    by_path: Family<String, Timer>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool, label = "worker")]
struct Worker {
    state: StateSet<Phase>,
    time: StateTime<Phase>,
    done: Counter,
    latency: Timer,
}

#[derive(Instrumented)]
#[instrumented(collapsed)]
struct Hidden {
    secret: Counter,
}

#[test]
fn every_kind_of_stat_is_drawn() {
    let registry = Registry::new();
    let pool = Pool::init_in(&registry, "/pool");
    let workers: Vec<Worker> = (1..=11).map(|n| Worker::init_child(&pool, n)).collect();
    for worker in &workers {
        worker.state.set(Phase::Working);
        worker.time.set(Phase::Waiting);
        worker.latency.record(Duration::from_millis(3));
        worker.done.inc();
    }
    workers[3].state.set(Phase::Waiting);
    pool.level.sub(3);
    pool.ratio.set(0.25);
    for size in [0, 0, 1, 5, 700_000] {
        pool.sizes.record(size);
    }
    pool.rates.inc();
    pool.by_path.get("/x").record(Duration::from_secs(1));
    let _running = pool.by_path.get("/x").start();
    let page = ask(&registry, "/").body;
    assert_well_formed(&page);
    for part in [
        "working <b>10</b>",
        "waiting <b>1</b>",
        ">-3<",
        ">0.25<",
        "1 &lt; 2",
        "1 in flight",
        "<th>worker</th>",
        ">11</a>",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    // Instances in the order of their numbers: 9, 10, 11.
    assert!(page.find(">9</a>") < page.find(">10</a>"), "{page}");
    let _ = (
        &pool.state,
        &pool.done,
        &pool.latency,
        &pool.build,
        &pool.note,
    );
    for stat in [
        "state",
        "done",
        "latency",
        "level",
        "ratio",
        "build",
        "note",
        "sizes",
        "rates",
        "by_path",
        "by_path/%2Fx",
        "1/time",
    ] {
        let page = ask(&registry, &format!("/pool/{stat}"));
        assert_eq!(page.status, StatusCode::OK, "{stat}");
        assert_well_formed(&page.body);
    }
}

#[test]
fn a_rate_is_the_last_minutes_or_says_what_time_it_is_over() {
    let registry = sample();
    let began = std::time::Instant::now();
    // The text of the cell.
    let rate = |stat: &str| {
        let page = ask(&registry, "/").body;
        let row = page
            .split_once(&format!("data-key=\"/web/{stat}\""))
            .unwrap();
        let cell = row.1.split_once("class=\"rate\"").unwrap().1;
        let cell = cell.split_once('>').unwrap().1;
        cell.split_once("</td>").unwrap().0.to_owned()
    };
    while rate("requests").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "no mean");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The program keeps a timer's; of a counter it has the mean.
    let (latency, requests) = (rate("latency"), rate("requests"));
    assert!(latency.ends_with("/s"), "{latency}");
    assert!(
        requests.contains("k/s <small>in ") && requests.ends_with(" s</small>"),
        "{requests}"
    );
}

#[test]
fn a_collapsed_place_is_a_link_until_it_is_opened() {
    let registry = Registry::new();
    let hidden = Hidden::init_in(&registry, "/a/hidden");
    hidden.secret.add(4_321);
    let page = ask(&registry, "/").body;
    assert!(
        page.contains("href=\"./a/hidden/\"") && page.contains("1 stat"),
        "{page}"
    );
    assert!(!page.contains("4,321"), "{page}");
    assert!(ask(&registry, "/a/hidden/").body.contains("4,321"));
}

#[test]
fn a_tree_of_any_size_gives_a_page_of_bounded_size() {
    let registry = Registry::new();
    for n in 0..20_000 {
        // Kinds that alternate, so that they are no table of instances.
        let name = format!("/p{n:05}/{}", if n % 2 == 0 { "a" } else { "b" });
        registry.counter(&name).unwrap();
    }
    let page = ask(&registry, "/").body;
    assert_well_formed(&page);
    assert!(page.len() < 1_500_000, "{}", page.len());
}

#[test]
fn faults_are_seen_wherever_one_looks() {
    let registry = Registry::new();
    registry
        .counter("/calipers/faults/refusedValues")
        .unwrap()
        .add(2);
    registry.counter("web.requests").unwrap();
    for url in ["/", "/web/requests"] {
        let page = ask(&registry, url).body;
        assert!(
            page.contains("class=\"faults\"") && page.contains("2 refusedValues"),
            "{page}"
        );
    }
}
