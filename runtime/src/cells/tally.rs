//! A distribution that is being added up over slabs.

use std::sync::atomic::Ordering::Relaxed;

use super::block::Header;

/// A distribution as it is being added up over slabs: dense, and reused from stat to stat.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    lo: i32,
    counts: Vec<u64>,
    /// Values that were exactly zero.
    pub(crate) zero: u64,
    min: u64,
    max: u64,
    /// Sum of the integers.
    pub(crate) whole: u128,
    /// Sum of the rest.
    pub(crate) rest: f64,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            lo: 0,
            counts: Vec::new(),
            zero: 0,
            min: u64::MAX,
            max: 0,
            whole: 0,
            rest: 0.0,
        }
    }
}

impl Tally {
    /// Back to nothing, keeping the memory.
    pub(crate) fn clear(&mut self) {
        let mut counts = std::mem::take(&mut self.counts);
        counts.clear();
        *self = Tally {
            counts,
            ..Tally::default()
        };
    }

    /// Adds one thread's part.
    pub(super) fn add(&mut self, header: &Header, counts: impl ExactSizeIterator<Item = u64>) {
        self.zero += header.zero.load(Relaxed);
        self.whole += u128::from(header.whole.load(Relaxed));
        self.rest += f64::from_bits(header.rest.load(Relaxed));
        self.min = self.min.min(header.min.load(Relaxed));
        self.max = self.max.max(header.max.load(Relaxed));
        if counts.len() == 0 {
            return;
        }
        self.cover(header.lo(), header.lo() + counts.len() as i32);
        let shift = (header.lo() - self.lo) as usize;
        for (sum, count) in self.counts.iter_mut().skip(shift).zip(counts) {
            *sum += count;
        }
    }

    fn cover(&mut self, lo: i32, hi: i32) {
        if self.counts.is_empty() {
            self.lo = lo;
        }
        if lo < self.lo {
            let before = (self.lo - lo) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, before));
            self.lo = lo;
        }
        let len = (hi - self.lo).max(0) as usize;
        if len > self.counts.len() {
            self.counts.resize(len, 0);
        }
    }

    /// The buckets that hold something, ascending by index.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (i32, u64)> + '_ {
        (self.lo..)
            .zip(self.counts.iter().copied())
            .filter(|(_, count)| *count > 0)
    }

    /// The least value recorded, if its writer has got round to storing it.
    pub(crate) fn min(&self) -> Option<f64> {
        (self.min != u64::MAX).then(|| f64::from_bits(self.min))
    }

    /// The largest value recorded, likewise.
    pub(crate) fn max(&self) -> Option<f64> {
        (self.min != u64::MAX).then(|| f64::from_bits(self.max))
    }
}
