//! One value out of those of several processes.

use calipers::mapped::mmstats::FieldValue;
use serde_json::{Value as Json, json};

/// How values become one, by the names that mmash has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Largest,
    Smallest,
    One,
    SmallestAboveZero,
    AverageWithoutZeros,
}

impl Aggregate {
    pub(super) const NAMES: &str = "sum, avg, max, min, one, nonzero-min, nonzero-avg";

    pub(super) fn parse(name: &str) -> Option<Aggregate> {
        Some(match name {
            "sum" => Aggregate::Sum,
            "avg" => Aggregate::Average,
            "max" => Aggregate::Largest,
            "min" => Aggregate::Smallest,
            "one" => Aggregate::One,
            "nonzero-min" => Aggregate::SmallestAboveZero,
            "nonzero-avg" => Aggregate::AverageWithoutZeros,
            _ => return None,
        })
    }

    /// The one value; `None` where there is none, for texts have no sum, and zeros no average without zeros.
    pub(super) fn of(self, values: &[FieldValue]) -> Option<Json> {
        if self == Aggregate::One {
            return values.first().map(value);
        }
        let whole: Option<Vec<i128>> = values.iter().map(whole).collect();
        if let Some(whole) = whole {
            return self.of_whole(&whole);
        }
        let texts: Option<Vec<&str>> = values.iter().map(FieldValue::as_text).collect();
        if let Some(texts) = texts {
            return match self {
                Aggregate::Largest => texts.into_iter().max().map(|text| json!(text)),
                Aggregate::Smallest => texts.into_iter().min().map(|text| json!(text)),
                _ => None,
            };
        }
        let floats: Vec<f64> = values
            .iter()
            .map(FieldValue::as_f64)
            .collect::<Option<_>>()?;
        let without_zeros = || floats.iter().copied().filter(|x| *x != 0.0);
        let average = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
        let number = match self {
            Aggregate::Sum => Some(floats.iter().sum()),
            Aggregate::Average => average(floats.iter().sum(), floats.len()),
            Aggregate::Largest => floats.iter().copied().reduce(f64::max),
            Aggregate::Smallest => floats.iter().copied().reduce(f64::min),
            Aggregate::SmallestAboveZero => without_zeros().reduce(f64::min),
            Aggregate::AverageWithoutZeros => {
                average(without_zeros().sum(), without_zeros().count())
            }
            Aggregate::One => None,
        };
        number.map(|number| json!(number))
    }

    /// The same without rounding.
    fn of_whole(self, values: &[i128]) -> Option<Json> {
        let without_zeros = || values.iter().copied().filter(|x| *x != 0);
        let average =
            |sum: i128, count: usize| (count > 0).then(|| json!(sum as f64 / count as f64));
        let whole = |x: i128| {
            let signed = i64::try_from(x).map(|x| json!(x));
            let unsigned = || u64::try_from(x).map(|x| json!(x));
            signed
                .or_else(|_| unsigned())
                .unwrap_or_else(|_| json!(x as f64))
        };
        match self {
            Aggregate::Sum => Some(whole(values.iter().sum())),
            Aggregate::Average => average(values.iter().sum(), values.len()),
            Aggregate::Largest => values.iter().copied().max().map(whole),
            Aggregate::Smallest => values.iter().copied().min().map(whole),
            Aggregate::SmallestAboveZero => without_zeros().min().map(whole),
            Aggregate::AverageWithoutZeros => {
                average(without_zeros().sum(), without_zeros().count())
            }
            Aggregate::One => None,
        }
    }
}

fn whole(value: &FieldValue) -> Option<i128> {
    match value {
        FieldValue::Unsigned(x) => Some((*x).into()),
        FieldValue::Signed(x) => Some((*x).into()),
        FieldValue::Bool(x) => Some((*x).into()),
        _ => None,
    }
}

/// A value as JSON; what JSON cannot hold is null.
pub(super) fn value(value: &FieldValue) -> Json {
    match value {
        FieldValue::Unsigned(x) => json!(x),
        FieldValue::Signed(x) => json!(x),
        FieldValue::Float(x) => json!(x),
        FieldValue::Bool(x) => json!(x),
        FieldValue::Text(text) => json!(text),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, values: &[FieldValue]) -> Option<Json> {
        Aggregate::parse(name).unwrap().of(values)
    }

    #[test]
    fn values_become_one_as_mmash_has_it() {
        let whole = [0, 4, 2].map(FieldValue::Unsigned);
        let floats = [
            FieldValue::Float(0.0),
            FieldValue::Float(0.5),
            FieldValue::Unsigned(1),
        ];
        for (name, of_whole, of_floats) in [
            ("sum", json!(6), json!(1.5)),
            ("avg", json!(2.0), json!(0.5)),
            ("max", json!(4), json!(1.0)),
            ("min", json!(0), json!(0.0)),
            ("one", json!(0), json!(0.0)),
            ("nonzero-min", json!(2), json!(0.5)),
            ("nonzero-avg", json!(3.0), json!(0.75)),
        ] {
            assert!(Aggregate::NAMES.contains(name));
            assert_eq!(of(name, &whole), Some(of_whole), "{name}");
            assert_eq!(of(name, &floats), Some(of_floats), "{name}");
        }
        assert_eq!(Aggregate::parse("median"), None);
    }

    #[test]
    fn what_has_no_answer_has_none() {
        let text = [FieldValue::Text("a".into())];
        assert_eq!(of("sum", &text), None);
        assert_eq!(of("one", &text), Some(json!("a")));
        let texts = ["b", "a"].map(|text| FieldValue::Text(text.into()));
        assert_eq!(of("max", &texts), Some(json!("b")));
        assert_eq!(of("min", &texts), Some(json!("a")));
        assert_eq!(of("nonzero-avg", &[FieldValue::Unsigned(0)]), None);
        assert_eq!(of("nonzero-min", &[FieldValue::Float(0.0)]), None);
        let large = [FieldValue::Unsigned(u64::MAX), FieldValue::Unsigned(0)];
        assert_eq!(of("sum", &large), Some(json!(u64::MAX)));
    }
}
