//! How Prometheus spells what all protocols of named metrics have.

use std::borrow::Cow;

use super::{name, unit};
use crate::report::families::{Dialect, Factor, Type, Unit};

/// Snake case, base units, and suffixes that say what a name is.
#[derive(Debug)]
pub(super) struct Spelling;

impl Dialect for Spelling {
    fn push_segment(&self, name: &mut String, segment: &str) {
        name::push_segment(name, segment);
    }

    fn begin(&self, name: &mut String) {
        name::begin(name);
    }

    fn finish(&self, name: &mut String, of: Type, unit: &str) {
        name::finish(name, of, unit);
    }

    fn suffixes(&self, of: Type) -> &'static [&'static str] {
        match of {
            Type::Counter => &["_total", "_created"],
            Type::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Type::Info => &["_info"],
            Type::Gauge | Type::Level | Type::StateSet => &[],
        }
    }

    fn label<'t>(&self, text: &'t str) -> Cow<'t, str> {
        name::label(text)
    }

    /// OpenMetrics wants it called like the metric.
    fn state_label<'n>(&self, family: &'n str) -> &'n str {
        family
    }

    fn unit(&self, ucum: &'static str) -> Unit {
        unit::unit(ucum)
    }

    fn durations(&self) -> Unit {
        Unit {
            name: "seconds".into(),
            factor: Factor::NANOSECONDS,
        }
    }

    fn level(&self) -> Type {
        Type::Gauge
    }
}
