//! What is past a cap is counted together, and nothing is lost.

use std::time::Duration;

use calipers::Registry;
use calipers::prelude::*;
use calipers_tests::logged;
use calipers_tests::own_process::alone;

use crate::faults;

#[test]
fn a_family_past_its_cap_counts_the_rest_together() {
    alone(|| {
        #[derive(Instrumented)]
        struct Capped {
            #[stat(cap = 3)]
            by_key: Family<String, Counter>,
            #[stat(cap = 1)]
            by_number: Family<u64, Timer>,
        }
        logged::keep();
        let capped = Capped::init("/capped");
        for round in 0..10 {
            for key in 0..10 {
                capped.by_key.get(format!("key-{key}")).inc();
                capped.by_number.get(key).record(Duration::from_millis(1));
            }
            assert_eq!(
                calipers::snapshot().family("/capped/by_key").unwrap().len(),
                4,
                "{round}"
            );
        }
        let snapshot = calipers::snapshot();
        for key in 0..3 {
            assert_eq!(
                snapshot.counter(&format!("/capped/by_key/key-{key}")),
                Some(10)
            );
        }
        assert_eq!(snapshot.counter("/capped/by_key/(other)"), Some(70));
        assert_eq!(
            snapshot
                .timer("/capped/by_number/(other)")
                .unwrap()
                .lifetime()
                .count(),
            90
        );
        assert_eq!(faults("keyOverflows"), 70 + 90);
        let lines = logged::lines_with("cap of");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("/capped"), "{lines:?}");
    });
}

#[test]
fn a_family_past_its_cap_admits_no_more_keys_under_many_threads() {
    let registry = Registry::new();
    #[derive(Instrumented)]
    struct Capped {
        #[stat(cap = 5)]
        by_key: Family<u64, Counter>,
    }
    let capped = Capped::init_in(&registry, "/capped");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let capped = &capped;
            scope.spawn(move || (0..1000).for_each(|n| capped.by_key.get((n + thread) % 50).inc()));
        }
    });
    let snapshot = registry.snapshot();
    let family = snapshot.family("/capped/by_key").unwrap();
    assert_eq!(family.len(), 6);
    assert_eq!(
        family
            .iter()
            .filter_map(|(_, value)| value.as_counter())
            .sum::<u64>(),
        4000
    );
}

#[test]
fn names_past_the_registrys_cap_share_one_stat_a_kind_and_lose_nothing() {
    alone(|| {
        logged::keep();
        let registry = Registry::with_cap(2);
        for round in 0..10 {
            for name in 0..6 {
                registry.counter(&format!("n.{name}")).unwrap().inc();
            }
            registry.gauge("g").unwrap().set(f64::from(round));
        }
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/n/0"), Some(10));
        assert_eq!(snapshot.counter("/n/1"), Some(10));
        assert_eq!(snapshot.counter("/n/2"), None);
        assert_eq!(
            snapshot.counter("/calipers/overflow/counter/(other)"),
            Some(40)
        );
        assert_eq!(
            snapshot.gauge("/calipers/overflow/gauge/(other)"),
            Some(9.0)
        );
        assert_eq!(faults("nameOverflows"), 50);
        assert_eq!(logged::lines_with("cap of 2 names").len(), 1);
    });
}
