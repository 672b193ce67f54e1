//! An aggregator that is stopped for a while.

use std::time::{Duration, Instant};

use calipers::Registry;
use calipers::distributed::Publisher;
use calipers_tests::memory::resident;
use calipers_tests::own_process::alone;
use calipers_tests::parts::{Folder, until};

use crate::SECOND;
use crate::process::{self, Aggregating, aggregate, endpoint};

/// How long it is stopped; more by hand: CALIPERS_STOPPED=60.
fn stopped() -> Duration {
    let given = std::env::var("CALIPERS_STOPPED").ok();
    given.map_or(10 * SECOND, |seconds| seconds.parse().unwrap_or(1) * SECOND)
}

const STATS: usize = 5_000;

/// Counts for a while, and gives how long a round took, in the middle and at most.
fn record(
    counters: &[calipers::Counter],
    time: Duration,
    rounds: &mut u64,
) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < time {
        let round = Instant::now();
        for counter in counters {
            counter.inc();
        }
        took.push(round.elapsed());
        *rounds += 1;
        std::thread::sleep(Duration::from_millis(1));
    }
    took.sort();
    (took[took.len() / 2], took[took.len() - 1])
}

#[test]
fn a_stopped_aggregator_costs_publishers_little_memory_and_no_total() {
    const TEST: &str = "stopped::a_stopped_aggregator_costs_publishers_little_memory_and_no_total";
    if let Some((_, folder)) = process::role() {
        aggregate(&folder);
    }
    alone(|| {
        let folder = Folder::new("distributed-stopped");
        let aggregator = Aggregating::start(TEST, &folder);
        let registry = Registry::new();
        let names = (0..STATS).map(|number| format!("place-{}.n-{number}", number % 100));
        let counters: Vec<_> = names.map(|name| registry.counter(&name).unwrap()).collect();
        let publisher = Publisher::connect(endpoint(&folder.path("")))
            .identity("a")
            .registry(&registry)
            .every(Duration::from_millis(20))
            .start()
            .unwrap();
        publisher.flush(30 * SECOND).unwrap();
        let mut rounds = 0;
        let before = record(&counters, 3 * SECOND, &mut rounds);
        let own = |stat: &str| {
            let path = format!("/calipers/report/publisher/{stat}");
            registry.snapshot().counter(&path).unwrap_or(0)
        };
        let (memory, dropped) = (resident(), own("dropped"));
        aggregator.part.signal("-STOP");
        let during = record(&counters, stopped(), &mut rounds);
        let grown = resident().saturating_sub(memory);
        let dropped = own("dropped") - dropped;
        aggregator.part.signal("-CONT");

        assert!(grown < 64 << 20, "{grown} bytes more");
        assert!(dropped > 0, "what could not be sent is counted");
        // Nothing waits: a round may be slower on a machine that is busy, but not by as much as a wait for somebody.
        let (usual, slow) = (before.0.max(Duration::from_micros(50)), during.0);
        assert!(slow < usual * 20, "{slow:?} rather than {usual:?}");
        let last = until("the totals are right again", || {
            let united = aggregator.united();
            let total = |number: usize| {
                let path = format!("/place-{}/n-{number}", number % 100);
                united.counter(&path)
            };
            (0..STATS)
                .all(|number| total(number) == Some(rounds))
                .then_some(rounds)
        });
        let taken = own("offered");
        println!(
            "figure: stopped for {:?}, {STATS} stats every 20 ms: {} KiB more memory, {dropped} of {taken} values dropped and \
             sent later, a round of {STATS} took {:?} ({:?} before), all at {last} again",
            stopped(),
            grown >> 10,
            during.0,
            before.0
        );
    });
}

#[test]
fn a_program_that_ends_waits_for_the_aggregator_no_longer_than_it_was_told() {
    let registry = Registry::new();
    registry.counter("n").unwrap().add(1);
    let publisher = Publisher::connect("tcp://127.0.0.1:9")
        .registry(&registry)
        .every(3600 * SECOND)
        .grace(SECOND)
        .linger(SECOND)
        .start()
        .unwrap();
    let begun = Instant::now();
    let failed = publisher.flush(SECOND).unwrap_err().to_string();
    assert!(
        failed.contains("`tcp://127.0.0.1:9` takes no stats now"),
        "{failed}"
    );
    drop(publisher);
    assert!(begun.elapsed() < 10 * SECOND, "{:?}", begun.elapsed());
}
