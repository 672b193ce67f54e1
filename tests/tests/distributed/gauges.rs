//! Gauges of several publishers come to what they declare, unless whoever runs the aggregator says otherwise.

use calipers::distributed::{Aggregator, Merging, Publisher};
use calipers::prelude::*;
use calipers::{Max, Registry};
use calipers_tests::parts::until;

use crate::{SECOND, aggregator, publisher};

#[derive(Instrumented)]
struct Pool {
    level: Max<Gauge>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool)]
struct Queue {
    #[stat(merge = "sum")]
    depth: Gauge<u64>,
    #[stat(merge = "max")]
    oldest: Gauge,
    #[stat(merge = "min")]
    free: Gauge<i64>,
    #[stat(merge = "last")]
    limit: Gauge<u64>,
    #[stat(merge = "per-source")]
    load: Gauge,
    #[stat(merge = "sum", label = "path")]
    open: Family<String, Gauge<u64>>,
    /// Its largest is another thing than how it is merged.
    #[stat(merge = "sum")]
    level: Gauge,
}

/// The stats of one process, each of whose gauges stands at `value`.
fn process(value: u8) -> (Registry, Pool, Queue) {
    let registry = Registry::new();
    let pool = Pool::init_in(&registry, "/pool");
    let queue = Queue::init_child(&pool, "queue");
    for gauge in [&queue.oldest, &queue.load, &queue.level] {
        gauge.set(value.into());
    }
    for gauge in [&queue.depth, &queue.limit, queue.open.get("a")] {
        gauge.set(value.into());
    }
    queue.free.set(value.into());
    (registry, pool, queue)
}

#[test]
fn the_gauges_of_two_publishers_come_to_what_each_declares() {
    let aggregator = Aggregator::bind("tcp://127.0.0.1:0")
        .registry(&Registry::new())
        .start()
        .unwrap();
    let (one, two) = (process(5), process(3));
    for (name, (registry, ..)) in [("one", &one), ("two", &two)] {
        let publisher = publisher(aggregator.endpoint(), name, registry);
        publisher.flush(30 * SECOND).unwrap();
        publisher.stop(30 * SECOND).unwrap();
    }
    let united = aggregator.snapshot();
    for (path, value) in [
        ("depth", 8.0),
        ("oldest", 5.0),
        ("free", 3.0),
        ("limit", 3.0),
        ("load/one", 5.0),
        ("load/two", 3.0),
        ("open/a", 8.0),
        ("level", 8.0),
    ] {
        let path = format!("/pool/queue/{path}");
        assert_eq!(united.gauge(&path), Some(value), "{path}");
    }
    assert_eq!(united.gauge("/pool/level"), Some(5.0));
}

#[test]
fn a_rule_of_the_aggregator_wins_and_then_one_of_the_publisher() {
    let aggregator = Aggregator::bind("tcp://127.0.0.1:0")
        .gauges("/pool/*/depth", Merging::Max)
        .registry(&Registry::new())
        .start()
        .unwrap();
    let (one, two) = (process(5), process(3));
    let publishers = [("one", &one), ("two", &two)].map(|(name, (registry, ..))| {
        Publisher::connect(aggregator.endpoint())
            .identity(name)
            .gauges("/pool/*/{depth,oldest}", Merging::Min)
            .registry(registry)
            .every(SECOND / 10)
            .start()
            .unwrap()
    });
    let gauge = |path| aggregator.snapshot().gauge(path);
    until("both have told", || {
        (gauge("/pool/queue/free") == Some(3.0) && gauge("/pool/queue/level") == Some(8.0))
            .then_some(())
    });
    assert_eq!(gauge("/pool/queue/depth"), Some(5.0));
    assert_eq!(gauge("/pool/queue/oldest"), Some(3.0));
    drop(publishers);
}

#[test]
fn gauges_that_an_aggregator_passes_on_come_to_the_same() {
    let (near, far) = (aggregator(), aggregator());
    let (one, two, three) = (process(5), process(3), process(7));
    for (aggregator, name, (registry, ..)) in [
        (&near, "one", &one),
        (&near, "two", &two),
        (&far, "three", &three),
    ] {
        let publisher = publisher(aggregator.endpoint(), name, registry);
        publisher.flush(30 * SECOND).unwrap();
    }
    let united = near.united();
    let onward = Publisher::connect(far.endpoint())
        .identity("host-1")
        .registry(&Registry::new())
        .source(move || united.snapshot())
        .every(3600 * SECOND)
        .start()
        .unwrap();
    onward.flush(30 * SECOND).unwrap();
    let united = far.snapshot();
    for (path, value) in [
        ("level", 7.0),
        ("queue/depth", 15.0),
        ("queue/oldest", 7.0),
        ("queue/free", 3.0),
        ("queue/limit", 3.0),
        ("queue/load/one", 5.0),
        ("queue/load/three", 7.0),
        ("queue/open/a", 15.0),
    ] {
        let path = format!("/pool/{path}");
        assert_eq!(united.gauge(&path), Some(value), "{path}");
    }
}
