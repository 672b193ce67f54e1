//! How a call ended, asked of the value it gave.

use std::ops::Deref;

use crate::{Counter, Family, Outcome, Variant, Variants};

/// Asks a value how its call ended.
///
/// A method of the type itself is found before one behind `Deref`, so a `Result` answers for itself and
/// every other value through [`Plain`]. That is decided where the macro is used, with the type at hand, and
/// needs no trait that a user would have to implement.
pub struct Probe<'a, T>(pub &'a T);

impl<T, E> Probe<'_, Result<T, E>> {
    /// `Err` for an error.
    #[inline]
    pub fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Ok,
            Err(_) => Outcome::Err,
        }
    }
}

impl<T> Deref for Probe<'_, T> {
    type Target = Plain;

    #[inline]
    fn deref(&self) -> &Plain {
        &Plain
    }
}

/// A value that is not a `Result`.
pub struct Plain;

impl Plain {
    /// Always `Ok`.
    #[inline]
    pub fn outcome(&self) -> Outcome {
        Outcome::Ok
    }
}

/// What a function may return whose errors are counted: a `Result`, of an error that derives [`Variants`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no error to count",
    label = "not a `Result`",
    note = "`err` counts the errors of a function by variant: return a `Result`, or remove `err`"
)]
pub trait Fallible {
    /// What the errors are.
    #[doc(hidden)]
    type Error: Variants;

    /// The error, if it is one.
    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;

    /// The name of its variant.
    #[doc(hidden)]
    #[inline]
    fn variant(&self) -> Option<&'static str> {
        self.error().map(Variants::name)
    }

    /// Counts it in a family of the user's.
    #[doc(hidden)]
    #[inline]
    fn count(&self, errors: &Family<Variant<Self::Error>, Counter>)
    where
        Self::Error: 'static,
    {
        if let Some(error) = self.error() {
            errors.get(Variant::of(error)).inc();
        }
    }
}

impl<T, E: Variants> Fallible for Result<T, E> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}
