//! Aggregators and publishers that are killed and started again.

use std::time::{Duration, SystemTime};

use calipers::Registry;
use calipers::distributed::{Aggregator, Publisher};
use calipers::prelude::*;
use calipers_tests::parts::{Folder, Part, until};

use crate::process::{self, Aggregating, aggregate, endpoint, totals};
use crate::{SECOND, publisher};

const PUBLISHERS: u64 = 8;
const EVENTS: u64 = 10_000_000;
/// How many each publisher records.
const EACH: u64 = EVENTS / PUBLISHERS;
const STEPS: u64 = 50;

#[derive(Instrumented)]
struct Work {
    done: Counter,
    sizes: Histogram,
}

/// Records in steps, and tells how far it has come: `recorded` before it sends, `taken` when the aggregator has said so.
fn record(name: &str, folder: &std::path::Path) -> ! {
    let publisher = Publisher::connect(endpoint(folder))
        .identity(name)
        .every(Duration::from_millis(50))
        .start()
        .expect("a publisher");
    let work = Work::init("/job");
    for step in 1..=STEPS {
        for event in 0..EACH / STEPS {
            work.done.inc();
            work.sizes.record(event % 1000);
        }
        println!("recorded {}", step * EACH / STEPS);
        if publisher.flush(SECOND / 5).is_ok() {
            println!("taken {}", step * EACH / STEPS);
        }
    }
    println!("all recorded");
    loop {
        std::thread::park(); // what is missing goes with the next state
    }
}

fn last(part: &Part, word: &str) -> u64 {
    let output = part.output();
    let lines = output.lines().rev();
    let told = lines.filter_map(|line| line.strip_prefix(word)?.trim().parse().ok());
    told.take(1).next().unwrap_or(0)
}

#[test]
fn totals_are_exact_after_an_aggregator_was_killed_twice_and_a_publisher_once() {
    const TEST: &str =
        "killed::totals_are_exact_after_an_aggregator_was_killed_twice_and_a_publisher_once";
    match process::role() {
        Some((role, folder)) if role == "aggregator" => aggregate(&folder),
        Some((name, folder)) => record(&name, &folder),
        None => {}
    }
    let folder = Folder::new("distributed-killed");
    let done = |of: &Aggregating| of.united().counter("/job/done").unwrap_or(0);
    let aggregator = Aggregating::start(TEST, &folder);
    let mut publishers: Vec<Part> = (0..PUBLISHERS)
        .map(|number| process::start(TEST, &format!("worker-{number}"), &folder))
        .collect();
    until("a tenth is there", || {
        (done(&aggregator) > EVENTS / 10).then_some(())
    });
    drop(aggregator); // SIGKILL
    let aggregator = Aggregating::start(TEST, &folder);
    until("a third is there", || {
        (done(&aggregator) > EVENTS / 3).then_some(())
    });

    let killed = publishers.remove(0);
    until("it has sent something", || {
        (last(&killed, "taken") > 0).then_some(())
    });
    killed.signal("-KILL");
    let (taken, recorded) = (last(&killed, "taken"), EACH);
    // The rest of what it had sent is on its way at most for a moment; then the file is written once more.
    let of_dead = || aggregator.each().counter("/worker-0/job/done").unwrap_or(0);
    until("what it sent has come", || {
        (of_dead() >= taken).then_some(())
    });
    let since = SystemTime::now();
    let mut kept = of_dead();
    until("it is kept", || {
        let modified = std::fs::metadata(totals(&folder.path("")))
            .ok()?
            .modified()
            .ok()?;
        kept = of_dead();
        (modified > since + SECOND).then_some(())
    });
    assert!(
        (taken..=recorded).contains(&kept),
        "{taken} {kept} {recorded}"
    );
    drop(aggregator); // SIGKILL again
    let aggregator = Aggregating::start(TEST, &folder);

    for publisher in &publishers {
        until("all is recorded", || {
            publisher.output().contains("all recorded").then_some(())
        });
    }
    let expected = (PUBLISHERS - 1) * EACH + kept;
    until("all is there", || {
        (done(&aggregator) >= expected).then_some(())
    });
    let united = aggregator.united();
    assert_eq!(united.counter("/job/done"), Some(expected));
    // Who had sent everything before is in the totals that were kept, and is itself heard of a little later.
    until("each survivor has told everything", || {
        let each = aggregator.each();
        let of = |number, stat: &str| each.counter(&format!("/worker-{number}/job/{stat}"));
        (1..PUBLISHERS)
            .all(|number| {
                ["done", "sizes/count"]
                    .iter()
                    .all(|stat| of(number, stat) == Some(EACH))
            })
            .then_some(())
    });
    assert_eq!(done(&aggregator), expected, "and nothing counts twice");
    println!(
        "figure: {EVENTS} events of {PUBLISHERS}, one killed at {kept}: {expected} in the end"
    );
}

#[test]
fn an_aggregator_that_is_started_again_gets_everything_with_the_next_message() {
    let folder = Folder::new("distributed-again");
    let endpoint = endpoint(&folder.path(""));
    let registry = Registry::new();
    registry.counter("n").unwrap().add(3);
    registry.text("word").unwrap().set("unchanged");
    let start = || {
        Aggregator::bind(&*endpoint)
            .registry(&Registry::new())
            .start()
            .unwrap()
    };
    let first = start();
    let publisher = publisher(&endpoint, "a", &registry);
    publisher.flush(30 * SECOND).unwrap();
    drop(first);
    registry.counter("n").unwrap().add(1);
    let second = start();
    until("it is connected again", || publisher.flush(SECOND).ok());
    assert_eq!(second.snapshot().counter("/n"), Some(4));
    assert_eq!(second.snapshot().text("/word/a"), Some("unchanged"));
}

#[test]
fn totals_that_are_kept_outlive_the_aggregator_and_its_sources() {
    let folder = Folder::new("distributed-kept");
    let endpoint = endpoint(&folder.path(""));
    let start = || {
        Aggregator::bind(&*endpoint)
            .registry(&Registry::new())
            .keep(folder.path("totals"))
            .start()
            .unwrap()
    };
    // Twice the same source, and another; all of them end before the aggregator does.
    let first = start();
    for (name, amount) in [("a", 10), ("a", 5), ("b", 1)] {
        let registry = Registry::new();
        registry.counter("n").unwrap().add(amount);
        registry.timer("time").unwrap().record(SECOND);
        registry.gauge("level").unwrap().set(7.0);
        publisher(&endpoint, name, &registry)
            .stop(30 * SECOND)
            .unwrap();
    }
    assert_eq!(first.snapshot().counter("/n"), Some(16));
    first.stop();
    for _ in 0..2 {
        let again = start();
        let united = again.snapshot();
        assert_eq!(united.counter("/n"), Some(16));
        assert_eq!(united.timer("/time").unwrap().lifetime().count(), 3);
        assert_eq!(
            united.gauge("/level/a"),
            None,
            "what it stood at is not kept"
        );
        again.stop();
    }
    std::fs::write(folder.path("totals"), b"CALIKEPTnonsense").unwrap();
    let refused = Aggregator::bind(&*endpoint)
        .keep(folder.path("totals"))
        .start();
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("cannot go on from")
    );
}
