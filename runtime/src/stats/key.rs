//! What families are keyed by, and what they can be asked with.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use super::state_set::States;
use crate::tree::held_key::is_same;

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

    /// Whether it means the key that these bytes are.
    #[doc(hidden)]
    fn is(&self, held: &[u8]) -> bool;

    /// How it reads.
    #[doc(hidden)]
    fn key_text(&self) -> Cow<'_, str>;

    /// The place in a closed set.
    #[doc(hidden)]
    fn place(&self) -> usize {
        0
    }

    /// Appends the key as bytes: the same for every form of a key, others for another key.
    #[doc(hidden)]
    fn hold(&self, into: &mut Vec<u8>);
}

macro_rules! plain_keys {
    ($($key:ty, |$own:ident| $bytes:expr;)*) => {$(
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
            fn is(&self, held: &[u8]) -> bool {
                let $own = *self;
                *held == $bytes
            }

            fn key_text(&self) -> Cow<'_, str> {
                Key::text(self)
            }

            fn hold(&self, into: &mut Vec<u8>) {
                let $own = *self;
                into.extend_from_slice(&$bytes);
            }
        }

        impl Lookup<$key> for &$key {
            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                Lookup::<$key>::hash_key(*self, hasher);
            }

            #[inline]
            fn is(&self, held: &[u8]) -> bool {
                Lookup::<$key>::is(*self, held)
            }

            fn key_text(&self) -> Cow<'_, str> {
                Key::text(*self)
            }

            fn hold(&self, into: &mut Vec<u8>) {
                Lookup::<$key>::hold(*self, into);
            }
        }
    )*};
}

macro_rules! integer_keys {
    ($($key:ty),*) => {
        plain_keys! { $($key, |own| own.to_ne_bytes();)* }
    };
}

integer_keys!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

plain_keys! {
    bool, |own| [u8::from(own)];
    char, |own| u32::from(own).to_ne_bytes();
}

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

/// Feeds a text. One of 17 to 32 bytes goes in as its first and its last 16, which overlap: that many a hasher takes without
/// a call.
#[inline(always)]
fn hash_text(text: &str, hasher: &mut impl Hasher) {
    let bytes = text.as_bytes();
    match (bytes.first_chunk::<16>(), bytes.last_chunk::<16>()) {
        (Some(first), Some(last)) if (17..=32).contains(&bytes.len()) => {
            hasher.write(first);
            hasher.write(last);
            hasher.write_usize(bytes.len()); // of two texts that differ in length, both ends may be the same
        }
        _ => hasher.write(bytes),
    }
}

macro_rules! string_lookups {
    ($($from:ty => $key:ty;)*) => {$(
        impl Lookup<$key> for $from {
            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                hash_text(self, hasher);
            }

            #[inline]
            fn is(&self, held: &[u8]) -> bool {
                is_same(held, self.as_bytes())
            }

            fn key_text(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }

            fn hold(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(self.as_bytes());
            }
        }
    )*};
}

string_lookups! {
    String => String;
    &String => String;
    &str => String;
    &'static str => &'static str;
}

impl<S: States + Key> Lookup<S> for S {
    #[inline]
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.index().hash(hasher);
    }

    #[inline]
    fn is(&self, held: &[u8]) -> bool {
        *held == self.index().to_ne_bytes()
    }

    fn key_text(&self) -> Cow<'_, str> {
        state_text(self)
    }

    #[inline(always)]
    fn place(&self) -> usize {
        self.index()
    }

    fn hold(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.index().to_ne_bytes());
    }
}

/// How long a part of a tuple is, before its bytes. One longer than that can say is admitted at each look-up anew, and then
/// found.
type Length = u32;

/// Takes a part off what is held of a tuple.
#[inline]
fn split_part(held: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, held) = held.split_first_chunk()?;
    held.split_at_checked(Length::from_ne_bytes(*length) as usize)
}

/// Appends what is to be held of a part.
fn hold_part(into: &mut Vec<u8>, hold: impl FnOnce(&mut Vec<u8>)) {
    let begin = into.len();
    into.extend_from_slice(&Length::default().to_ne_bytes());
    let (bytes, length) = (into.len(), size_of::<Length>());
    hold(into);
    let held = (into.len() - bytes) as Length;
    into[begin..begin + length].copy_from_slice(&held.to_ne_bytes());
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
            fn is(&self, held: &[u8]) -> bool {
                $(
                    let Some((part, held)) = split_part(held) else {
                        return false;
                    };
                    if !self.$place.is(part) {
                        return false;
                    }
                )*
                held.is_empty()
            }

            fn key_text(&self) -> Cow<'_, str> {
                let mut text = String::new();
                $(push_part(&mut text, $place, &self.$place.key_text());)*
                Cow::Owned(text)
            }

            fn hold(&self, into: &mut Vec<u8>) {
                $(hold_part(into, |into| self.$place.hold(into));)*
            }
        }
    };
}

tuple_keys!(A FA 0, B FB 1);
tuple_keys!(A FA 0, B FB 1, C FC 2);
