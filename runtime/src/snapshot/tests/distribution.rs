use std::time::Duration;

use super::*;

/// Pseudo-random positive numbers over eighteen powers of ten.
fn numbers(count: usize, mut seed: u64) -> Vec<f64> {
    let mut next = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / 2f64.powi(53)
    };
    (0..count)
        .map(|_| 10f64.powf(next() * 18.0 - 6.0))
        .collect()
}

fn assert_close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!(
        (found - expected).abs() <= expected.abs() * 0.011,
        "{found} is not within 1.1 % of {expected}"
    );
}

#[test]
fn nothing_recorded_has_no_statistics() {
    let empty = Distribution::default();
    assert!(empty.is_empty());
    assert_eq!((empty.count(), empty.sum()), (0, 0.0));
    for statistic in [
        empty.min(),
        empty.max(),
        empty.mean(),
        empty.stddev(),
        empty.p50(),
        empty.p999(),
    ] {
        assert_eq!(statistic, None);
    }
    assert_eq!(Durations(&empty).p99(), None);
    assert_eq!(Durations(&empty).sum(), Duration::ZERO);
}

#[test]
fn every_quantile_is_within_1_1_percent_of_the_value_at_its_rank() {
    for seed in 1..20 {
        let mut numbers = numbers(997, seed);
        let distribution = recorded(&numbers);
        numbers.sort_by(f64::total_cmp);
        for percent in 0..=1000 {
            let q = f64::from(percent) / 1000.0;
            let rank = (q * 997.0).ceil().max(1.0) as usize;
            assert_close(distribution.quantile(q), numbers[rank - 1]);
        }
    }
}

#[test]
fn one_value_is_given_back_exactly_by_every_statistic() {
    for value in [1.0, 0.3, 1234.5, 5e-324, f64::MAX] {
        let one = recorded(&[value]);
        for statistic in [
            one.min(),
            one.max(),
            one.mean(),
            one.p50(),
            one.p99(),
            one.quantile(0.0),
        ] {
            assert_eq!(statistic, Some(value));
        }
        assert_eq!(one.stddev(), Some(0.0), "{value}");
    }
}

#[test]
fn the_ends_are_exact_and_the_rank_is_the_nearest_above() {
    let distribution = recorded(&[0.0, 0.0, 3.0, 1000.0]);
    assert_eq!(distribution.quantile(0.0), Some(0.0));
    assert_eq!(distribution.quantile(0.5), Some(0.0));
    assert_close(distribution.quantile(0.51), 3.0);
    assert_eq!(distribution.quantile(1.0), Some(1000.0));
    assert_eq!(distribution.quantile(7.0), Some(1000.0));
    assert_eq!(distribution.quantile(-7.0), Some(0.0));
    assert_eq!(distribution.quantile(f64::NAN), None);
}

#[test]
fn a_share_that_no_float_holds_does_not_ask_for_one_rank_too_many() {
    let hundred: Vec<f64> = (1..=100).map(|n| 2f64.powi(n)).collect();
    let distribution = recorded(&hundred);
    for percent in 1..=100 {
        assert_close(
            distribution.quantile(f64::from(percent) / 100.0),
            2f64.powi(percent),
        );
    }
}

#[test]
fn mean_and_deviation_are_those_of_what_was_recorded() {
    let distribution = recorded(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
    assert_eq!(distribution.mean(), Some(5.0));
    assert!((distribution.stddev().unwrap() - 2.0).abs() < 9.0 * 0.011);
    let with_zeros = recorded(&[0.0, 0.0, 0.0, 8.0]);
    assert_eq!(with_zeros.mean(), Some(2.0));
    assert!((with_zeros.stddev().unwrap() - 12f64.sqrt()).abs() < 8.0 * 0.011);
}

#[test]
fn whole_numbers_add_up_without_rounding() {
    let odd = 2f64.powi(53) - 1.0;
    let mut distribution = recorded(&[odd]);
    for _ in 0..10 {
        distribution.merge(&distribution.clone());
    }
    assert_eq!(
        Durations(&distribution).sum(),
        Duration::from_nanos(((1 << 53) - 1) << 10)
    );
}

#[test]
fn merging_gives_what_recording_everything_in_one_gives() {
    for seed in 1..50 {
        let mut all = numbers(200, seed);
        all.iter_mut()
            .step_by(7)
            .for_each(|number| *number = number.round());
        let (left, right) = all.split_at(seed as usize * 3);
        let mut merged = recorded(left);
        merged.merge(&recorded(right));
        let together = recorded(&all);
        assert_eq!(merged.buckets, together.buckets);
        assert_eq!((merged.zero, merged.whole), (together.zero, together.whole));
        assert_eq!((merged.min, merged.max), (together.min, together.max));
        assert!((merged.rest - together.rest).abs() <= together.rest * 1e-12);
    }
}

#[test]
fn merging_with_nothing_changes_nothing() {
    let some = recorded(&[1.0, 2.0]);
    let mut merged = some.clone();
    merged.merge(&Distribution::default());
    assert_eq!(merged, some);
    let mut empty = Distribution::default();
    empty.merge(&some);
    assert_eq!(empty, some);
}

#[test]
fn a_difference_holds_what_was_recorded_since() {
    for seed in 1..50 {
        let all = numbers(200, seed);
        let earlier = recorded(&all[..seed as usize * 3]);
        let ever = recorded(&all);
        let since = ever.since(&earlier);
        let mut later = all[seed as usize * 3..].to_vec();
        assert_eq!(since.buckets, recorded(&later).buckets);
        later.sort_by(f64::total_cmp);
        assert_close(since.min(), later[0]);
        assert_close(since.max(), later[later.len() - 1]);
        assert!(since.min() >= ever.min() && since.max() <= ever.max());
        for q in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let rank = (q * later.len() as f64).ceil().max(1.0) as usize;
            assert_close(since.quantile(q), later[rank - 1]);
        }
    }
}

#[test]
fn a_difference_knows_an_extreme_that_moved() {
    let earlier = recorded(&[100.0, 200.0]);
    let since = recorded(&[100.0, 200.0, 50.5, 150.0]).since(&earlier);
    assert_eq!(since.min(), Some(50.5));
    assert_eq!(since.count(), 2);
    assert_close(since.max(), 150.0 * 1.005);
    assert_eq!(since.sum(), 200.5);
}

#[test]
fn what_was_recorded_since_is_never_outside_of_what_ever_was() {
    // None of these is on a bucket's edge, and all that came since are equal to what was there.
    for value in [0.001, 3.0, 1000.0, 0.0] {
        let earlier = recorded(&[value; 50]);
        let since = recorded(&[value; 100]).since(&earlier);
        assert_eq!((since.min(), since.max()), (Some(value), Some(value)));
        assert_eq!(since.p50(), Some(value));
    }
}

#[test]
fn a_difference_of_equals_is_empty() {
    let some = recorded(&[0.0, 1.0, 2.5]);
    assert_eq!(some.since(&some), Distribution::default());
    assert_eq!(some.since(&Distribution::default()), some);
}

#[test]
fn extremes_that_a_race_left_behind_are_not_believed() {
    // A reader may see a bucket before the extreme that belongs to it, or the other way round.
    for (min, max) in [
        (0.0, 0.0),
        (f64::INFINITY, f64::NEG_INFINITY),
        (1.0, 1e9),
        (f64::NAN, f64::NAN),
    ] {
        let torn = Distribution {
            min,
            max,
            ..recorded(&[1000.0, 2000.0])
        };
        let (lowest, highest) = (torn.min().unwrap(), torn.max().unwrap());
        assert!(lowest < 1000.0 && lowest > 978.0, "{lowest}");
        assert!(highest > 2000.0 && highest < 2044.0, "{highest}");
        assert_close(torn.quantile(0.0), 1000.0);
        assert_close(torn.quantile(1.0), 2000.0);
    }
}

#[test]
fn an_unknown_extreme_stays_unknown_in_a_merge_unless_the_other_lies_beyond() {
    let known = recorded(&[10.0, 20.0]);
    let unknown = Distribution {
        min: -1.0,
        max: -1.0,
        ..recorded(&[15.0])
    };
    let mut merged = unknown.clone();
    merged.merge(&known);
    assert_eq!((merged.min(), merged.max()), (Some(10.0), Some(20.0)));
    let mut merged = recorded(&[15.0]);
    merged.merge(&Distribution {
        min: -1.0,
        ..recorded(&[9.0, 14.0])
    });
    assert!(merged.min().unwrap() < 9.0);
    assert_eq!(merged.max(), Some(15.0));
}

#[test]
fn buckets_are_shown_with_their_edges() {
    let distribution = recorded(&[0.0, 1.0, 1.0, 2.0]);
    let buckets: Vec<_> = distribution
        .buckets()
        .map(|bucket| (bucket.index, bucket.upper, bucket.count))
        .collect();
    assert_eq!(
        buckets,
        [(None, 0.0, 1), (Some(-1), 1.0, 2), (Some(31), 2.0, 1)]
    );
}

#[test]
fn durations_are_to_the_nanosecond_and_never_overflow() {
    let times = recorded(&[1_500_000.0, 2_500_000.0]);
    let durations = Durations(&times);
    assert_eq!(durations.min(), Some(Duration::from_micros(1500)));
    assert_eq!(durations.mean(), Some(Duration::from_millis(2)));
    assert_eq!(durations.sum(), Duration::from_millis(4));
    let endless = recorded(&[f64::MAX]);
    assert_eq!(
        Durations(&endless).max(),
        Some(Duration::from_nanos(u64::MAX))
    );
    assert!(Durations(&endless).sum() > Duration::from_secs(u64::MAX / 2));
}
