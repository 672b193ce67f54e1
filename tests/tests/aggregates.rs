//! Aggregates: folds of descendants, alive and gone, through every level.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use calipers::prelude::*;
use calipers::{
    CountBy, Max, Meter, Min, Node, Registry, Snapshot, StateSet, States, Sum, UpDownCounter,
};

#[derive(States)]
enum Phase {
    Waiting,
    Working,
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Level {
    done: Sum<Counter>,
    open: Sum<UpDownCounter>,
    hits: Sum<Meter>,
    sizes: Sum<Histogram>,
    latency: Sum<Timer>,
    by_key: Sum<Family<String, Counter>>,
    by_route: Sum<Family<String, Timer>>,
    phase: CountBy<StateSet<Phase>>,
    #[stat(name = "load")]
    highest: Max<Gauge>,
}

#[derive(Instrumented)]
struct Leaf {
    done: Counter,
    open: UpDownCounter,
    hits: Meter,
    sizes: Histogram,
    latency: Timer,
    by_key: Family<String, Counter>,
    by_route: Family<String, Timer>,
    phase: StateSet<Phase>,
    load: Gauge,
}

impl Leaf {
    fn record(&self, n: u64) {
        self.done.add(n);
        self.open.add(n);
        self.hits.add(n);
        self.sizes.record(n);
        self.latency.record(Duration::from_millis(n));
        self.by_key.get("a").add(n);
        self.by_key.get(format!("only-{n}")).inc();
        self.by_route.get("/").record(Duration::from_millis(n));
        self.phase.set(if n.is_multiple_of(2) {
            Phase::Waiting
        } else {
            Phase::Working
        });
        self.load.set(n as f64);
    }
}

/// What a level must show: the sum over all that ever lived, and over those alive.
struct Expected<'a> {
    ever: &'a [u64],
    alive: &'a [u64],
}

#[track_caller]
fn shows(snapshot: &Snapshot, path: &str, expected: &Expected<'_>) {
    let (ever, alive): (u64, u64) = (expected.ever.iter().sum(), expected.alive.iter().sum());
    let count = expected.ever.len() as u64;
    let at = |name: &str| format!("{path}/{name}");
    assert_eq!(snapshot.counter(&at("done")), Some(ever), "{path}");
    assert_eq!(
        snapshot.up_down_counter(&at("open")),
        Some(alive as i64),
        "{path}"
    );
    assert_eq!(snapshot.meter(&at("hits")).unwrap().count, ever);
    let sizes = snapshot.histogram(&at("sizes")).unwrap().lifetime();
    assert_eq!((sizes.count(), sizes.sum()), (count, ever as f64));
    let timer = snapshot.timer(&at("latency")).unwrap();
    assert_eq!(
        (
            timer.lifetime().count(),
            timer.outcomes().ok,
            timer.in_flight()
        ),
        (count, count, 0)
    );
    assert_eq!(timer.lifetime().sum(), Duration::from_millis(ever));
    assert_eq!(
        timer.lifetime().max(),
        expected
            .ever
            .iter()
            .max()
            .map(|n| Duration::from_millis(*n))
    );
    assert_eq!(snapshot.counter(&at("by_key/a")).unwrap_or(0), ever);
    for n in expected.ever {
        assert_eq!(snapshot.counter(&at(&format!("by_key/only-{n}"))), Some(1));
    }
    if count > 0 {
        let route = snapshot.timer(&at("by_route/%2F")).unwrap().lifetime();
        assert_eq!(
            (route.count(), route.sum()),
            (count, Duration::from_millis(ever))
        );
    }
    let waiting = expected.alive.iter().filter(|n| **n % 2 == 0).count() as u64;
    assert_eq!(
        snapshot.counter(&at("phase/waiting")),
        Some(waiting),
        "{path}"
    );
    assert_eq!(
        snapshot.counter(&at("phase/working")),
        Some(expected.alive.len() as u64 - waiting)
    );
    assert_eq!(
        snapshot.gauge(&at("load")),
        expected.alive.iter().max().map(|n| *n as f64)
    );
}

#[test]
fn a_dropped_child_leaves_its_total_and_takes_its_levels_through_three_levels() {
    let registry = Registry::new();
    let top = Level::init_in(&registry, "/top");
    let middle = Level::init_child(&top, "middle");
    let lowest = Level::init_child(&middle, "lowest");
    let [a, b, c] = [&lowest, &lowest, &middle];
    let [a, b, c] = [(a, "a", 5), (b, "b", 6), (c, "c", 7)].map(|(parent, name, n)| {
        let leaf = Leaf::init_child(parent, name);
        leaf.record(n);
        leaf
    });
    let check = |lowest: Expected<'_>, middle: Expected<'_>, top: Expected<'_>| {
        // Twice: what was folded must not be folded again.
        for _ in 0..2 {
            let snapshot = registry.snapshot();
            shows(&snapshot, "/top/middle/lowest", &lowest);
            shows(&snapshot, "/top/middle", &middle);
            shows(&snapshot, "/top", &top);
        }
    };
    let of = |ever, alive| Expected { ever, alive };
    check(
        of(&[5, 6], &[5, 6]),
        of(&[5, 6, 7], &[5, 6, 7]),
        of(&[5, 6, 7], &[5, 6, 7]),
    );
    drop(b);
    check(
        of(&[5, 6], &[5]),
        of(&[5, 6, 7], &[5, 7]),
        of(&[5, 6, 7], &[5, 7]),
    );
    drop(c);
    check(
        of(&[5, 6], &[5]),
        of(&[5, 6, 7], &[5]),
        of(&[5, 6, 7], &[5]),
    );
    drop(a);
    check(of(&[5, 6], &[]), of(&[5, 6, 7], &[]), of(&[5, 6, 7], &[]));
    drop(lowest);
    let snapshot = registry.snapshot();
    assert!(snapshot.at("/top/middle/lowest").is_none());
    shows(&snapshot, "/top/middle", &of(&[5, 6, 7], &[]));
    drop(middle);
    shows(&registry.snapshot(), "/top", &of(&[5, 6, 7], &[]));
    // A newcomer at the path of what is gone starts at zero, and feeds the same total.
    let middle = Level::init_child(&top, "middle");
    let leaf = Leaf::init_child(&middle, "a");
    leaf.record(8);
    let snapshot = registry.snapshot();
    shows(&snapshot, "/top/middle", &of(&[8], &[8]));
    shows(&snapshot, "/top", &of(&[5, 6, 7, 8], &[8]));
}

#[test]
fn a_subtree_that_is_dropped_parents_first_leaves_the_same_total() {
    let registry = Registry::new();
    let top = Level::init_in(&registry, "/top");
    let middle = Level::init_child(&top, "middle");
    let leaf = Leaf::init_child(&middle, "leaf");
    leaf.record(3);
    drop(middle);
    let snapshot = registry.snapshot();
    shows(
        &snapshot,
        "/top/middle",
        &Expected {
            ever: &[3],
            alive: &[3],
        },
    );
    drop(leaf);
    let snapshot = registry.snapshot();
    assert!(snapshot.at("/top/middle").is_none());
    shows(
        &snapshot,
        "/top",
        &Expected {
            ever: &[3],
            alive: &[],
        },
    );
}

#[derive(Instrumented)]
struct Plain {
    node: Node,
}

#[test]
fn the_nearest_ancestor_that_has_the_name_is_fed_over_those_that_have_not() {
    let registry = Registry::new();
    let top = Level::init_in(&registry, "/top");
    let plain = Plain::init_child(&top, "plain");
    let deep = Plain::init_child(&plain, "deep");
    let leaf = Leaf::init_child(&deep.node, "leaf");
    leaf.record(4);
    shows(
        &registry.snapshot(),
        "/top",
        &Expected {
            ever: &[4],
            alive: &[4],
        },
    );
    drop((leaf, deep, plain));
    shows(
        &registry.snapshot(),
        "/top",
        &Expected {
            ever: &[4],
            alive: &[],
        },
    );
}

#[test]
fn an_ancestor_that_joins_late_counts_what_is_there_and_what_comes() {
    let registry = Registry::new();
    let leaf = Leaf::init_in(&registry, "/top/leaf");
    leaf.record(2);
    let _top = Level::init_in(&registry, "/top");
    shows(
        &registry.snapshot(),
        "/top",
        &Expected {
            ever: &[2],
            alive: &[2],
        },
    );
    drop(leaf);
    shows(
        &registry.snapshot(),
        "/top",
        &Expected {
            ever: &[2],
            alive: &[],
        },
    );
}

#[test]
fn an_instances_own_stats_do_not_feed_its_own_aggregates() {
    #[derive(Instrumented)]
    struct Both {
        #[stat(name = "done")]
        total: Sum<Counter>,
        own: Counter,
    }
    let registry = Registry::new();
    let both = Both::init_in(&registry, "/both");
    both.own.add(5);
    let leaf = Leaf::init_child(&both, "leaf");
    leaf.done.add(2);
    assert_eq!(registry.snapshot().counter("/both/done"), Some(2));
    drop(both.total);
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Capped {
    #[stat(cap = 2)]
    by_key: Sum<Family<String, Counter>>,
}

#[test]
fn an_aggregate_of_families_past_its_cap_loses_nothing_and_moves_no_key() {
    let registry = Registry::new();
    let top = Capped::init_in(&registry, "/top");
    let total = |snapshot: &Snapshot| -> u64 {
        let family = snapshot.family("/top/by_key").unwrap();
        assert!(family.len() <= 3, "{} members", family.len());
        family
            .iter()
            .map(|(_, value)| value.as_counter().unwrap())
            .sum()
    };
    let mut leaves = Vec::new();
    let mut before: Vec<(String, u64)> = Vec::new();
    for n in 0..10_u64 {
        let leaf = Leaf::init_child(&top, n);
        leaf.by_key.get(format!("key-{n}")).add(n + 1);
        leaves.push(leaf);
        if n % 3 == 2 {
            leaves.remove(0);
        }
        let snapshot = registry.snapshot();
        assert_eq!(total(&snapshot), (1..=n + 1).sum::<u64>());
        for (key, had) in &before {
            let now = snapshot
                .family("/top/by_key")
                .unwrap()
                .get(key)
                .unwrap()
                .as_counter();
            assert!(now >= Some(*had), "{key} fell from {had} to {now:?}");
        }
        let family = snapshot.family("/top/by_key").unwrap();
        before = family
            .iter()
            .map(|(key, v)| (key.to_owned(), v.as_counter().unwrap()))
            .collect();
    }
    leaves.clear();
    let snapshot = registry.snapshot();
    assert_eq!(total(&snapshot), 55);
    assert_eq!(snapshot.counter("/top/by_key/(other)"), Some(55 - 1 - 2));
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Extremes {
    #[stat(name = "load")]
    highest: Max<Gauge<i64>>,
    #[stat(name = "idle")]
    lowest: Min<Gauge<i64>>,
}

#[derive(Instrumented)]
struct Loaded {
    #[stat(with = { let level = Arc::clone(level); move || level.load(Relaxed) })]
    load: Gauge<i64>,
    idle: Gauge<i64>,
    #[stat(skip)]
    level: Arc<AtomicI64>,
}

impl Loaded {
    fn at(parent: &Extremes, name: &str, level: i64) -> Loaded {
        let level = Arc::new(AtomicI64::new(level));
        let loaded = Loaded::init_child(parent, name, LoadedParts { level });
        loaded.idle.set(-loaded.level.load(Relaxed));
        loaded
    }
}

#[test]
fn extremes_fold_gauges_that_are_set_or_asked_and_forget_those_that_are_gone() {
    let registry = Registry::new();
    let top = Extremes::init_in(&registry, "/top");
    let extremes = || {
        let snapshot = registry.snapshot();
        (snapshot.gauge("/top/load"), snapshot.gauge("/top/idle"))
    };
    assert_eq!(extremes(), (None, None), "nothing to fold");
    let a = Loaded::at(&top, "a", -3);
    assert_eq!(extremes(), (Some(-3.0), Some(3.0)));
    let b = Loaded::at(&top, "b", 10);
    let c = Loaded::at(&top, "c", 4);
    assert_eq!(extremes(), (Some(10.0), Some(-10.0)));
    b.level.store(2, Relaxed);
    assert_eq!(
        extremes(),
        (Some(4.0), Some(-10.0)),
        "a closure is asked anew"
    );
    drop(b);
    assert_eq!(extremes(), (Some(4.0), Some(-4.0)));
    drop(c);
    assert_eq!(extremes(), (Some(-3.0), Some(3.0)));
    drop((a.load, a.idle));
    assert_eq!(extremes(), (None, None));
}

#[test]
fn a_state_is_counted_while_its_instance_lives() {
    let registry = Registry::new();
    let top = Level::init_in(&registry, "/top");
    let counts = || {
        let snapshot = registry.snapshot();
        let states = snapshot.states("/top/phase").unwrap();
        (states.get("waiting"), states.get("working"), states.total())
    };
    assert_eq!(
        counts(),
        (Some(0), Some(0), 0),
        "declared states are there from the start"
    );
    let leaves: Vec<_> = (0..6).map(|n| Leaf::init_child(&top, n)).collect();
    assert_eq!(counts().2, 0, "in no state before the first is set");
    leaves[..4]
        .iter()
        .for_each(|leaf| leaf.phase.set(Phase::Working));
    assert_eq!(counts(), (Some(0), Some(4), 4));
    leaves[0].phase.set(Phase::Waiting);
    leaves[1].phase.clear();
    assert_eq!(counts(), (Some(1), Some(2), 3));
    drop(leaves);
    assert_eq!(counts(), (Some(0), Some(0), 0));
}

#[test]
fn a_member_at_zero_is_hidden_where_that_was_asked_for() {
    #[derive(Instrumented)]
    struct Hiding {
        #[stat(hide_zero)]
        open: Family<String, UpDownCounter>,
    }
    let registry = Registry::new();
    let hiding = Hiding::init_in(&registry, "/h");
    hiding.open.get("a").inc();
    hiding.open.get("b").inc();
    hiding.open.get("b").dec();
    let snapshot = registry.snapshot();
    let keys: Vec<_> = snapshot
        .family("/h/open")
        .unwrap()
        .iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, ["a"]);
    hiding.open.get("b").inc();
    assert_eq!(registry.snapshot().family("/h/open").unwrap().len(), 2);
}

#[test]
fn keys_of_every_kind_are_told_apart() {
    let registry = Registry::new();
    let pairs: Family<(String, String), Counter> = registry.get("pairs").unwrap();
    for (n, (a, b)) in [
        ("a,b", "c"),
        ("a", "b,c"),
        ("a", "b"),
        ("", "a,b"),
        ("a,b", ""),
    ]
    .into_iter()
    .enumerate()
    {
        pairs.get((a, b)).add(10_u64.pow(n as u32));
        pairs.get((a.to_owned(), b)).add(10_u64.pow(n as u32));
    }
    let snapshot = registry.snapshot();
    let mut counts: Vec<u64> = snapshot
        .family("/pairs")
        .unwrap()
        .iter()
        .map(|(_, value)| value.as_counter().unwrap())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [2, 20, 200, 2000, 20_000]);

    let numbers: Family<u16, Counter> = registry.get("numbers").unwrap();
    numbers.get(200).inc();
    numbers.get(200).inc();
    let phases: Family<Phase, Counter> = registry.get("phases").unwrap();
    phases.get(Phase::Working).inc();
    let odd: Family<String, Counter> = registry.get("odd").unwrap();
    for key in ["/a/b", "%2F", "", "(other)", "ü\n", ".."] {
        odd.get(key).inc();
    }
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/numbers/200"), Some(2));
    assert_eq!(snapshot.counter("/phases/working"), Some(1));
    for key in ["/a/b", "%2F", "", "(other)", "ü\n", ".."] {
        let path = format!("/odd/{}", calipers::snapshot::escape(key));
        assert_eq!(snapshot.counter(&path), Some(1), "{key:?}");
    }
}
