//! `slow = "…"`: a duration, or a multiple of a recent quantile.

/// What counts as slow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slow {
    /// Above this many nanoseconds.
    Above(u64),
    /// Above this multiple of the recent quantile.
    AboveRecent { quantile: f64, factor: f64 },
}

impl Slow {
    /// Reads `p99`, `2*p99`, `1.5*p99.9`, `250ms`, `2 s`.
    pub(crate) fn read(text: &str) -> Option<Slow> {
        let text = text.trim();
        if let Some((factor, quantile)) = text.split_once('*') {
            let factor = positive(factor)?;
            return Some(Slow::AboveRecent {
                quantile: quantile_of(quantile)?,
                factor,
            });
        }
        match quantile_of(text) {
            Some(quantile) => Some(Slow::AboveRecent {
                quantile,
                factor: 1.0,
            }),
            None => duration(text).map(Slow::Above),
        }
    }
}

fn quantile_of(text: &str) -> Option<f64> {
    let percent = positive(text.trim().strip_prefix('p')?)?;
    (percent < 100.0).then_some(percent / 100.0)
}

/// Units by length, so that `ms` is not read as `s`.
const UNITS: [(&str, f64); 6] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("min", 6e10),
    ("s", 1e9),
];

fn duration(text: &str) -> Option<u64> {
    let (number, scale) = UNITS
        .iter()
        .find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))?;
    let nanos = positive(number)? * scale;
    // Exact up to 104 days, and nothing slower is waited for.
    (1.0..9e15).contains(&nanos).then_some(nanos.round() as u64)
}

fn positive(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_quantiles_multiples_of_them_and_durations() {
        let recent = |quantile, factor| Some(Slow::AboveRecent { quantile, factor });
        assert_eq!(Slow::read("p99"), recent(0.99, 1.0));
        assert_eq!(Slow::read("2*p99"), recent(0.99, 2.0));
        assert_eq!(Slow::read("1.5 * p50"), recent(0.5, 1.5));
        assert_eq!(Slow::read("250ms"), Some(Slow::Above(250_000_000)));
        assert_eq!(Slow::read("1.5 s"), Some(Slow::Above(1_500_000_000)));
        assert_eq!(Slow::read("10us"), Some(Slow::Above(10_000)));
        assert_eq!(Slow::read("2min"), Some(Slow::Above(120_000_000_000)));
        for none in [
            "", "fast", "p", "p0", "p100", "0*p99", "-1s", "250", "nans", "infs", "1e30s", "2*",
            "*p99",
        ] {
            assert_eq!(Slow::read(none), None, "{none}");
        }
    }
}
