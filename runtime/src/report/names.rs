//! Names for servers that know letters, digits and dots: from a path of any text, one word of plain ASCII.
//!
//! What such a server does with a space, a newline, a `;` or two dots in a row differs from harmless to writing outside
//! its folder, so nothing but letters, digits, `_` and `-` gets through. Each segment becomes one component, whatever is
//! in it. Two paths may then read the same; whoever sends must see to it ([`Seen`]).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// The longest component. File systems, on which some servers keep a file a name, allow 255 bytes.
const LONGEST: usize = 200;

/// Appends a segment as one component, after a dot if it is not the first.
///
/// A longer one than 200 bytes is cut, and gets a number at its end that tells it from others which begin alike.
pub(crate) fn push_component(name: &mut String, segment: &str) {
    if !name.is_empty() {
        name.push('.');
    }
    push_word(name, segment);
}

/// As [`push_component`], with a number for each character that has no place in a name, `ü` as `_FC_`: for servers to
/// which a name is a name and not a file, so that it may be longer, and what differs stays apart.
#[cfg(feature = "otlp")]
pub(crate) fn push_escaped(name: &mut String, segment: &str) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if segment.chars().all(is_plain) {
        return push_component(name, segment);
    }
    let mut escaped = String::with_capacity(segment.len() + 16);
    for c in segment.chars() {
        if is_plain(c) {
            escaped.push(c);
        } else {
            // Into a string, writing cannot fail.
            let _ = write!(escaped, "_{:X}_", u32::from(c));
        }
    }
    push_component(name, &escaped);
}

/// What all names begin with, from components as a user wrote them; empty ones are left out.
pub(crate) fn prefix<'a>(components: impl IntoIterator<Item = &'a str>) -> String {
    let mut prefix = String::new();
    for component in components.into_iter().filter(|part| !part.is_empty()) {
        push_component(&mut prefix, component);
    }
    prefix
}

/// Appends a text as letters, digits, `_` and `-`, at least one and at most 200.
pub(crate) fn push_word(name: &mut String, text: &str) {
    if text.is_empty() {
        name.push('_');
        return;
    }
    let plain = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => c,
        _ => '_',
    };
    if text.len() <= LONGEST {
        name.extend(text.chars().map(plain));
        return;
    }
    const HASH: usize = 17;
    name.extend(text.chars().take(LONGEST - HASH).map(plain));
    // Into a string, writing cannot fail.
    let _ = write!(name, "-{:016x}", stable_hash(text.as_bytes()));
}

/// The longest value of a label that is sent as it is, in bytes.
const LONGEST_VALUE: usize = 1024;

/// A label's value. What is longer is repeated for each series of a histogram, so it is cut, and gets a number that tells
/// it from others which begin alike. It is then longer than any that is not cut, so it is never one of those.
pub(crate) fn label_value(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_VALUE {
        return Cow::Borrowed(text);
    }
    let hash = stable_hash(text.as_bytes());
    let start = &text[..text.floor_char_boundary(LONGEST_VALUE)];
    Cow::Owned(format!("{start}…-{hash:016x}"))
}

/// FNV-1a: the same number today and after the next release, since it becomes part of a name that is kept.
fn stable_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Appends a number as servers read it: whole numbers as they are, others without losing a bit.
pub(crate) fn push_number(text: &mut String, number: f64) {
    let size = number.abs();
    // Into a string, writing cannot fail.
    let _ = if size != 0.0 && !(1e-5..1e16).contains(&size) {
        write!(text, "{number:e}")
    } else {
        write!(text, "{number}")
    };
}

/// The names of one push, to find those that two stats would share.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    hasher: RandomState,
    names: HashSet<u64>,
}

impl Seen {
    /// True when this name was not there before.
    pub(crate) fn is_new(&mut self, name: &str) -> bool {
        self.names.insert(self.hasher.hash_one(name))
    }

    pub(crate) fn clear(&mut self) {
        self.names.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> String {
        let mut word = String::new();
        push_word(&mut word, text);
        word
    }

    #[test]
    fn whatever_is_in_a_segment_it_is_one_component() {
        for hostile in [
            "a b", "a\nb", "a;b=c", "..", ".", "a|b", "a#b:c@d", "a\0b", "a/b", "ü", "\u{2028}", "",
        ] {
            let word = word(hostile);
            assert!(!word.is_empty());
            assert!(
                word.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'),
                "{hostile:?} became {word}"
            );
        }
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn what_is_escaped_stays_apart() {
        let escaped = |segment: &str| {
            let mut name = String::new();
            push_escaped(&mut name, segment);
            name
        };
        assert_eq!(escaped("ünï"), "_FC_n_EF_");
        assert_eq!(
            (escaped("a b"), escaped("a_b")),
            ("a_20_b".into(), "a_b".into())
        );
        let alike = ["a b", "a:b", "a;b", "a_b", "änö", "ünï", "数据", "指标", ""];
        let names: HashSet<String> = alike.iter().map(|segment| escaped(segment)).collect();
        assert_eq!(names.len(), alike.len());
        assert!(
            names
                .iter()
                .all(|name| *name == word(name) && !name.is_empty())
        );
        let long = "数".repeat(1000);
        assert!(escaped(&long).len() <= LONGEST);
        assert_ne!(escaped(&long), escaped(&format!("{long}据")));
    }

    #[test]
    fn long_texts_are_cut_and_stay_apart() {
        let long = "x".repeat(65_536);
        let other = format!("{}y", "x".repeat(65_535));
        assert!(word(&long).len() <= LONGEST && word(&"ü".repeat(1000)).len() <= LONGEST);
        assert_ne!(word(&long), word(&other));
        assert_eq!(word(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
    }

    #[test]
    fn a_label_that_is_too_long_is_cut_and_stays_apart() {
        let text = "é".repeat(512);
        assert_eq!(label_value(&text), text);
        let (long, other) = (format!("{text}x"), format!("{text}y"));
        let cut = label_value(&long);
        assert!(cut.starts_with(&*text) && cut.len() < 1060, "{cut}");
        assert_ne!(cut, label_value(&other));
        // Nobody can send a text that is some other's cut one.
        assert_ne!(label_value(&cut), cut);
        assert!(label_value(&"ü".repeat(40_000)).len() < 1060);
    }

    #[test]
    fn numbers_come_back_unchanged() {
        for number in [
            0.0,
            1.0,
            -1.5,
            0.1,
            1e-9,
            1e300,
            123_456_789.25,
            f64::MAX,
            f64::MIN_POSITIVE,
        ] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text.parse::<f64>(), Ok(number));
            assert!(text.len() < 30, "{text}");
        }
    }
}
