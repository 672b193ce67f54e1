//! What nobody should believe: garbage, code, truncated messages, and orders to stop.

use calipers::Registry;
use calipers::distributed::Aggregator;
use calipers_tests::memory::resident;
use calipers_tests::own_process::alone;
use calipers_tests::parts::{Folder, until};

use crate::python::{peer, said};
use crate::{SECOND, ignored, publisher};

#[test]
fn garbage_code_and_orders_are_counted_and_change_nothing() {
    alone(|| {
        let folder = Folder::new("distributed-strangers");
        let own = Registry::new();
        let aggregator = Aggregator::bind("tcp://127.0.0.1:0").registry(&own);
        let aggregator = aggregator.start().unwrap();
        let registry = Registry::new();
        let count = registry.counter("n").unwrap();
        count.add(1);
        let publisher = publisher(aggregator.endpoint(), "a", &registry);
        publisher.flush(30 * SECOND).unwrap();
        let before = resident();
        let place = folder.path("").display().to_string();
        let part = peer(&folder, &["strangers", aggregator.endpoint(), &place]);
        until("all is sent", || (!said(&part).is_empty()).then_some(()));
        for (cause, times) in [
            ("truncated", 2),
            ("otherSchema", 1),
            // No State, and a sort of message that there is not.
            ("malformed", 2),
            ("notForUs", 1),
        ] {
            until(cause, || (ignored(&own, cause) >= times).then_some(()));
            assert_eq!(ignored(&own, cause), times, "{cause}");
        }
        // The megabyte, the pickle, two shutdowns, one in two parts, nothing at all; and what 0MQ makes of bytes without it.
        until("all else", || (ignored(&own, "notOurs") >= 6).then_some(()));
        until("a connection that was none", || {
            (ignored(&own, "noHandshake") > 0).then_some(())
        });
        assert!(!folder.path("executed").exists(), "nothing is run");
        let grown = resident().saturating_sub(before);
        assert!(grown < 64 << 20, "{grown} bytes for what was claimed");
        count.add(1);
        publisher.flush(30 * SECOND).unwrap();
        assert_eq!(aggregator.snapshot().counter("/n"), Some(2), "it goes on");
        println!(
            "figure: {grown} bytes more after a megabyte of garbage and a frame of 2^62 bytes"
        );
    });
}

#[test]
fn who_does_not_know_the_key_cannot_fill_memory() {
    alone(|| {
        let folder = Folder::new("distributed-flood");
        let own = Registry::new();
        let aggregator = Aggregator::bind("tcp://127.0.0.1:0").key("k");
        let aggregator = aggregator.registry(&own).start().unwrap();
        let before = resident();
        let part = peer(&folder, &["flood", aggregator.endpoint()]);
        until("all is sent", || (!said(&part).is_empty()).then_some(()));
        for cause in ["noHandshake", "wrongKey"] {
            until(cause, || (ignored(&own, cause) > 0).then_some(()));
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes: {:?}", said(&part));
        println!("figure: {grown} bytes more, of megabytes {:?}", said(&part));
    });
}
