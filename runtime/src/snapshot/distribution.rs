//! A distribution as it was read: sparse exponential buckets, and the statistics computed from them.
//!
//! Buckets rather than samples or precomputed percentiles, because buckets can be added: a parent's
//! percentiles over a thousand workers are as right as one worker's, and an exporter passes them on
//! unchanged. What cannot be read off buckets (sum, smallest, largest) is kept beside them, exactly.
//!
//! The count is the sum of the buckets and has no field of its own, so the two cannot disagree, also when
//! the snapshot was taken between two stores of a recording thread. For the same reason the extremes are
//! believed only if they lie in the outermost buckets in use; else those buckets' edges stand in.

use crate::cells::scale;

/// A distribution of numbers from zero up, in buckets whose edges grow by 2.2 %.
///
/// Bucket `i` holds `(2^(i/32), 2^((i+1)/32)]`: scale 5 of the base-2 exponential histograms of
/// OpenTelemetry and of Prometheus's native histograms. Numbers are in the unit of the stat; a
/// [`TimerValue`](super::TimerValue) counts nanoseconds and shows them as durations through
/// [`Durations`](super::Durations).
///
/// [`count`](Self::count) and [`sum`](Self::sum) are exact, quantiles are within 1.1 % of a value that was
/// really recorded at that rank. Each statistic is computed when asked for, in one pass over the buckets in
/// use (tens to a few hundred), and is `None` when nothing was recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Values that were exactly zero.
    pub(crate) zero: u64,
    /// `(index, count)`, ascending, counts above zero: bucket `i` holds `(2^(i/32), 2^((i+1)/32)]`.
    pub(crate) buckets: Vec<(i32, u64)>,
    /// Exact where it lies in the lowest bucket in use, else unknown.
    pub(crate) min: f64,
    /// Exact where it lies in the highest bucket in use, else unknown.
    pub(crate) max: f64,
    /// Sum of the integers below 2^53 that were recorded, exact.
    pub(crate) whole: u128,
    /// Sum of everything else.
    pub(crate) rest: f64,
}

/// One bucket of a [`Distribution`], with at least one value in it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bucket {
    /// The bucket's index at scale 5, as OpenTelemetry and Prometheus number them; `None` for the zeros.
    pub index: Option<i32>,
    /// What the values are above (for zeros: zero itself).
    pub lower: f64,
    /// What the values are at most.
    pub upper: f64,
    /// How many values are in it.
    pub count: u64,
}

/// Outside every bucket, so that it is never taken for a smallest or a largest value.
const UNKNOWN: f64 = -1.0;

impl Distribution {
    /// The scale of the exponential buckets: there are 2^`SCALE` between one power of two and the next.
    pub const SCALE: u8 = 5;

    /// How many values were recorded; exactly the sum of the buckets.
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .fold(self.zero, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.zero == 0 && self.buckets.iter().all(|&(_, count)| count == 0)
    }

    /// The sum of all values; whole numbers below 2^53 are added without rounding.
    pub fn sum(&self) -> f64 {
        self.whole as f64 + self.rest
    }

    /// The smallest value.
    ///
    /// Exact, except in a difference or a recent window, where it is within 1.1 % if it is not known, and never below the
    /// smallest of all time.
    pub fn min(&self) -> Option<f64> {
        self.exact_min()
            .or_else(|| self.edges().map(|(lower, _)| lower))
    }

    /// The largest value.
    ///
    /// Exact, except in a difference or a recent window, where it is within 1.1 % if it is not known, and never above the
    /// largest of all time.
    pub fn max(&self) -> Option<f64> {
        self.exact_max()
            .or_else(|| self.edges().map(|(_, upper)| upper))
    }

    /// The arithmetic mean: [`sum`](Self::sum) over [`count`](Self::count).
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum() / self.count() as f64)
    }

    /// The standard deviation of the values recorded (the population's), from the buckets: it is off by at most
    /// 1.1 % of the largest value, usually by far less.
    pub fn stddev(&self) -> Option<f64> {
        let mean = self.mean()?;
        // In units of the largest value, so that its square is a number.
        let unit = self.max().filter(|max| *max > 0.0).unwrap_or(1.0);
        let square = |value: f64| ((value - mean) / unit).powi(2);
        let others = self
            .buckets
            .iter()
            .map(|&(index, count)| square(self.representative(index)) * count as f64);
        let squares = square(0.0) * self.zero as f64 + others.sum::<f64>();
        Some((squares / self.count() as f64).sqrt() * unit)
    }

    /// The value at rank `ceil(q * count)`: at least the share `q` of all values are at most this.
    ///
    /// Within 1.1 % of the value recorded at that rank, exact for the smallest and the largest. `q` is
    /// taken as 0 when below and as 1 when above; `None` for a NaN or when nothing was recorded.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || q.is_nan() {
            return None;
        }
        let rank = rank(q, count);
        if rank <= self.zero {
            return Some(0.0);
        }
        let exact = match rank {
            1 => self.exact_min(),
            last if last == count => self.exact_max(),
            _ => None,
        };
        if exact.is_some() {
            return exact;
        }
        let mut seen = self.zero;
        for &(index, count) in &self.buckets {
            seen = seen.saturating_add(count);
            if seen >= rank {
                return Some(self.representative(index));
            }
        }
        self.max()
    }

    /// The median.
    pub fn p50(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The 75th percentile.
    pub fn p75(&self) -> Option<f64> {
        self.quantile(0.75)
    }

    /// The 90th percentile.
    pub fn p90(&self) -> Option<f64> {
        self.quantile(0.9)
    }

    /// The 95th percentile.
    pub fn p95(&self) -> Option<f64> {
        self.quantile(0.95)
    }

    /// The 99th percentile.
    pub fn p99(&self) -> Option<f64> {
        self.quantile(0.99)
    }

    /// The 99.9th percentile.
    pub fn p999(&self) -> Option<f64> {
        self.quantile(0.999)
    }

    /// The buckets with values in them, ascending, zeros first.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let zeros = Bucket {
            index: None,
            lower: 0.0,
            upper: 0.0,
            count: self.zero,
        };
        let others = self.buckets.iter().map(|&(index, count)| {
            let (lower, upper) = scale::bounds(index);
            Bucket {
                index: Some(index),
                lower,
                upper,
                count,
            }
        });
        (self.zero > 0).then_some(zeros).into_iter().chain(others)
    }

    /// Adds everything recorded in `other`, without loss: the result is what recording both into one gives.
    ///
    /// Allocates only when `other` has buckets that are empty here.
    pub fn merge(&mut self, other: &Distribution) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let (min, max) = (self.merged_min(other), self.merged_max(other));
        self.zero = self.zero.saturating_add(other.zero);
        add_buckets(&mut self.buckets, &other.buckets);
        (self.min, self.max) = (min, max);
        self.whole = self.whole.saturating_add(other.whole);
        self.rest += other.rest;
    }

    /// What was recorded after `earlier`, an earlier read of the same stat, was taken.
    ///
    /// Buckets and sums are subtracted (never below zero). The extremes are exact where `earlier` is empty
    /// or had others, and within 1.1 % where not.
    pub fn since(&self, earlier: &Distribution) -> Distribution {
        if earlier.is_empty() {
            return self.clone();
        }
        let mut before = earlier.buckets.iter().copied().peekable();
        // Mostly few: a difference is kept per slot of a recent window, so it takes no room in advance.
        let mut buckets = Vec::new();
        for &(index, count) in &self.buckets {
            while before.next_if(|&(below, _)| below < index).is_some() {}
            let had = before
                .next_if(|&(same, _)| same == index)
                .map_or(0, |(_, count)| count);
            if count > had {
                buckets.push((index, count - had));
            }
        }
        let zero = self.zero.saturating_sub(earlier.zero);
        let mut difference = Distribution {
            zero,
            buckets,
            ..Distribution::default()
        };
        if difference.is_empty() {
            return difference;
        }
        // An extreme that moved was recorded since; one that did not may be older.
        let moved = |now: Option<f64>, had: Option<f64>| {
            now.filter(|now| had.is_some_and(|had| had != *now))
        };
        let (lowest, highest) = (difference.buckets.first(), difference.buckets.last());
        // Where ours lies outside, it stands for what is there, and is never outside of our own extremes.
        let about =
            |bucket: Option<&(i32, u64)>| bucket.map_or(0.0, |&(at, _)| self.representative(at));
        let min = moved(self.exact_min(), earlier.exact_min());
        let max = moved(self.exact_max(), earlier.exact_max());
        difference.min = match zero {
            0 => min.unwrap_or_else(|| about(lowest)),
            _ => 0.0,
        };
        difference.max = max.unwrap_or_else(|| about(highest));
        difference.whole = self.whole.saturating_sub(earlier.whole);
        difference.rest = (self.rest - earlier.rest).max(0.0);
        difference
    }

    /// The sum of the whole numbers, for views that count in integers; the rest is rounded into it.
    pub(crate) fn whole_sum(&self) -> u128 {
        self.whole
            .saturating_add(self.rest.max(0.0).round() as u128)
    }

    /// The point of a bucket whose relative distance to all the bucket holds is least (at most 1.084 %),
    /// moved into the range of what was recorded.
    fn representative(&self, index: i32) -> f64 {
        // Harmonic mean of the edges, 2ab/(a+b), with b/a = 2^(1/32), written so that it cannot overflow.
        const ABOVE_LOWER: f64 = 1.010_830_001_253_373_6;
        let (lower, upper) = scale::bounds(index);
        let middle = if lower == 0.0 {
            upper
        } else {
            (lower * ABOVE_LOWER).min(upper)
        };
        let above = self.exact_min().map_or(middle, |min| middle.max(min));
        self.exact_max().map_or(above, |max| above.min(max))
    }

    fn exact_min(&self) -> Option<f64> {
        let (lower, upper) = self.lowest()?;
        within(self.min, lower, upper).then_some(self.min)
    }

    fn exact_max(&self) -> Option<f64> {
        let (lower, upper) = self.highest()?;
        within(self.max, lower, upper).then_some(self.max)
    }

    /// The outer edges of what is in use.
    fn edges(&self) -> Option<(f64, f64)> {
        Some((self.lowest()?.0, self.highest()?.1))
    }

    fn lowest(&self) -> Option<(f64, f64)> {
        if self.zero > 0 {
            return Some((0.0, 0.0));
        }
        self.buckets.first().map(|&(index, _)| scale::bounds(index))
    }

    fn highest(&self) -> Option<(f64, f64)> {
        match self.buckets.last() {
            Some(&(index, _)) => Some(scale::bounds(index)),
            None => (self.zero > 0).then_some((0.0, 0.0)),
        }
    }

    /// The smallest of both where it is known, [`UNKNOWN`] where the side that only has an edge may be below.
    fn merged_min(&self, other: &Distribution) -> f64 {
        let (ours, theirs) = (self.exact_min(), other.exact_min());
        let known = |exact: Option<f64>, beside: Option<f64>| {
            exact.filter(|x| beside.is_none_or(|y| *x <= y))
        };
        known(ours, other.min())
            .or_else(|| known(theirs, self.min()))
            .unwrap_or(UNKNOWN)
    }

    fn merged_max(&self, other: &Distribution) -> f64 {
        let (ours, theirs) = (self.exact_max(), other.exact_max());
        let known = |exact: Option<f64>, beside: Option<f64>| {
            exact.filter(|x| beside.is_none_or(|y| *x >= y))
        };
        known(ours, other.max())
            .or_else(|| known(theirs, self.max()))
            .unwrap_or(UNKNOWN)
    }
}

/// Whether `value` belongs to the bucket `(lower, upper]`; zeros have `(0, 0)`.
fn within(value: f64, lower: f64, upper: f64) -> bool {
    (value > lower || upper == 0.0) && value <= upper && value >= 0.0
}

/// `ceil(q * count)`, from 1 to `count`.
fn rank(q: f64, count: u64) -> u64 {
    let exact = q.clamp(0.0, 1.0) * count as f64;
    // 0.07 is stored a little above 7/100, so 0.07 * 100 would otherwise ask for rank 8.
    let nearest = exact.round();
    let whole = if (exact - nearest).abs() <= exact * 1e-14 {
        nearest
    } else {
        exact.ceil()
    };
    (whole as u64).clamp(1, count)
}

/// Adds sorted buckets into sorted buckets.
fn add_buckets(into: &mut Vec<(i32, u64)>, from: &[(i32, u64)]) {
    let mut missing = 0;
    let mut place = 0;
    for &(index, count) in from {
        // Buckets in use are mostly neighbours, so the next one is mostly the one: search only if not.
        if into.get(place).is_some_and(|&(own, _)| own < index) {
            place += into[place..].partition_point(|&(own, _)| own < index);
        }
        match into.get_mut(place) {
            Some((own, sum)) if *own == index => {
                *sum = sum.saturating_add(count);
                place += 1;
            }
            _ => missing += 1,
        }
    }
    if missing == 0 {
        return;
    }
    // What was missing is merged in from the back, so that nothing is moved twice and nothing copied aside.
    let mut unread = into.len();
    into.resize(unread + missing, (0, 0));
    let mut write = into.len();
    for &(index, count) in from.iter().rev() {
        while unread > 0 && into[unread - 1].0 > index {
            unread -= 1;
            write -= 1;
            into[write] = into[unread];
        }
        if unread > 0 && into[unread - 1].0 == index {
            continue;
        }
        write -= 1;
        into[write] = (index, count);
    }
}
