//! Skeleton: helper S completes this module.

/// A distribution: base-2 exponential buckets at scale 5, sparse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Values that were exactly zero.
    pub(crate) zero: u64,
    /// `(index, count)`, ascending, counts above zero: bucket `i` holds `(2^(i/32), 2^((i+1)/32)]`.
    pub(crate) buckets: Vec<(i32, u64)>,
    /// Exact; meaningless when empty.
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Sum of the integers below 2^53 that were recorded, exact.
    pub(crate) whole: u128,
    /// Sum of everything else.
    pub(crate) rest: f64,
}
