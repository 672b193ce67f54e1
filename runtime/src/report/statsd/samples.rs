//! A distribution as samples that stand for many values each.
//!
//! A server keeps the samples and takes percentiles of them, most of them without regard to how many values each stands
//! for. So all must stand for equally many: they are taken at equal steps of rank. And their number must come back
//! exactly out of a decimal text `@rate`: the steps are powers of two, for 1/2ⁿ has a finite text that divides without
//! rounding. What is left over at the end, less than a step, goes as a few smaller ones.

use crate::snapshot::{Bucket, Distribution};

/// Calls `each` with about `most` values, ascending, and how many each stands for; their sum is the count.
pub(super) fn samples(of: &Distribution, most: u64, mut each: impl FnMut(f64, u64)) {
    let count = of.count();
    let step = count.div_ceil(most.max(1)).next_power_of_two();
    let (least, largest) = (of.min().unwrap_or(0.0), of.max().unwrap_or(f64::MAX));
    let mut buckets = of.buckets();
    let mut bucket = buckets.next();
    // How many values are in the buckets that are passed.
    let mut passed = 0;
    let mut rank = 0;
    while rank < count {
        let left = count - rank;
        let weight = if left >= step {
            step
        } else {
            1 << left.ilog2()
        };
        // The one in the middle speaks for all of them.
        let middle = rank + weight / 2;
        while let Some(full) = bucket
            && passed + full.count <= middle
        {
            passed += full.count;
            bucket = buckets.next();
        }
        let Some(here) = bucket else { return };
        let value = match rank {
            0 if weight == 1 => least,
            last if last + 1 == count => largest,
            _ => middle_of(here).clamp(least, largest.max(least)),
        };
        each(value, weight);
        rank += weight;
    }
}

/// The value whose relative distance to all the bucket holds is least: the edges' harmonic mean.
fn middle_of(bucket: Bucket) -> f64 {
    if bucket.lower <= 0.0 {
        return bucket.upper;
    }
    2.0 * bucket.lower / (1.0 + bucket.lower / bucket.upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    fn of(values: impl Iterator<Item = u64>) -> Distribution {
        let registry = Registry::new();
        let histogram = registry.histogram("x").unwrap();
        values.for_each(|value| histogram.record(value));
        let snapshot = registry.snapshot();
        snapshot.histogram("/x").unwrap().lifetime().clone()
    }

    #[test]
    fn samples_stand_for_exactly_as_many_values_as_there_are() {
        for count in [0, 1, 2, 99, 100, 101, 1000, 12_345] {
            let distribution = of((0..count).map(|value| value % 977));
            let (mut lines, mut total, mut last) = (0_u64, 0, -1.0);
            samples(&distribution, 100, |value, weight| {
                assert!(
                    weight.is_power_of_two() && value >= last,
                    "{value} {weight}"
                );
                // The text that is sent gives the number back without rounding.
                let rate: f64 = format!("{}", 1.0 / weight as f64).parse().unwrap();
                assert_eq!(1.0 / rate, weight as f64);
                (lines, total, last) = (lines + 1, total + weight, value);
            });
            assert_eq!(total, count);
            assert!(lines <= 100 + 14, "{lines} of {count}");
        }
    }

    #[test]
    fn percentiles_of_samples_are_those_of_the_values() {
        let distribution = of(1..=100_000);
        let mut all = Vec::new();
        samples(&distribution, 100, |value, _| all.push(value));
        for share in [0.1, 0.5, 0.9] {
            let sample = all[(all.len() as f64 * share) as usize];
            let value = 100_000.0 * share;
            assert!((sample - value).abs() < value * 0.1, "{sample} for {value}");
        }
    }

    #[test]
    fn a_few_values_are_sent_one_by_one() {
        let mut all = Vec::new();
        samples(&of([7, 0, 250].into_iter()), 100, |value, weight| {
            all.push((value.round(), weight));
        });
        assert_eq!(all, [(0.0, 1), (7.0, 1), (250.0, 1)]);
    }
}
