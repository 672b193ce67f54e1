//! Distributions as the two kinds of histogram that protocols have: exponential, and with given bounds.
//!
//! What is recorded stands in exponential buckets, 32 to a power of two, of the unit it was recorded in.
//!
//! **Exponential histograms** have the same buckets (scale 5), so a histogram leaves without loss, also when its unit is a
//! power of two of the unit shown (KiBy as bytes). Nanoseconds that are shown in seconds do not: 10^9 lies between two
//! powers of 2^(1/32). So for them the scale of twice the resolution is used, and each bucket goes whole into that
//! one of the finer buckets which holds its middle. Every value is then shown within 0.65 % of where the snapshot has it;
//! spreading a bucket over two would lose a resolution of 2.2 %, and keeping scale 5 would shift everything by 0.6 %.
//!
//! **Classic histograms** count what is at most some bounds. A bound that falls into a bucket counts the whole bucket: it
//! acts at the bucket's upper edge, at most 2.2 % above where it says, so that what was exactly at the bound is under it,
//! as `le` promises. A bound that is a power of two of the unit recorded in is exact, and the default ones are.

use std::fmt::Write;

use super::factor::Factor;
use crate::cells::scale;
use crate::snapshot::Distribution;

/// How the distributions of one unit are shown.
#[derive(Debug)]
pub(in crate::report) struct Scale {
    pub(in crate::report) factor: Factor,
    /// Ascending; without the infinite one, which every histogram has.
    pub(in crate::report) bounds: Vec<Bound>,
    /// Whether the numbers are durations.
    pub(in crate::report) durations: bool,
    /// Whether the bounds are the user's own.
    pub(in crate::report) asked: bool,
    schema: Schema,
}

/// An upper bound of a classic histogram.
#[derive(Debug)]
pub(in crate::report) struct Bound {
    /// In the base unit.
    pub(in crate::report) value: f64,
    /// As the label `le` has it.
    pub(in crate::report) text: String,
    /// The last bucket that is counted as below.
    last: i32,
}

/// The exponential buckets shown: how fine they are, and the number there of the bucket that is the `i`-th here.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Schema {
    number: i32,
    times: i32,
    plus: i32,
}

const PER_OCTAVE: i32 = 32;

impl Scale {
    /// `asked` are bounds in the base unit; without any, powers of four of the unit recorded in: between a microsecond
    /// and a minute for durations, from 1 to 2^40 for everything else.
    pub(in crate::report) fn new(factor: Factor, durations: bool, asked: Option<&[f64]>) -> Scale {
        let bounds = match asked {
            Some(asked) => asked
                .iter()
                .filter_map(|value| bound_at(*value, factor))
                .collect(),
            None => default_bounds(factor, durations),
        };
        Scale {
            factor,
            bounds,
            durations,
            asked: asked.is_some(),
            schema: Schema::of(factor),
        }
    }

    pub(in crate::report) fn sum(&self, of: &Distribution) -> f64 {
        self.factor.of(of.sum())
    }

    /// For each bound, how many values are counted as at most that.
    pub(in crate::report) fn cumulative(
        &self,
        of: &Distribution,
        mut each: impl FnMut(&Bound, u64),
    ) {
        let mut buckets = of.buckets.iter().peekable();
        let mut below = 0_u64;
        for bound in &self.bounds {
            while let Some((_, count)) = buckets.next_if(|(index, _)| *index <= bound.last) {
                below = below.saturating_add(*count);
            }
            let zeros = if bound.value >= 0.0 { of.zero } else { 0 };
            each(bound, below.saturating_add(zeros));
        }
    }

    /// How many buckets there are to a power of two, as a power of two.
    pub(in crate::report) fn exponent(&self) -> i32 {
        self.schema.number
    }

    /// The counts by the numbers of the buckets, ascending: bucket `i` holds what is above `2^(i / 2^exponent)` and at
    /// most `2^((i + 1) / 2^exponent)`, in the unit shown.
    pub(in crate::report) fn exponential(
        &self,
        of: &Distribution,
    ) -> impl ExactSizeIterator<Item = (i32, u64)> {
        let Schema { times, plus, .. } = self.schema;
        of.buckets
            .iter()
            .map(move |&(index, count)| (index * times + plus, count))
    }
}

impl Schema {
    fn of(factor: Factor) -> Schema {
        let factor = factor.as_f64();
        let octaves = factor.log2();
        if octaves.fract() == 0.0 && 2f64.powi(octaves as i32) == factor {
            return Schema {
                number: 5,
                times: 1,
                plus: octaves as i32 * PER_OCTAVE,
            };
        }
        // Our bucket `i` has its middle at (2i + 1) / 64 octaves, and is to be found in (k, k + 1] / 64.
        let moved = (octaves * f64::from(2 * PER_OCTAVE)).floor() as i32;
        Schema {
            number: 6,
            times: 2,
            plus: 1 + moved,
        }
    }
}

fn bound_at(value: f64, factor: Factor) -> Option<Bound> {
    if !value.is_finite() {
        return None;
    }
    let kept = factor.back(value);
    let last = if kept <= 0.0 {
        i32::MIN
    } else {
        let index = scale::index(kept.to_bits());
        // A bound that is the edge of a bucket but for the rounding of the conversion is that edge.
        let (lower, _) = scale::bounds(index);
        if kept <= lower * (1.0 + 1e-12) {
            index - 1
        } else {
            index
        }
    };
    Some(Bound {
        value,
        text: go_number(value),
        last,
    })
}

fn default_bounds(factor: Factor, durations: bool) -> Vec<Bound> {
    let powers = if durations {
        let first = (1e-6 / factor.as_f64()).log2().round() as i32;
        first..=first + 26
    } else {
        0..=40
    };
    let bound = |power: i32| {
        let value = factor.of(2f64.powi(power));
        Bound {
            value,
            text: go_number(value),
            last: power * PER_OCTAVE - 1,
        }
    };
    powers.step_by(2).map(bound).collect()
}

/// A number as Go's `%g` writes it, with `.0` where it would look like a whole one. Prometheus makes the label `le` so when it
/// reads protobuf, and a label must not depend on the format.
fn go_number(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mut text = String::new();
    if number != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(text, "{digits}e{sign}{:02}", exponent.abs()); // into a String, which takes everything
    } else {
        let _ = write!(text, "{number}");
        if !text.contains('.') {
            text.push_str(".0");
        }
    }
    text
}

#[cfg(test)]
pub(in crate::report) mod tests {
    use super::super::factor::{per, times};
    use super::*;

    pub(in crate::report) fn recorded(numbers: &[f64]) -> Distribution {
        let mut distribution = Distribution::default();
        let mut numbers = numbers.to_vec();
        numbers.sort_by(f64::total_cmp);
        for number in numbers {
            if number == 0.0 {
                distribution.zero += 1;
                continue;
            }
            let index = scale::index(number.to_bits());
            match distribution.buckets.last_mut() {
                Some((last, count)) if *last == index => *count += 1,
                _ => distribution.buckets.push((index, 1)),
            }
        }
        distribution
    }

    fn cumulative(scale: &Scale, of: &Distribution) -> Vec<(String, u64)> {
        let mut all = Vec::new();
        scale.cumulative(of, |bound, count| all.push((bound.text.clone(), count)));
        all
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000016384, "1.6384e-05"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(go_number(number), text);
        }
    }

    #[test]
    fn the_default_bounds_are_edges_of_buckets() {
        for (factor, durations) in [
            (Factor::ONE, true),
            (per(1e3), true),
            (Factor::ONE, false),
            (times(1024.0), false),
        ] {
            let scale = Scale::new(factor, durations, None);
            for bound in &scale.bounds {
                let edge = factor.of(scale::bounds(bound.last).1);
                assert_eq!(edge, bound.value, "{factor:?} {}", bound.text);
            }
        }
        let seconds = Scale::new(Factor::NANOSECONDS, true, None);
        assert_eq!(seconds.bounds.len(), 14);
        assert_eq!(seconds.bounds[0].text, "1.024e-06");
        assert_eq!(seconds.bounds[5].text, "0.001048576");
        assert_eq!(seconds.bounds[13].text, "68.719476736");
    }

    #[test]
    fn a_bound_counts_what_is_at_most_that() {
        let scale = Scale::new(
            Factor::NANOSECONDS,
            true,
            Some(&[-1.0, 0.0, 0.1, 1.0, f64::NAN]),
        );
        let of = recorded(&[0.0, 5e7, 1e8, 1.05e8, 1e9, 2e9]);
        let expected = [("-1.0", 0), ("0.0", 1), ("0.1", 3), ("1.0", 5)];
        assert_eq!(
            cumulative(&scale, &of),
            expected.map(|(le, n)| (le.to_owned(), n))
        );
    }

    #[test]
    fn a_bound_given_in_rounded_decimals_is_still_an_edge() {
        for power in 0..60 {
            let value = 2f64.powi(power) / 1e9;
            let scale = Scale::new(Factor::NANOSECONDS, true, Some(&[value]));
            assert_eq!(scale.bounds[0].last, power * 32 - 1, "2^{power} ns");
        }
    }
}
