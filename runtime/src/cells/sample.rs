//! Samples: what a distribution records, and the two sums it keeps of them.
//!
//! Integers are summed as integers, so that folding never loses a last bit; what is not an integer below 2^53, or
//! would overflow, is summed as `f64`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Integers from here on are not exact as `f64`; they are summed as such.
const EXACT: u64 = 1 << 53;

/// A value that may be recorded: finite and not negative.
pub(crate) trait Sample: Copy {
    /// Its bits as `f64`.
    fn bits(self) -> u64;
    /// Adds it to the right one of two sums.
    fn add_to(self, whole: &AtomicU64, rest: &AtomicU64);
    /// Its bits as `f64`, if it is one of those that nearly all samples are: an integer below 2^53, or any `f64`.
    fn plain_bits(self) -> Option<u64>;
    /// Adds a plain one to the right one of two sums; false, and nothing is added, if that one would overflow.
    fn add_plain(self, whole: &AtomicU64, rest: &AtomicU64) -> bool;
}

/// Adds to a number that only the caller writes.
#[inline(always)]
pub(super) fn bump(cell: &AtomicU64, n: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(n), Relaxed);
}

/// Adds to a sum that is kept as the bits of an `f64`, and that only the caller writes.
#[inline(always)]
pub(super) fn bump_rest(rest: &AtomicU64, value: f64) {
    rest.store(
        (f64::from_bits(rest.load(Relaxed)) + value).to_bits(),
        Relaxed,
    );
}

/// Adds to the sum of integers; what would overflow it goes to the other sum, rounded.
#[inline(always)]
pub(super) fn add_whole(whole: &AtomicU64, rest: &AtomicU64, n: u64) {
    match whole.load(Relaxed).checked_add(n) {
        Some(sum) => whole.store(sum, Relaxed),
        None => bump_rest(rest, n as f64),
    }
}

/// As [`add_whole`]; false, and nothing is added, where it would overflow.
#[inline(always)]
fn add_if_it_fits(whole: &AtomicU64, n: u64) -> bool {
    let sum = whole.load(Relaxed).checked_add(n);
    if let Some(sum) = sum {
        whole.store(sum, Relaxed);
    }
    sum.is_some()
}

impl Sample for u64 {
    fn bits(self) -> u64 {
        (self as f64).to_bits()
    }

    fn add_to(self, whole: &AtomicU64, rest: &AtomicU64) {
        if self < EXACT {
            add_whole(whole, rest, self);
        } else {
            bump_rest(rest, self as f64);
        }
    }

    #[inline(always)]
    fn plain_bits(self) -> Option<u64> {
        // Through i64, which converts in one instruction.
        (self < EXACT).then(|| (self as i64 as f64).to_bits())
    }

    #[inline(always)]
    fn add_plain(self, whole: &AtomicU64, _: &AtomicU64) -> bool {
        add_if_it_fits(whole, self)
    }
}

impl Sample for f64 {
    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits() & !(1 << 63) // negative zero is zero
    }

    fn add_to(self, whole: &AtomicU64, rest: &AtomicU64) {
        let integer = self as u64;
        if integer as f64 == self && integer < EXACT {
            add_whole(whole, rest, integer);
        } else {
            bump_rest(rest, self);
        }
    }
    #[inline(always)]
    fn plain_bits(self) -> Option<u64> {
        Some(self.to_bits()) // negative zero lies outside every window
    }

    #[inline(always)]
    fn add_plain(self, whole: &AtomicU64, rest: &AtomicU64) -> bool {
        // What does not fit i64 becomes its largest or least number, and is no longer equal.
        let integer = self as i64;
        if integer as f64 == self && (integer as u64) < EXACT {
            add_if_it_fits(whole, integer as u64)
        } else {
            bump_rest(rest, self);
            true
        }
    }
}
