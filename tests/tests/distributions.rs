//! Histograms and timers: counts that agree with their buckets, quantiles near the truth, exact sums, and what is refused.

use std::thread;
use std::time::Duration;

use calipers::snapshot::Distribution;
use calipers::{Histogram, Registry};
use calipers_tests::beside;
use calipers_tests::random::Random;

/// The value at rank `ceil(q * count)` of what was recorded.
fn at_rank(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank.min(sorted.len()) - 1]
}

const ALLOWED: f64 = 0.011;

fn holds_for(name: &str, samples: &[f64]) {
    let registry = Registry::new();
    let histogram = registry.histogram("h").unwrap();
    // On several threads, so that what is read was merged.
    thread::scope(|scope| {
        for part in samples.chunks(samples.len().div_ceil(3)) {
            let histogram = &histogram;
            scope.spawn(move || part.iter().for_each(|sample| histogram.record(*sample)));
        }
    });
    let snapshot = registry.snapshot();
    let found = snapshot.histogram("/h").unwrap().lifetime();
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);

    assert_eq!(found.count(), samples.len() as u64, "{name}");
    assert_eq!(found.min(), sorted.first().copied(), "{name}");
    assert_eq!(found.max(), sorted.last().copied(), "{name}");
    for q in [
        0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0,
    ] {
        let (found, exact) = (found.quantile(q).unwrap(), at_rank(&sorted, q));
        let off = (found - exact).abs() / exact.max(f64::MIN_POSITIVE);
        assert!(
            off <= ALLOWED,
            "{name}, q {q}: {found} for {exact}, off by {off}"
        );
    }
    // In units of the largest, so that no square leaves the range of numbers.
    let unit = sorted[sorted.len() - 1];
    let average = |of: &dyn Fn(f64) -> f64| {
        samples.iter().map(|x| of(x / unit)).sum::<f64>() / samples.len() as f64
    };
    let mean = average(&|x| x);
    assert!(
        (found.mean().unwrap() / unit - mean).abs() <= mean * 1e-9,
        "{name}"
    );
    let deviation = average(&|x| (x - mean).powi(2)).sqrt();
    let off = (found.stddev().unwrap() / unit - deviation).abs();
    assert!(off <= ALLOWED, "{name}: stddev off by {off}");
}

#[test]
fn quantiles_are_within_1_1_percent_of_what_was_recorded() {
    let mut random = Random::new(1);
    let mut of = |make: &dyn Fn(f64) -> f64| -> Vec<f64> {
        (0..20_000).map(|_| make(random.share())).collect()
    };
    holds_for("even", &of(&|x| 1.0 + x * 1000.0));
    holds_for("exponential", &of(&|x| -(1.0 - x).ln() + 1e-9));
    holds_for("heavy tail", &of(&|x| (1.0 - x).powf(-2.0)));
    holds_for("seventy decades", &of(&|x| 10_f64.powf(x * 70.0 - 35.0)));
    holds_for("near zero", &of(&|x| 1e-300 * (1.0 + x)));
    holds_for(
        "two heaps",
        &of(&|x| if x < 0.5 { 1.0 + x } else { 1e6 * x }),
    );
    holds_for("one value", &[42.0; 100]);
    holds_for("a single value", &[0.001]);
    holds_for("integers", &of(&|x| (x * 5000.0).floor() + 1.0));
}

#[test]
fn any_positive_float_has_its_place() {
    holds_for("ends", &[f64::MIN_POSITIVE, 1.0, f64::MAX / 4.0]);
}

#[test]
fn integers_of_any_size_keep_quantiles_and_ends() {
    for big in [1_u64 << 53, 1 << 62, 1 << 63, u64::MAX] {
        let registry = Registry::new();
        let histogram = registry.histogram("big").unwrap();
        histogram.record(1_u8);
        histogram.record(big);
        histogram.record(big);
        let snapshot = registry.snapshot();
        let found = snapshot.histogram("/big").unwrap().lifetime();
        assert_eq!(found.max(), Some(big as f64));
        let median = found.p50().unwrap();
        assert!(
            (median - big as f64).abs() <= big as f64 * ALLOWED,
            "{median} for {big}"
        );
    }
}

#[test]
fn sums_of_whole_numbers_lose_nothing() {
    let registry = Registry::new();
    let histogram = registry.histogram("whole").unwrap();
    // As f64s these would lose the ones beside the large number.
    histogram.record(1_u64 << 52);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| histogram.record(1_u8)));
        }
    });
    let sum = registry
        .snapshot()
        .histogram("/whole")
        .unwrap()
        .lifetime()
        .sum();
    assert_eq!(sum, (1_u64 << 52) as f64 + 4000.0);
}

#[test]
fn sums_beyond_64_bits_do_not_wrap() {
    let registry = Registry::new();
    let histogram = registry.histogram("beyond").unwrap();
    let large = (1_u64 << 53) - 1;
    (0..10_000).for_each(|_| histogram.record(large));
    let sum = registry
        .snapshot()
        .histogram("/beyond")
        .unwrap()
        .lifetime()
        .sum();
    let exact = large as f64 * 10_000.0;
    assert!((sum - exact).abs() <= exact * 1e-9, "{sum} for {exact}");
}

#[test]
fn nan_infinities_and_negatives_are_refused_and_counted() {
    let registry = Registry::new();
    let histogram = registry.histogram("picky").unwrap();
    let faults = || {
        calipers::snapshot()
            .counter("/calipers/faults/refusedValues")
            .unwrap()
    };
    let before = faults();
    for bad in [
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -1.0,
        -f64::MIN_POSITIVE,
    ] {
        histogram.record(bad);
    }
    histogram.record(-1_i64);
    histogram.record(i128::MIN);
    histogram.record(f32::NAN);
    histogram.record(0_u8);
    histogram.record(-0.0);
    histogram.record(0.5);
    let snapshot = registry.snapshot();
    let found = snapshot.histogram("/picky").unwrap();
    assert_eq!(found.refused(), 9);
    assert_eq!(faults() - before, 9);
    assert_eq!(found.lifetime().count(), 3);
    assert_eq!(
        (found.lifetime().min(), found.lifetime().max()),
        (Some(0.0), Some(0.5))
    );
    assert_eq!(found.lifetime().quantile(0.5), Some(0.0));
    assert_eq!(found.lifetime().sum(), 0.5);
}

fn agrees(distribution: &Distribution) -> u64 {
    let buckets: u64 = distribution.buckets().map(|bucket| bucket.count).sum();
    assert_eq!(distribution.count(), buckets);
    for pair in distribution.buckets().collect::<Vec<_>>().windows(2) {
        assert!(pair[0].upper <= pair[1].lower, "buckets ascend");
    }
    if buckets > 0 {
        let quantiles = [0.0, 0.5, 0.9, 0.99, 1.0].map(|q| distribution.quantile(q).unwrap());
        assert!(quantiles.is_sorted(), "{quantiles:?}");
        assert!(distribution.sum() >= 0.0);
    }
    buckets
}

#[test]
fn in_every_snapshot_a_count_equals_its_buckets_and_no_bucket_falls() {
    let registry = Registry::new();
    let histogram = registry.histogram("h").unwrap();
    let timer = registry.timer("t").unwrap();
    const EACH: u64 = 200_000;
    let write = |seed: u64| {
        let (histogram, timer) = (histogram.clone(), timer.clone());
        Box::new(move || {
            let mut random = Random::new(seed);
            for n in 0..EACH {
                // The range widens as it goes, so that blocks grow while they are read.
                let spread = 1.0 + 60.0 * n as f64 / EACH as f64;
                histogram.record(2_f64.powf((random.share() - 0.5) * spread));
                timer.record(Duration::from_nanos(1 << random.below(1 + 40 * n / EACH)));
            }
        }) as Box<dyn FnOnce() + Send>
    };
    let mut before: Option<(Distribution, Distribution)> = None;
    let looks = beside::reading([write(1), write(2), write(3)], || {
        let snapshot = registry.snapshot();
        let now = (
            snapshot.histogram("/h").unwrap().lifetime().clone(),
            snapshot
                .timer("/t")
                .unwrap()
                .lifetime()
                .distribution()
                .clone(),
        );
        agrees(&now.0);
        agrees(&now.1);
        agrees(snapshot.histogram("/h").unwrap().recent());
        if let Some(before) = &before {
            for (now, before) in [(&now.0, &before.0), (&now.1, &before.1)] {
                let gained: u64 = now.since(before).buckets().map(|bucket| bucket.count).sum();
                assert_eq!(gained, now.count() - before.count(), "a bucket fell");
            }
        }
        before = Some(now);
    });
    assert!(looks > 5, "{looks}");
    let snapshot = registry.snapshot();
    assert_eq!(
        agrees(snapshot.histogram("/h").unwrap().lifetime()),
        3 * EACH
    );
    assert_eq!(
        agrees(snapshot.timer("/t").unwrap().lifetime().distribution()),
        3 * EACH
    );
}

#[test]
fn what_threads_recorded_stays_when_they_end_and_their_memory_is_taken_over() {
    let registry = Registry::new();
    let histogram: Histogram = registry.histogram("ended").unwrap();
    let mut all = Vec::new();
    for round in 0_u64..30 {
        thread::scope(|scope| {
            for worker in 0..12 {
                let value = 1.5_f64.powi((round + worker) as i32);
                all.push(value);
                let histogram = &histogram;
                scope.spawn(move || histogram.record(value));
            }
        });
        let snapshot = registry.snapshot();
        let found = snapshot.histogram("/ended").unwrap().lifetime();
        assert_eq!(agrees(found), all.len() as u64);
        assert_eq!(found.max(), all.iter().copied().reduce(f64::max));
        assert_eq!(found.min(), Some(1.0));
        let sum: f64 = all.iter().sum();
        assert!((found.sum() - sum).abs() <= sum * 1e-12);
    }
}

#[test]
fn a_timer_keeps_nanoseconds_exactly() {
    let registry = Registry::new();
    let timer = registry.timer("exact").unwrap();
    let mut sum = Duration::ZERO;
    let mut random = Random::new(9);
    for _ in 0..5000 {
        let took = Duration::from_nanos(random.below(10_000_000_000));
        timer.record(took);
        sum += took;
    }
    timer.record(Duration::ZERO);
    let snapshot = registry.snapshot();
    let found = snapshot.timer("/exact").unwrap().lifetime();
    assert_eq!(
        (found.count(), found.sum(), found.min()),
        (5001, sum, Some(Duration::ZERO))
    );
}

#[test]
fn the_longest_duration_is_recorded_not_refused() {
    let registry = Registry::new();
    let timer = registry.timer("longest").unwrap();
    timer.record(Duration::MAX);
    timer.record(Duration::from_secs(1));
    let snapshot = registry.snapshot();
    let found = snapshot.timer("/longest").unwrap();
    assert_eq!(
        (
            found.lifetime().count(),
            found.in_flight(),
            found.outcomes().ok
        ),
        (2, 0, 2)
    );
    assert!(found.lifetime().max().unwrap() > Duration::from_secs(500 * 365 * 86_400));
}
