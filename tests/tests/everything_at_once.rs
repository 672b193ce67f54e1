//! Everything at once: instances, threads, guards, families, names, scopes and readers that come and go, ending in exact totals.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use calipers::prelude::*;
use calipers::test::isolated;
use calipers::{
    CountBy, Max, Meter, Outcome, Registry, Snapshot, StateSet, States, Sum, TimerGuard,
    UpDownCounter,
};
use calipers_tests::beside::Done;
use calipers_tests::random::Random;

#[cfg(debug_assertions)]
const FOR: Duration = Duration::from_secs(3);
#[cfg(not(debug_assertions))]
const FOR: Duration = Duration::from_secs(5);

#[derive(States)]
enum Phase {
    Waiting,
    Working,
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Level {
    done: Sum<Counter>,
    open: Sum<UpDownCounter>,
    hits: Sum<Meter>,
    sizes: Sum<Histogram>,
    latency: Sum<Timer>,
    by_key: Sum<Family<u64, Counter>>,
    by_route: Sum<Family<String, Timer>>,
    phase: CountBy<StateSet<Phase>>,
    load: Max<Gauge>,
}

#[derive(Instrumented)]
struct Leaf {
    done: Counter,
    open: UpDownCounter,
    hits: Meter,
    sizes: Histogram,
    latency: Timer,
    #[stat(cap = 20)]
    by_key: Family<u64, Counter>,
    by_route: Family<String, Timer>,
    phase: StateSet<Phase>,
    #[stat(with = || 1.5)]
    load: Gauge,
}

/// What all threads together have recorded so far, each number raised after its records.
#[derive(Debug, Default)]
struct Tally {
    rounds: AtomicU64,
    size: AtomicU64,
    guards: AtomicU64,
    named: AtomicU64,
    others: AtomicU64,
}

struct World {
    registry: Registry,
    middles: Vec<Level>,
    _top: Level,
    tally: Tally,
    done: Done,
}

impl World {
    /// One instance's life, or a visit to one that others have too.
    fn round(&self, random: &mut Random, guards: &SyncSender<TimerGuard>) {
        let middle = &self.middles[random.below(self.middles.len() as u64) as usize];
        let leaf = match random.below(4) {
            0 => Leaf::init_child_numbered(middle, "n"),
            1 => Leaf::init_child(middle, random.below(1000)),
            _ => Leaf::init_child(middle, format_args!("shared-{}", random.below(3))),
        };
        let spread = random.below(30);
        let size = 1 + random.below(1 << spread);
        leaf.open.inc();
        leaf.phase.set(if size.is_multiple_of(2) {
            Phase::Waiting
        } else {
            Phase::Working
        });
        leaf.done.inc();
        leaf.hits.add(2_u8);
        leaf.sizes.record(size);
        leaf.by_key.get(random.below(100)).inc();
        self.tally.rounds.fetch_add(1, Relaxed);
        self.tally.size.fetch_add(size, Relaxed);
        let timing = leaf.latency.start();
        let routed = leaf
            .by_route
            .get(["/", "/a"][random.below(2) as usize])
            .start();
        leaf.open.dec();
        match random.below(4) {
            // The guards outlive their instance, and this thread perhaps.
            0 => {
                drop(leaf);
                let _ = guards.send(timing);
                let _ = guards.send(routed);
            }
            1 => {
                timing.finish(Outcome::Err);
                routed.finish(Outcome::Cancelled);
            }
            2 => {
                timing.discard();
                routed.discard();
                return;
            }
            _ => drop((timing, routed)),
        }
        self.tally.guards.fetch_add(1, Relaxed);
    }

    fn work(&self, seed: u64, guards: &SyncSender<TimerGuard>, until: impl Fn(u64) -> bool) {
        let mut random = Random::new(seed);
        let mut n = 0;
        while !until(n) && !self.done.is() {
            n += 1;
            self.round(&mut random, guards);
            if random.below(50) == 0 {
                let name = format!("name.{}", random.below(40));
                self.registry.counter(&name).unwrap().inc();
                self.tally.named.fetch_add(1, Relaxed);
            }
            if random.below(400) == 0 {
                let t = isolated();
                self.registry.counter("name.0").unwrap().add(5);
                assert_eq!(t.snapshot_of(&self.registry).counter("/name/0"), Some(5));
            }
        }
    }

    /// Short-lived threads, one after another.
    fn churn_threads(&self, guards: &SyncSender<TimerGuard>) {
        let mut seed = 1_000;
        while !self.done.is() {
            seed += 1;
            thread::scope(|scope| {
                scope.spawn(|| self.work(seed, guards, |n| n == 5));
                scope.spawn(|| {
                    self.registry.counter("others").unwrap().inc();
                    self.tally.others.fetch_add(1, Relaxed);
                });
            });
        }
    }

    fn look(&self) -> Snapshot {
        let rounds = self.tally.rounds.load(Relaxed);
        let snapshot = self.registry.snapshot();
        let done = snapshot.counter("/top/done").unwrap();
        assert!(done >= rounds, "{done} of {rounds}");
        let mut of_middles = 0;
        for middle in 0..self.middles.len() {
            of_middles += snapshot.counter(&format!("/top/{middle}/done")).unwrap();
        }
        assert_eq!(done, of_middles, "two levels of one total");
        for place in ["/top", "/top/0", "/top/1"] {
            let timer = snapshot.timer(&format!("{place}/latency")).unwrap();
            assert!(timer.in_flight() < 1 << 20, "{}", timer.in_flight());
            assert!(timer.outcomes().total() <= timer.lifetime().count());
            let distribution = timer.lifetime().distribution();
            let buckets: u64 = distribution.buckets().map(|bucket| bucket.count).sum();
            assert_eq!(distribution.count(), buckets);
            assert!(snapshot.up_down_counter(&format!("{place}/open")).unwrap() >= 0);
            let family = snapshot.family(&format!("{place}/by_key")).unwrap();
            assert!(family.len() <= 101);
        }
        snapshot
    }
}

#[test]
fn everything_at_once_ends_in_exact_totals() {
    let registry = Registry::new();
    let top = Level::init_in(&registry, "/top");
    let world = World {
        middles: (0..3).map(|n| Level::init_child(&top, n)).collect(),
        registry,
        _top: top,
        tally: Tally::default(),
        done: Done::not_yet(),
    };
    let (sender, receiver) = sync_channel::<TimerGuard>(256);
    let looks = thread::scope(|scope| {
        let _end = world.done.at_end();
        for seed in 1..=3 {
            let (world, sender) = (&world, sender.clone());
            scope.spawn(move || world.work(seed, &sender, |_| false));
        }
        let (of_churn, world) = (sender.clone(), &world);
        scope.spawn(move || world.churn_threads(&of_churn));
        // Guards end here, some of them long after.
        scope.spawn(move || {
            let mut held: Vec<TimerGuard> = Vec::new();
            for guard in receiver {
                held.push(guard);
                if held.len() > 100 {
                    held.drain(..50).for_each(drop);
                }
            }
        });
        drop(sender);
        let reader = scope.spawn(move || {
            let mut before: Option<Snapshot> = None;
            let mut looks = 0_u64;
            while !world.done.is() {
                let now = world.look();
                if let Some(before) = &before {
                    for counter in ["/top/done", "/top/0/done", "/top/1/done", "/top/2/done"] {
                        assert!(
                            now.counter(counter) >= before.counter(counter),
                            "{counter} fell"
                        );
                    }
                    let count = |s: &Snapshot, at: &str| s.timer(at).unwrap().lifetime().count();
                    assert!(count(&now, "/top/latency") >= count(before, "/top/latency"));
                    let sizes =
                        |s: &Snapshot| s.histogram("/top/sizes").unwrap().lifetime().clone();
                    let (now_sizes, had) = (sizes(&now), sizes(before));
                    assert_eq!(
                        now_sizes.since(&had).count(),
                        now_sizes.count() - had.count()
                    );
                }
                before = Some(now);
                looks += 1;
            }
            looks
        });
        let begun = Instant::now();
        while begun.elapsed() < FOR && !world.done.is() && !reader.is_finished() {
            // Another reader, of another kind: it waits its turn.
            drop(world.registry.snapshot().filter("/top/*").unwrap());
        }
        world.done.set();
        reader.join().unwrap()
    });

    let rounds = world.tally.rounds.load(Relaxed);
    let guards = world.tally.guards.load(Relaxed);
    println!("figure: {rounds} rounds, {guards} guards, {looks} looks");
    assert!(rounds > 100 && looks > 3, "{rounds} rounds, {looks} looks");
    let snapshot = world.look();
    assert_eq!(snapshot.counter("/top/done"), Some(rounds));
    assert_eq!(snapshot.meter("/top/hits").unwrap().count, 2 * rounds);
    assert_eq!(snapshot.up_down_counter("/top/open"), Some(0));
    let sizes = snapshot.histogram("/top/sizes").unwrap().lifetime();
    assert_eq!(sizes.count(), rounds);
    assert_eq!(sizes.sum(), world.tally.size.load(Relaxed) as f64);
    let timer = snapshot.timer("/top/latency").unwrap();
    assert_eq!((timer.lifetime().count(), timer.in_flight()), (guards, 0));
    assert_eq!(timer.outcomes().total(), guards);
    let family = |path: &str| -> u64 {
        let members = snapshot.family(path).unwrap();
        members
            .iter()
            .map(|(_, value)| match value.as_timer() {
                Some(timer) => timer.lifetime().count(),
                None => value.as_counter().unwrap(),
            })
            .sum()
    };
    assert_eq!(family("/top/by_key"), rounds);
    assert_eq!(family("/top/by_route"), guards);
    assert_eq!(
        snapshot.states("/top/phase").unwrap().total(),
        0,
        "nobody is left"
    );
    assert_eq!(snapshot.gauge("/top/load"), None);
    let named: u64 = snapshot
        .at("/name")
        .unwrap()
        .stats()
        .filter_map(|stat| stat.value().as_counter())
        .sum();
    assert_eq!(named, world.tally.named.load(Relaxed));
    assert_eq!(
        snapshot.counter("/others"),
        Some(world.tally.others.load(Relaxed))
    );
    // The places between go with what was below them, one look later.
    let snapshot = world.look();
    for middle in 0..3 {
        assert_eq!(
            snapshot
                .at(&format!("/top/{middle}"))
                .unwrap()
                .children()
                .count(),
            0
        );
    }
}
