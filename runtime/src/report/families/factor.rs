//! What numbers are multiplied with on their way out.

/// A fraction, so that 15 ms are 0.015 s to the last bit: dividing by 1000 rounds once, multiplying by 0.001 twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Factor {
    times: f64,
    per: f64,
}

impl Factor {
    pub(in crate::report) const ONE: Factor = times(1.0);
    /// Timers are kept in nanoseconds; this makes seconds of them.
    pub(in crate::report) const NANOSECONDS: Factor = per(1e9);

    pub(super) fn is_one(self) -> bool {
        self == Factor::ONE
    }

    pub(in crate::report) fn of(self, number: f64) -> f64 {
        number * self.times / self.per
    }

    /// The other way: from what is shown to what is kept.
    pub(super) fn back(self, number: f64) -> f64 {
        number * self.per / self.times
    }

    pub(super) fn as_f64(self) -> f64 {
        self.times / self.per
    }
}

pub(in crate::report) const fn times(times: f64) -> Factor {
    Factor { times, per: 1.0 }
}

pub(in crate::report) const fn per(per: f64) -> Factor {
    Factor { times: 1.0, per }
}
