//! What families are keyed by, and what they can be asked with.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use super::state_set::States;

/// What a [`Family`](super::Family) may be keyed by: strings, integers, `bool`, `char`, pairs and triples of them, and
/// enums that derive `States`, which need no hashing.
///
/// ```
/// use calipers::{Counter, Family, States};
///
/// #[derive(States)]
/// enum Method { Get, Post }
///
/// let by_method = Family::<Method, Counter>::detached();
/// by_method.get(Method::Get).inc();
/// let by_route = Family::<(String, u16), Counter>::detached();
/// by_route.get(("/index", 200)).inc();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot key a family",
    label = "not a key",
    note = "use `String`, an integer, a tuple of them, or an enum that derives `States`"
)]
pub trait Key: Send + Sync + 'static {
    /// The names of all keys there can be, for a closed set; empty for an open one.
    const VARIANTS: &'static [&'static str] = &[];

    /// The place of this key in a closed set.
    fn variant(&self) -> usize {
        0
    }

    /// How it reads: a path segment, a label's value.
    fn text(&self) -> Cow<'_, str>;
}

/// The name of a state, for the derive of `States`.
pub fn state_text<S: States>(state: &S) -> Cow<'static, str> {
    Cow::Borrowed(S::NAMES.get(state.index()).copied().unwrap_or("unknown"))
}

/// What a family with keys `K` can be asked with: `K` itself or a reference to it, and borrowed forms: `&str` for
/// `String`, `(&str, u16)` for `(String, u16)`. A hit makes no owned key.
pub trait Lookup<K> {
    /// Feeds what tells keys apart, the same for every form of a key.
    #[doc(hidden)]
    fn hash_key<H: Hasher>(&self, hasher: &mut H);

    /// Whether it means this key.
    #[doc(hidden)]
    fn is(&self, key: &K) -> bool;

    /// How it reads.
    #[doc(hidden)]
    fn key_text(&self) -> Cow<'_, str>;

    /// The place in a closed set.
    #[doc(hidden)]
    fn place(&self) -> usize {
        0
    }

    /// The owned key.
    #[doc(hidden)]
    fn into_key(self) -> K;
}

macro_rules! plain_keys {
    ($($key:ty),*) => {$(
        impl Key for $key {
            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }

        impl Lookup<$key> for $key {
            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                self.hash(hasher);
            }

            #[inline]
            fn is(&self, key: &$key) -> bool {
                self == key
            }

            fn key_text(&self) -> Cow<'_, str> {
                Key::text(self)
            }

            fn into_key(self) -> $key {
                self
            }
        }

        impl Lookup<$key> for &$key {
            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                (**self).hash(hasher);
            }

            #[inline]
            fn is(&self, key: &$key) -> bool {
                *self == key
            }

            fn key_text(&self) -> Cow<'_, str> {
                Key::text(*self)
            }

            fn into_key(self) -> $key {
                *self
            }
        }
    )*};
}

plain_keys!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool, char
);

impl Key for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Key for &'static str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

macro_rules! string_lookups {
    ($([$($generics:tt)*] $from:ty => $key:ty, |$own:ident| $into:expr;)*) => {$(
        impl<$($generics)*> Lookup<$key> for $from {
            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                hasher.write(self.as_bytes());
            }

            #[inline]
            fn is(&self, key: &$key) -> bool {
                let (own, key): (&str, &str) = (self, key);
                own == key
            }

            fn key_text(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }

            fn into_key(self) -> $key {
                let $own = self;
                $into
            }
        }
    )*};
}

string_lookups! {
    [] String => String, |own| own;
    [] &String => String, |own| own.clone();
    [] &str => String, |own| own.to_owned();
    [] &'static str => &'static str, |own| own;
}

impl<S: States + Key> Lookup<S> for S {
    #[inline]
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.index().hash(hasher);
    }

    #[inline]
    fn is(&self, key: &S) -> bool {
        self.index() == key.index()
    }

    fn key_text(&self) -> Cow<'_, str> {
        state_text(self)
    }

    #[inline(always)]
    fn place(&self) -> usize {
        self.index()
    }

    fn into_key(self) -> S {
        self
    }
}

/// Adds a part of a tuple to its text. A comma parts them, so one within a part is escaped: different keys read
/// differently.
fn push_part(text: &mut String, at: usize, part: &str) {
    if at > 0 {
        text.push(',');
    }
    for c in part.chars() {
        if matches!(c, ',' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
}

macro_rules! tuple_keys {
    ($($key:ident $form:ident $place:tt),*) => {
        impl<$($key: Key),*> Key for ($($key,)*) {
            fn text(&self) -> Cow<'_, str> {
                let mut text = String::new();
                $(push_part(&mut text, $place, &self.$place.text());)*
                Cow::Owned(text)
            }
        }

        impl<$($key,)* $($form: Lookup<$key>),*> Lookup<($($key,)*)> for ($($form,)*) {
            #[inline]
            fn hash_key<Q: Hasher>(&self, hasher: &mut Q) {
                $(
                    self.$place.hash_key(hasher);
                    hasher.write_u8(0xff); // so that ("ab", "c") and ("a", "bc") differ
                )*
            }

            #[inline]
            fn is(&self, key: &($($key,)*)) -> bool {
                true $(&& self.$place.is(&key.$place))*
            }

            fn key_text(&self) -> Cow<'_, str> {
                let mut text = String::new();
                $(push_part(&mut text, $place, &self.$place.key_text());)*
                Cow::Owned(text)
            }

            fn into_key(self) -> ($($key,)*) {
                ($(self.$place.into_key(),)*)
            }
        }
    };
}

tuple_keys!(A FA 0, B FB 1);
tuple_keys!(A FA 0, B FB 1, C FC 2);
