//! Rates, recent values and time by state, with a clock that is set by hand.

use std::time::Duration;

use calipers::prelude::*;
use calipers::snapshot::{Rates, Snapshot};
use calipers::test::{Isolated, isolated_with_clock};
use calipers::{Meter, Registry, StateTime, States, Sum};

const TICK: Duration = Duration::from_secs(5);

/// The averages as one would compute them by hand: every five seconds `rate += a * (instant - rate)`, and the first
/// tick sets them.
#[derive(Default)]
struct ByHand(Option<[f64; 3]>);

impl ByHand {
    fn tick(&mut self, events: u64) {
        let instant = events as f64 / 5.0;
        let mut rates = self.0.unwrap_or([instant; 3]);
        for (rate, minutes) in rates.iter_mut().zip([1.0, 5.0, 15.0]) {
            let a = 1.0 - f64::exp(-5.0 / (60.0 * minutes));
            *rate += a * (instant - *rate);
        }
        self.0 = Some(rates);
    }

    #[track_caller]
    fn agrees(&self, found: Rates) {
        let found = [found.m1, found.m5, found.m15];
        for (found, expected) in found.iter().zip(self.0.unwrap_or_default()) {
            assert!(
                (found - expected).abs() <= 1e-9 * expected.max(1.0),
                "{found} for {expected}"
            );
        }
    }
}

/// Events to `record` tick by tick, with a snapshot after each; gives the rates at the end.
fn tick_by_tick(t: &Isolated, ticks: &[u64], record: impl Fn(u64), mut look: impl FnMut(Snapshot)) {
    for events in ticks {
        record(*events);
        t.advance(TICK);
        look(t.snapshot());
    }
}

const TICKS: [u64; 20] = [
    15, 0, 0, 40, 7, 7, 7, 0, 0, 0, 0, 0, 0, 1000, 1, 2, 3, 0, 5, 50_000,
];

#[test]
fn a_meters_rates_equal_the_averages_computed_by_hand() {
    let t = isolated_with_clock();
    let meter = calipers::registry().meter("rates.meter").unwrap();
    let mut hand = ByHand::default();
    let mut ticks = TICKS.iter();
    tick_by_tick(
        &t,
        &TICKS,
        |n| meter.add(n),
        |snapshot| {
            hand.tick(*ticks.next().unwrap());
            hand.agrees(snapshot.meter("/rates/meter").unwrap().rates);
        },
    );
}

#[test]
fn timers_and_histograms_have_the_same_rates() {
    let t = isolated_with_clock();
    let timer = calipers::registry().timer("rates.timer").unwrap();
    let histogram = calipers::registry().histogram("rates.histogram").unwrap();
    let mut hand = ByHand::default();
    let mut ticks = TICKS[..14].iter();
    let record = |n| {
        for _ in 0..n {
            timer.record(Duration::from_millis(1));
            histogram.record(1_u8);
        }
    };
    tick_by_tick(&t, &TICKS[..14], record, |snapshot| {
        hand.tick(*ticks.next().unwrap());
        hand.agrees(snapshot.timer("/rates/timer").unwrap().rates());
        hand.agrees(snapshot.histogram("/rates/histogram").unwrap().rates());
    });
}

#[test]
fn a_quiet_stretch_decays_the_same_however_often_somebody_looks() {
    let t = isolated_with_clock();
    let registry = calipers::registry();
    let meter = registry.meter("rates.quiet").unwrap();
    let mut hand = ByHand::default();
    meter.add(300);
    t.advance(TICK);
    hand.tick(300);
    hand.agrees(t.snapshot().meter("/rates/quiet").unwrap().rates);
    // An hour, in one piece.
    t.advance(TICK * 720);
    (0..720).for_each(|_| hand.tick(0));
    hand.agrees(t.snapshot().meter("/rates/quiet").unwrap().rates);
    meter.add(60);
    t.advance(TICK);
    hand.tick(60);
    hand.agrees(t.snapshot().meter("/rates/quiet").unwrap().rates);
}

#[test]
fn a_missed_stretch_with_events_counts_as_even() {
    let t = isolated_with_clock();
    let meter = calipers::registry().meter("rates.missed").unwrap();
    let mut hand = ByHand::default();
    meter.add(50);
    t.advance(TICK);
    t.snapshot();
    hand.tick(50);
    meter.add(80);
    t.advance(TICK * 8);
    (0..8).for_each(|_| hand.tick(10));
    hand.agrees(t.snapshot().meter("/rates/missed").unwrap().rates);
}

#[test]
fn a_stat_that_is_older_than_the_scope_has_rates_in_it() {
    let outer = isolated_with_clock();
    outer.advance(Duration::from_secs(3600));
    let meter = calipers::registry().meter("rates.older").unwrap();
    let timer = calipers::registry().timer("rates.olderTimer").unwrap();
    meter.add(1);

    let t = isolated_with_clock();
    let mut hand = ByHand::default();
    for events in [10, 20] {
        meter.add(events);
        timer.record(Duration::from_secs(1));
        t.advance(TICK);
        let snapshot = t.snapshot();
        hand.tick(events);
        hand.agrees(snapshot.meter("/rates/older").unwrap().rates);
        assert!(snapshot.timer("/rates/olderTimer").unwrap().rates().m1 > 0.0);
    }
    t.advance(Duration::from_secs(70));
    assert_eq!(
        t.snapshot()
            .timer("/rates/olderTimer")
            .unwrap()
            .recent()
            .count(),
        0
    );
}

#[test]
fn a_look_from_a_scope_with_a_clock_of_its_own_harms_no_other_rates() {
    // The main realm, read by a thread whose clock is far ahead.
    let ahead = isolated_with_clock();
    ahead.advance(Duration::from_secs(100_000));
    let registry = Registry::new();
    let meter = registry.meter("m").unwrap();
    registry.snapshot();
    drop(ahead);
    let t = isolated_with_clock();
    let mut hand = ByHand::default();
    for events in [10, 30] {
        meter.add(events);
        t.advance(TICK);
        hand.tick(events);
        hand.agrees(t.snapshot_of(&registry).meter("/m").unwrap().rates);
    }
}

#[test]
fn recent_values_are_forgotten_after_a_minute_and_lifetime_ones_never() {
    let t = isolated_with_clock();
    let timer = calipers::registry().timer("recent.timer").unwrap();
    let recent = || {
        let snapshot = t.snapshot();
        let timer = snapshot.timer("/recent/timer").unwrap();
        (
            timer.recent().count(),
            timer.recent().max(),
            timer.lifetime().count(),
        )
    };
    timer.record(Duration::from_millis(100));
    assert_eq!(recent(), (1, Some(Duration::from_millis(100)), 1));
    for _ in 0..6 {
        t.advance(TICK);
        recent();
    }
    timer.record(Duration::from_millis(10));
    t.advance(TICK);
    assert_eq!(recent().0, 2, "35 s later both are recent");
    for _ in 0..6 {
        t.advance(TICK);
        recent();
    }
    let (count, max, lifetime) = recent();
    assert_eq!(
        (count, lifetime),
        (1, 2),
        "the first is 65 s old, the second 35 s"
    );
    assert!(max.unwrap() < Duration::from_millis(11), "{max:?}");
    for _ in 0..7 {
        t.advance(TICK);
        recent();
    }
    assert_eq!(recent(), (0, None, 2));
}

#[derive(Instrumented)]
#[allow(dead_code, reason = "nobody records into an aggregate")]
struct Parent {
    hits: Sum<Meter>,
    latency: Sum<Timer>,
    sizes: Sum<Histogram>,
    by_route: Sum<Family<String, Meter>>,
}

#[derive(Instrumented)]
#[instrumented(parent = Parent)]
struct Child {
    hits: Meter,
    latency: Timer,
    sizes: Histogram,
    by_route: Family<String, Meter>,
}

#[test]
fn rates_of_a_sum_are_those_of_its_parts_and_survive_the_end_of_a_child() {
    let t = isolated_with_clock();
    let parent = Parent::init("/rates/sum");
    let children: Vec<_> = (0..3)
        .map(|n| Child::init_child(&parent, format_args!("child-{n}")))
        .collect();
    let mut hand = ByHand::default();
    let mut keyed = ByHand::default();
    let mut left = children;
    for (round, events) in [30, 60, 0, 90, 0, 0, 30].into_iter().enumerate() {
        let each = events / 3 * 3 / left.len() as u64;
        for child in &left {
            child.hits.add(each);
            child.by_route.get("/").add(each);
            (0..each).for_each(|_| child.latency.record(Duration::from_millis(2)));
            (0..each).for_each(|_| child.sizes.record(3_u8));
        }
        t.advance(TICK);
        let snapshot = t.snapshot();
        hand.tick(each * left.len() as u64);
        keyed.tick(each * left.len() as u64);
        hand.agrees(snapshot.meter("/rates/sum/hits").unwrap().rates);
        hand.agrees(snapshot.timer("/rates/sum/latency").unwrap().rates());
        hand.agrees(snapshot.histogram("/rates/sum/sizes").unwrap().rates());
        keyed.agrees(snapshot.meter("/rates/sum/by_route/%2F").unwrap().rates);
        if round == 1 {
            left.pop();
        }
        if round == 3 {
            left.remove(0);
        }
    }
    drop(left);
    t.advance(TICK);
    hand.tick(0);
    let snapshot = t.snapshot();
    hand.agrees(snapshot.meter("/rates/sum/hits").unwrap().rates);
    hand.agrees(snapshot.timer("/rates/sum/latency").unwrap().rates());
    hand.agrees(snapshot.meter("/rates/sum/by_route/%2F").unwrap().rates);
    drop(parent);
}

#[test]
fn what_a_child_counted_since_the_last_tick_is_in_the_rates_after_its_end() {
    let t = isolated_with_clock();
    let parent = Parent::init("/rates/lastTick");
    let child = Child::init_child(&parent, "child");
    let mut hand = ByHand::default();
    for events in [10, 20] {
        child.hits.add(events);
        t.advance(TICK);
        t.snapshot();
        hand.tick(events);
    }
    child.hits.add(40);
    drop(child);
    t.advance(TICK);
    hand.tick(40);
    let found = t.snapshot().meter("/rates/lastTick/hits").unwrap();
    assert_eq!(found.count, 70);
    hand.agrees(found.rates);
}

#[test]
fn recent_values_of_a_child_stay_recent_in_the_sum_after_its_end() {
    let t = isolated_with_clock();
    let parent = Parent::init("/recent/sum");
    let child = Child::init_child(&parent, "child");
    let recent = || {
        let snapshot = t.snapshot();
        let timer = snapshot.timer("/recent/sum/latency").unwrap();
        (timer.recent().count(), timer.lifetime().count())
    };
    child.latency.record(Duration::from_millis(5));
    assert_eq!(recent(), (1, 1));
    t.advance(TICK);
    assert_eq!(recent(), (1, 1));
    child.latency.record(Duration::from_millis(5));
    drop(child);
    assert_eq!(recent(), (2, 2));
    for _ in 0..16 {
        t.advance(TICK);
        recent();
    }
    assert_eq!(recent(), (0, 2), "80 s later");
    drop(parent);
}

#[derive(States)]
enum Step {
    Reading,
    Writing,
}

#[test]
fn time_by_state_includes_the_open_interval_and_a_guard_goes_back() {
    let t = isolated_with_clock();
    let registry = Registry::new();
    let steps: StateTime<Step> = registry.get("steps").unwrap();
    let seconds = |state: &str| {
        let snapshot = t.snapshot_of(&registry);
        let spent = snapshot.state_time("/steps").unwrap();
        (
            spent.get(state).unwrap().as_secs(),
            spent.current().map(str::to_owned),
        )
    };
    t.advance(Duration::from_secs(100));
    assert_eq!(
        seconds("reading"),
        (0, None),
        "no time passes before the first state"
    );
    steps.set(Step::Reading);
    t.advance(Duration::from_secs(3));
    assert_eq!(seconds("reading"), (3, Some("reading".to_owned())));
    {
        let _writing = steps.acquire(Step::Writing);
        t.advance(Duration::from_secs(4));
        assert_eq!(seconds("writing"), (4, Some("writing".to_owned())));
    }
    t.advance(Duration::from_secs(5));
    assert_eq!(seconds("reading"), (8, Some("reading".to_owned())));
    assert_eq!(seconds("writing").0, 4);
}

#[test]
fn two_instances_share_no_time() {
    let t = isolated_with_clock();
    let registry = Registry::new();
    let first: StateTime<String> = registry.get("first").unwrap();
    let second: StateTime<String> = registry.get("second").unwrap();
    first.set("busy");
    second.set("idle");
    t.advance(Duration::from_secs(2));
    first.set("idle");
    t.advance(Duration::from_secs(1));
    let snapshot = t.snapshot_of(&registry);
    let spent = |path: &str, state: &str| snapshot.state_time(path).unwrap().get(state);
    assert_eq!(spent("/first", "busy"), Some(Duration::from_secs(2)));
    assert_eq!(spent("/first", "idle"), Some(Duration::from_secs(1)));
    assert_eq!(spent("/second", "idle"), Some(Duration::from_secs(3)));
    assert_eq!(spent("/second", "busy"), None);
}
