//! Readers of this library show what was united as if it were one program's.

use std::sync::{Arc, Mutex};

use calipers::distributed::{Aggregator, Merging, Publisher};
use calipers::report::{Stream, prometheus};
use calipers::{Registry, Snapshot};
use calipers_tests::parts::until;

use crate::{SECOND, aggregator, publisher};

/// Bytes that somebody else may look at.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_shows_the_united_tree_that_it_is_given_as_its_source() {
    let aggregator = Aggregator::bind("tcp://127.0.0.1:0").registry(&Registry::new());
    let aggregator = aggregator.gauges("/load", Merging::Sum).start().unwrap();
    for name in ["a", "b"] {
        let registry = Registry::new();
        registry.counter("jobs.done").unwrap().add(2);
        registry.gauge("load").unwrap().set(0.5);
        registry.gauge("heat").unwrap().set(20.0);
        registry.timer("time").unwrap().record(SECOND);
        publisher(aggregator.endpoint(), name, &registry)
            .flush(30 * SECOND)
            .unwrap();
        // Its publisher has ended, but it has not been silent for long.
    }
    let written = Written::default();
    let united = aggregator.united();
    let stream = Stream::builder(written.clone())
        .registry(&Registry::new())
        .source(move || united.snapshot())
        .start()
        .unwrap();
    stream.stop(30 * SECOND).unwrap();
    let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(line.contains(r#""done":4"#), "{line}");
    let text = prometheus_text(&aggregator.snapshot());
    for expected in [
        "jobs_done_total 4",
        "load 1",
        "heat{source=\"a\"} 20",
        "time_seconds_count 2",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

fn prometheus_text(snapshot: &Snapshot) -> String {
    prometheus::Exposition::new().text(snapshot)
}

#[test]
fn an_aggregator_may_publish_what_it_united_to_another() {
    let (near, far) = (aggregator(), aggregator());
    for name in ["a", "b"] {
        let registry = Registry::new();
        registry.counter("n").unwrap().add(2);
        publisher(near.endpoint(), name, &registry)
            .flush(30 * SECOND)
            .unwrap();
    }
    let united = near.united();
    let onward = Publisher::connect(far.endpoint())
        .identity("host-1")
        .registry(&Registry::new())
        .source(move || united.snapshot())
        .every(SECOND / 10)
        .start()
        .unwrap();
    until("it has come", || {
        (far.snapshot().counter("/n") == Some(4)).then_some(())
    });
    drop(onward);
}
