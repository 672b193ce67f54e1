//! How OpenTelemetry spells what all protocols of named metrics have: names with dots, units in UCUM.

use std::borrow::Cow;

use crate::report::families::{Dialect, Factor, Type, Unit};
use crate::report::names::push_escaped;

/// Names as they are in the tree, as far as the syntax of instrument names allows, which is plain ASCII, and units as they were declared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spelling {
    /// Whether durations are in seconds rather than in the nanoseconds they are kept in.
    pub(super) seconds: bool,
}

impl Dialect for Spelling {
    fn push_segment(&self, name: &mut String, segment: &str) {
        push_escaped(name, segment);
    }

    /// A name begins with a letter.
    fn begin(&self, name: &mut String) {
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "x_");
        }
    }

    fn finish(&self, _name: &mut String, _of: Type, _unit: &str) {}

    fn suffixes(&self, _of: Type) -> &'static [&'static str] {
        &[]
    }

    /// Any text is one, but not none.
    fn label<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(if text.is_empty() { "_" } else { text })
    }

    fn state_label<'n>(&self, _family: &'n str) -> &'n str {
        "state"
    }

    fn unit(&self, ucum: &'static str) -> Unit {
        Unit {
            name: ucum.into(),
            factor: Factor::ONE,
        }
    }

    fn durations(&self) -> Unit {
        let (name, factor) = match self.seconds {
            true => ("s", Factor::NANOSECONDS),
            false => ("ns", Factor::ONE),
        };
        Unit {
            name: name.into(),
            factor,
        }
    }

    fn level(&self) -> Type {
        Type::Level
    }
}
