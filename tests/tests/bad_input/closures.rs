//! A gauge's closure is its user's code: whatever it does, it costs nobody but itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::{Max, Registry};
use calipers_tests::own_process::alone;
use calipers_tests::{beside, logged};

use crate::{Worker, faults};

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Highest {
    value: Max<Gauge<u64>>,
}

fn one_fine_gauge_beside(name: &str, bad: impl Fn() -> u64 + Send + Sync + 'static) {
    let registry = calipers::registry();
    registry
        .gauge_fn(&format!("{name}/a/value"), || 1_u64)
        .unwrap();
    registry.gauge_fn(&format!("{name}/b/value"), bad).unwrap();
    registry
        .gauge_fn(&format!("{name}/c/value"), || 3_u64)
        .unwrap();
}

#[test]
fn a_closure_that_panics_costs_only_its_own_value() {
    alone(|| {
        logged::keep();
        let _highest = Highest::init("/g");
        one_fine_gauge_beside("g", || panic!("a user's mistake"));
        for _ in 0..3 {
            let snapshot = calipers::snapshot();
            let values = ["a", "b", "c"].map(|name| snapshot.gauge(&format!("/g/{name}/value")));
            assert_eq!(values, [Some(1.0), None, Some(3.0)]);
            assert_eq!(snapshot.gauge("/g/value"), Some(3.0));
        }
        // The snapshot that counts is taken before its own closures are called.
        assert!(
            (3..=4).contains(&faults("closuresPanicked")),
            "{}",
            faults("closuresPanicked")
        );
        assert_eq!(logged::lines_with("closure panicked").len(), 1);
    });
}

#[test]
fn a_closure_that_hangs_costs_only_its_own_value_and_is_asked_again_when_it_is_back() {
    alone(|| {
        logged::keep();
        let (release, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        one_fine_gauge_beside("g", move || {
            let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
            2
        });
        let look = || {
            let snapshot = calipers::snapshot();
            ["a", "b", "c"].map(|name| snapshot.gauge(&format!("/g/{name}/value")))
        };
        let begun = Instant::now();
        assert_eq!(look(), [Some(1.0), None, Some(3.0)]);
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it was not waited for"
        );
        for _ in 0..5 {
            assert_eq!(look(), [Some(1.0), None, Some(3.0)]);
        }
        assert_eq!(
            faults("closuresStalled"),
            1,
            "it is not called again while it hangs"
        );
        assert_eq!(logged::lines_with("did not answer").len(), 1);
        drop(release);
        beside::until(|| look() == [Some(1.0), Some(2.0), Some(3.0)]);
    });
}

#[test]
fn a_closure_may_use_the_library_even_take_a_snapshot() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry.counter("seen").unwrap().add(4);
    registry
        .gauge_fn("reentrant", move || {
            inner.counter("seen").unwrap().inc();
            let worker = Worker::init_in(&inner, "/born/in/closure");
            worker.done.inc();
            drop(worker);
            inner.snapshot().counter("/seen").unwrap()
        })
        .unwrap();
    let registry = beside::within(beside::LONG, move || {
        assert_eq!(registry.snapshot().gauge("/reentrant"), Some(5.0));
        assert_eq!(registry.snapshot().gauge("/reentrant"), Some(6.0));
        registry
    });
    assert!(registry.remove("reentrant"));
}

#[test]
fn two_snapshots_at_once_both_show_what_a_closure_gives() {
    let registry = Registry::new();
    registry.gauge_fn("steady", || 9_u64).unwrap();
    registry.snapshot();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..300 {
                    assert_eq!(registry.snapshot().gauge("/steady"), Some(9.0));
                }
            });
        }
    });
}

#[test]
fn a_captured_value_that_panics_when_dropped_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("on purpose, in a drop");
            }
        }
    }
    #[derive(Instrumented)]
    struct Armed {
        #[stat(with = { let bomb = Arc::clone(bomb); move || Arc::strong_count(&bomb) as u64 })]
        count: Gauge<u64>,
        #[stat(skip)]
        bomb: Arc<Bomb>,
    }
    let registry = Registry::new();
    for _ in 0..3 {
        let armed = Armed::init_in(
            &registry,
            "/armed",
            ArmedParts {
                bomb: Arc::new(Bomb),
            },
        );
        assert!(registry.snapshot().gauge("/armed/count").is_some());
        let Armed { count, bomb } = armed;
        // The closure has the last share.
        drop(bomb);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(count)));
        let looked = catch_unwind(AssertUnwindSafe(|| registry.snapshot().len()));
        assert!(
            dropped.is_ok() && looked.is_ok(),
            "a panic of a user's drop came out of the library"
        );
    }
}

#[test]
fn a_captured_value_may_use_the_library_when_it_is_dropped() {
    struct Reports(Registry, Worker);
    impl Drop for Reports {
        fn drop(&mut self) {
            self.1.done.inc();
            self.0.counter("dropped").unwrap().inc();
            self.0.snapshot();
        }
    }
    #[derive(Instrumented)]
    struct Holds {
        #[stat(with = { let held = Arc::clone(held); move || Arc::strong_count(&held) as u64 })]
        count: Gauge<u64>,
        #[stat(skip)]
        held: Arc<Reports>,
    }
    beside::within(beside::LONG, || {
        let registry = Registry::new();
        let worker = Worker::init_in(&registry, "/reports");
        let held = Arc::new(Reports(registry.clone(), worker));
        let holds = Holds::init_in(&registry, "/holds", HoldsParts { held });
        drop((holds.held, holds.count));
        // Users' values are dropped on a thread of the library's.
        beside::until(|| registry.snapshot().counter("/dropped") == Some(1));
    });
}
