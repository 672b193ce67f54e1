//! Native histograms: exponential buckets as Prometheus has them in protobuf.

use crate::report::families::Scale;
use crate::snapshot::Distribution;

/// Values up to here are shown as zeros; 2^-128, as other clients have it. It also tells a native histogram without any
/// values from a classic one.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// A native histogram's buckets, as the format has them: runs of neighbours, and the counts' differences.
#[derive(Debug, PartialEq)]
pub(super) struct Native {
    pub(super) schema: i32,
    pub(super) zeros: u64,
    /// For each run, how far it is from the end of the one before, and how long it is.
    pub(super) spans: Vec<(i32, u32)>,
    pub(super) deltas: Vec<i64>,
}

/// Up to this many empty buckets are written as such: a new run costs more.
const BRIDGED: i32 = 2;

impl Native {
    pub(super) fn new(scale: &Scale, of: &Distribution) -> Native {
        let buckets = scale.exponential(of);
        let mut native = Native {
            schema: scale.exponent(),
            zeros: of.zero,
            spans: Vec::new(),
            deltas: Vec::with_capacity(buckets.len()),
        };
        // Bucket `k` of a schema ends at 2^(k / 2^schema).
        let zeros_to = -128 << native.schema;
        let mut last = None;
        let mut before = 0;
        for (index, count) in buckets {
            let k = index + 1; // here a bucket has the number of its end
            if k <= zeros_to {
                native.zeros = native.zeros.saturating_add(count);
                continue;
            }
            let empty = last.map_or(k, |last: i32| k - last - 1);
            match native.spans.last_mut() {
                Some((_, length)) if empty <= BRIDGED => {
                    for _ in 0..empty {
                        native.deltas.push(-before);
                        before = 0;
                    }
                    *length += empty as u32 + 1;
                }
                _ => native.spans.push((empty, 1)),
            }
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            native.deltas.push(count - before);
            before = count;
            last = Some(k);
        }
        native
    }
}

#[cfg(test)]
mod tests {
    use super::super::unit::unit;
    use super::*;
    use crate::cells::scale;
    use crate::report::families::Factor;
    use crate::report::families::scale::tests::recorded;

    /// The buckets as Prometheus understands them: where each ends, and its count.
    fn understood(native: &Native) -> Vec<(f64, i64)> {
        let (mut k, mut count, mut delta) = (0, 0, native.deltas.iter());
        let mut buckets = Vec::new();
        for (gap, length) in &native.spans {
            k += gap;
            for _ in 0..*length {
                count += delta.next().unwrap();
                let end = 2f64.powf(f64::from(k) / f64::from(1 << native.schema));
                if count != 0 {
                    buckets.push((end, count));
                }
                k += 1;
            }
        }
        assert_eq!(delta.next(), None);
        buckets
    }

    #[test]
    fn a_histogram_leaves_without_loss() {
        let of = recorded(&[0.0, 0.0, 1e-3, 3.0, 3.01, 700.0, 701.0, 1e12]);
        for (ucum, factor) in [("", 1.0), ("KiBy", 1024.0)] {
            let native = Native::new(&Scale::new(unit(ucum).factor, false, None), &of);
            assert_eq!((native.schema, native.zeros), (5, 2));
            let expected: Vec<(f64, i64)> = of
                .buckets
                .iter()
                .map(|&(index, count)| (scale::bounds(index).1 * factor, count as i64))
                .collect();
            let shown = understood(&native);
            assert_eq!(shown.len(), expected.len());
            for ((end, count), (edge, expected)) in shown.into_iter().zip(expected) {
                assert!((end / edge - 1.0).abs() < 1e-12);
                assert_eq!(count, expected);
            }
        }
    }

    #[test]
    fn a_timer_is_shown_within_0_65_percent_of_its_snapshot() {
        let nanos: Vec<f64> = (0..4000).map(|i| 1.01f64.powi(i % 3000)).collect();
        let of = recorded(&nanos);
        let native = Native::new(&Scale::new(Factor::NANOSECONDS, true, None), &of);
        assert_eq!(native.schema, 6);
        let width = 2f64.powf(1.0 / 64.0);
        let shown = understood(&native);
        assert_eq!(shown.len(), of.buckets.len());
        for ((end, count), &(index, expected)) in shown.into_iter().zip(&of.buckets) {
            assert_eq!(count, expected as i64);
            let (lower, upper) = scale::bounds(index);
            let middle = (lower * upper).sqrt() / 1e9;
            assert!(end / width >= middle * 0.9935 && end <= middle * 1.0065);
            assert!(end / width <= middle && middle <= end);
        }
    }

    #[test]
    fn what_is_too_small_is_counted_among_the_zeros() {
        let of = recorded(&[0.0, 2f64.powi(-128), 2f64.powi(-129), 2f64.powi(-127)]);
        let scale = Scale::new(Factor::ONE, false, None);
        let native = Native::new(&scale, &of);
        assert_eq!((native.zeros, native.deltas.len()), (3, 1));
        let none = Native::new(&scale, &Distribution::default());
        assert_eq!((none.zeros, none.spans.len(), none.deltas.len()), (0, 0, 0));
    }
}
