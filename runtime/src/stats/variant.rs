//! Which variant a value is: what a family counts errors by.
//!
//! An error's text names this one request, file or peer, so a family keyed by it would never stop growing. Its variant names
//! the kind of error, and of those there are as many as its author wrote.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use super::key::{Key, Lookup};

/// An enum whose values can be counted by variant, whatever the variants carry. Derive it.
///
/// [`timed`](macro@crate::timed) counts the errors of a function by variant with its option `err`; by hand, a [`Family`](crate::Family)
/// is keyed by [`Variant`].
///
/// ```
/// use calipers::Variants;
///
/// #[derive(Variants)]
/// enum DbError {
///     Timeout,
///     NoSuchTable(String),
///     #[variant(name = "io")]
///     Disk { source: std::io::Error },
/// }
///
/// assert_eq!(DbError::NoSuchTable("users".to_owned()).name(), "no_such_table");
/// assert_eq!(DbError::NAMES, ["timeout", "no_such_table", "io"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell its variants",
    label = "does not derive `Variants`",
    note = "write `#[derive(Variants)]` on the enum of errors"
)]
pub trait Variants {
    /// The names of the variants, in the order of declaration.
    const NAMES: &'static [&'static str];

    /// The place of this value's variant among the names.
    fn index(&self) -> usize;

    /// The name of this value's variant.
    fn name(&self) -> &'static str {
        Self::NAMES.get(self.index()).copied().unwrap_or("unknown")
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: Variants + ?Sized> Variants for $pointer {
            const NAMES: &'static [&'static str] = E::NAMES;

            fn index(&self) -> usize {
                (**self).index()
            }
        }
    )*};
}

through!(Box<E>, Rc<E>, Arc<E>, &E);

#[diagnostic::do_not_recommend]
impl Variants for Infallible {
    const NAMES: &'static [&'static str] = &[];

    fn index(&self) -> usize {
        match *self {}
    }
}

/// The variant of an `E`, as the key of a family. It needs no hashing, and holds nothing of the value.
///
/// ```
/// use calipers::{Counter, Family, Variant, Variants};
///
/// #[derive(Variants)]
/// enum DbError { Timeout, NoSuchTable(String) }
///
/// let errors = Family::<Variant<DbError>, Counter>::detached();
/// let error = DbError::NoSuchTable("users".to_owned());
/// errors.get(&error).inc();
/// assert_eq!(Variant::of(&error).name(), "no_such_table");
/// ```
pub struct Variant<E> {
    index: usize,
    _of: PhantomData<fn() -> E>,
}

impl<E: Variants> Variant<E> {
    /// The variant of this value.
    pub fn of(value: &E) -> Variant<E> {
        Variant {
            index: value.index(),
            _of: PhantomData,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        E::NAMES.get(self.index).copied().unwrap_or("unknown")
    }
}

impl<E> Clone for Variant<E> {
    fn clone(&self) -> Variant<E> {
        *self
    }
}

impl<E> Copy for Variant<E> {}

impl<E> PartialEq for Variant<E> {
    fn eq(&self, other: &Variant<E>) -> bool {
        self.index == other.index
    }
}

impl<E> Eq for Variant<E> {}

impl<E> Hash for Variant<E> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.index.hash(hasher);
    }
}

impl<E: Variants> fmt::Debug for Variant<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<E: Variants + 'static> Key for Variant<E> {
    const VARIANTS: &'static [&'static str] = E::NAMES;

    fn variant(&self) -> usize {
        self.index
    }

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name())
    }
}

impl<E: Variants + 'static> Lookup<Variant<E>> for Variant<E> {
    #[inline]
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    #[inline]
    fn is(&self, held: &[u8]) -> bool {
        *held == self.index.to_ne_bytes()
    }

    fn key_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.name())
    }

    #[inline]
    fn place(&self) -> usize {
        self.index
    }

    fn hold(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.index.to_ne_bytes());
    }
}

/// The value itself stands for its variant.
impl<E: Variants + 'static> Lookup<Variant<E>> for &E {
    #[inline]
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        Variant::of(*self).hash(hasher);
    }

    #[inline]
    fn is(&self, held: &[u8]) -> bool {
        Variant::of(*self).is(held)
    }

    fn key_text(&self) -> Cow<'_, str> {
        Cow::Borrowed((*self).name())
    }

    #[inline]
    fn place(&self) -> usize {
        (*self).index()
    }

    fn hold(&self, into: &mut Vec<u8>) {
        Variant::of(*self).hold(into);
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::test::isolated;
    use crate::{Registry, Variant, Variants};

    #[derive(Variants)]
    #[variants(rename_all = "kebab-case")]
    enum Failed<T> {
        TimedOut,
        Refused(T),
        #[variant(name = "other")]
        Else {
            _code: u8,
        },
    }

    #[derive(Instrumented)]
    struct Client {
        #[stat(label = "error")]
        errors: Family<Variant<Box<Failed<String>>>, Counter>,
    }

    #[test]
    fn errors_are_counted_by_variant_whatever_they_carry() {
        let scope = isolated();
        let registry = Registry::new();
        let client = Client::init_in(&registry, "/client");
        let refused = |by: &str| Box::new(Failed::Refused(by.to_owned()));
        client.errors.get(&refused("a")).inc();
        client.errors.get(&refused("b")).inc();
        client
            .errors
            .get(&Box::new(Failed::Else { _code: 1 }))
            .inc();
        let timed_out = Variant::of(&Box::new(Failed::TimedOut));
        client.errors.get(timed_out).inc();
        let snapshot = scope.snapshot_of(&registry);
        let errors = |variant| snapshot.counter(&format!("/client/errors/{variant}"));
        assert_eq!(errors("refused"), Some(2));
        assert_eq!(errors("other"), Some(1));
        assert_eq!(errors("timed-out"), Some(1));
    }
}
