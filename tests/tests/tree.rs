//! The tree: sharing, beginning anew, numbers, nesting, what keeps a place and what ends it.

use std::sync::Arc;
use std::thread;

use calipers::prelude::*;
use calipers::{Info, Node, Registry, StateSet, States, Sum, Text, UpDownCounter};

#[derive(Instrumented)]
struct Worker {
    done: Counter,
    sizes: Histogram,
    level: UpDownCounter,
    depth: Gauge<u64>,
    note: Text,
    state: StateSet<Phase>,
    by_key: Family<String, Counter>,
}

#[derive(States)]
enum Phase {
    Idle,
    Busy,
}

#[derive(Instrumented)]
struct Folder {
    node: Node,
}

#[test]
fn two_instances_at_one_path_share_their_stats() {
    let registry = Registry::new();
    let first = Worker::init_in(&registry, "/w");
    let second = Worker::init_in(&registry, "w");
    first.done.inc();
    second.done.inc();
    first.by_key.get("a").inc();
    second.by_key.get("a").inc();
    second.depth.set(4);
    first.note.set("shared");
    second.state.set(Phase::Busy);
    drop(first);
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/w/done"), Some(2));
    assert_eq!(snapshot.counter("/w/by_key/a"), Some(2));
    assert_eq!(snapshot.gauge("/w/depth"), Some(4.0));
    assert_eq!(snapshot.text("/w/note"), Some("shared"));
    assert_eq!(snapshot.state("/w/state"), Some("busy"));
}

#[test]
fn a_new_instance_at_the_path_of_one_that_is_gone_starts_anew() {
    let registry = Registry::new();
    for round in 1..=3 {
        let worker = Worker::init_in(&registry, "/w");
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/w/done"), Some(0), "round {round}");
        assert!(
            snapshot
                .histogram("/w/sizes")
                .unwrap()
                .lifetime()
                .is_empty()
        );
        assert_eq!(snapshot.up_down_counter("/w/level"), Some(0));
        assert_eq!(snapshot.gauge("/w/depth"), Some(0.0));
        assert_eq!(snapshot.text("/w/note"), None);
        assert_eq!(snapshot.state("/w/state"), None);
        assert!(snapshot.family("/w/by_key").unwrap().is_empty());
        worker.done.add(7);
        worker.sizes.record(1.5);
        worker.level.add(3);
        worker.level.sub(1);
        worker.depth.set(5);
        worker.note.set("x");
        worker
            .state
            .set(if round == 2 { Phase::Idle } else { Phase::Busy });
        worker.by_key.get("k").add(2);
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/w/done"), Some(7));
        assert_eq!(snapshot.up_down_counter("/w/level"), Some(2));
        assert_eq!(snapshot.counter("/w/by_key/k"), Some(2));
    }
    assert!(registry.snapshot().is_empty());
}

#[test]
fn ids_that_were_in_use_on_other_threads_start_at_zero_for_their_next_owner() {
    let registry = Registry::new();
    for _ in 0..50 {
        let workers: Vec<_> = (0..20)
            .map(|n| Worker::init_in(&registry, &format!("/w/{n}")))
            .collect();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for worker in &workers {
                        worker.done.add(3);
                        worker.sizes.record(2_u8);
                        worker.level.inc();
                    }
                });
            }
        });
        let snapshot = registry.snapshot();
        for n in 0..20 {
            assert_eq!(snapshot.counter(&format!("/w/{n}/done")), Some(9));
            assert_eq!(snapshot.up_down_counter(&format!("/w/{n}/level")), Some(3));
            let sizes = snapshot.histogram(&format!("/w/{n}/sizes")).unwrap();
            assert_eq!((sizes.lifetime().count(), sizes.lifetime().sum()), (3, 6.0));
        }
    }
}

#[test]
fn numbered_children_take_the_lowest_free_number() {
    let registry = Registry::new();
    let folder = Folder::init_in(&registry, "/pool");
    let one = Worker::init_child_numbered(&folder, "thread");
    let two = Worker::init_child_numbered(&folder, "thread");
    let three = Worker::init_child_numbered(&folder, "thread");
    let paths = |workers: &[&Worker]| -> Vec<String> {
        use calipers::Instrumented as _;
        workers
            .iter()
            .map(|worker| worker.node().path().to_owned())
            .collect()
    };
    assert_eq!(
        paths(&[&one, &two, &three]),
        ["/pool/thread/1", "/pool/thread/2", "/pool/thread/3"]
    );
    drop(two);
    drop(one);
    let (first, second) = (
        Worker::init_child_numbered(&folder, "thread"),
        Worker::init_child_numbered(&folder, "thread"),
    );
    let other = Worker::init_child_numbered(&folder, "io");
    assert_eq!(
        paths(&[&first, &second, &other]),
        ["/pool/thread/1", "/pool/thread/2", "/pool/io/1"]
    );
    let named = Worker::init_child(&folder, "thread/4");
    let five = Worker::init_child_numbered(&folder, "thread");
    assert_eq!(
        paths(&[&named, &five]),
        ["/pool/thread/4", "/pool/thread/5"]
    );
}

#[test]
fn churn_of_numbered_children_mints_no_names() {
    let registry = Registry::new();
    let folder = Folder::init_in(&registry, "/pool");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let worker = Worker::init_child_numbered(&folder, "thread");
                    use calipers::Instrumented as _;
                    let number: u32 = worker
                        .node()
                        .path()
                        .rsplit_once('/')
                        .unwrap()
                        .1
                        .parse()
                        .unwrap();
                    assert!((1..=4).contains(&number), "{number}");
                }
            });
        }
    });
}

#[derive(Instrumented)]
struct Service {
    seen: Counter,
    #[stat(child)]
    inner: Inner,
    #[stat(child = QueueParts { name: "jobs" }, name = "queues/main")]
    queue: Queue,
}

#[derive(Instrumented)]
struct Inner {
    seen: Counter,
}

#[derive(Instrumented)]
struct Queue {
    pushed: Counter,
    #[stat(skip)]
    name: &'static str,
}

#[test]
fn children_that_are_fields_stand_below_their_struct_and_go_with_it() {
    let registry = Registry::new();
    let service = Service::init_in(&registry, "/service");
    service.seen.inc();
    service.inner.seen.add(2);
    service.queue.pushed.add(3);
    assert_eq!(service.queue.name, "jobs");
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/service/seen"), Some(1));
    assert_eq!(snapshot.counter("/service/inner/seen"), Some(2));
    assert_eq!(snapshot.counter("/service/queues/main/pushed"), Some(3));
    drop(service);
    let after = registry.snapshot();
    assert!(after.is_empty(), "{after}");
}

#[derive(Instrumented)]
#[instrumented(collapsed)]
struct Connection {
    sent: Counter,
}

#[test]
fn a_collapsed_instance_says_so() {
    let registry = Registry::new();
    let _connection = Connection::init_in(&registry, "/connection");
    let _folder = Folder::init_in(&registry, "/folder");
    let snapshot = registry.snapshot();
    assert!(snapshot.at("/connection").unwrap().is_collapsed());
    assert!(!snapshot.at("/folder").unwrap().is_collapsed());
    assert_eq!(
        snapshot.counter("/connection/sent"),
        Some(0),
        "it is there all the same"
    );
}

#[test]
fn a_handle_keeps_its_place_and_a_child_keeps_its_parent() {
    let registry = Registry::new();
    let folder = Folder::init_in(&registry, "/folder");
    let worker = Worker::init_child(&folder, "w");
    drop(folder);
    assert!(registry.snapshot().at("/folder").is_some());
    let done = worker.done.clone();
    drop(worker);
    done.inc();
    assert_eq!(registry.snapshot().counter("/folder/w/done"), Some(1));
    let again = Worker::init_in(&registry, "/folder/w");
    again.done.inc();
    assert_eq!(
        registry.snapshot().counter("/folder/w/done"),
        Some(2),
        "it was never gone"
    );
    drop(done);
    drop(again);
    assert!(registry.snapshot().at("/folder").is_none());
}

#[test]
fn a_family_member_keeps_its_place() {
    let registry = Registry::new();
    let worker = Worker::init_in(&registry, "/w");
    let member = worker.by_key.get("a").clone();
    drop(worker);
    member.inc();
    assert_eq!(registry.snapshot().counter("/w/by_key/a"), Some(1));
    drop(member);
    assert!(registry.snapshot().is_empty());
}

#[test]
fn registries_know_nothing_of_each_other() {
    let (one, two) = (Registry::new(), Registry::new());
    let first = Worker::init_in(&one, "/w");
    let second = Worker::init_in(&two, "/w");
    first.done.inc();
    second.done.add(2);
    assert_eq!(one.snapshot().counter("/w/done"), Some(1));
    assert_eq!(two.snapshot().counter("/w/done"), Some(2));
    assert!(calipers::snapshot().counter("/w/done").is_none());
    // A registry's tree lives as long as anything in it.
    drop(one);
    first.done.inc();
}

#[test]
fn a_struct_without_stats_is_a_place_and_may_be_a_parent_behind_an_arc() {
    let registry = Registry::new();
    let folder = Arc::new(Folder::init_in(&registry, "/folder"));
    assert_eq!(folder.node.path(), "/folder");
    let worker = Worker::init_child(&folder, 7);
    let below = Worker::init_child(&folder.node, "direct");
    worker.done.inc();
    below.done.inc();
    assert_eq!(registry.snapshot().counter("/folder/7/done"), Some(1));
    assert_eq!(registry.snapshot().counter("/folder/direct/done"), Some(1));
}

#[derive(Instrumented)]
struct App {
    #[stat(with = [("version", "1.2"), ("commit", "abc")])]
    build: Info,
    #[stat(with = || 42_u64)]
    answer: Gauge<u64>,
}

#[test]
fn what_is_fixed_at_init_is_shown() {
    let registry = Registry::new();
    let app = App::init_in(&registry, "/app");
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.text("/app/build/version"), Some("1.2"));
    assert_eq!(snapshot.text("/app/build/commit"), Some("abc"));
    assert_eq!(snapshot.gauge("/app/answer"), Some(42.0));
    drop((app.build, app.answer));
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Top {
    done: Sum<Counter>,
}

#[test]
fn instances_are_opened_and_dropped_by_many_threads_at_one_path() {
    let registry = Registry::new();
    let top = Top::init_in(&registry, "/top");
    const EACH: u64 = 1500;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let worker = Worker::init_child(&top, "same");
                    worker.done.inc();
                    worker.by_key.get("k").inc();
                }
            });
        }
        scope.spawn(|| (0..20).for_each(|_| drop(registry.snapshot())));
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.counter("/top/done"), Some(4 * EACH));
    assert!(snapshot.at("/top/same").is_none());
}

/// Each of the stats is sometimes new, sometimes shared and sometimes somebody else's, in any order.
#[test]
fn instances_and_stats_opened_by_name_come_and_go_at_one_path_and_none_waits_for_ever() {
    #[derive(Instrumented)]
    struct Three {
        done: Counter,
        shared: Counter,
        contested: Counter,
    }
    const EACH: u64 = 1000;
    let snapshot = calipers_tests::beside::within(calipers_tests::beside::LONG, || {
        let registry = Registry::new();
        let top = Top::init_in(&registry, "/top");
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        let three = Three::init_child(&top, "one");
                        for stat in [&three.done, &three.shared, &three.contested] {
                            stat.inc();
                        }
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..EACH {
                    drop(registry.counter("top.one.shared"));
                    drop(registry.histogram("top.one.contested"));
                    registry.remove("top.one.shared");
                    registry.remove("top.one.contested");
                }
            });
        });
        registry.snapshot()
    });
    assert_eq!(snapshot.counter("/top/done"), Some(2 * EACH));
    assert!(snapshot.at("/top/one").is_none());
}

#[test]
fn an_expression_of_a_field_may_use_the_library_at_the_same_path() {
    #[derive(Instrumented)]
    struct Outer {
        opened: Counter,
        #[stat(skip = Worker::init_in(registry, "/outer"))]
        worker: Worker,
        #[stat(skip)]
        registry: Registry,
        closed: Counter,
    }
    let registry = Registry::new();
    let outer = calipers_tests::beside::within(calipers_tests::beside::LONG, {
        let registry = registry.clone();
        move || Outer::init_in(&registry.clone(), "/outer", OuterParts { registry })
    });
    outer.opened.inc();
    outer.closed.inc();
    outer.worker.done.inc();
    let snapshot = outer.registry.snapshot();
    for stat in ["opened", "closed", "done"] {
        assert_eq!(
            snapshot.counter(&format!("/outer/{stat}")),
            Some(1),
            "{stat}"
        );
    }
}

#[test]
fn a_deep_path_opens_and_goes_without_trouble() {
    let registry = Registry::new();
    let path = "/a".repeat(500);
    for _ in 0..3 {
        let worker = Worker::init_in(&registry, &path);
        worker.done.inc();
        assert_eq!(
            registry.snapshot().counter(&format!("{path}/done")),
            Some(1)
        );
    }
    assert!(registry.snapshot().at("/a").is_none());
}
