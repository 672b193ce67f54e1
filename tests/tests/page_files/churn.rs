//! The description while instances come and go, read by the format's own words.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use calipers::prelude::*;
use calipers::{Sum, mapped};

use crate::part::{self, Folder, Running};

#[derive(Instrumented)]
struct Totals {
    done: Sum<Counter>,
    sizes: Sum<Histogram>,
}

#[derive(Instrumented)]
#[instrumented(parent = Totals)]
struct Passing {
    done: Counter,
    sizes: Histogram,
    /// One more, so that there is something to describe.
    other: Gauge,
}

/// How many bytes the description has: the word at 64 says where it is, the one 64 bytes on there how long.
fn description_of(path: &Path) -> u64 {
    let file = File::open(path).unwrap();
    let word = |at: u64| {
        let mut word = [0; 8];
        file.read_exact_at(&mut word, at).unwrap();
        u64::from_ne_bytes(word)
    };
    word(word(64) + 64)
}

#[test]
fn the_description_stays_within_twice_what_is_alive() {
    if part::enabled().is_none() {
        let folder = Folder::new("churn");
        let test = "churn::the_description_stays_within_twice_what_is_alive";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("figure: ");
        return running.end();
    }
    // What waits to be folded while a tick has the turn counts as alive, which would make the figure one of chance.
    calipers::background_tick(false);
    let totals = Totals::init("/totals");
    let path = mapped::path().unwrap();
    // As many as live on, so that there is something to be twice of.
    let lasting: Vec<_> = (0..1000).map(|n| Passing::init_child(&totals, n)).collect();
    let alive = description_of(path);
    let mut most = 0;
    for n in 0..100_000_u64 {
        let passing = Passing::init_child(&totals, "passing");
        passing.done.inc();
        passing.sizes.record(n);
        passing.other.set(1.0);
        drop(passing);
        if n % 100 == 0 {
            most = most.max(description_of(path));
        }
    }
    let length = std::fs::metadata(path).unwrap().len();
    // What is alive, as much again; and a slack, for small descriptions and for what the totals come to.
    let limit = 2 * alive + (16 << 10);
    assert!(most <= limit, "{most} bytes, of which {alive} are alive");
    let left = mapped::read(path).unwrap();
    assert_eq!(left.counter("/totals/done"), Some(100_000));
    assert_eq!(
        left.histogram("/totals/sizes").unwrap().lifetime().count(),
        100_000
    );
    assert!(left.counter("/totals/999/done").is_some());
    drop(lasting);
    part::tell(&format!(
        "figure: description {alive} bytes with 1,000 instances, at most {most} while 100,000 came and went; file {length}"
    ));
}
