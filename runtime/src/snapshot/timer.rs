//! What timers and histograms held: distributions over two spans of time, rates, and how things ended.

use std::time::Duration;

use super::{Distribution, Rates};

/// What a `Histogram` held, or a `Sum` of histograms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramValue {
    pub(crate) lifetime: Distribution,
    pub(crate) recent: Distribution,
    pub(crate) rates: Rates,
    /// NaN, infinities and negatives that were refused.
    pub(crate) refused: u64,
}

impl HistogramValue {
    /// Everything recorded since the stat was created, in the stat's unit.
    pub fn lifetime(&self) -> &Distribution {
        &self.lifetime
    }

    /// What was recorded in about the last minute.
    ///
    /// Empty for a stat whose recent values nobody asks about.
    pub fn recent(&self) -> &Distribution {
        &self.recent
    }

    /// Values recorded per second.
    pub fn rates(&self) -> Rates {
        self.rates
    }

    /// How many values were refused: NaN, infinities and negatives.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// What a `Timer` held, or a `Sum` of timers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimerValue {
    /// In nanoseconds.
    pub(crate) lifetime: Distribution,
    pub(crate) recent: Distribution,
    pub(crate) rates: Rates,
    pub(crate) outcomes: Outcomes,
    pub(crate) in_flight: u64,
}

impl TimerValue {
    /// Everything timed since the stat was created.
    pub fn lifetime(&self) -> Durations<'_> {
        Durations(&self.lifetime)
    }

    /// What was timed in about the last minute.
    ///
    /// Empty for a stat whose recent values nobody asks about.
    pub fn recent(&self) -> Durations<'_> {
        Durations(&self.recent)
    }

    /// Timings ended per second.
    pub fn rates(&self) -> Rates {
        self.rates
    }

    /// How the timings ended that a guard or `#[timed]` took.
    pub fn outcomes(&self) -> Outcomes {
        self.outcomes
    }

    /// How many timings have started and not ended.
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }
}

/// How many timings ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Returned, and not with an `Err`.
    pub ok: u64,
    /// Returned an `Err`.
    pub err: u64,
    /// Unwound by a panic.
    pub panicked: u64,
    /// A future dropped before it was done.
    pub cancelled: u64,
}

impl Outcomes {
    /// All of them together.
    pub fn total(self) -> u64 {
        self.ok
            .saturating_add(self.err)
            .saturating_add(self.panicked)
            .saturating_add(self.cancelled)
    }
}

/// A timer's distribution, seen as durations.
///
/// A copyable view: each statistic is computed from the buckets when asked for, and is `None` when nothing was
/// timed. [`count`](Self::count) and [`sum`](Self::sum) are exact, quantiles are within 1.1 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Durations<'a>(pub(crate) &'a Distribution);

impl<'a> Durations<'a> {
    /// The distribution behind it, in nanoseconds.
    pub fn distribution(self) -> &'a Distribution {
        self.0
    }

    /// How many timings there were.
    pub fn count(self) -> u64 {
        self.0.count()
    }

    /// Whether there were none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The time of all of them together, to the nanosecond.
    pub fn sum(self) -> Duration {
        Duration::from_nanos_u128(self.0.whole_sum().min(Duration::MAX.as_nanos()))
    }

    /// The shortest.
    pub fn min(self) -> Option<Duration> {
        self.0.min().map(nanoseconds)
    }

    /// The longest.
    pub fn max(self) -> Option<Duration> {
        self.0.max().map(nanoseconds)
    }

    /// The arithmetic mean.
    pub fn mean(self) -> Option<Duration> {
        self.0.mean().map(nanoseconds)
    }

    /// The standard deviation, from the buckets.
    pub fn stddev(self) -> Option<Duration> {
        self.0.stddev().map(nanoseconds)
    }

    /// The duration that at least the share `q` of all timings did not exceed; see [`Distribution::quantile`].
    pub fn quantile(self, q: f64) -> Option<Duration> {
        self.0.quantile(q).map(nanoseconds)
    }

    /// The median.
    pub fn p50(self) -> Option<Duration> {
        self.quantile(0.5)
    }

    /// The 75th percentile.
    pub fn p75(self) -> Option<Duration> {
        self.quantile(0.75)
    }

    /// The 90th percentile.
    pub fn p90(self) -> Option<Duration> {
        self.quantile(0.9)
    }

    /// The 95th percentile.
    pub fn p95(self) -> Option<Duration> {
        self.quantile(0.95)
    }

    /// The 99th percentile.
    pub fn p99(self) -> Option<Duration> {
        self.quantile(0.99)
    }

    /// The 99.9th percentile.
    pub fn p999(self) -> Option<Duration> {
        self.quantile(0.999)
    }
}

/// To the nearest nanosecond; what a `u64` of them cannot hold (584 years) is the longest.
fn nanoseconds(nanos: f64) -> Duration {
    Duration::from_nanos(nanos.round() as u64)
}
