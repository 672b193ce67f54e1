//! The numbers that stats take: any integer to add, any number to record.

use crate::cells::{CellId, local};
use crate::tree::faults::{self, Fault};

/// An integer that a counter adds: every primitive integer type.
///
/// Sealed. A negative number, or one beyond `u64`, is refused and counted under `/calipers/faults`.
pub trait Amount: sealed::Sealed + Copy {
    #[doc(hidden)]
    fn amount(self) -> Option<u64>;
}

/// A number that a histogram records: every primitive integer and floating-point type.
///
/// Sealed. Negative numbers, NaN and infinities are refused and counted, in the histogram and under
/// `/calipers/faults`.
pub trait Quantity: sealed::Sealed + Copy {
    #[doc(hidden)]
    fn quantity(self) -> Option<Sample>;

    /// As a gauge holds it.
    #[doc(hidden)]
    fn as_f64(self) -> f64;
}

/// A number that may be recorded: whole, where its type is, so that sums stay exact.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Sample {
    Whole(u64),
    Real(f64),
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl sealed::Sealed for $integer {}

        impl Amount for $integer {
            #[inline(always)]
            fn amount(self) -> Option<u64> {
                u64::try_from(self).ok()
            }
        }

        impl Quantity for $integer {
            #[inline(always)]
            #[allow(unused_comparisons)] // for the unsigned types
            fn quantity(self) -> Option<Sample> {
                match u64::try_from(self) {
                    Ok(whole) => Some(Sample::Whole(whole)),
                    Err(_) if self < 0 => None,
                    Err(_) => Some(Sample::Real(self as f64)),
                }
            }

            fn as_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl sealed::Sealed for $float {}

        impl Quantity for $float {
            #[inline(always)]
            fn quantity(self) -> Option<Sample> {
                let value = f64::from(self);
                // By their bits, numbers from zero up come first, then infinity, then NaNs and all that is negative.
                if value.to_bits() < f64::INFINITY.to_bits() {
                    Some(Sample::Real(value))
                } else {
                    (value == 0.0).then_some(Sample::Real(0.0)) // negative zero is zero
                }
            }

            fn as_f64(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

floats!(f32, f64);

/// Adds to a cell, or counts the refusal.
#[inline(always)]
pub(super) fn add(cell: &CellId, amount: impl Amount) {
    match amount.amount() {
        Some(amount) => local::add(cell, 0, amount),
        None => refused("a negative amount", "added"),
    }
}

#[cold]
#[inline(never)]
pub(super) fn refused(what: &str, verb: &str) {
    faults::report(Fault::RefusedValue, || format!("{what} cannot be {verb}"));
}
