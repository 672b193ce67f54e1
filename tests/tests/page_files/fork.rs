//! A child of `fork` has no part in its parent's file.

use std::panic::AssertUnwindSafe;
use std::thread;

use calipers::mapped;
use calipers::prelude::*;
use calipers_tests::beside::Done;

use crate::part::{self, Folder, Running};

#[derive(Instrumented)]
struct Stats {
    done: Counter,
    load: Gauge,
    sizes: Histogram,
}

#[test]
fn a_forked_child_never_writes_its_parents_numbers() {
    if part::enabled().is_none() {
        let folder = Folder::new("fork");
        let test = "fork::a_forked_child_never_writes_its_parents_numbers";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("done");
        running.end();
        assert!(
            mapped::files(folder.pages()).unwrap().is_empty(),
            "removed by the parent"
        );
        return;
    }
    let stats = Stats::init("/stats");
    let path = mapped::path().unwrap().to_owned();
    let done = Done::not_yet();
    thread::scope(|scope| {
        let _at_end = done.at_end();
        // Others record, and outgrow blocks, while this thread forks.
        scope.spawn(|| {
            while !done.is() {
                (0..30).for_each(|n| stats.sizes.record(1_u64 << n));
            }
        });
        stats.done.add(5);
        stats.load.set(1.0);
        for _ in 0..20 {
            // SAFETY: the child runs safe code and leaves by `_exit`.
            let child = unsafe { libc::fork() };
            if child == 0 {
                let ended = std::panic::catch_unwind(AssertUnwindSafe(|| in_child(&stats)));
                // SAFETY: ends this process.
                unsafe { libc::_exit(i32::from(ended.is_err())) };
            }
            let mut status = 0;
            // SAFETY: waits for the child made above.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0, "the child failed");
            let file = mapped::read(&path).unwrap();
            assert_eq!(file.counter("/stats/done"), Some(5));
            assert_eq!(file.gauge("/stats/load"), Some(1.0));
            assert!(file.entry("/of/the/child").is_none());
            assert_eq!(
                mapped::files(&path).unwrap()[0].liveness,
                mapped::Liveness::Live
            );
        }
    });
    let file = mapped::read(&path).unwrap();
    let own = calipers::snapshot();
    let count = |of: &calipers::Snapshot| of.histogram("/stats/sizes").unwrap().lifetime().count();
    assert_eq!(count(&file), count(&own));
    part::tell("done");
}

fn in_child(stats: &Stats) {
    assert!(mapped::path().is_none());
    assert!(mapped::enable(std::env::temp_dir()).is_err());
    let sizes = || {
        calipers::snapshot()
            .histogram("/stats/sizes")
            .unwrap()
            .lifetime()
            .count()
    };
    let before = sizes();
    assert_eq!(calipers::snapshot().counter("/stats/done"), Some(5));
    stats.done.add(100);
    stats.load.set(7.0);
    (0..50).for_each(|n| stats.sizes.record(1_u64 << n));
    calipers::incr("of.the.child", 1);
    let other = Stats::init("/other");
    thread::scope(|scope| {
        scope.spawn(|| other.done.inc());
    });
    drop(other);
    let after = calipers::snapshot();
    assert_eq!(after.counter("/stats/done"), Some(105));
    assert_eq!(after.gauge("/stats/load"), Some(7.0));
    assert_eq!(sizes(), before + 50);
    assert_eq!(after.counter("/of/the/child"), Some(1));
}
