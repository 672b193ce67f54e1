//! The gauges of a folder's processes come to what they declare.

use calipers::mapped;
use calipers::prelude::*;

use crate::part::{self, Folder, Running};

#[derive(Instrumented)]
struct Queue {
    #[stat(merge = "sum")]
    depth: Gauge<u64>,
    #[stat(merge = "max")]
    oldest: Gauge,
    #[stat(merge = "min", label = "path")]
    free: Family<String, Gauge<i64>>,
    said: Gauge,
}

/// What a process of the test sets its gauges to.
const LEVEL: &str = "CALIPERS_TEST_LEVEL";

fn set() {
    let level: i8 = std::env::var(LEVEL).unwrap().parse().unwrap();
    let queue = Queue::init("/queue");
    queue.depth.set(level.unsigned_abs().into());
    queue.oldest.set(level.into());
    queue.free.get("a").set(level.into());
    queue.said.set(level.into());
    part::tell("ready");
    part::pause();
}

#[test]
fn the_gauges_of_two_files_come_to_what_they_declare() {
    if part::enabled().is_some() {
        return set();
    }
    let folder = Folder::new("gauges");
    let test = "gauges::the_gauges_of_two_files_come_to_what_they_declare";
    let _running = ["5", "3"].map(|level| {
        let mut command = part::command(test, folder.path());
        let mut running = Running::start(command.env(LEVEL, level));
        running.wait_for("ready");
        running
    });
    let both = mapped::read(folder.pages()).unwrap();
    for (path, level) in [("depth", 8.0), ("oldest", 5.0), ("free/a", 3.0)] {
        let path = format!("/queue/{path}");
        assert_eq!(both.gauge(&path), Some(level), "{path}");
    }
    // It says nothing, so it is one of them.
    let said = both.gauge("/queue/said");
    assert!(matches!(said, Some(5.0 | 3.0)), "{said:?}");
}
