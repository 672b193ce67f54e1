//! A peer in another language, which knows the format from its documentation alone.

use std::path::Path;
use std::process::Command;

use calipers::Registry;
use calipers::distributed::{Aggregator, Publisher};
use calipers::prelude::*;
use calipers_tests::parts::{Folder, Part, beside_install, free_port, installed, until};
use serde_json::{Value, json};

use crate::SECOND;

pub(crate) fn peer(folder: &Folder, arguments: &[&str]) -> Part {
    let mut command = Command::new(installed("pyzmq/bin/python"));
    command
        .arg(beside_install("distributed-peer.py"))
        .args(arguments);
    Part::start(command, folder)
}

fn proto() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/distributed.proto");
    path.display().to_string()
}

/// The lines it has said.
pub(crate) fn said(part: &Part) -> Vec<Value> {
    let output = part.output();
    let lines = output.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[derive(Instrumented)]
struct Queue {
    #[stat(merge = "sum")]
    depth: Gauge<u64>,
}

#[test]
fn an_aggregator_in_python_decodes_what_a_publisher_sends_and_asks_for_everything() {
    for key in ["", "both know it"] {
        let folder = Folder::new("distributed-python");
        let port = free_port().to_string();
        let part = peer(&folder, &["listen", &proto(), &port, key]);
        until("it listens", || (!said(&part).is_empty()).then_some(()));
        let registry = Registry::new();
        registry.counter("jobs.done").unwrap().add(3);
        registry.up_down_counter("jobs.open").unwrap().sub(2);
        registry.gauge("load").unwrap().set(0.5);
        let queue = Queue::init_in(&registry, "/queue");
        queue.depth.set(4);
        registry.text("word").unwrap().set("grün");
        let by_key = registry.get::<Family<String, Counter>>("by").unwrap();
        by_key.get("/a").add(1);
        by_key.get("/b").add(2);
        let sizes = registry.histogram("sizes").unwrap();
        for size in [0, 1, 1000, 1000] {
            sizes.record(size);
        }
        let mut publisher = Publisher::connect(format!("tcp://127.0.0.1:{port}"))
            .identity("rust")
            .registry(&registry)
            .every(3600 * SECOND);
        if !key.is_empty() {
            publisher = publisher.key(key);
        }
        let publisher = publisher.start().unwrap();
        // The peer asks for everything once more before it says that it has it.
        publisher.flush(30 * SECOND).unwrap();
        by_key.get("/b").add(5);
        registry.counter("jobs.done").unwrap().add(1);
        assert!(registry.remove("word"));
        publisher.flush(30 * SECOND).unwrap();
        let messages = until("three have come", || {
            let said = said(&part);
            (said.len() > 3).then(|| said[1..].to_vec())
        });
        let value = |message: usize, path: &str| &messages[message]["stats"][path]["value"];
        for (message, sequence) in [(0, 1), (1, 2)] {
            let is = |field: &str, expected: Value| assert_eq!(messages[message][field], expected);
            is("source", json!("rust"));
            is("sort", json!(1));
            is("flags", json!(3));
            is("sequence", json!(sequence));
            assert_eq!(value(message, "/jobs/done"), 3);
            assert_eq!(value(message, "/jobs/open"), -2);
            assert_eq!(value(message, "/load"), 0.5);
            assert_eq!(value(message, "/queue/depth"), 4);
            let merging = |path: &str| &messages[message]["stats"][path]["merging"];
            assert_eq!(
                (merging("/queue/depth"), merging("/load")),
                (&json!(1), &json!(0))
            );
            assert_eq!(value(message, "/word"), "grün");
            assert_eq!(value(message, "/by"), &json!({ "/a": 1, "/b": 2 }));
            let sizes = value(message, "/sizes");
            assert_eq!(
                (&sizes["count"], &sizes["sum"]),
                (&json!(4), &json!(2001.0))
            );
            // 1 is the upper edge of bucket -1, and 1000 lies in (2^(318/32), 2^(319/32)].
            assert_eq!(sizes["buckets"], json!({ "-1": 1, "318": 2 }));
        }
        let change = &messages[2];
        assert_eq!(
            (&change["sort"], &change["sequence"]),
            (&json!(2), &json!(3))
        );
        assert_eq!(change["gone"], json!(["/word"]));
        assert_eq!(value(2, "/jobs/done"), 4);
        assert_eq!(value(2, "/by"), &json!({ "/b": 7 }));
        assert!(change["stats"].get("/load").is_none(), "it did not change");
    }
}

#[test]
fn a_publisher_in_python_is_united_with_ours() {
    for key in ["", "both know it"] {
        let folder = Folder::new("distributed-from-python");
        let mut aggregator = Aggregator::bind("tcp://127.0.0.1:0").registry(&Registry::new());
        if !key.is_empty() {
            aggregator = aggregator.key(key);
        }
        let aggregator = aggregator.start().unwrap();
        let part = peer(&folder, &["publish", &proto(), aggregator.endpoint(), key]);
        let answers = until("all is answered", || {
            let said = said(&part);
            (said.len() == 3).then_some(said)
        });
        let expected = [(4, 1), (3, 2), (3, 3)];
        for (answer, (sort, sequence)) in answers.iter().zip(expected) {
            assert_eq!(
                answer,
                &json!({ "answer": sort, "incarnation": 11, "sequence": sequence })
            );
        }
        let united = aggregator.snapshot();
        assert_eq!(united.counter("/from/python/count"), Some(7));
        let help = united.entry("/from/python/count").unwrap().help();
        assert_eq!(help, "What Python counted");
        assert_eq!(united.gauge("/from/python/load"), Some(0.5));
        let load = united.entry("/from/python/load").unwrap();
        assert_eq!(load.kind().to_string(), "max of gauge");
    }
}
