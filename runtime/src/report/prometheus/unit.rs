//! Units: from UCUM, in which stats are described, to the base units in which Prometheus wants everything.
//!
//! A name ends in its unit (`_seconds`, `_bytes`), and the unit is a base unit, so what is kept in milliseconds or MiB is
//! converted. A unit that this table does not know is taken at its word: it becomes the name, unconverted.

use std::borrow::Cow;

use super::name;
use crate::report::families::{Factor, Unit, per, times};

const KI: f64 = 1024.0;

/// Units in UCUM, the base unit's name, and how many of it they are.
const UNITS: &[(&str, &str, Factor)] = &[
    ("s", "seconds", Factor::ONE),
    ("ms", "seconds", per(1e3)),
    ("us", "seconds", per(1e6)),
    ("ns", "seconds", per(1e9)),
    ("min", "seconds", times(60.0)),
    ("h", "seconds", times(3600.0)),
    ("d", "seconds", times(86_400.0)),
    ("wk", "seconds", times(604_800.0)),
    ("By", "bytes", Factor::ONE),
    ("kBy", "bytes", times(1e3)),
    ("MBy", "bytes", times(1e6)),
    ("GBy", "bytes", times(1e9)),
    ("TBy", "bytes", times(1e12)),
    ("KiBy", "bytes", times(KI)),
    ("MiBy", "bytes", times(KI * KI)),
    ("GiBy", "bytes", times(KI * KI * KI)),
    ("TiBy", "bytes", times(KI * KI * KI * KI)),
    ("bit", "bits", Factor::ONE),
    ("%", "ratio", per(100.0)),
    ("Hz", "hertz", Factor::ONE),
    ("kHz", "hertz", times(1e3)),
    ("MHz", "hertz", times(1e6)),
    ("GHz", "hertz", times(1e9)),
    ("m", "meters", Factor::ONE),
    ("mm", "meters", per(1e3)),
    ("km", "meters", times(1e3)),
    ("g", "grams", Factor::ONE),
    ("kg", "grams", times(1e3)),
    ("J", "joules", Factor::ONE),
    ("W", "watts", Factor::ONE),
    ("V", "volts", Factor::ONE),
    ("A", "amperes", Factor::ONE),
    ("K", "kelvin", Factor::ONE),
    ("Cel", "celsius", Factor::ONE),
    ("[degF]", "fahrenheit", Factor::ONE),
];

/// What stands behind a `/`; a rate per minute stays one.
const PER: &[(&str, &str)] = &[
    ("s", "second"),
    ("ms", "millisecond"),
    ("min", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("By", "byte"),
    ("m", "meter"),
];

/// What a unit in UCUM is to Prometheus. None and `1` have no name, nor have annotations such as `{request}`.
pub(super) fn unit(ucum: &str) -> Unit {
    let (of, under) = match ucum.split_once('/') {
        Some((of, under)) => (of, Some(under)),
        None => (ucum, None),
    };
    let Unit { name, factor } = simple(of);
    let Some(under) = under.filter(|under| !is_count(under)) else {
        return Unit { name, factor };
    };
    let known = PER.iter().find(|(known, _)| *known == under);
    let per = known.map_or_else(|| Cow::Owned(name::unit(under)), |(_, per)| (*per).into());
    let joined = match (&*name, &*per) {
        (_, "") => return Unit { name, factor },
        ("", per) => format!("per_{per}"),
        (name, per) => format!("{name}_per_{per}"),
    };
    Unit {
        name: joined.into(),
        factor,
    }
}

fn simple(ucum: &str) -> Unit {
    if is_count(ucum) {
        return Unit {
            name: "".into(),
            factor: Factor::ONE,
        };
    }
    match UNITS.iter().find(|(known, ..)| *known == ucum) {
        Some((_, name, factor)) => Unit {
            name: (*name).into(),
            factor: *factor,
        },
        None => Unit {
            name: name::unit(ucum).into(),
            factor: Factor::ONE,
        },
    }
}

fn is_count(ucum: &str) -> bool {
    ucum.is_empty() || ucum == "1" || ucum.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_base_units() {
        for (ucum, name, three) in [
            ("", "", 3.0),
            ("1", "", 3.0),
            ("{request}", "", 3.0),
            ("s", "seconds", 3.0),
            ("ms", "seconds", 0.003),
            ("ns", "seconds", 3e-9),
            ("h", "seconds", 10_800.0),
            ("By", "bytes", 3.0),
            ("KiBy", "bytes", 3072.0),
            ("%", "ratio", 0.03),
            ("Cel", "celsius", 3.0),
            ("By/s", "bytes_per_second", 3.0),
            ("KiBy/s", "bytes_per_second", 3072.0),
            ("{request}/s", "per_second", 3.0),
            ("1/min", "per_minute", 3.0),
            ("By/{request}", "bytes", 3.0),
            ("apples", "apples", 3.0),
            ("mol/L", "mol_per_l", 3.0),
        ] {
            let unit = unit(ucum);
            assert_eq!(unit.name, name, "{ucum}");
            assert_eq!(unit.factor.of(3.0), three, "{ucum}");
        }
    }

    #[test]
    fn a_unit_of_nonsense_is_a_legal_suffix_or_none() {
        assert_eq!(unit("€/\"\n").name, "");
        assert_eq!(unit("Fünf Äpfel").name, "f_nf_pfel");
    }
}
