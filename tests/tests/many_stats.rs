//! No fixed maximum: as many stats as memory holds, and what one costs.

use std::thread;

use calipers::prelude::*;
use calipers::{Registry, Sum};
use calipers_tests::memory::in_use;
use calipers_tests::own_process::alone;

/// Two million in a release build; in a debug build as many as are done in a few seconds.
#[cfg(debug_assertions)]
const STATS: u64 = 200_000;
#[cfg(not(debug_assertions))]
const STATS: u64 = 2_000_000;

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Total {
    a: Sum<Counter>,
    b: Sum<Counter>,
    c: Sum<Counter>,
    d: Sum<Counter>,
}

#[derive(Instrumented)]
struct Four {
    a: Counter,
    b: Counter,
    /// Nobody counts here.
    #[allow(dead_code)]
    c: Counter,
    d: Counter,
}

#[test]
fn two_million_stats_work_and_each_is_its_own() {
    alone(|| {
        let registry = Registry::new();
        let _total = Total::init_in(&registry, "/top");
        let before = in_use();
        let instances: Vec<Four> = (0..STATS / 4)
            .map(|n| Four::init_in(&registry, &format!("/top/{n}")))
            .collect();
        let opened = in_use();
        println!(
            "figure: {} bytes a stat in use, before anything is recorded",
            (opened - before) / STATS
        );

        thread::scope(|scope| {
            for half in 0..2 {
                let instances = &instances;
                scope.spawn(move || {
                    for (n, four) in instances.iter().enumerate().skip(half).step_by(2) {
                        four.a.add(n as u64 + 1);
                        four.b.inc();
                        four.d.add(2_u8);
                    }
                });
            }
        });
        let recorded = in_use();
        println!(
            "figure: {} bytes a stat more once two threads touched three of four",
            (recorded - opened) / STATS
        );

        let snapshot = registry.snapshot();
        let shown = in_use();
        println!(
            "figure: {} bytes a stat more with a snapshot at hand",
            (shown - recorded) / STATS
        );
        assert_eq!(snapshot.len() as u64, STATS + 4);
        let count = STATS / 4;
        assert_eq!(snapshot.counter("/top/a"), Some(count * (count + 1) / 2));
        assert_eq!(snapshot.counter("/top/b"), Some(count));
        assert_eq!(snapshot.counter("/top/c"), Some(0));
        assert_eq!(snapshot.counter("/top/d"), Some(2 * count));
        for n in (0..count).step_by(997).chain([count - 1]) {
            let values = ["a", "b", "c", "d"]
                .map(|name| snapshot.counter(&format!("/top/{n}/{name}")).unwrap());
            assert_eq!(values, [n + 1, 1, 0, 2]);
        }
        drop(snapshot);

        // They go, the sums stay, and the next ones take their place.
        drop(instances);
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.counter("/top/a"), Some(count * (count + 1) / 2));
        assert_eq!(snapshot.len(), 4);
        drop(snapshot);
        let again: Vec<Four> = (0..STATS / 4)
            .map(|n| Four::init_in(&registry, &format!("/top/{n}")))
            .collect();
        let grown = in_use().saturating_sub(recorded);
        println!(
            "figure: {} bytes a stat more for the second generation",
            grown / STATS
        );
        assert!(grown < 30 * STATS, "{grown} bytes more for as many stats");
        drop(again);
    });
}

#[test]
fn a_family_and_a_registry_have_no_maximum_but_the_one_they_are_given() {
    #[derive(Instrumented)]
    struct Wide {
        #[stat(cap = 60_000)]
        by_key: Family<u64, Counter>,
    }
    let registry = Registry::with_cap(60_000);
    let wide = Wide::init_in(&registry, "/wide");
    for n in 0..50_000 {
        wide.by_key.get(n).add(n);
        registry.counter(&format!("names.{n}")).unwrap().inc();
    }
    let snapshot = registry.snapshot();
    let family = snapshot.family("/wide/by_key").unwrap();
    assert_eq!(family.len(), 50_000);
    assert_eq!(family.get("49999").unwrap().as_counter(), Some(49_999));
    assert_eq!(snapshot.at("/names").unwrap().stats().count(), 50_000);
}
