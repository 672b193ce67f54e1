use std::time::Duration;

use super::*;

fn sample() -> Snapshot {
    snapshot([
        ("/handler/requests", Value::Counter(3)),
        ("/handler/latency", timer(&[1, 2, 3])),
        (
            "/handler/byPath",
            family([("/index", Value::Counter(2)), ("50%", Value::Counter(1))]),
        ),
        (
            "/handler/levels",
            family([("a", Value::UpDownCounter(-4)), ("b.c", timer(&[5]))]),
        ),
        ("/handler/body", histogram(&[1.5, 2.5])),
        (
            "/processor/state",
            count_by([("waiting_for_task", 3), ("performing_task", 0)]),
        ),
        ("/processor/w-1/state", state("busy")),
        (
            "/processor/w-1/phase",
            state_time("busy", [("idle", 1_500_000_000), ("busy", 2)]),
        ),
        ("/processor/w-1/level", Value::UpDownCounter(-2)),
        ("/processor/w-1/load", Value::Gauge(Some(Number::F64(0.5)))),
        (
            "/processor/w-1/big",
            Value::Gauge(Some(Number::U64(u64::MAX))),
        ),
        ("/processor/w-1/on", Value::Gauge(Some(Number::Bool(true)))),
        ("/processor/w-1/unset", Value::Gauge(None)),
        ("/processor/w-1/mood", text("fine")),
        (
            "/processor/w-1/build",
            info([("version", "1.2"), ("by", "ann")]),
        ),
        ("/processor/w-1/events", meter(7, 0.25)),
        ("/processor/w/x", Value::Counter(1)),
        ("/top", Value::Counter(9)),
    ])
}

#[test]
fn every_kind_is_found_by_its_path_with_and_without_the_leading_slash() {
    let sample = sample();
    assert_eq!(sample.counter("/handler/requests"), Some(3));
    assert_eq!(sample.counter("handler/requests"), Some(3));
    assert_eq!(sample.counter("/top"), Some(9));
    assert_eq!(sample.up_down_counter("/processor/w-1/level"), Some(-2));
    assert_eq!(sample.gauge("/processor/w-1/load"), Some(0.5));
    assert_eq!(sample.gauge("/processor/w-1/on"), Some(1.0));
    assert_eq!(sample.gauge("/processor/w-1/unset"), None);
    assert_eq!(
        sample.value("/processor/w-1/big"),
        Some(&Value::Gauge(Some(Number::U64(u64::MAX))))
    );
    assert_eq!(sample.text("/processor/w-1/mood"), Some("fine"));
    assert_eq!(sample.info("/processor/w-1/build").map(<[_]>::len), Some(2));
    assert_eq!(sample.state("/processor/w-1/state"), Some("busy"));
    assert_eq!(
        sample
            .states("/processor/state")
            .and_then(|states| states.get("performing_task")),
        Some(0)
    );
    assert_eq!(
        sample
            .state_time("/processor/w-1/phase")
            .and_then(|times| times.get("idle")),
        Some(Duration::from_millis(1500))
    );
    assert_eq!(
        sample
            .histogram("/handler/body")
            .map(|body| body.lifetime().sum()),
        Some(4.0)
    );
    assert_eq!(
        sample
            .timer("/handler/latency")
            .and_then(|timer| timer.lifetime().max()),
        Some(Duration::from_millis(3))
    );
    assert_eq!(
        sample
            .meter("/processor/w-1/events")
            .map(|meter| meter.count),
        Some(7)
    );
    assert_eq!(
        sample
            .family("/handler/byPath")
            .and_then(|paths| paths.get("/index")),
        Some(&Value::Counter(2))
    );
}

#[test]
fn another_kind_or_nothing_at_the_path_is_none() {
    let sample = sample();
    assert_eq!(sample.counter("/handler/latency"), None);
    assert_eq!(sample.counter("/processor/w-1/big"), None);
    assert_eq!(sample.up_down_counter("/handler/requests"), None);
    assert!(sample.timer("/handler/body").is_none());
    for path in [
        "",
        "/",
        "//",
        "/handler",
        "/handler/",
        "/handler/nope",
        "/nope/requests",
        "/handler/requests/x",
        "/w-1",
    ] {
        assert_eq!(sample.value(path), None, "{path}");
    }
}

#[test]
fn a_path_reaches_into_a_value() {
    let sample = sample();
    assert_eq!(sample.counter("/handler/byPath/%2Findex"), Some(2));
    assert_eq!(sample.counter("/handler/byPath/50%25"), Some(1));
    assert_eq!(sample.up_down_counter("/handler/levels/a"), Some(-4));
    assert_eq!(
        sample
            .timer("/handler/levels/b.c")
            .map(|timer| timer.lifetime().count()),
        Some(1)
    );
    assert_eq!(sample.counter("/handler/levels/b.c/count"), Some(1));
    assert_eq!(sample.counter("/processor/state/waiting_for_task"), Some(3));
    assert_eq!(sample.counter("/handler/latency/ok"), Some(3));
    assert_eq!(sample.gauge("/handler/latency/max"), Some(0.003));
    assert_eq!(sample.gauge("/handler/latency/recent/p99"), None);
    assert_eq!(sample.gauge("/processor/w-1/phase/seconds/idle"), Some(1.5));
    assert_eq!(sample.text("/processor/w-1/phase/current"), Some("busy"));
    assert_eq!(sample.text("/processor/w-1/build/version"), Some("1.2"));
}

#[test]
fn every_stat_is_found_by_the_path_it_is_listed_with() {
    let sample = sample();
    assert_eq!(sample.stats().count(), 18);
    for stat in sample.stats() {
        let found = sample.entry(&stat.path()).unwrap();
        assert_eq!((found.path(), found.value()), (stat.path(), stat.value()));
    }
}

#[test]
fn names_that_extend_each_other_are_told_apart() {
    let names = [
        "/a", "/a-b", "/a b", "/ab", "/a/b", "/a/b-c", "/a/b/c", "/A", "/ä", "/a.b",
    ];
    let sample = snapshot(names.map(|name| {
        (
            Box::leak(format!("{name}/n").into_boxed_str()) as &str,
            text(name),
        )
    }));
    for name in names {
        assert_eq!(sample.text(&format!("{name}/n")), Some(name));
    }
}

#[test]
fn a_stat_name_may_hold_slashes() {
    let sample = snapshot([
        ("/web:a/b", Value::Counter(1)),
        ("/web:a/c", family([("k", Value::Counter(2))])),
    ]);
    assert_eq!(sample.counter("/web/a/b"), Some(1));
    assert_eq!(sample.counter("/web/a/c/k"), Some(2));
    assert_eq!(sample.counter("/web/a"), None);
}

#[test]
fn where_a_stat_and_a_place_meet_a_slash_at_the_end_means_the_place() {
    let sample = snapshot([
        ("/p/x", family([("y", Value::Counter(1))])),
        ("/p/x/y", Value::Counter(2)),
    ]);
    assert!(sample.at("/p/x").unwrap().value().is_some());
    assert!(sample.at("/p/x/").unwrap().is_place());
    assert!(sample.at("/p/").unwrap().is_place() && sample.at("/p").unwrap().is_place());
    assert_eq!(
        sample.counter("/p/x/y"),
        Some(2),
        "what stands on its own comes before a part of a value"
    );
}

#[test]
fn the_tree_is_walked_place_by_place() {
    let sample = sample();
    let names = |tree: SubTree<'_>| {
        tree.children()
            .map(|child| child.name().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(sample.root()), ["handler", "processor"]);
    let processor = sample.at("/processor").unwrap();
    assert_eq!(names(processor), ["w", "w-1"]);
    assert_eq!(
        processor.stats().map(Entry::name).collect::<Vec<_>>(),
        ["state"]
    );
    assert_eq!(processor.all_stats().count(), 12);
    assert_eq!(names(sample.at("/handler/requests").unwrap()), [""; 0]);
    assert_eq!(
        sample.root().stats().map(Entry::path).collect::<Vec<_>>(),
        ["/top"]
    );
    assert!(sample.at("/absent").is_none());
}

#[test]
fn metadata_comes_with_every_stat() {
    let mut shape = stat("latency", Kind::Timer, "s");
    shape.help = "Time to serve.";
    shape.label = "path";
    let place = Arc::new(PlaceShape {
        path: "/p/thread-0".into(),
        collapsed: true,
        labels: Arc::from([("thread", Arc::from("thread-0"))]),
        stats: vec![shape],
    });
    let mut assembly = Assembly::with_capacity(1, 1);
    assembly.push(place, [timer(&[1])]);
    let sample = assembly.finish(at(5));
    let entry = sample.entry("/p/thread-0/latency").unwrap();
    assert_eq!(
        (entry.kind(), entry.help(), entry.unit(), entry.key_label()),
        (Kind::Timer, "Time to serve.", "s", "path")
    );
    assert_eq!(
        (entry.place(), entry.name(), entry.created()),
        ("/p/thread-0", "latency", at(0))
    );
    assert_eq!(entry.labels().collect::<Vec<_>>(), [("thread", "thread-0")]);
    let tree = sample.at("/p/thread-0").unwrap();
    assert!(tree.is_collapsed());
    assert_eq!(tree.labels().collect::<Vec<_>>(), [("thread", "thread-0")]);
    assert_eq!(sample.taken(), at(5));
}

#[test]
fn an_empty_snapshot_has_a_root_and_nothing_else() {
    let empty = snapshot([]);
    assert!(empty.is_empty() && empty.at("/").is_some());
    assert_eq!(
        empty.root().children().count() + empty.root().stats().count(),
        0
    );
}
