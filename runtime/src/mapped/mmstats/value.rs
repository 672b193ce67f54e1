//! What a field of a version-1 file holds.

use std::fmt;

/// The value of one field, in the width it was written with or a larger one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldValue {
    /// `B`, `H`, `I`, `L`, `Q`.
    Unsigned(u64),
    /// `b`, `h`, `i`, `l`, `q`.
    Signed(i64),
    /// `f`, `d`.
    Float(f64),
    /// `?`.
    Bool(bool),
    /// `s`, up to the first zero byte, and without what is not UTF-8.
    Text(String),
}

impl FieldValue {
    /// The number, 1 or 0 for a bool, `None` for a text; whole numbers beyond 2^53 are rounded.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            FieldValue::Unsigned(x) => Some(*x as f64),
            FieldValue::Signed(x) => Some(*x as f64),
            FieldValue::Float(x) => Some(*x),
            FieldValue::Bool(x) => Some(f64::from(u8::from(*x))),
            FieldValue::Text(_) => None,
        }
    }

    /// The text, `None` for a number.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldValue::Unsigned(x) => x.fmt(f),
            FieldValue::Signed(x) => x.fmt(f),
            FieldValue::Float(x) => x.fmt(f),
            FieldValue::Bool(x) => x.fmt(f),
            FieldValue::Text(x) => f.write_str(x),
        }
    }
}
